"""A development environment on free ports: qaqpa's own commands lay it out, and real processes run in it.

Nothing here knows the inside of qaqpa: binary, files, sockets. QAQPA names the binary; otherwise it is the release
build.
"""

import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import uuid

import grpc

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = REPOSITORY / "schemas"
SCHOOL = "990140000007"
STATE_EXCHANGE = "state-exchange"
PATIENCE = 30


def target():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))


def binary():
    path = pathlib.Path(os.environ.get("QAQPA", target() / "release" / "qaqpa"))
    assert path.is_file(), f"{path} is missing: cargo build --release"
    return str(path)


def example(name):
    """An example of the adapters; `cargo test` builds them all."""
    path = pathlib.Path(os.environ.get(f"QAQPA_{name.upper()}", target() / "debug" / "examples" / name))
    assert path.is_file(), f"{path} is missing: cargo build -p qaqpa-adapters --examples"
    return str(path)


def qaqpa(*arguments, wanted=0, directory=None):
    """Runs the command; the exit code is part of its interface, so it is always checked."""
    run = subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=directory)
    assert run.returncode == wanted, f"exit code {run.returncode}, wanted {wanted}\n{run.stdout}\n{run.stderr}"
    return run


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def iin(number):
    """A synthetic IIN: 2099-12-31, a serial, and its check digit; serials that have none are passed over."""
    for serial in itertools.count(number * 2):
        digits = [int(digit) for digit in f"9912315{serial:04}"]
        total = sum(digit * weight for digit, weight in zip(digits, range(1, 12))) % 11
        if total == 10:
            total = sum(digit * weight for digit, weight in zip(digits, [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])) % 11
        if total < 10:
            return "".join(map(str, digits)) + str(total)


def request_id():
    return uuid.uuid4().hex


class Process:
    """A command of qaqpa that runs until it is stopped. Ready when `marker` stands in what it wrote."""

    def __init__(self, log, marker, *arguments):
        self.log = log
        with open(log, "wb") as out:
            self.popen = subprocess.Popen([binary(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT)
        until(lambda: marker in self.written() or self.popen.poll() is not None, f"{marker} in {log}")
        assert self.popen.poll() is None, self.written()

    def written(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        """The exit code after SIGTERM; Ctrl-C for the mock, which listens to nothing else."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
        return self.popen.wait(PATIENCE)


def until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.05)


class World:
    """One laid out environment. Give `shep_port` when somebody else than `qaqpa mock` shall be the state."""

    def __init__(self, directory, shep_port=None):
        self.directory = directory / "env"
        self.gateway_port, self.shep_port = free_port(), shep_port or free_port()
        self.config = self.directory / "gateway.toml"
        self.processes = []
        qaqpa("certs", "dev", self.directory, "--listen", f"127.0.0.1:{self.gateway_port}", "--shep",
              f"127.0.0.1:{self.shep_port}")

    def mock(self, *options, port=None):
        arguments = ["mock", "up", "--dir", self.directory, "--listen", f"127.0.0.1:{port or self.shep_port}", *options]
        return self._start("mock", "mock government on", *arguments)

    def gateway(self):
        return self._start("gateway", "serves on", "serve", "--config", self.config)

    def _start(self, name, marker, *arguments):
        process = Process(self.directory.parent / f"{name}-{len(self.processes)}.log", marker, *arguments)
        self.processes.append(process)
        return process

    def stop(self):
        codes = [process.stop() for process in reversed(self.processes)]
        self.processes.clear()
        return codes

    def logs(self):
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}"
                         for log in sorted(self.directory.parent.glob("*.log")))

    def pem(self, name, kind="pem"):
        return (self.directory / "pki" / f"{name}.{kind}").read_bytes()

    def file(self, name):
        return self.directory / "pki" / name

    def channel(self, client="clients/school"):
        """gRPC as the holder of a development certificate; as nobody when `client` is None."""
        credentials = [self.pem(client, "key"), self.pem(client)] if client else [None, None]
        tls = grpc.ssl_channel_credentials(self.pem("ca"), *credentials)
        return grpc.secure_channel(f"localhost:{self.gateway_port}", tls, options=[("grpc.enable_http_proxy", 0)])

    def records(self):
        """The journal so far, line by line. A running gateway's last second may be missing."""
        out = self.directory.parent / "records.jsonl"
        qaqpa("audit", "export", "--config", self.config, "--format", "jsonl", "--out", out)
        return [json.loads(line) for line in out.read_text().splitlines()]
