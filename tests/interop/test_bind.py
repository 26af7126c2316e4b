"""Names asked of a real DNS server, Debian's BIND, in a namespace of its own: what it answers by UDP, what it cuts off and
answers by TCP, where its CNAMEs lead, and what it does not answer. `qaqpa residency check NAME --resolver ADDRESS` asks and
judges, by the compiled-in registry and a table of the day.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from geography import LOCATION, geoip4, geoip6, today
from world import binary, until

HOME_V6 = "2a00:5da0::/32"
STATE, SIX, ABROAD = "195.12.113.29", "2a00:5da0::29", "8.8.8.8"
MANY = [f"195.12.113.{last}" for last in range(1, 41)]

HEAD = "@ {ttl} IN SOA ns.kz. a.kz. {serial} 60 60 60 60\n@ 60 IN NS ns.kz.\n"
KZ = [
    "ns A 127.0.0.1", f"state A {STATE}", f"both A {STATE}", f"both AAAA {SIX}", f"brief 0 A {STATE}",
    f"mixed A {STATE}", "mixed AAAA 2001:4860:4860::8888", f"two A {STATE}", f"two A {ABROAD}", f"abroad A {ABROAD}",
    "private A 10.1.2.3", "mapped AAAA ::ffff:195.12.113.29", "mail MX 10 state.kz.",
    "alias CNAME lb.nitec.kz.", f"lb.nitec A {STATE}", "far CNAME d111.cloudfront.net.",
    "farther CNAME far.kz.", "ring CNAME gnir.kz.", "gnir CNAME ring.kz.", "nowhere CNAME nothing.kz.",
    *(f"many A {address}" for address in MANY), *(f"spoilt A {address}" for address in MANY), f"spoilt A {ABROAD}",
]
NET = [f"d111.cloudfront A {STATE}", f"own A {STATE}"]
CONFIGURATION = """
options {{ directory "{0}"; listen-on port 53 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion yes;
           pid-file none; session-keyfile none; dnssec-validation no; minimal-responses yes; }};
