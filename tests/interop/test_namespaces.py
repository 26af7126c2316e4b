"""The table of what an endpoint may be, decided by a whole gateway in an Internet of the test's own: answers of a real
name server, real listeners at the addresses of others, and every packet counted. A refusal is a code and nothing sent;
an answer comes from the judged address, and nothing went anywhere else.
"""

import datetime
import json
import re
import signal
import time

import pytest

from country import (ANSWERED, AT_HOME, BAD_CONFIGURATION, DNS, GATEWAY, HOST, LIFETIME, PATH, REFUSED, RESOLVER,
                     STATE, STATE_V6, TODAY, Setting, a,
                     assert_not_served, inside, lay_tables, steps)
from geography import LOCATION
from world import until


def test_the_internet_is_ours(country):
    """The witnesses see: a connection abroad, octets, a datagram, a port where nobody listens."""
    country.begin(a(STATE))
    country.internet.python("""if True:
        import socket
        abroad = socket.create_connection(("8.8.8.8", 443))
        assert abroad.getsockname()[0] == "8.8.8.8"
        abroad.sendall(b"hello")
        socket.create_connection(("2001:4860:4860::8888", 443)).close()
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("1.1.1.1", 53))
        try: socket.create_connection(("9.9.9.9", 81))
        except ConnectionRefusedError: pass
        assert socket.socket().connect_ex(("127.0.0.1", 1))
    """, check=True)
    seen = country.internet.end()
    assert seen.arrived == {("8.8.8.8", 443, "tcp"): (1, 5), ("2001:4860:4860::8888", 443, "tcp"): (1, 0),
                            ("1.1.1.1", 53, "udp"): (1, 1)}
    assert seen.beside() == {*seen.arrived, ("9.9.9.9", 81, "tcp")}


# --- rows 1 to 18: what a name leads to

SPECIAL = ["127.0.0.1", "0.0.0.0", "10.1.2.3", "169.254.169.254", "100.100.100.200", "224.0.0.1", "255.255.255.255",
           "192.0.2.1",
           "fe80::1", "fd00:ec2::254", "::1", "::", "ff02::1",
           "64:ff9b::c30c:711d", "64:ff9b:1::c30c:711d", "2002:c30c:711d::1", "2001:0:c30c:711d::1", "::195.12.113.29",
           "2001:db8::1"]

