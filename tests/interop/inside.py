"""Runs inside a network namespace in which every address is this machine: takes whatever would have gone into the
Internet.

One JSON object per line in, one out:

    {"do": "begin", "relays": {"195.12.113.29 443": ["127.0.0.1", 9443]}, "names": {...}, "servers": ["195.12.113.53"]}
    {"do": "end"}
    -> {"arrived": [[address, port, "tcp", connections, octets], ..], "sent": [[address, port, "tcp", attempts], ..],
        "asked": [[server, "udp", name, "A"], ..]}

Three witnesses. The sink listens on PORTS of all addresses and says on which one it was met, and with how many octets.
The packets of `lo`, all of them, say who was spoken to on any port. The name server answers at its own `servers` by its
script; at other addresses it is a sink. For `names` see `nameserver.py`.
"""

import collections
import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from nameserver import Script

PORTS = [25, 80, 443, 587, 853, 3128, 4317, 4318, 5432, 8080, 8443]
DNS = 53
IP_PKTINFO, PACKET_OUTGOING, ETH_P_ALL = 8, 4, 3
IDLE = 10
# How the packets are read up to now: this one is sent last, and waited for.
MARK = ("127.255.255.254", 9)


def become_the_internet():
    """Refuses to go on in a namespace with a way out."""
    links = [line.split(":")[1].strip() for line in run("ip", "-o", "link").splitlines()]
    assert links == ["lo"], f"the namespace has {links}: nothing here may leave this machine"
    run("ip", "link", "set", "lo", "up")
    run("ip", "route", "add", "local", "default", "dev", "lo")
    run("ip", "-6", "route", "add", "local", "default", "dev", "lo")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Sink:
    """`arrived[address, port, protocol]` is [connections or datagrams, octets]."""

    def __init__(self):
        self.arrived, self.asked = collections.defaultdict(lambda: [0, 0]), []
        self.relays, self.script = {}, Script({}, [])
        for family in (socket.AF_INET, socket.AF_INET6):
            for port in [*PORTS, DNS]:
                tcp, udp = bound(family, socket.SOCK_STREAM, port), bound(family, socket.SOCK_DGRAM, port)
                tcp.listen(64)
                threading.Thread(target=self._accept, args=[tcp], daemon=True).start()
                threading.Thread(target=self._datagrams, args=[udp], daemon=True).start()

    def begin(self, relays, names, servers):
        self.arrived.clear()
        self.asked.clear()
        self.relays = {(key.split()[0], int(key.split()[1])): tuple(to) for key, to in relays.items()}
        self.script = Script(names, servers)

    def _accept(self, listener):
        while True:
            connection, _ = listener.accept()
            local = connection.getsockname()[:2]
            self.arrived[(*local, "tcp")][0] += 1
            take = self._names if local[1] == DNS and local[0] in self.script.servers else self._octets
            threading.Thread(target=take, args=[connection, local], daemon=True).start()

    def _octets(self, connection, local):
        """Swallows, or hands on to a server that stands for this address."""
        to = self.relays.get(local)
        ends = {connection: None}
        try:
            if to:
                server = socket.create_connection(to)
                ends = {connection: server, server: connection}
            while readable := select.select(list(ends), [], [], IDLE)[0]:
                for end in readable:
                    octets = end.recv(65536)
                    if end is connection:
                        self.arrived[(*local, "tcp")][1] += len(octets)
                    if not octets:
                        return
                    if ends[end]:
                        ends[end].sendall(octets)
        except OSError:
            pass
        finally:
            for end in ends:
                end.close()

    def _names(self, connection, local):
        with connection:
            try:
                connection.settimeout(IDLE)
                while len(head := connection.recv(2, socket.MSG_WAITALL)) == 2:
                    question = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                    self.arrived[(*local, "tcp")][1] += 2 + len(question)
                    answer, _ = self._answer(question, local, "tcp")
                    if answer is None:
                        time.sleep(IDLE)
                        return
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
            except OSError:
                pass

    def _datagrams(self, udp):
        while True:
            octets, ancillary, _, peer = udp.recvmsg(65536, 256)
            local = (destination(ancillary), udp.getsockname()[1])
            self.arrived[(*local, "udp")][0] += 1
            self.arrived[(*local, "udp")][1] += len(octets)
            if local[1] == DNS and local[0] in self.script.servers:
                answer, seconds = self._answer(octets, local, "udp")
                if answer is not None:
                    threading.Timer(seconds, udp.sendmsg, [[answer], ancillary, 0, peer]).start()

    def _answer(self, question, local, protocol):
        asked = self.script.read(question)
        self.asked.append([local[0], protocol, *asked])
        return self.script.answer(question, protocol)


