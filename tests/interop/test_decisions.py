"""Every decision is one event and one line of evidence in the journal, also when names and tables change under load;
and of the judged addresses one is dialled after the other, whatever comes first from DNS.
"""

import collections
import json
import re
import subprocess
import time

import pytest

import world as worlds
from country import ANSWERED, AT_HOME, DNS, GATEWAY, HOST, PATH, RESOLVER, STATE, STATE_V6, TODAY, Setting, a, steps
from geography import LOCATION

SECOND = "195.12.113.79"
ABROAD, BOTH = {"addresses": ["8.8.8.8"]}, {"addresses": [STATE, "8.8.8.8"]}
EVIDENCE = re.compile(r"endpoint=\S+ plane=\S+ code=\S+ rule=\S+ addresses=\S+ tables=[^\s\"]+")
# A world in which one table has moved the state abroad, and nothing else: the resolver stays.
MOVED = [*LOCATION, (f"{STATE}/32", "US")]


def events(gateway):
    """The lines of evidence of the events that tell of a decision, in order."""
    lines = [line for line in gateway.written().splitlines() if "an endpoint was judged" in line]
    found = [EVIDENCE.findall(line) for line in lines]
    assert all(len(evidence) == 1 for evidence in found), lines
    return [evidence for (evidence,) in found]


def exchange_events(gateway):
    return [line for line in gateway.written().splitlines() if " exchange decision=" in line]


def records(country, since):
    return [record for record in country.world.records() if record["seq"] >= since]


def entered(found):
    """Verdicts that changed, as the journal has them."""
    return [record["facts"]["evidence"] for record in found if record.get("event") == "endpoint_judged"]


def exchanges(found):
    """The records by which exchanges begin: allowed or refused. The line of evidence is the one of the upstream."""
    begun = [record for record in found
             if record["phase"] == "INTENT" or record["phase"] == "DENIED" and "txn" in record]
    for record in begun:
        assert len([line for line in EVIDENCE.findall(json.dumps(record)) if " plane=upstream " in line]) == 1, record
        assert re.fullmatch(EVIDENCE, record["peer"]) and " plane=inbound code=residency.ok " in record["peer"]
    return [(record["phase"], record.get("residency") or record["evidence"]) for record in begun]


def of(evidence, endpoint="shep"):
    return [line for line in evidence if line.startswith(f"endpoint={endpoint} ")]


def coded(evidence):
    return [re.search(r"code=(\S+)", line)[1] for line in evidence]


def assert_journal_verifies(country, directory):
    bundle = directory / "bundle.zip"
    worlds.qaqpa("audit", "export", "--config", country.world.config, "--format", "bundle", "--out", bundle)
    told = worlds.qaqpa("audit", "verify", bundle, "--trust", country.world.directory / "trust.toml", "--format",
                        "json")
    assert json.loads(told.stdout)["verdict"] == "valid"


ADDRESSES = [((STATE,), "residency.ok", "country"), ((STATE, STATE_V6), "residency.ok", "country"),
             (("8.8.8.8",), "residency.foreign", "-"),
             ((STATE, "8.8.8.8"), "residency.mixed", "-"), ((), "residency.no_address", "-")]


@pytest.mark.parametrize("addresses, code, rule", ADDRESSES)
def test_a_line_of_evidence(country, addresses, code, rule):
    since = len(country.world.records())
    with country.gateway(Setting(), a(*addresses)) as gateway:
        country.ask()
    (line,) = of(events(gateway))
    ports = ",".join(f"[{address}]:443" if ":" in address else f"{address}:443" for address in addresses)
    today = f"@{TODAY:%Y-%m-%d}/[0-9a-f]{{8}}"
    tables = re.compile(rf"delegated-ripencc{today},ipfire{today},origins@\S+")
    told, version = line.rsplit(" tables=", 1)
    assert told == f"endpoint=shep plane=upstream code={code} rule={rule} addresses={ports or '-'}"
    assert tables.fullmatch(version) if addresses else version == "-"
    found = records(country, since)
    ((phase, recorded),) = exchanges(found)
    assert recorded == line and phase == ("INTENT" if code == "residency.ok" else "DENIED")
    assert of(entered(found)) == [line]


