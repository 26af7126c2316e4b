"""The bystander: a second caller with a certificate of its own who has nothing to do with an attack. Every tenth of a second
one call on a connection that it has had all along, and one on a new connection; each has five seconds to be answered.

It is a process of its own, so that an attack which keeps the attacker's Python busy does not look like a slow gateway.
"""

import json
import pathlib
import subprocess
import sys
import threading
import time

import grpc

EVERY = 0.1
DEADLINE = 5
METHOD = "/qaqpa.avtoshkola.v1.Training/GetSchool"
CLIENT, BIN = "clients/school-2", "990140000017"
AVTOSHKOLA = '[systems.avtoshkola]\nchannel = "shep"\n'
PASSPORT = (AVTOSHKOLA, AVTOSHKOLA + "nominal_per_hour = 1000000\npeak_per_hour = 2000000\n")


def let_exchange(world):
    """In the configuration that `qaqpa certs dev` lays out, the second school may only report."""
    config = world.config.read_text().replace('purposes = ["reporting"]', 'purposes = ["state-exchange", "reporting"]')
    # Its own calls shall not use up its share of the passport, however long an attack lasts.
    world.config.write_text(config.replace(*PASSPORT))
    return world


def usual_passport(world):
    """Undoes it, for an attack on the passport."""
    world.config.write_text(world.config.read_text().replace(*reversed(PASSPORT)))


class Bystander:
    def __init__(self, world, stubs):
        context = stubs.exchange.Context(purpose="state-exchange", on_behalf_of=BIN)
        request = stubs.training.GetSchoolRequest(context=context, school_bin=BIN).SerializeToString()
        self.told = {"port": world.gateway_port, "ca": str(world.file("ca.pem")), "request": request.hex(),
                     "certificate": str(world.file(f"{CLIENT}.pem")), "key": str(world.file(f"{CLIENT}.key"))}

    def start(self):
        """Returns when it has been answered on both kinds of connection."""
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(self.told) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said == "answered\n", f"the bystander was not answered before the attack: {said}"

    def stop(self, since):
        """The calls that began at `since` (monotonic) or later."""
        said, _ = self.process.communicate(timeout=4 * DEADLINE)
        return Calls([row for row in json.loads(said) if row[1] >= since])


class Calls:
    """Rows of kind, begin, seconds, status."""

    def __init__(self, rows):
        self.failed = [(kind, status) for kind, _, _, status in rows if status != "OK"]
        self.old = sorted(1000 * took for kind, _, took, _ in rows if kind == "old")
        self.new = sorted(1000 * took for kind, _, took, _ in rows if kind == "new")

    @property
    def p99(self):
        return max(percentile(self.old, 99), percentile(self.new, 99))

    def __str__(self):
        return ", ".join(f"{name} {percentile(ms, 50):.0f}/{percentile(ms, 99):.0f}/{percentile(ms, 100):.0f} ms of {len(ms)}"
                         for name, ms in (("old", self.old), ("new", self.new))) + (
            f", {len(self.failed)} not answered" if self.failed else "")


def percentile(ms, percent):
    return ms[max(0, -(-len(ms) * percent // 100) - 1)] if ms else float("nan")


def main():
    told = json.loads(sys.stdin.readline())
    octets = [pathlib.Path(told[name]).read_bytes() for name in ("ca", "key", "certificate")]
    caller = Caller(told["port"], grpc.ssl_channel_credentials(*octets), bytes.fromhex(told["request"]))
    threads = [threading.Thread(target=caller.keep_calling, args=(call,)) for call in (caller.on_old, caller.on_new)]
    for call in (caller.on_old, caller.on_new):
        _, _, _, status = call()
        if status != "OK":
            sys.exit(f"{status}")
    print("answered", flush=True)
    for thread in threads:
        thread.start()
    sys.stdin.read()
    caller.stopping.set()
    for thread in threads:
        thread.join()
    print(json.dumps(caller.rows))


class Caller:
    def __init__(self, port, credentials, request):
        self.port, self.credentials, self.request = port, credentials, request
        self.rows, self.stopping, self.old = [], threading.Event(), self.channel()

    def channel(self):
        """Never a connection that another channel has: gRPC shares them by itself."""
        options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        return grpc.secure_channel(f"localhost:{self.port}", self.credentials, options=options)

    def on_old(self):
        return self.call("old", self.old)

    def on_new(self):
        with self.channel() as channel:
            return self.call("new", channel)

    def call(self, kind, channel):
        begun, status = time.monotonic(), "OK"
        try:
            channel.unary_unary(METHOD)(self.request, timeout=DEADLINE, wait_for_ready=True)
        except grpc.RpcError as error:
            status = f"{error.code().name}: {error.details()}"
        return kind, begun, time.monotonic() - begun, status

    def keep_calling(self, call):
        while not self.stopping.is_set():
            row = call()
            self.rows.append(row)
            self.stopping.wait(max(0, EVERY - row[2]))


if __name__ == "__main__":
    main()
