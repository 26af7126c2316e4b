"""A second reading of residency in another language: every verdict on an address and every reading of a URL that the example prints.

    address 195.12.113.29 KZ residency.ok               by ipaddress, bisect and the same texts of tables; the registry's vote is given
    url 68747470733a2f2f6170692e65676f762e6b7a name api.egov.kz 443         by urllib, and by the C library's reading of addresses

QAQPA_FUZZ_RESIDENCY is the path of the built example: cargo build -p qaqpa-residency --example fuzz_residency
"""

import bisect
import collections
import ipaddress
import os
import pathlib
import socket
import subprocess
import urllib.parse

import pytest

from world import REPOSITORY, example

COUNT = int(os.environ.get("QAQPA_RESIDENCY_COUNT", "40000"))
GEOIP = [pathlib.Path("/usr/share/tor/geoip"), pathlib.Path("/usr/share/tor/geoip6")]
ORIGINS = REPOSITORY / "gateway/policy/residency/src/tables/origins"
PORTS = {"https": 443, "http": 80, "dns": 53, "postgres": 5432, "postgresql": 5432}
# What Python's ipaddress does not call special by itself, or only in some of its releases.
NO_PLACES = [ipaddress.ip_network(text) for text in """
    100.64.0.0/10 192.0.0.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.175.48.0/24 198.18.0.0/15
    64:ff9b:1::/48 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20""".split()]
GLOBAL = ipaddress.ip_network("2000::/3")


class Ranges:
    """Sorted (first, last, value) without overlaps."""

    def __init__(self, rows):
        self.rows = sorted(rows)
        self.starts = [first for first, _, _ in self.rows]

    def __getitem__(self, address):
        at = bisect.bisect_right(self.starts, int(address)) - 1
        return self.rows[at][2] if at >= 0 and int(address) <= self.rows[at][1] else None


def number(text):
    return int(text) if text.isdigit() else int(ipaddress.ip_address(text))


def rows(path):
    lines = path.read_text().splitlines()
    return [line.split(",") for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def tables():
    clouds = {row[0] for row in rows(ORIGINS / "clouds.csv")}
    denied = [row for row in rows(ORIGINS / "announced.csv") if row[2] in clouds]
    places = {version: Ranges((number(first), number(last), country) for first, last, country in rows(path))
              for version, path in zip((4, 6), GEOIP)}
    origins = {version: Ranges((number(first), number(last), asn) for first, last, asn, *_ in denied if (":" in first) == (version == 6))
               for version in (4, 6)}
    return places, origins


@pytest.fixture(scope="module", params=[1, 2])
def lines(request):
    command = [example("fuzz_residency"), "--dump", COUNT, request.param, "--tables", *GEOIP]
    run = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
    printed = [line.split(" ") for line in run.stdout.splitlines()]
    assert len(printed) == 2 * COUNT
    return printed


def special(address):
    kinds = (address.is_private, address.is_loopback, address.is_multicast, address.is_link_local, address.is_reserved, address.is_unspecified)
    outside = address.version == 6 and (address.is_site_local or address not in GLOBAL)
    return any(kinds) or outside or any(address in network for network in NO_PLACES)


def verdict(address, registry, tables):
    places, origins = tables
    address = getattr(address, "ipv4_mapped", None) or address
    if special(address):
        return "residency.special"
    home = [registry == "KZ", places[address.version][address] == "KZ"]
    if not any(home):
        return "residency.foreign"
    if not all(home):
        return "residency.disagree"
    return "residency.origin" if origins[address.version][address] else "residency.ok"


def test_every_address_has_the_same_verdict(lines, tables):
    counted = collections.Counter()
    for _, text, registry, found in (line for line in lines if line[0] == "address"):
        assert found == verdict(ipaddress.ip_address(text), registry, tables), text
        counted[found] += 1
    assert set(counted) == {f"residency.{code}" for code in ("ok", "special", "foreign", "disagree", "origin")}, counted


def as_address(host):
    """The address that Python or the C library makes of a host, if either does."""
    bare = host[1:-1] if host.startswith("[") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(bare.rstrip(".")))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def test_every_url_that_is_accepted_is_read_the_same(lines):
    counted = collections.Counter()
    for _, octets, kind, *read in (line for line in lines if line[0] == "url"):
        counted[kind] += 1
        if kind == "refused":
            continue
        text, (host, port) = bytes.fromhex(octets).decode(), read
        url = urllib.parse.urlsplit(text)
        assert url.username is None and url.password is None, text
        assert (url.port or PORTS[url.scheme]) == int(port), text
        # urllib does not say whether there were brackets, and an address is one either way.
        address = as_address(url.hostname)
        assert kind == ("name" if address is None else "address"), text
        assert host == (url.hostname.removesuffix(".") if address is None else str(address)), text
    assert all(counted[kind] > COUNT // 100 for kind in ("name", "address", "refused")), counted