def test_every_decision_is_one_event_and_one_line(country, tables, tmp_path):
    """Two exchanges on one judgement; a table that ends it; three that are refused, the last by the words of the one
    before."""
    since = len(country.world.records())
    with country.gateway(Setting(), steps({"addresses": [STATE]}, ABROAD, BOTH)) as gateway:
        reasons = [country.ask()["reason"] for _ in range(2)]
        country.reload(gateway, location=MOVED)
        country.reload(gateway)
        reasons += [country.ask()["reason"] for _ in range(3)]
    assert reasons == [ANSWERED, ANSWERED, "residency.foreign", "residency.mixed", "residency.mixed"]
    judged, found = of(events(gateway)), records(country, since)
    assert coded(judged) == ["residency.ok", "residency.disagree", "residency.foreign", "residency.mixed",
                             "residency.mixed"]
    ok, disagree, foreign, mixed, again = judged
    assert of(entered(found)) == [ok, disagree, foreign, mixed] and again == mixed
    assert exchanges(found) == [("INTENT", ok), ("INTENT", ok), ("DENIED", foreign), ("DENIED", mixed),
                                ("DENIED", mixed)]
    assert len(exchange_events(gateway)) == len(reasons)
    # The resolver is judged like any other, and again by each new table.
    resolver = of(events(gateway), "dns-1")
    assert set(coded(resolver)) == {"residency.ok"} and of(entered(found), "dns-1") == resolver and len(resolver) == 3
    assert len([record for record in found if record.get("event") == "tables_in_force"]) == 3
    assert country.seen.beside(DNS, (STATE, 443)) == set()
    assert_journal_verifies(country, tmp_path)


KNOCK = """if True:
    import socket, sys
    for _ in range(int(sys.argv[3])):
        peer = socket.socket()
        try:
            peer.connect((sys.argv[1], int(sys.argv[2])))
            peer.recv(1)
        except OSError:
            pass
"""


def test_peers_who_are_turned_away_are_counted_with_a_line_of_evidence(country):
    """Strangers can cause it at will: one line and one event a second stand for all, with the evidence of the first."""
    since, knocks = len(country.world.records()), 7
    with country.gateway(Setting(), a(STATE)) as gateway:
        country.internet.python(KNOCK, "8.8.8.8", str(GATEWAY), str(knocks), check=True)
    turned = [record for record in records(country, since) if record.get("code") == "residency.not_declared"]
    assert sum(record["count"] for record in turned) == knocks and len(turned) <= 2
    told = [line for line in gateway.written().splitlines() if " counted decision=" in line and "not_declared" in line]
    assert 1 <= len(told) <= 2
    wanted = "endpoint=peers plane=inbound code=residency.not_declared rule=- addresses={} tables="
    for record in turned:
        assert record["evidence"].startswith(wanted.format("8.8.8.0/24")), "a stranger's network is kept, the address not"
    for line in told:
        assert EVIDENCE.search(line)[0].startswith(wanted.format("8.8.8.0/24")), "the log says what the journal says"


SOAK, CALLERS = 20, 8
# Quotas count refusals beyond them; here none is to be for a quota.
BUSY = Setting(system="nominal_per_hour = 1000000\npeak_per_hour = 2000000",
               more="[quotas]\ncaller_per_second = 100000\npurpose_per_minute = 1000000")


