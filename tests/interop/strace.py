"""Whom a process spoke to, as the kernel saw it: strace's record of every socket call, read into sets.

    tracing = Tracing(directory, "serve")
    with tracing.applied():
        world.gateway()
    ...; world.stop()
    assert tracing.only().peers == {("127.0.0.1", 8443)}

strace runs beside the process (`-D`), so that the process keeps its own pid, signals and exit code. It keeps eight
octets of what is sent (`-s 8`), too few to look like an address; with none it would also leave out the messages of
`sendmmsg`. What cannot be read, an address family that nobody thought of and io_uring (which opens sockets behind
strace's back) stand in `unread`, which has to be empty.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import shlex
import unittest.mock

from world import binary, until

# Named one by one: a record that lacks one of these calls says nothing, and strace's idea of a class changes.
SENDS = ["connect", "sendto", "sendmsg", "sendmmsg"]
CALLS = [*SENDS, "socket", "bind", "listen", "accept", "accept4", "getsockname", "open", "openat", "openat2", "execve",
         "io_uring_setup"]

LINE = re.compile(r"(\d+) +(.*)")
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
CALL = re.compile(r"(\w+)\((.*?)(?:\)\s+=\s+(\S+).*)?")
INTERNET = re.compile(r'sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]*)"\)'
                      r'|sa_family=AF_INET6, sin6_port=htons\((\d+)\), [^}]*?inet_pton\(AF_INET6, "([^"]*)"')
UNIX = re.compile(r'sa_family=AF_UNIX(?:, sun_path=(@?"[^"]*"))?')
PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Not behind a string, where it says that the string goes on.
LEFT_OUT = re.compile(r'(?<!")\.\.\.')


@dataclasses.dataclass
class Trace:
    """`peers`, `callers` and `own` hold (address, port): whom it spoke to, who came in, where it listens."""

    peers: set = dataclasses.field(default_factory=set)
    callers: set = dataclasses.field(default_factory=set)
    own: set = dataclasses.field(default_factory=set)
    unix: set = dataclasses.field(default_factory=set)
    netlink: int = 0
    opened: set = dataclasses.field(default_factory=set)
    programs: list = dataclasses.field(default_factory=list)
    unread: list = dataclasses.field(default_factory=list)
    sockets: int = 0


def read(lines):
    """The trace of one process; its threads share their descriptors, and a second program is told by `programs`."""
    trace, bound = Trace(), {}
    for name, arguments, result in calls(lines):
        failed = result is not None and result.startswith("-1")
        descriptor = arguments.split(",")[0].strip()
        if name in SENDS:
            spoken_to(trace, name, arguments)
        elif name == "socket" and not failed:
            trace.sockets += 1
            bound.pop(result, None)
        elif name in ("accept", "accept4") and not failed:
            trace.callers |= internet(arguments)
            bound.pop(result, None)
        elif name == "bind" and not failed:
            bound[descriptor] = internet(arguments)
        elif name == "getsockname" and descriptor in bound:
            bound[descriptor] = internet(arguments)
            trace.own |= bound[descriptor]
        elif name == "listen":
            trace.own |= bound.get(descriptor, set())
        elif name.startswith("open") and not failed:
            trace.opened |= set(PATH.findall(arguments)[:1])
        elif name == "execve" and not failed:
            trace.programs += PATH.findall(arguments)[:1]
        elif name.startswith("io_uring") and not failed:
            trace.unread.append(f"{name}({arguments})")
    # Port 0 is a wish; where nobody asked what it became, nobody can have dialled it either.
    trace.own = {(address, port) for address, port in trace.own if port}
    return trace


def calls(lines):
    """(name, arguments, result) of each call; halves that strace wrote apart are put together, one that never ended has
    no result."""
    halves = {}
    for line in lines:
        thread, text = LINE.fullmatch(line.rstrip("\n")).groups()
        resumed = RESUMED.fullmatch(text)
        if resumed:
            text = halves.pop(thread) + resumed[1]
        if text.endswith(UNFINISHED):
            halves[thread] = text.removesuffix(UNFINISHED)
            continue
        yield from whole(text)
    for text in halves.values():
        yield from whole(text)


def whole(text):
    found = CALL.fullmatch(text)
    if found and found[1] in CALLS:
        yield found.groups()


def internet(text):
    return {(found[2] or found[4], int(found[1] or found[3])) for found in INTERNET.finditer(text)}


def spoken_to(trace, name, arguments):
    """One call may name many addresses (`sendmmsg`) or none (a connected socket)."""
    peers, paths = internet(arguments), [found[1] or "" for found in UNIX.finditer(arguments)]
    netlink = arguments.count("sa_family=AF_NETLINK")
    trace.peers |= peers
    trace.unix |= set(paths)
    trace.netlink += netlink
    understood = len(INTERNET.findall(arguments)) + len(paths) + netlink
    untold = name == "connect" and not understood or name == "sendmmsg" and LEFT_OUT.search(arguments)
    if arguments.count("sa_family=") != understood or untold:
        trace.unread.append(f"{name}({arguments})")


class Tracing:
    """While it is applied, `qaqpa COMMAND` runs under strace for the given commands and as ever for all others."""

    def __init__(self, directory, *commands):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.wrapper = self.directory / "qaqpa"
        real, record = shlex.quote(binary()), shlex.quote(str(self.directory))
        self.wrapper.write_text(
            f'#!/bin/sh\ncase "$1" in {"|".join(commands)}) ;; *) exec {real} "$@" ;; esac\n'
            f'exec strace -D -f -q --seccomp-bpf -s 8 -e trace={",".join(CALLS)} -o {record}/$$.strace {real} "$@"\n')
        self.wrapper.chmod(0o755)

    @contextlib.contextmanager
    def applied(self, **environment):
        """The processes started meanwhile also get these variables."""
        with unittest.mock.patch.dict(os.environ, {"QAQPA": str(self.wrapper), **environment}):
            yield

    def traces(self):
        """One for each process, the oldest first. Call when they have ended; strace may be a moment behind."""
        records = sorted(self.directory.glob("*.strace"), key=lambda record: record.stat().st_ctime)
        for record in records:
            end = re.compile(rf"^{record.stem} +\+\+\+ (exited|killed)", re.MULTILINE)
            until(lambda: end.search(record.read_text()), f"the end of {record}")
        return [read(record.read_text().splitlines()) for record in records]

    def only(self):
        (trace,) = self.traces()
        assert trace.unread == [] and len(trace.programs) == 1 and trace.sockets, trace
        return trace
