"""A country of the test's own: a namespace with the state's addresses in it, made-up tables, a name server, and
gateways one after the other.

    with country.gateway(Setting(), a("195.12.113.29")):
        assert country.ask()["reason"] == ANSWERED
    assert country.seen.beside(DNS, *AT_HOME) == set()

Everything that knows the words of the configuration is here.
"""

import contextlib
import dataclasses
import json
import re
import shlex
import signal
import subprocess
import sys

import world as worlds
from geography import LOCATION, REGISTRY, delegated, geoip4, geoip6, today
from namespaces import HERE
from pki import Authority
from world import World, until

TODAY = today()
HOST, PATH = "api.egov.kz", "/bip-sync-wss-gost/"
STATE, STATE_V6, RESOLVER = "195.12.113.29", "2a00:1234::29", "195.12.113.53"
DNS, MOCK = (RESOLVER, 53), ("127.0.0.1", 9443)
AT_HOME = {(STATE, 443), (STATE_V6, 443), ("195.12.113.79", 443)}
GATEWAY, GET_SCHOOL = 7443, "/qaqpa.avtoshkola.v1.Training/GetSchool"
ANSWERED, REFUSED, BAD_CONFIGURATION = "answered", 1, 78
# Seconds that a judgement holds, as README says.
LIFETIME = 30


def a(*addresses, **more):
    """A name with these addresses, each under the type it is of."""
    return {HOST: {kind: [{"addresses": found, **more}] for kind, found in
                   [("A", [address for address in addresses if ":" not in address]),
                    ("AAAA", [address for address in addresses if ":" in address])]}}


def steps(*found, kind="A"):
    return {HOST: {kind: list(found)}}


@dataclasses.dataclass
class Setting:
    """What a row may change of a good configuration."""

    url: str = f"https://{HOST}{PATH}"
    kind: str = "internet"
    endpoint: str = ""
    resolver: str = f"dns://{RESOLVER}"
    residency: str = ""
    more: str = ""
    system: str = ""
    location: str = 'location = { v4 = "tables/geoip", v6 = "tables/geoip6" }'
    otlp: str = ""


def configuration(text, setting, port):
    """The development configuration `text` with the state on the Internet, a resolver, tables and local callers."""
    head, _ = text.split("[endpoints.shep]", 1)
    head = re.sub(r'(?m)^address = ".*"', f'address = "0.0.0.0:{port}"', head, count=1)
    head = re.sub(r"(?m)^(endpoint = .*)", r"\1\nconnect_timeout_seconds = 3", head)
    head = re.sub(r"(?m)^(channel = .*)", rf"\1\n{setting.system}", head)
    telemetry = "[telemetry]\nformat = \"text\"\n" + (f'otlp = "{setting.otlp}"\n' if setting.otlp else "")
    return head + f"""
[endpoints.shep]
plane = "upstream"
url = "{setting.url}"
kind = "{setting.kind}"
ca = "pki/state-root.pem"
{setting.endpoint}

[endpoints.dns-1]
plane = "support"
url = "{setting.resolver}"
kind = "internet"
pins = ["{setting.resolver.removeprefix("dns://")}/32"]

[residency]
resolver = ["dns-1"]
remembered = "tables/remembered.json"
registry = {{ file = "tables/delegated" }}
{setting.location}
{setting.residency}

[peers.local]
kind = "development-loopback"
networks = ["127.0.0.0/8"]

[peers.schools]
kind = "internet"
networks = ["195.12.113.128/25"]

{telemetry}
{setting.more}
"""


def lay_tables(directory, registry=REGISTRY, location=LOCATION, day=TODAY, cut=None, registry_day=None):
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in [("delegated", delegated(registry, registry_day or day)), ("geoip", geoip4(location, day)),
                       ("geoip6", geoip6(location, day))]:
        # Written aside and moved, as an operator's job would: a gateway that reads again never meets half a table by
        # accident.
        aside = directory / f"{name}.new"
        aside.write_text(text[:len(text) // 2] if name == cut else text)
        aside.rename(directory / name)


class Country:
    """A namespace, a mock government behind the state's addresses, and gateways one after the other."""

    def __init__(self, directory, internet):
        self.internet, self.world = internet, World(directory, shep_port=MOCK[1])
        self.text = self.world.config.read_text()
        state = Authority("STATE ROOT")
        self.world.file("state-root.pem").write_bytes(state.pem)
        state.server(self.world.file("servers/shep"), HOST)
        self.wrapper = directory / "qaqpa"
        self.wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(internet.command([worlds.binary()]))} "$@"\n')
        self.wrapper.chmod(0o755)
        self.tables = self.world.directory / "tables"
        lay_tables(self.tables)
        self.request = b""

    def configure(self, setting):
        self.world.config.write_text(configuration(self.text, setting, GATEWAY))

    def begin(self, names):
        self.internet.begin({address: MOCK for address in AT_HOME}, names, [RESOLVER])

    @contextlib.contextmanager
    def gateway(self, setting, names):
        """A running gateway; what happened on the way is `seen` when it is gone."""
        self.configure(setting)
        (self.tables / "remembered.json").unlink(missing_ok=True)
        self.begin(names)
        process = self.world.gateway()
        try:
            yield process
        finally:
            process.stop()
            self.world.processes.remove(process)
            self.seen = self.internet.end()

    def ask(self, address="127.0.0.1"):
        ran = self.internet.run(self.asking(address))
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def asking(self, address="127.0.0.1", *many):
        return [sys.executable, HERE / "ask.py", self.world.file(""), f"{address}:{GATEWAY}", GET_SCHOOL,
                self.request.hex(), *map(str, many)]

    def check(self, what, setting, names=None):
        """Exit code and residency code of `residency check`, and what it sent."""
        self.configure(setting)
        (self.tables / "remembered.json").unlink(missing_ok=True)
        self.begin(names or {})
        ran = inside("residency", "check", what, "--config", self.world.config)
        self.seen = self.internet.end()
        codes = re.findall(r"residency\.[a-z_]+", ran.stdout + ran.stderr)
        return ran.returncode, codes[0] if codes else ran.stdout + ran.stderr

    def reload(self, gateway, **tables):
        """Lays these tables and has them read; returns when they are in force or refused."""
        told = "tables reloaded", "tables not reloaded"
        before = sum(gateway.written().count(word) for word in told)
        lay_tables(self.tables, **tables)
        gateway.popen.send_signal(signal.SIGHUP)
        until(lambda: sum(gateway.written().count(word) for word in told) > before, "the tables to be read again")


def inside(*arguments):
    """The command, whatever its exit code; while there is a country, `binary` runs in its namespace."""
    return subprocess.run([worlds.binary(), *map(str, arguments)], capture_output=True, text=True, timeout=20)


def assert_not_served(country):
    """A gateway that starts after all runs into the timeout of `inside`, and is ended by it."""
    ran = inside("serve", "--config", country.world.config)
    assert ran.returncode == BAD_CONFIGURATION, ran.stderr
