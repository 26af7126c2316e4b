"""`qaqpa residency`: check, show, export, prove, as scripts and auditors see them. Verdicts are compared with tables of
a made-up world (geography.py) and with those that Debian installs; an exported fence is loaded into a real kernel and a
client is run behind it.
"""

import datetime
import ipaddress
import json
import pathlib
import re
import shutil
import subprocess

import pytest

from geography import LOCATION, REGISTRY, delegated, geoip4, geoip6, today
from namespaces import Namespace
from world import World, binary, qaqpa

# The day that the modules' tables are of; the gateway may be asked on the next one.
TODAY = today()
EXPIRES = TODAY.date() + datetime.timedelta(days=100)
REFUSED, USAGE, UNUSABLE_INPUT, BAD_CONFIGURATION = 1, 64, 65, 78
DEBIAN = pathlib.Path("/usr/share/tor")
# Debian renews its table with Tor's security releases only.
PATIENT = ["--max-age-days", "365"]
STATE = "195.12.113.29"


@pytest.fixture(scope="module", autouse=True)
def tools():
    missing = [tool for tool in ("ip", "unshare", "nsenter", "nft") if shutil.which(tool) is None]
    assert not missing, f"missing tools: {' '.join(missing)}"


@pytest.fixture(scope="module")
def location(tmp_path_factory):
    """A directory as tor-geoipdb would fill it today."""
    directory = tmp_path_factory.mktemp("location")
    (directory / "geoip").write_text(geoip4(LOCATION, TODAY))
    (directory / "geoip6").write_text(geoip6(LOCATION, TODAY))
    return directory