controls {{ }};
zone "kz" {{ type primary; file "kz.zone"; }};
zone "net" {{ type primary; file "net.zone"; }};
zone "broken" {{ type primary; file "broken.zone"; }};
"""


def zone(directory, name, rows, serial=1):
    lines = [f"$TTL 60\n$ORIGIN {name}.\n", HEAD.format(ttl=60, serial=serial)]
    for row in rows:
        owner, rest = row.split(" ", 1)
        lines.append(f"{owner} {rest.split(' ', 1)[0]} IN {rest.split(' ', 1)[1]}\n" if rest[0].isdigit()
                     else f"{owner} IN {rest}\n")
    (directory / f"{name}.zone").write_text("".join(lines))


class Bind:
    """The server, alone with whoever asks it: `lo` is the only link, and 127.0.0.1 the only address."""

    def __init__(self, directory):
        self.directory = directory
        named = shutil.which("named", path=os.environ["PATH"] + ":/usr/sbin")
        assert named, "named is missing; .ci/setup brings it"
        zone(directory, "kz", KZ)
        zone(directory, "net", NET)
        (directory / "broken.zone").write_text("no zone at all\n")
        (directory / "named.conf").write_text(CONFIGURATION.format(directory))
        self.log = directory / "named.log"
        with open(self.log, "wb") as log:
            inside = f"ip link set lo up && exec {named} -g -4 -c {directory}/named.conf"
            command = ["unshare", "-rn", "sh", "-c", inside]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        # Its first line says "running on Linux": who asks a name before the zones are loaded waits, and is then told of a
        # failure that the server remembers for a second.
        until(lambda: "all zones loaded" in self.log.read_text() or self.process.poll() is not None, "named has its zones")
        assert self.process.poll() is None, self.log.read_text()

    def run(self, *command):
        """Runs a command where the server is."""
        enter = ["nsenter", "--target", str(self.process.pid), "--user", "--net", "--preserve-credentials", "--no-fork"]
        return subprocess.run([*enter, *map(str, command)], capture_output=True, text=True, timeout=60)

    def move(self, rows, serial):
        """Another zone, served from now on."""
        zone(self.directory, "kz", rows, serial)
        loaded = f"zone kz/IN: loaded serial {serial}"
        os.utime(self.directory / "kz.zone", (time.time() + serial, time.time() + serial))
        self.process.send_signal(signal.SIGHUP)
        until(lambda: loaded in self.log.read_text(), loaded)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def bind(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bind")
    day = today()
    world = [*LOCATION, (HOME_V6, "KZ")]
    (directory / "geoip").write_text(geoip4(world, day))
    (directory / "geoip6").write_text(geoip6(world, day))
    bind = Bind(directory)
    yield bind
    bind.stop()


def judged(bind, name, resolver="127.0.0.1"):
    command = [binary(), "residency", "check", f"https://{name}/", "--resolver", resolver, "--location", bind.directory,
               "--max-age-days", "365", "--format", "json"]
    ran = bind.run(*command)
    assert ran.stdout.count("\n") == 1, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert ran.returncode == (0 if told["verdict"] == "allowed" else 1)
    return told


ANSWERS = [
    # name, code, detail, addresses, names on the way
    ("state.kz", "residency.ok", None, [STATE], []),
    ("STATE.KZ", "residency.ok", None, [STATE], []),
    ("both.kz", "residency.ok", None, [STATE, SIX], []),
    ("brief.kz", "residency.ok", None, [STATE], []),
    ("own.net", "residency.ok", None, [STATE], []),
    ("mapped.kz", "residency.ok", None, [STATE], []),
    ("alias.kz", "residency.ok", None, [STATE], ["lb.nitec.kz"]),
    ("many.kz", "residency.ok", None, MANY, []),
    ("spoilt.kz", "residency.mixed", "foreign", [*MANY, ABROAD], []),
    ("mixed.kz", "residency.mixed", "foreign", [STATE, "2001:4860:4860::8888"], []),
    ("two.kz", "residency.mixed", "foreign", [STATE, ABROAD], []),
    ("abroad.kz", "residency.foreign", None, [ABROAD], []),
    ("private.kz", "residency.special", None, ["10.1.2.3"], []),
    ("far.kz", "residency.alias", None, [STATE], ["d111.cloudfront.net"]),
    ("farther.kz", "residency.alias", None, [STATE], ["far.kz", "d111.cloudfront.net"]),
    ("nothing.kz", "residency.no_address", "not_found", [], []),
    ("mail.kz", "residency.no_address", "not_found", [], []),
    ("a.broken", "residency.no_address", "server_failure", [], []),
    ("elsewhere.example", "residency.no_address", None, [], []),
    ("ring.kz", "residency.no_address", None, [], []),
    ("nowhere.kz", "residency.no_address", None, [], None),
]


@pytest.mark.parametrize("name, code, detail, addresses, aliases", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_what_a_real_server_answers(bind, name, code, detail, addresses, aliases):
    told = judged(bind, name)
    assert told["code"] == code, told
    assert detail is None or told["detail"] == detail, told
    assert sorted(row["address"] for row in told["addresses"]) == sorted(addresses), told
    assert aliases is None or told["aliases"] == aliases, told


def test_forty_addresses_do_not_fit_and_come_by_tcp(bind):
    """The server itself cuts the answer off: what it says by UDP alone is less."""
    script = """
import socket, sys
question = bytes.fromhex("abcd00000001000000000000") + b"\\x04many\\x02kz\\x00\\x00\\x01\\x00\\x01"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(5)
udp.sendto(question, ("127.0.0.1", 53))
answer = udp.recv(4096)
print(bool(answer[2] & 2), len(answer) <= 512)
"""
    assert bind.run(sys.executable, "-c", script).stdout.split() == ["True", "True"]
    assert len(judged(bind, "many.kz")["addresses"]) == 40


def test_a_name_that_moves_is_judged_where_it_is(bind):
    assert judged(bind, "state.kz")["code"] == "residency.ok"
    bind.move([row.replace(f"state A {STATE}", f"state A {ABROAD}") for row in KZ], 2)
    assert judged(bind, "state.kz")["code"] == "residency.foreign"
    bind.move(KZ, 3)
    assert judged(bind, "state.kz")["code"] == "residency.ok"


def test_a_server_that_is_not_there_is_no_answer(bind):
    told = judged(bind, "state.kz", "127.0.0.2")
    assert told["code"] == "residency.no_address" and told["detail"] in ("unreachable", "timeout"), told
