#!/usr/bin/env python3
"""Cuts the slice of home space out of a table of announcements: writes announced.csv, compiled into the gateway.

    npm pack @ip-location-db/asn
    cargo run --release -p qaqpa-residency --example residency -- registry > registry.txt
    gateway/policy/residency/tools/origins.py ip-location-db-asn-*.tgz /usr/share/tor/geoip /usr/share/tor/geoip6 registry.txt \\
        > gateway/policy/residency/src/tables/origins/announced.csv

Home space is whatever any of the other files calls KZ: lines `start,end,KZ` (numbers or addresses), or one network a
line. Stops at a file without home space, at rows that overlap within it, and at a package without a date.
After a run, write the new date into tables/origins.rs; a test tells when it is forgotten.
"""

import bisect
import csv
import io
import ipaddress
import json
import re
import sys
import tarfile

HOME = "KZ"
# Forms of companies and words for bodies; a name without any of them may be a person's.
ORGANISATION = re.compile(
    r"\b(LLP|LLC|LTD|Ltd|Limited|LIMITED|TOO|JSC|OJSC|AO|OOO|DB|SIA|UAB|Inc|INC|Corp|Corporation|Company|AG|SA|S\.A|SAS|"
    r"B\.?V|b\.v|s\.r\.o|o\.o|d\.o\.o|GmbH|AB|SRL|SL|FZE|PLC|plc|Pte|PTE|Pty|Oy|GmBH|Organization|Association|University|Bank|"
    r"Network|Networks|NETWORK|Telecom|telecom|Cloud|Centre|Center|Republic|Enterprise|Exchange|Labs|Sharktech|KazRENA|SCS)\b"
)
HEADER = """\
# Who announces the space of Kazakhstan: start,end,asn,name. Made by gateway/policy/residency/tools/origins.py, do not edit.
# Date: {date}
# Package: @ip-location-db/asn {version}, cut to the addresses that a registry or a location table places in KZ.
# Data: RouteViews (https://www.routeviews.org), DB-IP (IP Geolocation by DB-IP, https://db-ip.com) and
# NRO (https://www.nro.net), each CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), with modifications.
"""


def main(package, *homes):
    wanted = {4: [], 6: []}
    for name in homes:
        found = list(home_of(name))
        if not found:
            sys.exit(f"{name}: no home space in it")
        for version, start, end in found:
            wanted[version].append((start, end))
    with tarfile.open(package) as files:
        sys.stdout.write(HEADER.format(**of_package(files)))
        for family in (4, 6):
            text = io.TextIOWrapper(files.extractfile(f"package/asn-ipv{family}-num.csv"), encoding="utf-8")
            for start, end, asn, name in cut(rows_of(text), merged(wanted[family])):
                address = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
                print(f"{address(start)},{address(end)},{asn},{name}")


def of_package(files):
    """Version and date of a package, which has its date in its version."""
    version = json.load(files.extractfile("package/package.json"))["version"]
    date = re.fullmatch(r"\d+\.\d+\.(\d{4})(\d{2})(\d{2})\d*", version)
    if not date:
        sys.exit(f"{version}: no date in the version of the package")
    return {"version": version, "date": "-".join(date.groups())}


def home_of(name):
    """Every range of a file that is home, as (family, first, last)."""
    for line in open(name, encoding="utf-8"):
        fields = line.strip().split(",")
        if line.startswith("#") or not line.strip():
            continue
        if len(fields) == 1:
            net = ipaddress.ip_network(fields[0])
            yield net.version, int(net[0]), int(net[-1])
        elif fields[2] == HOME and ":" in fields[0]:
            yield 6, int(ipaddress.IPv6Address(fields[0])), int(ipaddress.IPv6Address(fields[1]))
        elif fields[2] == HOME:
            yield 4, int(fields[0]), int(fields[1])


def merged(ranges):
    """The same addresses, in order, without overlap."""
    out = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def rows_of(text):
    for start, end, asn, name in csv.reader(text):
        yield int(start), int(end), int(asn), organisation(name)


def organisation(name):
    """A name fit for a line of evidence: of an organisation. Sole traders hold systems too, and people are not named."""
    name = " ".join(name.replace('"', " ").replace(",", " ").split()).split(" trading as ")[-1]
    return name if ORGANISATION.search(name) else "unnamed"


def cut(rows, wanted):
    """The rows within the wanted ranges, neighbours of one system joined."""
    ends = [end for _, end in wanted]
    last = None
    for start, end, asn, name in rows:
        at = bisect.bisect_left(ends, start)
        while at < len(wanted) and wanted[at][0] <= end:
            piece = (max(start, wanted[at][0]), min(end, wanted[at][1]), asn, name)
            if last and piece[0] <= last[1]:
                sys.exit(f"{last} and {piece} overlap")
            if last and piece[0] == last[1] + 1 and piece[2] == last[2]:
                last = (last[0], piece[1], asn, name)
            else:
                if last:
                    yield last
                last = piece
            at += 1
    if last:
        yield last


if __name__ == "__main__":
    main(*sys.argv[1:])
