"""grpcio and protoc, which share no code with us, call a running gateway by our published proto files."""

import base64
import hashlib
import hmac

import grpc
import pytest

from calls import context, get_school, give, group, student, withdraw
from not_done import not_done, unpacked
from world import SCHOOL, iin, request_id, until

TRAINING = "/qaqpa.avtoshkola.v1.Training"


# --- what goes through

def test_a_unary_call(world, stubs):
    with world.channel() as channel:
        reply = get_school(stubs, channel)
    assert reply.school.bin == SCHOOL
    assert reply.head.result.code == "00000"
    assert reply.receipt.shep.code == "SCSS001"
    assert reply.receipt.policy.id == "avtomektep"
    assert reply.receipt.outcome.index == reply.receipt.intent.index + 1
    assert len(reply.receipt.intent.leaf_hash) == len(reply.receipt.commitment_salt) == 32


def test_a_stream_answers_each_record_and_says_what_stayed(world, stubs):
    sent = {f"stream-{request_id()}": number for number in range(40)}
    bad = list(sent)[7]

    def requests():
        for name, number in sent.items():
            changed = {"birth_date": "31.12.1999"} if name == bad else {}
            record = student(stubs, number, **changed)
            yield stubs.training.SyncStudentsRequest(context=context(stubs, request_id=name), group=group(stubs), student=record)

    with world.channel() as channel:
        stream = stubs.services.TrainingStub(channel).SyncStudents(requests(), timeout=60)
        replies = {reply.receipt.request_id: reply for reply in stream}
    assert set(replies) == set(sent)
    for name, reply in replies.items():
        receipt = reply.receipt
        if name == bad:
            told = unpacked(receipt.error)
            assert told["ErrorInfo"].reason == "request.invalid", receipt.error
            assert told["BadRequest"].field_violations[0].field == "student.birth_date", receipt.error
            assert receipt.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0] and set(told) == {"ErrorInfo", "BadRequest", "LocalizedMessage"}
            assert told["ErrorInfo"].metadata["exchange_id"] == receipt.exchange_id
            assert "1999" not in str(receipt)
            continue
        assert not receipt.HasField("error"), receipt.error
        assert reply.group_id
        withheld = {withheld.path: withheld for withheld in receipt.withheld_from_request}
        for path, category, clause in [("student.phone", "PHONE", "3(5)"), ("student.photo", "PHOTO", "8"),
                                       ("student.photo_sha256", "PHOTO", "8"), ("student.email", "EMAIL", "3")]:
            assert (stubs.options.Category.Name(withheld[path].category), withheld[path].clause) == (category, clause)
            assert withheld[path].reason
        assert "student.iin" not in withheld and "student.surname" not in withheld


def test_the_salt_of_the_receipt_opens_the_journal(world, stubs):
    """What commitments are made of is documented in the journal's crate; here it is recomputed from those words."""
    with world.channel() as channel:
        receipt = get_school(stubs, channel).receipt

    def intent():
        of_this = (record for record in world.records() if record.get("txn") == receipt.exchange_id)
        return next((record for record in of_this if record["phase"] == "INTENT"), None)

    until(intent, "the intent in the journal")
    record = intent()
    assert record["seq"] == receipt.intent.index
    path, value = b"school_bin", SCHOOL.encode()
    salt = hmac.new(receipt.commitment_salt, b"qaqpa/v1/field-salt\0" + path, hashlib.sha256).digest()
    lengths = [len(part).to_bytes(8, "big") + part for part in (path, value)]
    commitment = hashlib.sha256(b"qaqpa/v1/commitment\0" + salt + b"".join(lengths)).digest()
    assert record["commitments"]["school_bin"] == base64.urlsafe_b64encode(commitment).decode().rstrip("=")
    assert SCHOOL not in str(record["commitments"])


# --- refusals

TEXTS = [("kk", "Мақсат көрсетілмеген"), ("ru-KZ, en;q=0.5", "Цель не указана"), ("en", "No purpose is claimed"), ("de", "No purpose is claimed")]


@pytest.mark.parametrize("language, words", TEXTS)
def test_a_missing_purpose_is_said_in_the_caller_s_language(world, stubs, language, words):
    with world.channel() as channel:
        told = not_done(lambda: get_school(stubs, channel, [("accept-language", language)], purpose=""))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "purpose.missing")
    locale, text = told.text
    assert text.startswith(words)
    assert locale == (language[:2] if language[:2] != "de" else "en")
    info = told.details["ErrorInfo"]
    assert info.domain == "qaqpa" and info.metadata["fault"] == "caller" and len(info.metadata["exchange_id"]) == 36


