"""A call that was refused or failed, as google.rpc.Status tells it."""

import dataclasses

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

DETAILS = [error_details_pb2.ErrorInfo, error_details_pb2.LocalizedMessage, error_details_pb2.RetryInfo,
           error_details_pb2.QuotaFailure, error_details_pb2.BadRequest]


@dataclasses.dataclass
class NotDone:
    """Every part is there or None; `reason` is the stable code."""

    code: grpc.StatusCode
    message: str
    details: dict

    @property
    def reason(self):
        info = self.details.get("ErrorInfo")
        return info and info.reason

    @property
    def text(self):
        """Language and text of the LocalizedMessage."""
        localized = self.details.get("LocalizedMessage")
        return localized and (localized.locale, localized.message)


def not_done(call):
    """Runs a call that must be refused or fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = caught.value
    status = rpc_status.from_call(error)
    return NotDone(error.code(), error.details(), unpacked(status) if status else {})


def unpacked(status):
    """The details of a google.rpc.Status, of a call or of one record of a stream, by the name of their kind."""
    details = {}
    for packed in status.details:
        for kind in DETAILS:
            message = kind()
            if packed.Unpack(message):
                details[kind.DESCRIPTOR.name] = message
    return details
