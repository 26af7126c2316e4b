"""Behind a balancer that speaks PROXY: what a network may have, it may have there too. And the slow, of all kinds at once: in the
PROXY header, before TLS over IPv6, after TLS."""

import itertools

from sockets import ended, opened, tcp, tls
from test_silent import HELLO

BALANCER = "127.0.0.3"
RULES = f"""
[peers.balancer]
kind = "development-loopback"
networks = ["{BALANCER}/32"]
proxy_protocol = true

# Whoever is behind it: networks of this machine stand in for the Internet's.
[peers.behind]
kind = "development-loopback"
networks = ["127.9.0.0/16"]
"""
# Seconds that HTTP/2's preface, or the headers of a request, may take; the others have less.
BEGINNING = 10


def behind_the_balancer(world, header):
    connection = tcp(world, BALANCER)
    connection.sendall(header)
    return connection


def test_callers_behind_the_balancer_have_shares_of_their_own(attack):
    """A thousand who say nothing after their header: of one network, and of two hundred networks five each."""
    world, addresses = attack.world, itertools.count()
    world.config.write_text(world.config.read_text() + RULES)

    def silent():
        number = next(addresses)
        address = f"127.9.7.{number % 250}" if number < 1000 else f"127.9.{number % 200}.1"
        return behind_the_balancer(world, f"PROXY TCP4 {address} 10.0.0.5 51234 443\r\n".encode())

    with attack("2000 silent callers behind a balancer") as begun:
        with opened(2000, silent) as waiting:
            begun.goes_on(HELLO + 0.5)
            assert ended(waiting) == 2000


def test_whoever_is_slow_with_the_beginning_is_cut(attack):
    """PROXY headers that never end; nothing at all, over IPv6; after TLS half a preface of HTTP/2, headers of HTTP/1.1 an octet
    a second, nothing."""
    world = attack.world
    config = world.config.read_text().replace('address = "127.0.0.1:', 'address = "[::]:')
    world.config.write_text(config + RULES)
    with attack("1000 PROXY headers that never end, 1000 silent connections over IPv6, 96 slow after TLS") as begun:
        with opened(32, lambda: tls(world, "clients/school")) as halves, \
                opened(32, lambda: tls(world, "clients/auditor", alpn=())) as headers, \
                opened(32, lambda: tls(world, "clients/admin")) as nothing, \
                opened(1000, lambda: behind_the_balancer(world, b"PROXY TCP4 127.9")) as waiting, \
                opened(1000, lambda: tcp(world, "::1")) as silent:
            for half in halves:
                half.sendall(b"PRI * HTTP/2")
            for header in headers:
                header.sendall(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: ")
            for _ in range(BEGINNING + 1):
                begun.goes_on(1)
                for header in headers:
                    drip(header)
            assert [ended(group) for group in (halves, headers, nothing)] == [32, 32, 32]
            assert [ended(group) for group in (waiting, silent)] == [1000, 1000]


def drip(connection):
    try:
        connection.sendall(b"a")
    except OSError:
        pass  # it was cut