def test_names_and_tables_that_change_under_load(country, tables, tmp_path):
    """DNS that moves the state abroad and back every second, tables that do so as well: nothing goes abroad, nothing is
    lost."""
    since = len(country.world.records())
    names = {HOST: {"A": [{"addresses": [STATE]}, ABROAD, {"addresses": [STATE]}, BOTH], "every": 1}}
    with country.gateway(BUSY, names) as gateway:
        asking = subprocess.Popen(country.internet.command(country.asking("127.0.0.1", CALLERS, SOAK)),
                                  stdout=subprocess.PIPE, text=True)
        end, reloads = time.monotonic() + SOAK, 0
        while time.monotonic() < end:
            time.sleep(0.7)
            # Every fifth set is cut off, and changes nothing.
            turn = reloads % 5
            country.reload(gateway, location=[MOVED, LOCATION][turn % 2], cut="geoip" if turn == 4 else None)
            reloads += 1
        told = collections.Counter(json.loads(asking.communicate(timeout=60)[0]))
    found = records(country, since)
    assert country.seen.beside(DNS, (STATE, 443)) == set()
    assert country.seen.arrived[STATE, 443, "tcp"][1] > 0 and reloads > 10
    assert {ANSWERED, "residency.foreign", "residency.mixed", "residency.disagree"} <= set(told), told
    assert all(reason == ANSWERED or reason.startswith("residency.") for reason in told), told
    entries = collections.Counter(record.get("event") for record in found)
    assert entries["tables_refused"] == reloads // 5 and entries["tables_in_force"] > reloads // 2
    # Whatever a caller was told stands in the journal, and nothing else does.
    outcomes = {record["txn"]: record for record in found if record["phase"] == "OUTCOME"}
    assert set(outcomes) == {record["txn"] for record in found if record["phase"] == "INTENT"}
    denied = [record["code"] for record in found if record["phase"] == "DENIED" and ("txn" in record or "caller" in record)
              for _ in range(record["count"])]
    assert told == collections.Counter([*denied, *(record.get("code", ANSWERED) for record in outcomes.values())])
    # Nobody was answered on a judgement that nobody made, and no decision is told once only.
    judged = of(events(gateway))
    begun = exchanges(found)
    assert {line for _, line in begun} <= set(judged) and set(judged) == set(of(entered(found)))
    assert {coded([line])[0] == "residency.ok" for phase, line in begun if phase == "INTENT"} == {True}
    # Those of a flood that are counted have neither a line nor an event of their own.
    counted = sum(record["count"] for record in found if record["phase"] == "DENIED" and "caller" in record)
    assert len(exchange_events(gateway)) == len(begun) == sum(told.values()) - counted
    assert_journal_verifies(country, tmp_path)


# --- which of the judged addresses is dialled (row 23)

NOBODY = 8444


def dialled(country, *at):
    return [key[:2] for key in country.seen.spoken if key[:2] in at]


def test_judged_addresses_are_dialled_one_after_the_other(country):
    """Nobody listens there: each is tried once, as DNS has ordered them, IPv4 before IPv6, and none beside."""
    with country.gateway(Setting(url=f"https://{HOST}:{NOBODY}{PATH}"), a(STATE_V6, SECOND, STATE)):
        assert country.ask()["reason"] == "upstream.connect"
    wanted = [(SECOND, NOBODY), (STATE, NOBODY), (STATE_V6, NOBODY)]
    assert dialled(country, *wanted) == wanted
    assert [country.seen.spoken[*place, "tcp"] for place in wanted] == [1, 1, 1]
    assert country.seen.beside(DNS, *wanted) == set()


DROPPED = ("add table inet deaf; add chain inet deaf input {{ type filter hook input priority 0; }}; "
           "add rule inet deaf input ip daddr {} tcp dport 443 drop")


def test_the_next_judged_address_stands_in_for_a_silent_one(country):
    """And only when the first has had its time: they are not raced."""
    country.internet.run(["nft", DROPPED.format(STATE)], check=True)
    try:
        with country.gateway(Setting(), a(STATE, STATE_V6)):
            asked = time.monotonic()
            assert country.ask()["reason"] == ANSWERED
            assert time.monotonic() - asked > 1
    finally:
        country.internet.run(["nft", "delete table inet deaf"], check=True)
    assert dialled(country, *AT_HOME) == [(STATE, 443), (STATE_V6, 443)]
    assert country.seen.arrived[STATE_V6, 443, "tcp"][1] > 0 and (STATE, 443, "tcp") not in country.seen.arrived
    assert country.seen.beside(DNS, (STATE, 443), (STATE_V6, 443)) == set()


@pytest.mark.parametrize("late, early", [("AAAA", "A"), ("A", "AAAA")])
def test_no_family_is_ahead_of_the_other(country, late, early):
    """One family is at home and there at once, the other takes its time and is abroad: nothing is dialled meanwhile."""
    home, abroad = {"A": STATE, "AAAA": STATE_V6}, {"A": "8.8.8.8", "AAAA": "2a02:6b8::1"}
    names = {HOST: {early: [{"addresses": [home[early]]}], late: [{"addresses": [abroad[late]], "seconds": 1}]}}
    with country.gateway(Setting(), names):
        assert country.ask()["reason"] == "residency.mixed"
    assert country.seen.beside(DNS) == set() and {server for server, *_ in country.seen.asked} == {RESOLVER}
