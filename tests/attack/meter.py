"""What a process costs while it is watched, as /proc tells: resident memory, processor time, descriptors.

    meter = Meter(pid)
    ...
    meter.stop(); str(meter) == "RSS 71 -> 75 MiB, CPU 0.6 s in 4 s, 281 descriptors"
"""

import os
import pathlib
import threading
import time

EVERY = 0.05
MIB = 1 << 20


class Meter:
    def __init__(self, pid):
        self.folder = pathlib.Path("/proc") / str(pid)
        self.before = self.peak = self.resident()
        self.cpu, self.begun, self.descriptors = self.processor(), time.monotonic(), 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.stopping.wait(EVERY):
            try:
                self.look()
            except (FileNotFoundError, ProcessLookupError):  # it ended: who waits for it finds out
                return

    def look(self):
        self.peak = max(self.peak, self.resident())
        try:
            self.descriptors = max(self.descriptors, len(os.listdir(self.folder / "fd")))
        except PermissionError:  # a process that cannot be dumped shows its descriptors to root alone
            pass

    def stop(self):
        self.stopping.set()
        self.thread.join()
        try:
            self.look()
            self.cpu = self.processor() - self.cpu
        except (FileNotFoundError, ProcessLookupError, ValueError):
            self.cpu = float("nan")
        self.lasted = time.monotonic() - self.begun

    def resident(self):
        """MiB."""
        return int((self.folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB

    def processor(self):
        """Seconds, by all threads."""
        user, system = (self.folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def growth(self):
        return self.peak - self.before

    def __str__(self):
        return (f"RSS {self.before:.0f} -> {self.peak:.0f} MiB, CPU {self.cpu:.1f} s in {self.lasted:.0f} s, "
                f"{self.descriptors or '?'} descriptors")
