"""The tunnel of a closed network, as the kernel knows it: real interfaces, routes and IPsec policies, each row in a
network namespace of its own. A route is not a tunnel: most rows have a way to the destination by which plain text would
travel.

Nothing here knows how qaqpa looks. It is asked by `qaqpa residency check NAME`; only CONFIGURED and told() know the
forms of that. Associations of ESP need a kernel that has ESP; on one that has none the row of the established tunnel is
refused like one that is down.
"""

import json
import shutil
import subprocess
import sys

import pytest

from world import World, binary

V4, V6, PORT = "10.20.30.7", "fd00:51:7::7", 8080
ENDPOINT = "closed"

CONFIGURED = """
[endpoints.{name}]
plane = "upstream"
kind = "closed-network"
url = "http://smartbridge.example.kz:{port}/bip-sync-wss-gost/"
pins = ["{address}/{length}"]
addresses = ["{address}"]
tunnel = "{tunnel}"
"""


@pytest.fixture(scope="module", autouse=True)
def tools():
    missing = [tool for tool in ("ip", "unshare", "nsenter", "setpriv", "sysctl") if shutil.which(tool) is None]
    assert not missing, f"missing tools: {' '.join(missing)}"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Laid out once for all rows; nothing runs in it."""
    return World(tmp_path_factory.mktemp("tunnel"))


def configured(environment, tunnel, address=V4):
    """The configuration of a development environment with one closed endpoint more."""
    length = 128 if ":" in address else 32
    text = CONFIGURED.format(name=ENDPOINT, port=PORT, address=address, length=length, tunnel=tunnel)
    config = environment.config.with_name("closed.toml")
    config.write_text(environment.config.read_text() + text)
    return config


def check(config):
    return [binary(), "residency", "check", ENDPOINT, "--config", str(config), "--format", "json"]


def told(run):
    """`ok`, or the word of what is missing."""
    assert run.returncode in (0, 1), f"exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
    answer = json.loads(run.stdout)
    if run.returncode == 0:
        assert answer["code"] == "residency.ok", answer
        return "ok"
    assert answer["code"] == "residency.tunnel", answer
    return answer["detail"]


def inside(setup, command, **options):
    """Runs `command` in a fresh network namespace after `setup`, of which every line has to succeed."""
    script = f'set -e\nip link set lo up\n{setup}\nexec "$@"'
    return subprocess.run(["unshare", "-rn", "sh", "-c", script, "sh", *command], capture_output=True, text=True,
                          timeout=60, **options)


def lines(*parts):
    return "\n".join(parts)


# --- pieces of a network

TUNNEL_DOWN = lines(
    "ip link add ipsec0 type veth peer name far0",
    "ip address add 10.77.0.1/24 dev ipsec0",
    "ip -6 address add fd00:77::1/64 dev ipsec0 nodad",
    "ip link set far0 up",
)
TUNNEL = lines(TUNNEL_DOWN, "ip link set ipsec0 up")
INTO = "ip route add 10.20.30.0/24 dev ipsec0"
INTO_V6 = "ip -6 route add fd00:51:7::/48 dev ipsec0"
# Where everything goes that no tunnel takes.
OPEN = lines(
    "ip link add eth0 type veth peer name far1",
    "ip address add 192.168.5.1/24 dev eth0",
    "ip -6 address add fd00:5::1/64 dev eth0 nodad",
    "ip link set far1 up",
    "ip link set eth0 up",
    "ip route add default via 192.168.5.2",
    "ip -6 route add default via fd00:5::2",
)
THERE_IS_A_ROUTE = f"ip route get {V4} >/dev/null"

INTERFACE = {
    "there is no such interface": ("interface_missing", lines(OPEN, THERE_IS_A_ROUTE)),
    "it was removed and the default route took over": (
        "interface_missing", lines(OPEN, TUNNEL, INTO, "ip link delete ipsec0", THERE_IS_A_ROUTE)),
    "it is down": ("interface_down", lines(OPEN, TUNNEL_DOWN, THERE_IS_A_ROUTE)),
    "it went down": ("interface_down", lines(OPEN, TUNNEL, INTO, "ip link set ipsec0 down", THERE_IS_A_ROUTE)),
    "its carrier is lost and its route stays": (
        "interface_down", lines(TUNNEL, INTO, "ip link set far0 down", f"ip route get {V4} | grep -q 'dev ipsec0'")),
    "its daemon died and its route stays": (
        "interface_down",
        lines("ip tuntap add ipsec0 mode tun", "ip address add 10.77.0.1/24 dev ipsec0", "ip link set ipsec0 up", INTO,
              f"ip route get {V4} | grep -q 'dev ipsec0'")),
    "nothing leads there": ("other_route", TUNNEL),
    "the default route leads elsewhere": ("other_route", lines(OPEN, TUNNEL)),
    "a more specific route leads elsewhere": ("other_route",
                                              lines(OPEN, TUNNEL, INTO, f"ip route add {V4}/32 via 192.168.5.2")),
    "a rule leads elsewhere": (
        "other_route",
        lines(OPEN, TUNNEL, INTO, "ip route add default via 192.168.5.2 table 100", f"ip rule add to {V4} table 100")),
    "a rule leads tcp elsewhere": (
        "other_route", lines(OPEN, TUNNEL, INTO, "ip route add default via 192.168.5.2 table 100",
                             "ip rule add ipproto tcp table 100")),
    "one of two paths leads elsewhere": (
        "other_route",
        lines(OPEN, TUNNEL, f"ip route add {V4}/32 nexthop dev ipsec0 nexthop via 192.168.5.2 dev eth0")),
    "one of two paths leads elsewhere, rarely": (
        "other_route",
        lines(OPEN, TUNNEL,
              f"ip route add {V4}/32 nexthop dev ipsec0 weight 250 nexthop via 192.168.5.2 dev eth0 weight 1")),
    "the route is a black hole": ("other_route", lines(OPEN, TUNNEL, INTO, f"ip route add blackhole {V4}/32")),
    "the route is prohibited": ("other_route", lines(OPEN, TUNNEL, INTO, f"ip route add prohibit {V4}/32")),
    "the destination is this host": ("other_route", lines(TUNNEL, INTO, f"ip address add {V4}/32 dev ipsec0")),
    "its route leads there": ("ok", lines(OPEN, TUNNEL, INTO)),
    "two paths, both through it": ("ok",
                                   lines(TUNNEL, f"ip route add {V4}/32 nexthop via 10.77.0.2 nexthop via 10.77.0.3")),
    "it is where everything goes": ("ok", lines(TUNNEL, "ip route add default dev ipsec0")),
}

INTERFACE_V6 = {
    "the default route leads elsewhere": ("other_route", lines(OPEN, TUNNEL)),
    "a more specific route leads elsewhere": ("other_route",
                                              lines(OPEN, TUNNEL, INTO_V6, f"ip -6 route add {V6}/128 via fd00:5::2")),
    "one of two paths leads elsewhere": (
        "other_route",
        lines(OPEN, TUNNEL,
              f"ip -6 route add {V6}/128 nexthop via fd00:77::2 dev ipsec0 nexthop via fd00:5::2 dev eth0")),
    "only the other family leads there": ("other_route", lines(OPEN, TUNNEL, INTO)),
    "its route leads there": ("ok", lines(OPEN, TUNNEL, INTO_V6)),
}


@pytest.mark.parametrize("row", INTERFACE)
def test_an_interface(environment, row):
    wanted, setup = INTERFACE[row]
    run = inside(setup, check(configured(environment, "interface:ipsec0")))
    assert told(run) == wanted


@pytest.mark.parametrize("row", INTERFACE_V6)
def test_an_interface_by_ipv6(environment, row):
    wanted, setup = INTERFACE_V6[row]
    run = inside(setup, check(configured(environment, "interface:ipsec0", V6)))
    assert told(run) == wanted


def test_the_loopback_is_no_tunnel(environment):
    run = inside(f"ip route add {V4}/32 dev lo", check(configured(environment, "interface:lo")))
    assert told(run) == "interface_missing"


def test_an_interface_needs_no_capability(environment):
    run = inside(lines(TUNNEL, INTO), [*POWERLESS, *check(configured(environment, "interface:ipsec0"))])
    assert told(run) == "ok"


# --- IPsec

POWERLESS = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]
ENDS, ENDS_V6 = "src 192.168.5.1 dst 192.168.5.2", "src fd00:5::1 dst fd00:5::2"
KEY = "0x000102030405060708090a0b0c0d0e0f"
AUTHENTIC = f'auth-trunc "hmac(sha256)" {KEY} 128'
CIPHER = f'enc "cbc(aes)" {KEY} {AUTHENTIC}'
ESP = f"tmpl {ENDS} proto esp reqid 1 mode tunnel"


def policy(selector=f"dst {V4}/32", priority=1000, template=ESP, more="", direction="out"):
    return f"ip xfrm policy add dir {direction} {selector} priority {priority} {more} {template}"


def association(ends=ENDS, reqid=1, cipher=CIPHER, more=""):
    """Fails quietly on a kernel without ESP: then there is no association, which is never `ok`."""
    state = f"{ends} proto esp spi 0xc1f00d01 reqid {reqid} mode tunnel {cipher} {more}"
    return f"ip xfrm state add {state} 2>/dev/null || true"


@pytest.fixture(scope="module")
def established():
    """What an established tunnel is told as: this kernel may have no ESP."""
    return "ok" if inside(association().replace("|| true", ""), ["true"]).returncode == 0 else "no_sa"


SA = association()
IPSEC = {
    "nothing is set up": ("no_policy", OPEN),
    "the tunnel is established": ("established", lines(OPEN, SA, policy())),
    "the policy is for our address": ("established", lines(OPEN, SA, policy(f"src 192.168.5.1/32 dst {V4}/32"))),
    "the policy is for a network": ("established", lines(OPEN, SA, policy("dst 10.20.28.0/22"))),
    "plain text is less preferred": ("established", lines(OPEN, SA, policy(), policy("dst 10.20.30.0/24", 1001, ""))),
    "plain text for another place is preferred": ("established",
                                                  lines(OPEN, SA, policy(), policy("dst 10.20.30.8/32", 1, ""))),
    "plain text for another mark is preferred": ("established", lines(OPEN, SA, policy(),
                                                                      policy(priority=1, template="", more="mark 5"))),
    "the policy lost its association": ("no_sa", lines(OPEN, policy())),
    "the association went": ("no_sa", lines(OPEN, SA, policy(), "ip xfrm state flush")),
    "the association is negotiated": (
        "no_sa", lines(OPEN, policy(),
                       f"ip xfrm state allocspi {ENDS} proto esp reqid 1 mode tunnel min 256 max 512 >/dev/null")),
    "the association is another peer's": ("no_sa",
                                          lines(OPEN, association("src 192.168.5.1 dst 192.168.5.3"), policy())),
    "the association is the other direction's": ("no_sa",
                                                 lines(OPEN, association("src 192.168.5.2 dst 192.168.5.1"), policy())),
    "the association has another reqid": ("no_sa", lines(OPEN, association(reqid=2), policy())),
    "the association is past its time": ("no_sa",
                                         lines(OPEN, association(more="limit time-hard 1"), policy(), "sleep 2.5")),
    "the association encrypts with nothing": (
        "no_sa", lines(OPEN, association(cipher=f'enc "ecb(cipher_null)" "" {AUTHENTIC}'), policy())),
    "the association is for a mark": ("no_sa", lines(OPEN, association(more="mark 5"), policy())),
    "the policy went": ("no_policy", lines(OPEN, SA, policy(), "ip xfrm policy flush")),
    "the policy is for another place": ("no_policy", lines(OPEN, SA, policy("dst 10.20.30.8/32"))),
    "the policy is for another address of ours": ("no_policy",
                                                  lines(OPEN, SA, policy(f"src 192.168.5.9/32 dst {V4}/32"))),
    "the policy is for the other direction": ("no_policy", lines(OPEN, SA, policy(direction="in"))),
    "the policy is for one port": ("no_policy", lines(OPEN, SA, policy(f"dst {V4}/32 proto tcp dport 443"))),
    "the policy is for a mark": ("no_policy", lines(OPEN, SA, policy(more="mark 5"))),
    "the policy is for an xfrm interface": ("no_policy", lines(OPEN, SA, policy(more="if_id 5"))),
    "the policy lets plain text pass": ("no_policy", lines(OPEN, SA, policy(template=""))),
    "plain text is preferred": ("no_policy", lines(OPEN, SA, policy(), policy("dst 10.20.30.0/24", 999, ""))),
    "plain text is as preferred": ("no_policy", lines(OPEN, SA, policy(), policy("dst 10.20.30.0/24", template=""))),
    "plain text is preferred for one port": ("no_policy", lines(OPEN, SA, policy(),
                                                                policy(f"dst {V4}/32 proto tcp dport 80", 999, ""))),
    "the policy blocks": ("no_policy", lines(OPEN, SA, policy(template="action block"))),
    "a block is preferred": ("no_policy", lines(OPEN, SA, policy(), policy("dst 10.20.30.0/24", 999, "action block"))),
    "protection is of level use": ("no_policy",
                                   lines(OPEN, SA,
                                         policy(template=f"tmpl {ENDS} proto esp reqid 1 mode transport level use"))),
    "protection is no tunnel": ("no_policy",
                                lines(OPEN, SA, policy(template=f"tmpl {ENDS} proto esp reqid 1 mode transport"))),
    "protection is no encryption": ("no_policy",
                                    lines(OPEN, SA, policy(template=f"tmpl {ENDS} proto ah reqid 1 mode tunnel"))),
    "policies do not apply to the interface": (
        "no_policy", lines(OPEN, SA, policy(), "sysctl -qw net.ipv4.conf.eth0.disable_xfrm=1")),
    "policies apply to no interface": ("no_policy",
                                       lines(OPEN, SA, policy(), "sysctl -qw net.ipv4.conf.all.disable_xfrm=1")),
    "nothing leads there": ("other_route", lines(OPEN, SA, policy(), "ip route delete default")),
    "paths differ": (
        "other_route",
        lines(OPEN, TUNNEL, SA, policy(), f"ip route add {V4}/32 nexthop via 192.168.5.2 nexthop via 10.77.0.2")),
}

SA_V6, ESP_V6 = association(ENDS_V6), f"tmpl {ENDS_V6} proto esp reqid 1 mode tunnel"
IPSEC_V6 = {
    "nothing is set up": ("no_policy", OPEN),
    "the tunnel is established": ("established", lines(OPEN, SA_V6, policy(f"dst {V6}/128", template=ESP_V6))),
    "the policy is for a network": ("established", lines(OPEN, SA_V6, policy("dst fd00:51:6::/47", template=ESP_V6))),
    "the policy lost its association": ("no_sa", lines(OPEN, policy(f"dst {V6}/128", template=ESP_V6))),
    "the policy is the other family's": ("no_policy", lines(OPEN, SA, policy("dst 0.0.0.0/0"))),
    "the policy is for another place": ("no_policy", lines(OPEN, SA_V6, policy("dst fd00:51:8::/48", template=ESP_V6))),
    "plain text is preferred": (
        "no_policy", lines(OPEN, SA_V6, policy(f"dst {V6}/128", template=ESP_V6), policy("dst ::/0", 999, ""))),
}


@pytest.mark.parametrize("row", IPSEC)
def test_ipsec(environment, established, row):
    wanted, setup = IPSEC[row]
    run = inside(setup, check(configured(environment, "xfrm")))
    assert told(run) == (established if wanted == "established" else wanted)


@pytest.mark.parametrize("row", IPSEC_V6)
def test_ipsec_by_ipv6(environment, established, row):
    wanted, setup = IPSEC_V6[row]
    run = inside(setup, check(configured(environment, "xfrm", V6)))
    assert told(run) == (established if wanted == "established" else wanted)


def test_reading_policies_needs_a_capability_and_says_which(environment):
    run = inside(lines(OPEN, SA, policy()), [*POWERLESS, *check(configured(environment, "xfrm"))])
    assert told(run) == "not_permitted" and "cap_net_admin" in (run.stdout + run.stderr).lower()


# --- what arrives on the other side

# A second namespace plays the Internet: the closed network's address is reachable there in plain text, and somebody
# listens. Prints what it received before and after a control that does what the gateway must not.
OTHER_SIDE = """
unshare -n sleep 60 2>/dev/null & far=$!
trap 'kill $far $listener 2>/dev/null' EXIT
while [ "$(readlink /proc/$far/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
there() {{ nsenter -t $far -n "$@"; }}
ip link add eth0 type veth peer name eth0 netns $far
ip address add 192.168.5.1/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.5.2
there ip link set lo up; there ip address add 192.168.5.2/24 dev eth0
there ip address add {address}/32 dev lo; there ip link set eth0 up
there "$PYTHON" -c 'import socket
s = socket.create_server(("{address}", {port}))
print("listens", flush=True)
s.accept()[0].send(b"!")' >"$LOG" 2>&1 & listener=$!
until grep -qs listens "$LOG"; do sleep 0.02; done
received() {{ there awk '/^Ip: [0-9]/ {{ print $4 }}' /proc/net/snmp; }}
{setup}
ip route get {address} | grep -q 'dev eth0'
before=$(received)
set +e; "$@"; code=$?; set -e
sleep 0.3
echo "after the check: $(( $(received) - before ))" >&2
{undo}
"$PYTHON" -c 'import socket; assert socket.create_connection(("{address}", {port}), 5).recv(1) == b"!"'
echo "after the control: $(( $(received) - before ))" >&2
exit $code
"""
FELL = {
    "the interface is gone": ("interface:ipsec0", "interface_missing", lines(TUNNEL, INTO, "ip link delete ipsec0"),
                              ""),
    "the interface is up and its route is gone": ("interface:ipsec0", "other_route",
                                                  lines(TUNNEL, INTO, "ip route delete 10.20.30.0/24"), ""),
    "ipsec is gone": ("xfrm", "no_policy", lines(policy(), "ip xfrm policy flush"), ""),
    "plain text is preferred": ("xfrm", "no_policy", lines(policy(), policy("dst 10.20.30.0/24", 1, "")), ""),
    "the association is gone": ("xfrm", "no_sa", policy(), "ip xfrm policy flush"),
}


def arrived(run, when):
    return next(int(line.split(": ")[1]) for line in run.stderr.splitlines() if line.startswith(when))


@pytest.mark.parametrize("row", FELL)
def test_nothing_reaches_the_other_side_when_the_tunnel_fell(environment, tmp_path, row):
    tunnel, wanted, setup, undo = FELL[row]
    script = OTHER_SIDE.format(address=V4, port=PORT, setup=setup, undo=undo)
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHON": sys.executable,
                 "LOG": str(tmp_path / "listener.log")}
    run = inside(script, check(configured(environment, tunnel)), env=variables)
    assert told(run) == wanted, run.stderr
    assert arrived(run, "after the check") == 0, run.stderr
    assert arrived(run, "after the control") > 0, run.stderr
