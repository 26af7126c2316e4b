"""Calls that are refused: they cost a caller its quota, and neither fill the journal nor the log; messages of millions of records;
streams of consents without number; one caller that uses up a state system's passport."""

import concurrent.futures
import time

import grpc

import bystander
from calls import give
from world import iin, until

REPORT = "/qaqpa.subject.v1.Subjects/Report"
SUBMIT_GROUP = "/qaqpa.avtoshkola.v1.Training/SubmitGroup"
GET_SCHOOL = "/qaqpa.avtoshkola.v1.Training/GetSchool"
# Lines that one caller's refusals may cause in a second, and octets of log that they may be.
LINES, LOG = 100, 200_000
AT_ONCE = 64


def flood(channel, method, message, seconds):
    """Calls as fast as they go for so many seconds; the statuses."""
    call = channel.unary_unary(method)
    told, under_way, end = [], set(), time.monotonic() + seconds
    while time.monotonic() < end or under_way:
        while time.monotonic() < end and len(under_way) < AT_ONCE:
            under_way.add(call.future(message, timeout=30))
        done = {future for future in under_way if future.done()}
        told += [future.code().name for future in done]
        under_way -= done
        time.sleep(0.001)
    return told


def denied(world):
    return [record for record in world.records() if record["phase"] == "DENIED" and
            (record.get("caller") or record.get("who", {}).get("caller")) == "school"]


def test_refusals_fill_neither_journal_nor_log(attack):
    """A role that does not fit, as fast as the caller can: it was 17,470 lines a second and 25 MB of log."""
    world = attack.world
    with attack("calls with a role that does not fit") as begun:
        log = world.directory.parent / "gateway-1.log"
        before, began = log.stat().st_size, time.monotonic()
        told = flood(world.channel(), REPORT, b"", 4)
        took, grown = time.monotonic() - began + 1, log.stat().st_size - before
        begun.title += f": {len(told)} refused, {grown // 1024} KiB of log"
    assert set(told) <= {"PERMISSION_DENIED", "RESOURCE_EXHAUSTED"} and len(set(told)) == 2
    until(lambda: sum(record["count"] for record in denied(world)) == len(told), "every refusal to be counted")
    assert len(denied(world)) < LINES * took, f"{len(denied(world))} lines in {took:.0f} s"
    assert grown < LOG * took, f"{grown} octets of log in {took:.0f} s"


def test_messages_of_millions_of_records_are_refused_before_they_cost(attack, stubs):
    """Two million empty students a message: it was 1.4 s of CPU and 313 MiB each."""
    world = attack.world
    head = stubs.training.SubmitGroupRequest(context=stubs.exchange.Context(purpose="state-exchange", on_behalf_of="990140000007"))
    message = head.SerializeToString() + b"\x1a\x00" * 2_000_000
    with attack("64 messages of two million records, 16 at once"):
        call = world.channel().unary_unary(SUBMIT_GROUP)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            told = list(pool.map(lambda _: status(call, message), range(64)))
    assert set(told) <= {"OUT_OF_RANGE", "RESOURCE_EXHAUSTED"}, told
    assert "OUT_OF_RANGE" in told


def status(call, message):
    try:
        call(message, timeout=60)
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def test_a_caller_watches_a_few_streams(attack, stubs):
    """Two hundred streams from the beginning of time, unread: each held two MiB."""
    world = attack.world
    with attack("200 streams of consents") as begun:
        channels = [world.channel() for _ in range(4)]
        for number in range(1, 51):
            give(stubs, channels[0], iin(number), purposes=["reporting"])
        request = stubs.consent.WatchRequest()
        request.since.FromSeconds(0)
        watched = [stubs.ledger.ConsentsStub(channels[number % 4]).Watch(request, timeout=60) for number in range(200)]
        until(lambda: sum(stream.done() for stream in watched) == 196, "all but four to be refused")
        begun.goes_on(1)
        assert {stream.code().name for stream in watched if stream.done()} == {"RESOURCE_EXHAUSTED"}
        for stream in watched:
            stream.cancel()


def test_one_caller_does_not_use_up_a_passport(attack, stubs):
    """The bystander goes on by what is kept for it."""
    world = attack.world
    bystander.usual_passport(world)
    context = stubs.exchange.Context(purpose="state-exchange", on_behalf_of="990140000007")
    message = stubs.training.GetSchoolRequest(context=context, school_bin="990140000007").SerializeToString()
    with attack("a passport used up by one caller") as begun:
        call, answered = world.channel().unary_unary(GET_SCHOOL), 0
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            while "RESOURCE_EXHAUSTED" not in (told := list(pool.map(lambda _: status(call, message), range(64)))):
                answered += told.count("OK")
        begun.title += f" after {answered} exchanges"
        begun.goes_on(1)
    assert answered
