"""TCP connections that never begin TLS: nobody needs a certificate for them."""

import time

from sockets import ended, opened, tcp

# What a handshake has for its ClientHello.
HELLO = 3


def test_silent_connections_keep_nobody_out(attack):
    """All at once, as many as there once were places for all."""
    count = 256
    with attack(f"{count} silent TCP connections") as begun:
        with opened(count, lambda: tcp(attack.world)) as silent:
            begun.goes_on(HELLO + 0.5)
            assert ended(silent) == count, "a silent connection outlived its time for the ClientHello"


def test_silent_connections_that_are_renewed_keep_nobody_out(attack):
    """A thousand, each replaced as soon as it is cut."""
    with attack("1000 silent TCP connections, renewed") as begun:
        with opened(1000, lambda: tcp(attack.world)) as silent:
            renewed, end = 0, time.monotonic() + HELLO + 1
            while time.monotonic() < end:
                begun.goes_on(0.1)
                for place, connection in enumerate(silent):
                    if ended([connection]):
                        renewed += 1
                        if connection:
                            connection.close()
                        silent[place] = tcp(attack.world)
            for connection in silent:
                connection.close()
        begun.title += f" {renewed} times"
        assert renewed
