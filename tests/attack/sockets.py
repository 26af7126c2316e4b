"""What an attacker has in hand: sockets, TLS with any certificate of the world, octets.

    with opened(1000, lambda: tcp(world)) as connections: ...
    ended(connections)                       how many of them the gateway has closed or reset
"""

import contextlib
import os
import socket
import ssl

from hyperframe.frame import SettingsFrame

PATIENCE = 10
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def tcp(world, source="127.0.0.1"):
    """A connection that says nothing, from an address of this machine."""
    to = "::1" if ":" in source else "127.0.0.1"
    return socket.create_connection((to, world.gateway_port), timeout=PATIENCE, source_address=(source, 0))


def tls(world, client="enemies/unknown", alpn=("h2",), source="127.0.0.1"):
    """TLS 1.3 as the holder of a certificate; `alpn` empty: none is offered."""
    context = ssl.create_default_context(cafile=world.file("ca.pem"))
    context.load_cert_chain(world.file(f"{client}.pem"), world.file(f"{client}.key"))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context.wrap_socket(tcp(world, source), server_hostname="localhost")


def hello(connection):
    """The client's half of HTTP/2's beginning (RFC 9113, 3.4)."""
    connection.sendall(PREFACE + SettingsFrame(0).serialize())
    return connection


def opened(count, connect):
    """That many connections, as `opened_by`."""
    return opened_by([connect] * count)


@contextlib.contextmanager
def opened_by(ways):
    """One connection by each way, closed in the end. Who is turned away at once counts as well: None stands for it."""
    with contextlib.ExitStack() as stack:
        yield [attempt(connect, stack) for connect in ways]


def attempt(connect, stack):
    try:
        return stack.enter_context(connect())
    except (ConnectionError, ssl.SSLError):
        return None


def ended(connections):
    """How many the gateway has closed or reset. What it said before is read and thrown away."""
    return sum(1 for connection in connections if connection is None or has_ended(connection))


def has_ended(connection):
    """Below TLS, so that an alert is no surprise."""
    with socket.socket(fileno=os.dup(connection.fileno())) as bare:
        bare.setblocking(False)
        try:
            while bare.recv(65536):
                pass
            return True
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
