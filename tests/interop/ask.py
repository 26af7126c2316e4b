"""Raw gRPC calls from inside a namespace: python ask.py PKI TARGET METHOD HEX [CALLERS SECONDS].

Prints {"reason", "detail"} of one call as JSON; with CALLERS, how often each reason was given to that many who call for
SECONDS, each on a connection of its own. Knows no contract: the request comes as octets, so that it needs no stubs. An
answer is "answered".
"""

import collections
import concurrent.futures
import json
import pathlib
import sys
import time

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

# Between two calls of one caller: it is a client, not a flood.
PAUSE = 0.02


def connected(pki, target):
    pki = pathlib.Path(pki)
    files = [pki / "ca.pem", pki / "clients/school.key", pki / "clients/school.pem"]
    tls = grpc.ssl_channel_credentials(*(file.read_bytes() for file in files))
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.enable_http_proxy", 0),
               ("grpc.use_local_subchannel_pool", 1)]
    return grpc.secure_channel(target, tls, options=options)


def ask(channel, method, request):
    try:
        call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
        call(bytes.fromhex(request), timeout=30)
        return {"reason": "answered", "detail": ""}
    except grpc.RpcError as error:
        return told(error)


def told(error):
    status, info = rpc_status.from_call(error), error_details_pb2.ErrorInfo()
    for packed in status.details if status else ():
        if packed.Unpack(info):
            return {"reason": info.reason, "detail": info.metadata.get("detail", "")}
    return {"reason": error.code().name, "detail": error.details()}


def keep_asking(pki, target, method, request, seconds):
    reasons, end = collections.Counter(), time.monotonic() + seconds
    with connected(pki, target) as channel:
        while time.monotonic() < end:
            reasons[ask(channel, method, request)["reason"]] += 1
            time.sleep(PAUSE)
    return reasons


def main(pki, target, method, request, callers=None, seconds=0):
    if callers is None:
        with connected(pki, target) as channel:
            return ask(channel, method, request)
    with concurrent.futures.ThreadPoolExecutor(int(callers)) as pool:
        asking = [pool.submit(keep_asking, pki, target, method, request, float(seconds)) for _ in range(int(callers))]
    return sum((caller.result() for caller in asking), collections.Counter())


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