def run(*arguments):
    return subprocess.run([binary(), "residency", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def check(*arguments):
    """Exit code and the JSON object."""
    ran = run("check", *arguments, "--format", "json")
    assert ran.stdout.count("\n") == 1, ran.stdout + ran.stderr
    return ran.returncode, json.loads(ran.stdout)


# --- check, without a configuration

TYPED = [
    # wanted code, rule, target, flags
    ("residency.ok", "country", f"https://{STATE}/", []),
    ("residency.ok", "country", "https://api.egov.kz/", ["--address", STATE]),
    ("residency.ok", "loopback", "https://localhost:8443/", []),
    ("residency.ok", "loopback", "https://[::1]:8443/", []),
    ("residency.ok", "loopback", "https://api.egov.kz/", ["--address", "127.0.0.2"]),
    ("residency.foreign", None, "https://8.8.8.8/", []),
    ("residency.foreign", None, "https://api.egov.kz/", ["--address", "178.248.237.70"]),
    ("residency.foreign", None, "postgres://db.example.kz/", ["--address", "77.88.8.8"]),
    ("residency.mixed", None, "https://api.egov.kz/", ["--address", STATE, "--address", "8.8.8.8"]),
    ("residency.disagree", None, "https://31.223.200.1/", []),
    ("residency.disagree", None, "https://212.233.72.1/", []),
    ("residency.origin", None, "https://31.43.179.1/", []),
    ("residency.special", None, "https://10.1.2.3/", []),
    ("residency.special", None, "https://[64:ff9b::c30c:711d]/", []),
    ("residency.special", None, "https://api.egov.kz/", ["--address", "169.254.169.254"]),
    ("residency.tunnel", None, "https://10.1.2.3/", ["--interface", "no-such-if"]),
    ("residency.tunnel", None, "http://10.1.2.3/", ["--interface", "lo"]),
    ("residency.foreign", None, "https://8.8.8.8/", ["--interface", "no-such-if"]),
    ("residency.no_address", None, "https://api.egov.kz/", []),
    ("residency.foreign", None, "https://api.egov.kz/", ["--resolver", "8.8.8.8"]),
    ("residency.special", None, "https://api.egov.kz/", ["--resolver", "10.1.2.3"]),
    ("residency.ambiguous_ip", None, "https://127.1/", []),
    ("residency.ambiguous_ip", None, "https://①②⑦.⓪.⓪.①/", []),
    ("residency.userinfo", None, "https://api.egov.kz@8.8.8.8/", []),
    ("residency.scheme", None, "http://api.egov.kz/", ["--address", STATE]),
    ("residency.scheme", None, "ftp://api.egov.kz/", []),
    ("residency.port", None, "https://api.egov.kz:0/", []),
    ("residency.bad_url", None, "https://api.egov.kz\\@8.8.8.8/", []),
]


@pytest.mark.parametrize("code, rule, target, flags", TYPED,
                         ids=[" ".join([target, *flags]) for _, _, target, flags in TYPED])
def test_what_is_typed(location, code, rule, target, flags):
    exit_code, told = check(target, "--location", location, *PATIENT, *flags)
    assert (told["code"], told["rule"]) == (code, rule), told
    allowed = code == "residency.ok"
    assert (exit_code, told["verdict"]) == ((0, "allowed") if allowed else (REFUSED, "refused"))
    assert told["target"] == target and f"code={code} " in told["evidence"]
    # For people: the same code, and what to do about a refusal.
    text = run("check", target, "--location", location, *PATIENT, *flags)
    assert text.returncode == exit_code and code in text.stdout and text.stderr == ""
    assert allowed or (told["advice"] and told["advice"] in text.stdout and told["fault"] == "gateway")


def test_each_piece_of_evidence(location):
    _, told = check("https://31.223.200.1/", "--location", location, *PATIENT)
    (address,) = told["addresses"]
    votes = [(vote["table"].split()[0], vote["country"]) for vote in address["votes"]]
    assert votes == [("iptocc", "KZ"), ("ipfire", "JP")]
    assert address["votes"][1]["date"] == f"{TODAY:%Y-%m-%d}"
    assert (address["special"], address["pinned"], address["verdict"]) == (None, True, "residency.disagree")
    assert address["origin"]["asn"] == 16509 and address["origin"]["denied"]
    _, told = check("https://10.1.2.3/", "--location", location, *PATIENT)
    assert told["addresses"][0] | {"special": "private", "votes": [], "origin": None} == told["addresses"][0]
    _, told = check("https://api.egov.kz/", "--address", STATE, "--address", "8.8.8.8", "--location", location,
                    *PATIENT)
    verdicts = [address["verdict"] for address in told["addresses"]]
    assert verdicts == ["country", "residency.foreign"] and told["detail"] == "foreign"


@pytest.mark.parametrize("language, word", [("kk", "Қазақстан"), ("ru", "Казахстан"), ("en", "Kazakhstan")])
def test_in_three_languages(location, language, word):
    told = [run("check", "https://8.8.8.8/", "--location", location, *PATIENT, "--language", language).stdout
            for _ in range(2)]
    assert word in told[0] and told[0] == told[1]


def test_tables_that_are_missing_old_or_broken(location, tmp_path):
    target = f"https://{STATE}/"
    nothing = run("check", target, "--location", tmp_path)
    assert nothing.returncode == UNUSABLE_INPUT and "neither geoip nor geoip6" in nothing.stderr
    now = today()
    for name, text in [("geoip", geoip4(LOCATION, now - datetime.timedelta(days=211))), ("geoip6", geoip6(LOCATION, now))]:
        (tmp_path / name).write_text(text)
    # The older of both is the table's age.
    exit_code, told = check(target, "--location", tmp_path, "--max-age-days", "210")
    assert (exit_code, told["code"]) == (REFUSED, "residency.stale") and "211 days old" in told["message"]
    assert "tor-geoipdb" in told["advice"] and "location_max_age_days" in told["advice"]
    older = check(target, "--location", tmp_path, "--max-age-days", "211")[0] == 0
    assert older or "iptocc" in check(target, "--location", tmp_path)[1]["message"]
    (tmp_path / "geoip6").unlink()
    broken = run("check", target, "--location", tmp_path)
    assert broken.returncode == UNUSABLE_INPUT and "geoip6 is missing" in broken.stderr
    (tmp_path / "geoip6").write_text(geoip6(LOCATION, TODAY)[:-50])
    broken = run("check", target, "--location", tmp_path)
    assert broken.returncode == UNUSABLE_INPUT and "table." in broken.stderr and broken.stdout == ""


WRONG = [
    (["check"], USAGE), (["check", "a", "--format", "xml"], USAGE), (["export"], USAGE),
    (["export", "--format", "iptables"], USAGE),
    (["check", "https://a.kz/", "--resolver", "195.12.113.53", "--address", STATE], USAGE),
    (["check", "https://a.kz/", "--max-age-days", "0"], USAGE),
    (["check", "https://a.kz/", "--address", "a.kz"], USAGE), (["check", "api.egov.kz"], UNUSABLE_INPUT),
    (["check", "shep", "--config", "/nonexistent"], BAD_CONFIGURATION),
    (["show", "--config", "/nonexistent"], BAD_CONFIGURATION),
    (["export", "--format", "nft", "--config", "/nonexistent"], BAD_CONFIGURATION),
    (["prove", "--inside"], UNUSABLE_INPUT),
]


@pytest.mark.parametrize("arguments, wanted", WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong_usage(arguments, wanted):
    ran = run(*arguments)
    assert ran.returncode == wanted and ran.stdout == "" and ran.stderr


# --- with a configuration

DECLARED = """
[residency]
registry = {{ file = "tables/delegated" }}
location = {{ v4 = "tables/geoip", v6 = "tables/geoip6" }}

[endpoints.open]
plane = "upstream"
kind = "internet"
url = "https://api.egov.kz/"
addresses = ["{state}"]
ca = "pki/ca.pem"

[endpoints.base]
plane = "storage"
kind = "internet"
url = "postgres://db.example.kz"
pins = ["195.12.112.0/24"]
addresses = ["195.12.112.7"]

[endpoints.disputed]
plane = "telemetry"
kind = "internet"
url = "https://otlp.example.kz:4317"
addresses = ["145.249.120.7"]
ca = "pki/ca.pem"
[[endpoints.disputed.exceptions]]
networks = ["145.249.120.0/24"]
reason = "the provider's contract names the site in Almaty"
approver = "data protection officer"
expires = "{expires}"

[endpoints.closed]
plane = "upstream"
kind = "closed-network"
url = "http://10.61.40.133/"
pins = ["10.61.40.133/32"]
tunnel = "interface:wg0"

[peers.schools]
kind = "internet"
networks = ["195.12.113.128/25"]
"""


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """A development environment with an endpoint of every kind."""
    world = World(tmp_path_factory.mktemp("declared"))
    tables = world.directory / "tables"
    tables.mkdir()
    (tables / "delegated").write_text(delegated(REGISTRY, TODAY))
    (tables / "geoip").write_text(geoip4(LOCATION, TODAY))
    (tables / "geoip6").write_text(geoip6(LOCATION, TODAY))
    world.config.write_text(world.config.read_text() + DECLARED.format(state=STATE, expires=EXPIRES))
    return world


NAMED = [
    ("residency.ok", "country", "open"), ("residency.ok", "country", "https://api.egov.kz/another/path"),
    ("residency.ok", "country", "base"),
    ("residency.ok", "exception", "disputed"), ("residency.ok", "loopback", "shep"),
    ("residency.tunnel", None, "closed"),
    ("residency.tunnel", None, "http://10.61.40.133/"), ("residency.ok", "country", "schools"),
    ("residency.ok", "loopback", "laptop"),
    ("residency.not_declared", None, "nobody"), ("residency.not_declared", None, "https://api.egov.kz.evil.com/"),
    ("residency.not_declared", None, "https://api.egov.kz:8443/"), ("residency.literal", None, f"https://{STATE}/"),
]


@pytest.mark.parametrize("code, rule, target", NAMED, ids=[target for _, _, target in NAMED])
def test_what_is_declared(configured, code, rule, target):
    exit_code, told = check(target, "--config", configured.config)
    assert (told["code"], told["rule"]) == (code, rule), told
    assert exit_code == (0 if code == "residency.ok" else REFUSED)


@pytest.mark.parametrize("code, address", [("residency.ok", "195.12.113.200"), ("residency.not_declared", "8.8.8.8"),
                                           ("residency.not_declared", STATE)])
def test_a_peer(configured, code, address):
    exit_code, told = check("schools", "--config", configured.config, "--address", address)
    assert (told["code"], told["plane"]) == (code, "inbound")
    assert [one["address"] for one in told["addresses"]] == [address]
    assert exit_code == (0 if code == "residency.ok" else REFUSED)


def test_a_configuration_says_itself_where_an_endpoint_leads(configured):
    ran = run("check", "open", "--config", configured.config, "--address", "8.8.8.8")
    assert ran.returncode == UNUSABLE_INPUT and ran.stdout == ""


def test_a_bad_configuration_is_not_judged_by(configured, tmp_path):
    config = configured.config.with_name("bad.toml")
    config.write_text(configured.config.read_text().replace(f'addresses = ["{STATE}"]', 'pins = ["8.8.8.0/24"]'))
    for command in (["check", "open"], ["show"], ["export", "--format", "nft"]):
        ran = run(*command, "--config", config)
        assert ran.returncode == BAD_CONFIGURATION and "residency.foreign" in ran.stderr, command
        # The tables are shown all the same.
        assert ("delegated-ripencc" in ran.stdout) == (command == ["show"])


# --- show

def test_show(configured):
    days_left = (EXPIRES - today().date()).days
    told = json.loads(run("show", "--config", configured.config, "--format", "json").stdout)
    tables = {table["name"]: table for table in told["tables"]}
    assert list(tables) == ["delegated-ripencc", "ipfire", "origins"]
    assert tables["ipfire"]["date"] == f"{TODAY:%Y-%m-%d}" and "CC BY-SA" in tables["ipfire"]["source"]
    assert len(tables["ipfire"]["sha256"]) == 64
    assert all(not table["stale"] for table in told["tables"])
    places = {place["name"]: place for place in told["endpoints"]}
    assert [place["plane"] for place in told["endpoints"]] == ["upstream"] * 3 + ["storage", "telemetry"]
    assert places["base"]["pins"] == ["195.12.112.0/24"] and places["closed"]["tunnel"] == "interface:wg0"
    (exception,) = places["disputed"]["exceptions"]
    assert (exception["days_left"], exception["alive"], exception["approver"]) == (days_left, True, "data protection officer")
    assert {place["name"] for place in told["peers"]} == {"schools", "laptop"}
    disputes = {(dispute["home_by"], dispute["not_by"]): dispute for dispute in told["disagreements"]}
    assert disputes["delegated-ripencc", "ipfire"]["examples"][:2] == ["31.223.192.0/20", "212.233.72.0/21"]
    assert disputes["ipfire", "delegated-ripencc"]["v4_addresses"] == 256
    assert len(told["cannot_know"]) == 2
    text = run("show", "--config", configured.config).stdout
    for part in ["wg0", "data protection officer", f"{days_left} days left", "31.223.192.0/20", *told["cannot_know"]]:
        assert part in text, part


def test_debians_own_tables():
    """The real ones: the state's network is at home, and somebody else's is not."""
    for wanted, target in [(0, f"https://{STATE}/"), (0, "https://2.72.0.1/"), (REFUSED, "https://8.8.8.8/"),
                           (REFUSED, "https://31.223.200.1/"),
                           (REFUSED, "https://[2a02:6b8::2:242]/")]:
        exit_code, told = check(target, *PATIENT)
        assert exit_code == wanted, told
    told = json.loads(run("show", *PATIENT, "--format", "json").stdout)
    assert told["home"]["v4_addresses"] > 3_000_000 and told["home"]["v6_networks"] > 100
    assert all(dispute["examples"] for dispute in told["disagreements"])


# --- export

def exported(form, *arguments):
    ran = run("export", "--format", form, *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("source", ["made", "declared", "debian"])
def test_nft_takes_the_fence(source, location, configured, tmp_path):
    arguments = {"made": ["--location", location, *PATIENT], "declared": ["--config", configured.config],
                 "debian": PATIENT}[source]
    rules = tmp_path / "fence.nft"
    rules.write_text(exported("nft", *arguments, "--user", "65534"))
    ran = subprocess.run(["unshare", "-rn", "nft", "-c", "-f", rules], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    networks = [ipaddress.ip_network(line.strip(" ,"))
                for line in rules.read_text().splitlines() if re.fullmatch(r"[0-9./]+", line.strip(" ,"))]
    home = {address: any(ipaddress.ip_address(address) in network for network in networks)
            for address in (STATE, "31.43.179.1", "8.8.8.8", "31.223.200.1")}
    assert home == {STATE: True, "31.43.179.1": False, "8.8.8.8": False, "31.223.200.1": False}


def test_the_other_forms(configured):
    unit = exported("systemd", "--config", configured.config)
    lines = unit.splitlines()
    assert "IPAddressDeny=any" in lines and "IPAddressAllow=localhost" in lines
    for network in (f"{STATE}/32", "195.12.112.7/32", "145.249.120.7/32", "10.61.40.133/32", "195.12.113.128/25"):
        assert f"IPAddressAllow={network}" in lines, network
    policy = exported("cilium", "--config", configured.config, "--user", "gateway")
    assert "kind: CiliumNetworkPolicy" in policy and f'cidr: "{STATE}/32"' in policy and '"gateway"' in policy
    assert "8.8.8" not in unit + policy


def test_without_a_second_table_there_is_no_fence(tmp_path):
    ran = run("export", "--format", "nft", "--location", tmp_path)
    assert ran.returncode == UNUSABLE_INPUT and ran.stdout == ""


# A client that is told where to go, one place after the other, and says how it went.
CLIENT = """
import json, socket, sys
def send(address, port):
    try:
        with socket.create_connection((address, port), 2) as connection:
            connection.sendall(b'personal data')
        return 'sent'
    except OSError as error:
        return type(error).__name__
print(json.dumps([send(*place) for place in json.loads(sys.argv[1])]))
"""
FENCE = [
    (True, STATE, 443), (False, STATE, 80), (False, "195.12.113.30", 443), (True, "195.12.112.7", 5432),
    (False, "195.12.112.7", 443),
    (True, "145.249.120.7", 4317), (False, "145.249.120.8", 4317), (False, "8.8.8.8", 443),
    (False, "31.43.179.1", 443), (False, "77.88.8.8", 443),
    (False, "2001:4860:4860::8888", 443), (False, "10.61.40.133", 80),
]
# By the compiled-in registry, which knows nothing of the made-up 2a00:1234::/32.
HOME_ALONE = [(True, STATE, 80), (True, "92.46.1.2", 443), (False, "2a00:1234::29", 443), (False, "8.8.8.8", 443),
              (False, "2a02:6b8::1", 443),
              (False, "31.223.200.1", 443), (False, "31.43.179.1", 443)]


def behind(fence, places, directory):
    """What a client of the fenced user could send, how much of it arrived, and how many packets the fence counted. Root
    of a namespace is its only user, so that it is fenced in; the fence is taken down before the witnesses are asked."""
    rules = directory / "fence.nft"
    rules.write_text(fence)
    with Namespace() as internet:
        internet.begin()
        loaded = internet.run(["nft", "-f", rules])
        assert loaded.returncode == 0, loaded.stderr
        again = internet.run(["nft", "-f", rules])
        assert again.returncode == 0, "it replaces the table of its last run"
        client = internet.python(CLIENT, json.dumps(places))
        assert client.returncode == 0, client.stderr
        counted = json.loads(internet.run(["nft", "-j", "list", "chain", "inet", "qaqpa", "service"]).stdout)
        assert internet.run(["nft", "delete", "table", "inet", "qaqpa"]).returncode == 0
        seen = internet.end()
    expressions = [part for row in counted["nftables"] for part in row.get("rule", {}).get("expr", [])]
    packets = sum(part["counter"]["packets"] for part in expressions if "counter" in part)
    return json.loads(client.stdout), seen.arrived, packets


def test_a_client_behind_the_declared_fence(configured, tmp_path):
    """The endpoints of the configuration and nothing beside them; without loopback, which in the namespace is
    everywhere."""
    text = configured.config.read_text()
    begin, end = text.index("[endpoints.shep]"), text.index("[telemetry]")
    shep = ('[endpoints.shep]\nplane = "upstream"\nkind = "internet"\nurl = "https://shep.example.kz/"\n'
            'addresses = ["195.12.113.79"]\nca = "pki/ca.pem"\n\n')
    config = configured.config.with_name("fenced.toml")
    config.write_text(text[:begin] + shep + text[end:])
    places = [[address, port] for _, address, port in FENCE]
    said, arrived, packets = behind(exported("nft", "--config", config, "--user", "0"), places, tmp_path)
    for (allowed, address, port), word in zip(FENCE, said):
        assert (word == "sent") == allowed, (address, port, word)
        wanted = (1, len(b"personal data")) if allowed else (0, 0)
        assert arrived.get((address, port, "tcp"), (0, 0)) == wanted, (address, port)
    assert packets >= sum(not allowed for allowed, *_ in FENCE)


def test_a_client_behind_the_home_space_alone(location, tmp_path):
    fence = exported("nft", "--location", location, *PATIENT, "--user", "0")
    said, arrived, packets = behind(fence, [[address, port] for _, address, port in HOME_ALONE], tmp_path)
    wanted = {(address, port, "tcp") for allowed, address, port in HOME_ALONE if allowed}
    assert [word == "sent" for word in said] == [allowed for allowed, *_ in HOME_ALONE] and set(arrived) == wanted
    assert packets >= sum(not allowed for allowed, *_ in HOME_ALONE)


# --- commands that connect without a configuration

CLIENTS = [
    ("https://8.8.8.8:7443", [], "residency.foreign"), ("https://gw.example.kz:7443", [], "residency.no_address"),
    ("https://gw.example.kz:7443", ["--address", "8.8.8.8"], "residency.foreign"),
    ("https://10.20.0.7:7443", [], "residency.special"),
    ("https://127.1:7443", [], "residency.ambiguous_ip"),
]


@pytest.mark.parametrize("url, flags, code", CLIENTS, ids=[" ".join([url, *flags]) for url, flags, _ in CLIENTS])
def test_a_client_is_judged_like_a_gateway(configured, location, tmp_path, url, flags, code):
    students = tmp_path / "students.csv"
    students.write_text("iin\n")
    ran = subprocess.run([binary(), "sync", students, "--gateway", url, "--ca", configured.file("ca.pem"),
                          "--certificate", configured.file("clients/school.pem"),
                          "--key", configured.file("clients/school.key"), "--location", location, *PATIENT, *flags],
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == UNUSABLE_INPUT and code in ran.stderr, ran.stderr
