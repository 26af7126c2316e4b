"""Calls of the stubs that protoc makes of our proto files, as a school makes them. Synthetic people only."""

import datetime

from world import SCHOOL, STATE_EXCHANGE, iin, request_id


def context(stubs, **changed):
    return stubs.exchange.Context(**{"purpose": STATE_EXCHANGE, "on_behalf_of": SCHOOL, "request_id": request_id(), **changed})


def group(stubs):
    return stubs.training.Group(group_external_id="G-1", school_bin=SCHOOL, title="B-12", category=stubs.training.DRIVING_CATEGORY_B,
                                start_date="2026-11-02", end_date="2027-01-29")


def student(stubs, number, **changed):
    return stubs.training.Student(**{
        "iin": iin(number), "surname": "ТЕСТОВ", "name": "ТЕСТ", "birth_date": "1999-12-31", "phone": "+77000000000",
        "email": "student@example.kz", "photo": b"\xd8" * 64, "photo_sha256": b"\x5a" * 32, **changed})


def give(stubs, channel, person, **changed):
    """A consent of this person's, in writing, put into the gateway's ledger."""
    request = stubs.consent.GiveRequest(**{
        "iin": person, "purposes": [STATE_EXCHANGE], "form": stubs.consent.FORM_WRITTEN, "evidence_sha256": b"\x5a" * 32,
        "given_at": datetime.datetime.now(datetime.timezone.utc), "on_behalf_of": SCHOOL, **changed})
    return stubs.ledger.ConsentsStub(channel).Give(request, timeout=30).consent


def withdraw(stubs, channel, consent):
    request = stubs.consent.WithdrawRequest(id=consent.id, reason=stubs.consent.WITHDRAWAL_REASON_SUBJECT_REQUEST, on_behalf_of=SCHOOL)
    return stubs.ledger.ConsentsStub(channel).Withdraw(request, timeout=30)


def get_school(stubs, channel, metadata=(), **changed):
    request = stubs.training.GetSchoolRequest(context=context(stubs, **changed), school_bin=SCHOOL)
    return stubs.services.TrainingStub(channel).GetSchool(request, metadata=metadata, timeout=30)
