"""Messages that are announced and do not come, or all but their last octet: memory follows what has arrived, within a
budget; and of whom the gateway does not know nothing is read at all."""

import contextlib
import time

import pytest

from streams import Connection
from world import until

GET_SCHOOL = "/qaqpa.avtoshkola.v1.Training/GetSchool"
SYNC_STUDENTS = "/qaqpa.avtoshkola.v1.Training/SyncStudents"
LONGEST = (4 << 20) - 1
ANNOUNCED = b"\0" + LONGEST.to_bytes(4, "big")
CONNECTIONS, STREAMS = 16, 64
# A message must be whole within this.
WHOLE = 10


@contextlib.contextmanager
def connections(world, client):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Connection(world, client)) for _ in range(CONNECTIONS)]


def heard(held):
    """The gRPC statuses so far, by number; None for a stream that was reset."""
    told = {}
    for connection in held:
        connection.listen()
        for answer in connection.answers.values():
            status = answer.get("grpc-status") if isinstance(answer, dict) else None
            told[status] = told.get(status, 0) + 1
    return told


def over(answer):
    """A stream of records is answered with headers at once; its trailers say that it is over."""
    return answer == "reset" or answer is not None and "grpc-status" in answer


def refused(world, code):
    return sum(record["count"] for record in world.records() if record["phase"] == "DENIED" and record["code"] == code)


@pytest.mark.parametrize("method", [GET_SCHOOL, SYNC_STUDENTS, "/qaqpa.consent.v1.Consents/Give", "/grpc.health.v1.Health/Check"])
def test_of_a_stranger_nothing_is_read(attack, method):
    """1,024 streams of an unknown certificate that announce 4 MiB each and send one octet: answered at their headers."""
    with attack(f"1024 streams of an unknown certificate at {method} that announce 4 MiB") as begun:
        with connections(attack.world, "enemies/unknown") as held:
            for connection in held:
                for _ in range(STREAMS):
                    connection.send(connection.call(method), ANNOUNCED + b"\0")
            begun.goes_on(1)
            until(lambda: heard(held).get("16") == CONNECTIONS * STREAMS, "an answer for each: UNAUTHENTICATED")
    until(lambda: refused(attack.world, "caller.unknown") == CONNECTIONS * STREAMS, "all of them in the journal")


def test_what_is_announced_takes_no_memory(attack):
    """1,024 streams of a caller that announce 4 MiB each and send one octet. Who is beyond the quota is told at once, the
    others when their time is over."""
    with attack("1024 streams of one caller that announce 4 MiB") as begun:
        with connections(attack.world, "clients/school") as held:
            for connection in held:
                for _ in range(STREAMS):
                    connection.send(connection.call(GET_SCHOOL), ANNOUNCED + b"\0")
            begun.goes_on(1)
            told = heard(held)
            assert told.get("8", 0) > CONNECTIONS * STREAMS / 2, f"RESOURCE_EXHAUSTED, for lack of quota: {told}"
            begun.goes_on(WHOLE + 1)
            told = heard(held)
            assert told["8"] + told["4"] == CONNECTIONS * STREAMS, f"and DEADLINE_EXCEEDED for all others: {told}"
    assert refused(attack.world, "request.unfinished") == told["4"]


def test_all_but_the_last_octet_has_a_budget(attack):
    """As many streams as the quota lets in, each of which sends as much of 4 MiB as it may, but never the last octet."""
    world = attack.world
    world.config.write_text(world.config.read_text() + "\n[quotas]\ncaller_per_second = 10000\n")
    with attack("1024 streams of one caller that send all but the last octet") as begun:
        with connections(world, "clients/school") as held:
            rest = {}
            for connection in held:
                for _ in range(STREAMS):
                    stream = connection.call(SYNC_STUDENTS)
                    connection.send(stream, ANNOUNCED)
                    rest[connection, stream] = LONGEST - 1
            zeros, sent, end = bytes(16384), 0, time.monotonic() + WHOLE / 2
            while time.monotonic() < end:
                heard(held)
                begun.goes_on(0)
                for (connection, stream), octets in list(rest.items()):
                    if over(connection.answers.get(stream)):
                        del rest[connection, stream]
                    elif connection.open and not connection.unsent:
                        taken = connection.send(stream, zeros[:octets])
                        rest[connection, stream] -= taken
                        sent += taken
            begun.title += f" ({sent / (1 << 20):.0f} MiB sent)"
            assert heard(held).get("8", 0) > 0, "nobody was told that it holds too much"
            assert sum(connection.open for connection in held) == CONNECTIONS
    assert refused(world, "quota.unfinished") > 0
