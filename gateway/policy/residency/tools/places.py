#!/usr/bin/env python3
"""Cuts the slice of home space out of a table of places: writes places.csv, compiled into the gateway.

    npm pack @ip-location-db/geo-whois-asn-country
    cargo run --release -p qaqpa-residency --example residency -- registry > registry.txt
    gateway/policy/residency/tools/places.py ip-location-db-geo-whois-asn-country-*.tgz registry.txt \\
        > gateway/policy/residency/src/tables/location/places.csv

The slice is whatever the package or the registry calls KZ: a place that only one of them calls home is a disagreement, and
people want to see where the other puts it. Stops at a package without a date and at rows that overlap.
After a run, write the new date into tables/location/embedded.rs; a test tells when it is forgotten.
"""

import bisect
import io
import ipaddress
import sys
import tarfile

from origins import HOME, home_of, merged, of_package

HEADER = """\
# Where the space of Kazakhstan is used: start,end,country. Made by gateway/policy/residency/tools/places.py, do not edit.
# Date: {date}
# Package: @ip-location-db/geo-whois-asn-country {version}, cut to the addresses that it or a registry places in KZ.
# Data: geofeeds of the holders, whois of the registries (NRO, https://www.nro.net) and announcements, CC BY 4.0
# (https://creativecommons.org/licenses/by/4.0/), with modifications.
"""


def main(package, registry):
    registered = list(home_of(registry))
    if not registered:
        sys.exit(f"{registry}: no home space in it")
    with tarfile.open(package) as files:
        sys.stdout.write(HEADER.format(**of_package(files)))
        for family, address in ((4, ipaddress.IPv4Address), (6, ipaddress.IPv6Address)):
            text = io.TextIOWrapper(files.extractfile(f"package/geo-whois-asn-country-ipv{family}-num.csv"))
            rows = [(int(start), int(end), country) for start, end, country in (line.strip().split(",") for line in text)]
            wanted = [(start, end) for version, start, end in registered if version == family]
            wanted += [(start, end) for start, end, country in rows if country == HOME]
            for start, end, country in joined(settled(within(rows, merged(wanted)))):
                print(f"{address(start)},{address(end)},{country}")


def within(rows, wanted):
    """The parts of the rows that lie in the wanted ranges; both are in order of their starts."""
    ends = [end for _, end in wanted]
    for start, end, country in rows:
        for first, last in wanted[bisect.bisect_left(ends, start):]:
            if first > end:
                break
            yield max(start, first), min(end, last), country


def settled(rows):
    """The same rows without overlap. Of two that contradict each other the one that says home loses: it is no evidence."""
    rows = list(rows)
    edges = sorted({start for start, _, _ in rows} | {end + 1 for _, end, _ in rows})
    at, under = 0, []
    for first, after in zip(edges, edges[1:]):
        while at < len(rows) and rows[at][0] <= first:
            under.append(rows[at])
            at += 1
        under = [row for row in under if row[1] >= first]
        countries = [country for _, _, country in under]
        if countries:
            yield first, after - 1, next((country for country in countries if country != HOME), HOME)


def joined(rows):
    """Neighbours of one country as one row."""
    last = None
    for start, end, country in rows:
        if last and last[1] + 1 == start and last[2] == country:
            last = (last[0], end, country)
            continue
        if last:
            yield last
        last = (start, end, country)
    if last:
        yield last


if __name__ == "__main__":
    main(*sys.argv[1:])
