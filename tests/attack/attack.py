"""One attack: the bystander and the meter around it, its line, and what must hold whatever the attack is.

    with Attack("1000 silent TCP connections", world, stubs) as attack:
        ...                                   what a stranger can do
        attack.goes_on()                      and waits as long as the attack shall last
"""

import os
import time

from bystander import Bystander
from meter import Meter

SECONDS = float(os.environ.get("QAQPA_ATTACK_SECONDS", "4"))
GROWTH_MIB = 64
PROMISED_MS = 250

# What each attack of the session came to, for the summary.
lines = []


class Attack:
    def __init__(self, title, world, stubs):
        self.title, self.world = title, world
        self.gateway = world.processes[-1].popen
        self.bystander = Bystander(world, stubs)

    def __enter__(self):
        self.bystander.start()
        self.meter = Meter(self.gateway.pid)
        self.begun = time.monotonic()
        return self

    def goes_on(self, seconds=SECONDS):
        """Lets it last; a gateway that ended has lost."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.gateway.poll() is None, self.world.logs()
            time.sleep(0.05)

    def __exit__(self, kind, *_):
        self.meter.stop()
        calls = self.bystander.stop(self.begun)
        line = f"{self.title}: {self.meter}; bystander {calls}"
        lines.append(line)
        print(line)
        if kind is None:
            self.holds(calls)

    def holds(self, calls):
        assert self.gateway.poll() is None, self.world.logs()
        assert calls.failed == [], "the bystander was not answered within its deadline"
        assert calls.old and calls.new, "the bystander did not call"
        assert self.meter.growth < GROWTH_MIB, f"memory grew by {self.meter.growth:.0f} MiB"
        if calls.p99 > PROMISED_MS:
            lines.append(f"  more than {PROMISED_MS} ms: {calls.p99:.0f} ms, on a machine with load {os.getloadavg()[0]:.1f}")
