"""Answers of an authoritative name server by a script, for DNS as the resolver of a hostile or broken network gives it.

    {"api.egov.kz": {"A": [{"addresses": ["195.12.113.29"]}, {"addresses": ["8.8.8.8"]}], "AAAA": [{}]}}

The n-th question for a name and type gets the n-th step, the last step all further ones. With `"every": 1` beside the
types, time chooses instead: each step for one second, over and over. A step: `addresses`, `aliases` (CNAME targets on
the way, in order), `ttl` (0 when not given), `rcode` (`SERVFAIL`, `NXDOMAIN`, `REFUSED`), `silent`, `seconds` that it
takes (over UDP), `truncated` (over UDP; `"always"` over TCP too), `garbage` (octets that are no message), `stranger`
(the id of another question). Unknown names do not exist.
"""

import collections
import ipaddress
import struct
import time

TYPES = {1: "A", 28: "AAAA", 5: "CNAME", 6: "SOA", 65: "HTTPS", 64: "SVCB", 255: "ANY", 16: "TXT", 2: "NS"}
CODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION = 0x8000, 0x0400, 0x0200, 0x0180
CNAME, INTERNET = 5, 1


class Script:
    def __init__(self, names, servers):
        self.names, self.servers, self.turns, self.began = names, set(servers), collections.Counter(), time.monotonic()

    def read(self, question):
        """Name and type that are asked for; case is kept out of it, for resolvers vary it at random."""
        name, at = labels(question, 12)
        (kind,) = struct.unpack("!H", question[at:at + 2])
        return [name.lower(), TYPES.get(kind, str(kind))]

    def answer(self, question, protocol):
        """The octets of the answer, None for silence; and after how many seconds."""
        name, kind = self.read(question)
        step = self.step(name, kind)
        if step.get("silent"):
            return None, 0
        octets = b"\xff" * 7 if step.get("garbage") else self.message(question, protocol, step)
        return octets, step.get("seconds", 0)

    def message(self, question, protocol, step):
        name, kind = self.read(question)
        truncated = step.get("truncated") and (protocol == "udp" or step["truncated"] == "always")
        records = [] if truncated else list(self.records(name, kind, step))
        flags = RESPONSE | AUTHORITATIVE | RECURSION | CODES[step.get("rcode", "NOERROR")]
        flags |= TRUNCATED if truncated else 0
        number = struct.unpack("!H", question[:2])[0] ^ (0x5a5a if step.get("stranger") else 0)
        _, at = labels(question, 12)
        return struct.pack("!HHHHHH", number, flags, 1, len(records), 0, 0) + question[12:at + 4] + b"".join(records)

    def step(self, name, kind):
        if name not in self.names:
            return {"rcode": "NXDOMAIN"}
        steps, every = self.names[name].get(kind) or [{}], self.names[name].get("every")
        if every:
            return steps[int((time.monotonic() - self.began) / every) % len(steps)]
        turn = self.turns[name, kind]
        self.turns[name, kind] += 1
        return steps[min(turn, len(steps) - 1)]

    def records(self, name, kind, step):
        ttl = step.get("ttl", 0)
        for alias in step.get("aliases", []):
            yield record(name, CNAME, ttl, encoded(alias))
            name = alias
        for address in step.get("addresses", []):
            packed = ipaddress.ip_address(address).packed
            yield record(name, 28 if len(packed) == 16 else 1, ttl, packed)


def record(name, kind, ttl, content):
    return encoded(name) + struct.pack("!HHIH", kind, INTERNET, ttl, len(content)) + content


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def labels(message, at):
    """A name without compression, and where it ends."""
    found = []
    while message[at]:
        found.append(message[at + 1:at + 1 + message[at]].decode(errors="replace"))
        at += 1 + message[at]
    return ".".join(found), at + 1
