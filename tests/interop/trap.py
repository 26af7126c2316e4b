"""A listener that nobody has a reason to meet: whoever comes to it was led there by content or by the environment."""

import socket
import threading

OCTETS = 4096


class Trap:
    """TCP and UDP of one free port, on every address of this machine. `arrived` is what came."""

    def __init__(self):
        self.tcp, self.udp = socket.socket(socket.AF_INET6), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        for bound in (self.tcp, self.udp):
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.tcp.bind(("::", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp.bind(("::", self.port))
        self.tcp.listen(16)
        self.url = f"http://127.0.0.1:{self.port}"
        self.arrived = []
        for take in (self._connections, self._datagrams):
            threading.Thread(target=take, daemon=True).start()

    def _connections(self):
        while True:
            try:
                connection, peer = self.tcp.accept()
            except OSError:
                return
            self.arrived.append(("connection", peer[0]))
            threading.Thread(target=self._octets, args=[connection], daemon=True).start()

    def _octets(self, connection):
        with connection:
            connection.settimeout(2)
            try:
                self.arrived.append(("octets", connection.recv(OCTETS)))
            except OSError:
                pass

    def _datagrams(self):
        while True:
            try:
                self.arrived.append(("datagram", self.udp.recvfrom(OCTETS)))
            except OSError:
                return

    def close(self):
        for bound in (self.tcp, self.udp):
            bound.close()
