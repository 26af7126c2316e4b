"""Connections that came through the handshake: more than one may have, and a thousand that keep every bound."""

from sockets import ended, hello, opened, opened_by, tls
from world import until

# Of one network, for certificates that no caller has; and of one caller.
STRANGERS, CALLERS = 16, 64
CLIENTS = ["school", "auditor", "admin", "officer", "cpm", "smartustaz", "myverify", "qyzmet-desk"]


def counted(world, code):
    """How many the journal says were turned away for this."""
    return sum(record["count"] for record in world.records() if record["phase"] == "DENIED" and record["code"] == code)


def test_whoever_opens_too_many_connections_keeps_a_few(attack):
    """Of a certificate that nobody knows, and of one caller. The journal counts the others."""
    world = attack.world
    with attack("1006 idle connections of an unknown certificate, 200 of one caller") as begun:
        with opened(1006, lambda: hello(tls(world))) as strange, \
                opened(200, lambda: hello(tls(world, "clients/school"))) as known:
            begun.goes_on(1)
            assert (1006 - ended(strange), 200 - ended(known)) == (STRANGERS, CALLERS)
    until(lambda: counted(world, "connections.stranger") == 1006 - STRANGERS, "all strangers in the journal")
    until(lambda: counted(world, "connections.caller") == 200 - CALLERS, "all of the school's in the journal")
    assert {record["caller"] for record in world.records() if record.get("code") == "connections.caller"} == {"school"}


def test_a_thousand_connections_each_within_its_bound_disturb_nobody(attack):
    """Every caller has all its connections, and certificates that nobody knows all of theirs, from 31 networks."""
    world = attack.world
    with attack("1008 connections, each within its bound") as begun:
        strangers = [lambda network=network: hello(tls(world, source=f"127.0.{network}.1")) for network in range(1, 32)]
        callers = [lambda number=number, client=client: hello(tls(world, f"clients/{client}", source=f"127.1.{number}.1"))
                   for number, client in enumerate(CLIENTS)]
        with opened_by([*strangers * STRANGERS, *callers * CALLERS]) as held:
            begun.goes_on()
            assert (len(held), ended(held)) == (1008, 0)
