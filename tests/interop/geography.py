"""Tables of a made-up world in the formats of the real ones: a registry's delegated-extended file and the two texts of
tor-geoipdb.

    delegated(REGISTRY, today()); geoip4(LOCATION, today()); geoip6(LOCATION, today())

A world is a list of (network, country); later ones lie over earlier ones. The rest of it belongs to the United States:
a table that does not know most of the address space is refused as cut off.
"""

import datetime
import email.utils
import ipaddress
import time

KAZAKHSTAN = datetime.timezone(datetime.timedelta(hours=5))
HOME, STATE_V6 = "KZ", "2a00:1234::/32"
# What both know. 195.12.112.0/22 is the state's; 31.43.179.0/24 is home to both and announced by a global CDN.
COMMON = [("195.12.112.0/22", HOME), ("195.12.122.0/23", HOME), ("92.46.0.0/16", HOME), (STATE_V6, HOME),
          ("31.43.179.0/24", HOME),
          ("77.88.8.0/24", "RU"), ("178.248.237.0/24", "RU"), ("2a02:6b8::/32", "RU")]
REGISTRY = [*COMMON, ("31.223.192.0/20", HOME), ("212.233.72.0/21", HOME), ("2a00:4321::/32", HOME)]
LOCATION = [*COMMON, ("31.223.192.0/20", "JP"), ("212.233.72.0/21", "RU"), ("145.249.120.0/24", HOME)]
WORLD = {4: [("1.0.0.0/8", "AU"), *((f"{first}.0.0.0/8", "US") for first in range(2, 224) if first not in (10, 127))],
         6: [("2001::/16", "US"), ("2400::/6", "US"), ("2800::/5", "US")]}


def today():
    """Noon of the day that it is in Kazakhstan, by which the gateway counts days; a minute of it is left at least, so that
    ages in days are the same for whoever looks within it."""
    now = datetime.datetime.now(KAZAKHSTAN)
    left = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    if left < 60:
        time.sleep(left)
        return today()
    return datetime.datetime(now.year, now.month, now.day, 12, tzinfo=datetime.timezone.utc)


def laid_out(world, version):
    """Sorted (first, last, country) without overlaps, as numbers."""
    networks = [(ipaddress.ip_network(network), country) for network, country in [*WORLD[version], *world]]
    spans = [(int(network.network_address), int(network.broadcast_address), country)
             for network, country in networks if network.version == version]
    edges = sorted({first for first, _, _ in spans} | {last + 1 for _, last, _ in spans})
    for first, after in zip(edges, edges[1:]):
        over = [country for begin, end, country in spans if begin <= first <= end]
        if over:
            yield first, after - 1, over[-1]


def delegated(world, day):
    v4 = [f"ripencc|{country}|ipv4|{ipaddress.IPv4Address(first)}|{last - first + 1}|20000101|allocated|a"
          for first, last, country in laid_out(world, 4)]
    v6 = [f"ripencc|{country}|ipv6|{network.network_address}|{network.prefixlen}|20000101|allocated|a"
          for first, last, country in laid_out(world, 6)
          for network in ipaddress.summarize_address_range(ipaddress.IPv6Address(first), ipaddress.IPv6Address(last))]
    head = [f"2|ripencc|1|{len(v4) + len(v6)}|19830705|{day:%Y%m%d}|+0000", f"ripencc|*|ipv4|*|{len(v4)}|summary",
            f"ripencc|*|ipv6|*|{len(v6)}|summary"]
    return "\n".join([*head, *v4, *v6]) + "\n"


def geoip4(world, day):
    return dated(day) + "".join(f"{first},{last},{country}\n" for first, last, country in laid_out(world, 4))


def geoip6(world, day):
    spans = ((ipaddress.IPv6Address(first), ipaddress.IPv6Address(last), country)
             for first, last, country in laid_out(world, 6))
    return dated(day) + "".join(f"{first},{last},{country}\n" for first, last, country in spans)


def dated(day):
    return f"# Location Database Export\n#\n# Generated: {email.utils.format_datetime(day, usegmt=True)}\n#\n"