B5 = {
    "1 one address": (ANSWERED, a(STATE), {}),
    "1 two addresses": (ANSWERED, a(STATE, "195.12.113.79"), {}),
    "1 v6": (ANSWERED, a(STATE_V6), {}),
    "1 both families": (ANSWERED, a(STATE, STATE_V6), {}),
    "1 v4 in v6": (ANSWERED, a(f"::ffff:{STATE}"), {}),
    "2 capitals and a dot": (ANSWERED, a(STATE), {"url": f"https://API.EGOV.KZ.{PATH}"}),
    "3 a pin": (ANSWERED, a(STATE), {"endpoint": 'pins = ["195.12.113.0/24"]'}),
    "3 a pin beats the country": ("residency.not_pinned", a("92.46.0.1"), {"endpoint": 'pins = ["195.12.113.0/24"]'}),
    "5 abroad": ("residency.foreign", a("8.8.8.8"), {}),
    "5 a name of ours abroad": ("residency.foreign", a("178.248.237.70"), {}),
    "5 abroad, v4 in v6": ("residency.foreign", a("::ffff:8.8.8.8"), {}),
    "5 abroad, v6": ("residency.foreign", a("2a02:6b8::1"), {}),
    "6 home first": ("residency.mixed", a(STATE, "8.8.8.8"), {}),
    "6 abroad first": ("residency.mixed", a("8.8.8.8", STATE), {}),
    "6 abroad beside home": ("residency.mixed", a(STATE, "2a02:6b8::1"), {}),
    "7 registered here, used there": ("residency.disagree", a("31.223.200.1"), {}),
    "7 and another": ("residency.disagree", a("212.233.72.1"), {}),
    "7 v6": ("residency.disagree", a("2a00:4321::1"), {}),
    "7 registered there, used here": ("residency.disagree", a("145.249.120.1"), {}),
    "7 a cloud on home space": ("residency.origin", a("31.43.179.1"), {}),
    **{f"8, 9 {address}": ("residency.special", a(address), {}) for address in SPECIAL},
    "8 a special one beside home": ("residency.mixed|residency.special", a(STATE, "10.1.2.3"), {}),
    "15 to a CDN": ("residency.alias", a(STATE, aliases=["d111.cloudfront.net"]), {}),
    "15 to a CDN by way of home": ("residency.alias",
                                   a(STATE, aliases=["lb.nitec.kz", "d111.cloudfront.net", "lb2.nitec.kz"]), {}),
    "15 within the country": (ANSWERED, a(STATE, aliases=["lb.nitec.kz"]), {}),
    "15 declared": (ANSWERED, a(STATE, aliases=["edge.example.net"]), {"endpoint": 'aliases = ["edge.example.net"]'}),
    "15 declared, but abroad": ("residency.foreign", a("8.8.8.8", aliases=["edge.example.net"]),
                                {"endpoint": 'aliases = ["edge.example.net"]'}),
    "16 no address": ("residency.no_address", steps({}), {}),
    "16 no such name": ("residency.no_address", {}, {}),
    "16 failure": ("residency.no_address", steps({"rcode": "SERVFAIL"}), {}),
    "16 refusal": ("residency.no_address", steps({"rcode": "REFUSED"}), {}),
    "16 failure for one family": ("residency.no_address",
                                  {HOST: {"A": [{"addresses": [STATE]}], "AAAA": [{"rcode": "SERVFAIL"}]}}, {}),
    "16 silence": ("residency.no_address", steps({"silent": True}), {}),
    "16 no message": ("residency.no_address", steps({"garbage": True}), {}),
    "16 the answer to another question": ("residency.no_address", steps({"addresses": [STATE], "stranger": True}), {}),
    "16 truncated for ever": ("residency.no_address", steps({"addresses": [STATE], "truncated": "always"}), {}),
    "16 truncated over UDP": (ANSWERED, steps({"addresses": [STATE], "truncated": True}), {}),
    "24 another name than the certificate's": ("upstream.tls", {"www.egov.kz": a(STATE)[HOST]},
                                               {"url": f"https://www.egov.kz{PATH}"}),
}


@pytest.mark.parametrize("row", B5)
def test_b5_in_a_namespace(country, row):
    wanted, names, changed = B5[row]
    with country.gateway(Setting(**changed), names):
        found = country.ask()
    assert re.fullmatch(wanted, found["reason"]), found
    dialled = wanted in (ANSWERED, "upstream.tls")
    assert country.seen.beside(DNS, *(AT_HOME if dialled else ())) == set()
    assert {server for server, *_ in country.seen.asked} <= {RESOLVER}
    if dialled:
        assert any(octets for key, (_, octets) in country.seen.arrived.items() if key[:2] in AT_HOME)


# --- rows 4, 10 to 14, 39, 40: what is written is refused before anything is asked

WRITTEN = [
    ("residency.scheme", "http://api.egov.kz/"), ("residency.scheme", "ftp://api.egov.kz/"),
    ("residency.scheme", "file:///etc/hosts"),
    ("residency.literal", "https://195.12.113.29/"), ("residency.literal", "https://[::ffff:195.12.113.29]/"),
    ("residency.literal", "https://[2a00:1234::29]/"),
    *(("residency.ambiguous_ip", f"https://{host}/")
      for host in ("3272307997", "0303.014.0161.035", "0xc30c711d", "127.1", "①②⑦.⓪.⓪.①", "195.12.113.29.")),
    ("residency.userinfo", "https://user@api.egov.kz/"),
    ("residency.userinfo", "https://api.egov.kz@8.8.8.8/"),
    ("residency.bad_url", "https://api.egov.kz\\@8.8.8.8/"), ("residency.bad_url", "https://api.egov\t.kz/"),
    ("residency.bad_url", "https://"),
    ("residency.port", "https://api.egov.kz:0/"), ("residency.port", "https://api.egov.kz:65536/"),
    ("residency.port|residency.bad_url", "https://api.egov.kz:/"),
    ("residency.bad_url|residency.ambiguous_ip|residency.literal|residency.special", "https://[fe80::1%25lo]/"),
]


