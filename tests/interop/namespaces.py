"""An Internet of our own: a network namespace in which every address is this machine, and witnesses of all that is sent
there.

    with Namespace() as internet:
        internet.begin(names={"api.egov.kz": {"A": [{"addresses": ["195.12.113.29"]}]}}, servers=["195.12.113.53"])
        internet.run(["curl", "https://195.12.113.29/"])
        seen = internet.end()        # seen.arrived == {("195.12.113.29", 443, "tcp"): (1, 517)}

`unshare -rn` needs no right that a user does not have, and the namespace has no link but `lo`: a connection to 8.8.8.8
that is opened here is real to whoever opens it, and cannot leave. As every address is its own, a connection comes from
the address it goes to: whoever dials a listener at 8.8.8.8 is a peer from 8.8.8.8.
"""

import dataclasses
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Seen:
    """`arrived`: (address, port, protocol) -> (connections, octets), at the ports where the sink listens. `spoken`: the
    same -> attempts, by the packets, in the order of the first ones; on any port. `asked`: [server, protocol, name,
    type] of the name server."""

    arrived: dict
    spoken: dict
    asked: list

    def beside(self, *allowed):
        """Whom anybody spoke to except the allowed (address, port) and the loopback networks."""
        return {key for key in {*self.spoken, *self.arrived} if key[:2] not in allowed and not is_loopback(key[0])}


def is_loopback(address):
    return address.startswith("127.") or address == "::1"


class Namespace:
    def __init__(self):
        self.keeper = subprocess.Popen(["unshare", "-rn", "--kill-child", sys.executable, "-u",
                                        str(HERE / "inside.py")],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._line()["ready"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.keeper.stdin.close()
        self.keeper.wait(10)

    def _line(self):
        line = self.keeper.stdout.readline()
        assert line, "the keeper of the namespace is gone; what it said stands above"
        return json.loads(line)

    def _say(self, **what):
        self.keeper.stdin.write(json.dumps(what) + "\n")
        self.keeper.stdin.flush()
        return self._line()

    def begin(self, relays=None, names=None, servers=()):
        """Forgets what was seen. `relays` hands connections on: {("195.12.113.29", 443): ("127.0.0.1", 9443)}."""
        relays = {f"{address} {port}": list(to) for (address, port), to in (relays or {}).items()}
        self._say(do="begin", relays=relays, names=names or {}, servers=list(servers))

    def end(self):
        told = self._say(do="end")
        arrived = {(address, port, protocol): (times, octets)
                   for address, port, protocol, times, octets in told["arrived"]}
        return Seen(arrived, {tuple(key[:3]): key[3] for key in told["sent"]}, told["asked"])

    def command(self, command):
        """The command, as one that runs inside; its pid, signals and exit code are its own."""
        return ["nsenter", "--target", str(self.pid), "--user", "--net", "--preserve-credentials", "--no-fork",
                *map(str, command)]

    def run(self, command, **how):
        return subprocess.run(self.command(command), **{"capture_output": True, "text": True, "timeout": 120, **how})

    def python(self, script, *arguments, **how):
        return self.run([sys.executable, "-c", script, *arguments], **how)