REFUSED = [
    ("purpose.unknown", grpc.StatusCode.PERMISSION_DENIED, "clients/school", {"purpose": "curiosity"}),
    ("purpose.prohibited", grpc.StatusCode.PERMISSION_DENIED, "clients/school", {"purpose": "marketing"}),
    ("purpose.not_allowed", grpc.StatusCode.PERMISSION_DENIED, "clients/school", {"purpose": "support"}),
    ("delegation.not_allowed", grpc.StatusCode.PERMISSION_DENIED, "clients/school", {"on_behalf_of": "990140000017"}),
    ("purpose.not_allowed", grpc.StatusCode.PERMISSION_DENIED, "clients/school-2", {"on_behalf_of": "990140000017"}),
    ("caller.role", grpc.StatusCode.PERMISSION_DENIED, "clients/auditor", {}),
    ("caller.role", grpc.StatusCode.PERMISSION_DENIED, "clients/admin", {}),
    ("caller.role", grpc.StatusCode.PERMISSION_DENIED, "clients/officer", {}),
    ("caller.unknown", grpc.StatusCode.UNAUTHENTICATED, "enemies/unknown", {}),
]


@pytest.mark.parametrize("reason, code, client, changed", REFUSED)
def test_what_is_not_granted_is_refused(world, stubs, reason, code, client, changed):
    with world.channel(client) as channel:
        told = not_done(lambda: get_school(stubs, channel, **changed))
    assert (told.reason, told.code) == (reason, code)


def test_fields_at_fault_are_named_by_path_and_never_by_value(world, stubs):
    students = [student(stubs, 1), student(stubs, 2, iin="991231500007")]
    request = stubs.training.SubmitGroupRequest(context=context(stubs), group=group(stubs), student=students)
    with world.channel() as channel:
        told = not_done(lambda: stubs.services.TrainingStub(channel).SubmitGroup(request, timeout=30))
    assert told.reason == "request.invalid"
    fields = [violation.field for violation in told.details["BadRequest"].field_violations]
    assert len(fields) == 1 and fields[0].startswith("student") and fields[0].endswith("iin"), fields
    assert "991231500007" not in str(told)


def test_a_minor_needs_a_guardian_whose_consent_is_in_the_ledger(world, stubs):
    minor, guardian = iin(3), {"guardian_iin": iin(4), "consent_ref": "GUARDIAN-1"}

    def submitted(channel, **guardian):
        record = student(stubs, 3, birth_date="2015-06-01", **guardian)
        request = stubs.training.SubmitGroupRequest(context=context(stubs), group=group(stubs), student=[record])
        return stubs.services.TrainingStub(channel).SubmitGroup(request, timeout=30)

    with world.channel() as channel:
        assert not_done(lambda: submitted(channel)).reason == "consent.guardian_missing"
        assert not_done(lambda: submitted(channel, **guardian)).reason == "consent.missing"
        consent = give(stubs, channel, minor, guardian_iin=guardian["guardian_iin"], reference=guardian["consent_ref"])
        assert consent.by_guardian and minor not in str(consent)
        assert submitted(channel, **guardian).group_id
        assert withdraw(stubs, channel, consent).withdrawn == [consent.id]
        assert not_done(lambda: submitted(channel, **guardian)).reason == "consent.withdrawn"


def test_a_quota_says_its_name_and_when_to_come_back(laid_out, stubs):
    laid_out.config.write_text(laid_out.config.read_text() + "\n[quotas]\npurpose_per_minute = 1\n")
    laid_out.mock()
    laid_out.gateway()
    with laid_out.channel() as channel:
        get_school(stubs, channel)
        told = not_done(lambda: get_school(stubs, channel))
    assert (told.reason, told.code) == ("quota.purpose", grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert 30 < told.details["RetryInfo"].retry_delay.seconds <= 60
    (violation,) = told.details["QuotaFailure"].violations
    assert violation.subject.startswith("purpose/state-exchange/") and violation.subject.endswith(f"{TRAINING}/GetSchool")


def test_a_request_id_goes_through_once(world, stubs):
    same = request_id()
    with world.channel() as channel:
        get_school(stubs, channel, request_id=same)
        told = not_done(lambda: get_school(stubs, channel, request_id=same))
    assert (told.reason, told.code) == ("request.duplicate", grpc.StatusCode.ALREADY_EXISTS)


# Wire bytes that are no message of the contract, and what is said of them.
RUBBISH = [
    (b"\xff" * 16, "request.malformed"),
    (b"\x0a\x7f", "request.malformed"),
    (b"\x12\xff\xff\xff\xff\x0f", "request.malformed"),
    (b"\x0b\x0c", "request.malformed"),
    (b"", "purpose.missing"),
    (b"\x12" + b"\x80\x80\xc0\x02" + b"9" * (5 << 20), "request.too_large"),
]


@pytest.mark.parametrize("octets, reason", RUBBISH, ids=[f"{reason}-{at}" for at, (_, reason) in enumerate(RUBBISH)])
def test_rubbish_is_refused_and_the_next_call_works(world, stubs, octets, reason):
    with world.channel() as channel:
        raw = channel.unary_unary(f"{TRAINING}/GetSchool", request_serializer=bytes, response_deserializer=bytes)
        assert not_done(lambda: raw(octets, timeout=30)).reason == reason
        assert get_school(stubs, channel).school.bin == SCHOOL


def test_an_rpc_that_is_not_in_the_contract(world):
    with world.channel() as channel:
        raw = channel.unary_unary(f"{TRAINING}/DeleteSchool", request_serializer=bytes, response_deserializer=bytes)
        assert not_done(lambda: raw(b"", timeout=30)).code == grpc.StatusCode.UNIMPLEMENTED