@pytest.mark.parametrize("wanted, url", WRITTEN, ids=[url for _, url in WRITTEN])
def test_what_is_written_wrong_is_not_tried(country, wanted, url):
    code, found = country.check(url, Setting(), a(STATE))
    assert code == REFUSED and re.fullmatch(wanted, found), found
    assert country.seen.beside() == set() and country.seen.asked == []
    # The same in a configuration: nothing starts.
    country.configure(Setting(url=url.replace("\\", "\\\\").replace("\t", "\\t")))
    assert inside("check", "--config", country.world.config).returncode == BAD_CONFIGURATION
    assert_not_served(country)


# --- rows 13, 17, 20, 22, 26, 30, 31, 35, 37

def test_a_name_is_checked_without_an_exchange(country):
    assert country.check("shep", Setting(), a(STATE)) == (0, "residency.ok")
    assert country.seen.beside(DNS) == set()
    assert country.check("shep", Setting(), a("8.8.8.8")) == (REFUSED, "residency.foreign")
    assert country.check("https://api.egov.kz.evil.com/", Setting(), a(STATE))[0] == REFUSED
    assert country.seen.beside(DNS) == set()


TABLES = {
    "old": {"day": TODAY - datetime.timedelta(days=60)},
    "an old registry": {"registry_day": TODAY - datetime.timedelta(days=60)},
    "of tomorrow's tomorrow": {"day": TODAY + datetime.timedelta(days=3)},
    "cut registry": {"cut": "delegated"},
    "cut location": {"cut": "geoip"},
    "cut location v6": {"cut": "geoip6"},
    "without Kazakhstan": {"location": [], "registry": []},
}


@pytest.mark.parametrize("kind", TABLES)
def test_bad_tables_start_nothing(country, tables, kind):
    lay_tables(tables, **TABLES[kind])
    country.configure(Setting())
    country.begin(a(STATE))
    assert_not_served(country)
    assert country.internet.end().beside() == set()


def test_without_a_second_table_the_compiled_in_one_judges(country):
    """It ages with the release, and then nothing starts."""
    country.configure(Setting(location=""))
    ran = inside("check", "--config", country.world.config)
    if ran.returncode == BAD_CONFIGURATION:
        assert "residency.stale: table `geo-whois-asn`" in ran.stdout
        assert_not_served(country)
    else:
        assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("wanted, endpoint",
                         [("residency.no_address", ""), ("residency.stale", f'addresses = ["{STATE}"]')])
def test_old_tables_turn_exchanges_away_where_that_is_wanted(country, tables, wanted, endpoint):
    """Nobody is asked for the name either: the resolver is judged by the same tables."""
    lay_tables(tables, **TABLES["old"])
    planes = ["upstream", "support", "inbound", "storage", "telemetry"]
    turned = "stale = {{ {} }}".format(", ".join(f'{plane} = "turn-away"' for plane in planes))
    with country.gateway(Setting(residency=turned, endpoint=endpoint), a(STATE)) as gateway:
        assert country.ask()["reason"] == wanted
        assert "code=residency.stale" in gateway.written()
    assert country.seen.beside() == set()


def test_a_name_that_moves_abroad_is_judged_again(country):
    """The first answer is home, the next is not, and both have a life of 0 s: one question, and one judged address
    until it is judged anew."""
    with country.gateway(Setting(), steps({"addresses": [STATE]}, {"addresses": ["8.8.8.8"]})) as gateway:
        assert [country.ask()["reason"] for _ in range(2)] == [ANSWERED, ANSWERED]
        gateway.popen.send_signal(signal.SIGHUP)
        # At once, where a reload ends all judgements; at the end of the judgement's own life otherwise.
        end = time.monotonic() + LIFETIME + 15
        while (found := country.ask()["reason"]) == ANSWERED and time.monotonic() < end:
            time.sleep(0.5)
        assert found == "residency.foreign"
    assert country.seen.beside(DNS, (STATE, 443)) == set()