def bound(family, kind, port):
    found = socket.socket(family, kind)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        found.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    found.bind(("", port))
    return found


def destination(ancillary):
    """To which of all addresses a datagram was sent."""
    for level, kind, octets in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            return socket.inet_ntop(socket.AF_INET, octets[8:12])
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return socket.inet_ntop(socket.AF_INET6, octets[:16])
    raise AssertionError("a datagram without its destination")


class Packets:
    """Who spoke first to whom, from every packet that passed `lo`: {(address, port, protocol): packets}."""

    def __init__(self):
        self.sent, self.flows, self.marks = collections.Counter(), set(), 0
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.raw.bind(("lo", ETH_P_ALL))
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self):
        self.settle()
        self.sent.clear()
        self.flows.clear()

    def settle(self):
        """Returns when every packet that was sent before is read."""
        wanted = self.marks + 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"mark", MARK)
        end = time.monotonic() + IDLE
        while self.marks < wanted:
            assert time.monotonic() < end, "the packets of lo are not seen"
            time.sleep(0.005)

    def _read(self):
        while True:
            packet, (_, _, direction, *_) = self.raw.recvfrom(65536)
            if direction == PACKET_OUTGOING:  # each packet of lo is seen twice
                self._packet(packet)

    def _packet(self, packet):
        if packet[0] >> 4 == 4:
            source, target, protocol, body = packet[12:16], packet[16:20], packet[9], packet[(packet[0] & 15) * 4:]
        else:
            source, target, protocol, body = packet[8:24], packet[24:40], packet[6], packet[40:]
        text = socket.inet_ntop(socket.AF_INET if len(target) == 4 else socket.AF_INET6, target)
        if protocol == socket.IPPROTO_TCP:
            ports, flags = struct.unpack("!HH", body[:4]), body[13]
            if flags & 0x12 == 0x02:  # SYN without ACK
                self.sent[text, ports[1], "tcp"] += 1
        elif protocol == socket.IPPROTO_UDP:
            ports = struct.unpack("!HH", body[:4])
            if (text, ports[1]) == MARK:
                self.marks += 1
            elif (target, ports[1], source, ports[0]) not in self.flows:
                self.flows.add((source, ports[0], target, ports[1]))
                self.sent[text, ports[1], "udp"] += 1
        elif not self.is_of_the_kernel(protocol, body):
            self.sent[text, 0, str(protocol)] += 1

    @staticmethod
    def is_of_the_kernel(protocol, body):
        """What it sends by itself: unreachable, neighbours, groups."""
        of_icmp_v6 = protocol == 58 and (body[0] == 1 or body[0] >= 130)
        return (protocol, body[0]) == (1, 3) or protocol in (0, 2) or of_icmp_v6


def main():
    become_the_internet()
    sink, packets = Sink(), Packets()
    tell({"ready": os.getpid()})
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.pop("do") == "begin":
            packets.begin()
            sink.begin(**asked)
            tell({})
        else:
            packets.settle()
            tell({"arrived": [[*key, *value] for key, value in sink.arrived.items()],
                  "sent": [[*key, count] for key, count in packets.sent.items()], "asked": sink.asked})


def tell(what):
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