def test_a_table_that_changes_closes_what_is_open(country, tables):
    without = [row for row in LOCATION if row[0] != "195.12.112.0/22"]
    with country.gateway(Setting(), a(STATE)) as gateway:
        assert country.ask()["reason"] == ANSWERED
        lay_tables(tables, cut="geoip")
        gateway.popen.send_signal(signal.SIGHUP)
        assert [country.ask()["reason"] for _ in range(3)] == [ANSWERED] * 3, "a bad table changes nothing"
        lay_tables(tables, location=without)
        gateway.popen.send_signal(signal.SIGHUP)
        until(lambda: country.ask()["reason"] != ANSWERED, "the new table")
        before = country.internet.end().arrived[STATE, 443, "tcp"]
        assert country.ask()["reason"].startswith("residency.")
        assert country.internet.end().arrived[STATE, 443, "tcp"] == before
    assert country.seen.beside(DNS, (STATE, 443)) == set()


COLLECTOR = """
[endpoints.collector]
plane = "telemetry"
url = "https://otlp.example.kz:4317"
kind = "internet"
ca = "pki/ca.pem"
"""


@pytest.mark.parametrize("address, allowed", [("8.8.8.8", False), ("31.223.200.1", False), (STATE, True)])
def test_a_collector_abroad_is_told_nothing(country, address, allowed):
    with country.gateway(Setting(otlp="collector", more=COLLECTOR), {**a(STATE), "otlp.example.kz": a(address)[HOST]}):
        assert country.ask()["reason"] == ANSWERED
    collector = (address, 4317)
    assert country.seen.beside(DNS, (STATE, 443), *([collector] if allowed else [])) == set()
    assert (collector in {key[:2] for key in country.seen.arrived}) == allowed


def test_a_resolver_abroad_is_not_asked(country):
    abroad = Setting(resolver="dns://8.8.8.8")
    country.configure(abroad)
    country.begin(a(STATE))
    assert inside("check", "--config", country.world.config).returncode == BAD_CONFIGURATION
    assert country.internet.end().beside() == set()


KNOCK = """if True:
    import socket, sys
    peer = socket.socket()
    peer.settimeout(5)
    try:
        peer.connect((sys.argv[1], int(sys.argv[2])))
        peer.sendall(bytes.fromhex(sys.argv[3]))
        print(len(peer.recv(4096)))
    except OSError:
        print(0)
"""
# The beginning of a TLS 1.3 ClientHello would be answered; these are what a proxy says in front of one.
PROXIES = {"PROXY 1": b"PROXY TCP4 195.12.113.200 195.12.113.1 50000 7443\r\n", "nothing": b"",
           "PROXY 2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
           + bytes([195, 12, 113, 200, 195, 12, 113, 1, 0x80, 0, 0x1d, 0x13])}


def test_peers_are_judged_by_where_they_are(country):
    """Whoever dials 8.8.8.8 in this Internet comes from 8.8.8.8."""
    with country.gateway(Setting(), a(STATE)):
        assert country.ask("127.0.0.1")["reason"] == ANSWERED
        assert country.ask("195.12.113.200")["reason"] == ANSWERED
        for abroad in ("8.8.8.8", "77.88.8.8", "92.46.0.9", "31.223.200.1", "10.1.2.3"):
            assert country.ask(abroad)["reason"] == "UNAVAILABLE", abroad
            for said in PROXIES.values():
                ran = country.internet.python(KNOCK, abroad, str(GATEWAY), (said + b"\x16\x03\x01\0\0").hex())
                assert ran.stdout.strip() == "0", "not one octet, not even an alert, goes abroad"
    assert len([record for record in country.world.records() if record["phase"] == "INTENT"]) >= 2


def test_loopback_is_not_for_production(country):
    country.configure(Setting(url=f"https://localhost:9443{PATH}", kind="development-loopback",
                              endpoint='addresses = ["127.0.0.1"]'))
    text = country.world.config.read_text()
    country.world.config.write_text(text.replace('profile = "development"', 'profile = "production"'))
    ran = inside("check", "--config", country.world.config)
    assert ran.returncode == BAD_CONFIGURATION and "loopback" in ran.stdout


def test_the_proof_proves_itself(country):
    """`residency prove` runs its own listeners; here its whole process is watched from outside as well."""
    country.configure(Setting())
    country.begin(a(STATE))
    ran = inside("residency", "prove")
    seen = country.internet.end()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert seen.beside() == set()
