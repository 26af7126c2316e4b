"""Puts the samples of `rooms` into rooms: the innermost function of the call chain that a rule knows decides. Copies and
kernel time thus count for whoever asked for them; allocations and thread switches stand on their own.

    rooms.py SAMPLES LOAD      SAMPLES from `perf script -F comm,ip,sym`, LOAD from bench_load
"""

import collections
import json
import re
import sys

# The first rule that matches a frame wins; frames are tried from the innermost outwards.
RULES = [(re.compile(pattern), room) for pattern, room in [
    (r"^__x64_sys_fdatasync|^do_fsync|RealFiles.*::sync", "11, 16 record: fdatasync"),
    (r"RealFiles.*::write_at|journal::files::still_there", "11, 16 record: write, look"),
    (r"journal::entry::|journal::json::", "11, 16 record: read the JSON again"),
    (r"qaqpa_gateway::evidence::lines::|qaqpa_journal::line::", "11, 16 record: write the JSON"),
    (r"qaqpa_gateway::evidence::commit::hmac", "11, 16 record: HMAC of the messages"),
    (r"qaqpa_gateway::evidence::commit::|journal::commitment::|minimise::released", "11, 16 record: commitments"),
    (r"qaqpa_journal::", "11, 16 record: queue, hash, wake"),
    (r"tracing_subscriber|tracing_core|tracing::span::Span::new|Gateway>::event", "log: span and event"),
    (r"opentelemetry|telemetry::Telemetry", "metrics"),
    (r"wsse::sign|wsse::signer|Security::envelope|pkey_rsa_sign", "10 sign"),
    (r"wsse::verify|wsse::places|xml::c14n|Security::verify", "13 verify"),
    (r"qaqpa_adapters::xml|roxmltree|quick_xml", "14 decode: text, guard, tree"),
    (r"codec::read|shep::sync::read|Data.*::with_root|shep::sync::answers", "14 decode: by the contract"),
    (r"codec::write|shep::sync::write|Gateway>::sign", "9 encode"),
    (r"qaqpa_policy::minimise", "6, 15 minimise"),
    (r"qaqpa_policy::|qaqpa_residency::|Quotas|governor|Duplicates|Door::judge|Gateway>::clear", "2-8 the other checks"),
    (r"Gateway>::answer|with_receipt|v1::Receipt", "17 answer: receipt"),
    (r"reqwest|hyper_util::client|hyper::client|hyper::proto::h1|tower_http|Door::post|retry::future|oneshot::Oneshot", "12 send: HTTP/1.1 client"),
    (r"h2::|hyper::proto::h2|hyper_util::server|tonic::|qaqpa_gateway::serve::grpc", "1, 17 caller: HTTP/2, gRPC"),
    (r"qaqpa_gateway::exchange::", "corridor, the rest"),
    (r"tokio::runtime::(io|time)|epoll|mio::", "runtime: wait, wake"),
    (r"tokio::runtime", "runtime: tasks"),
]]
TLS = re.compile(r"rustls::|tokio_util::util::poll_buf")
# The C library keeps no frame pointers: who allocates is not to be seen.
ALLOCATOR = re.compile(r"malloc|calloc|realloc|cfree|_int_free|unlink_chunk|systrim")
CALLER = re.compile(r"h2::|tokio_rustls::server|hyper_util::server|task_tracker")


def room(comm, frames):
    if any(ALLOCATOR.search(frame) for frame in frames):
        return "memory: allocate, free"
    if "__schedule" in frames and not any(frame.endswith("fdatasync") for frame in frames):
        return "runtime: switch threads"
    for frame in frames:
        if TLS.search(frame):
            return "1, 17 caller: TLS, TCP" if any(CALLER.search(outer) for outer in frames) else "12 send: TLS, TCP"
        for pattern, name in RULES:
            if pattern.search(frame):
                return name
    return "11, 16 record: queue, hash, wake" if comm.startswith("journal") else "the rest"


def main(samples, load):
    load = json.load(open(load))
    rooms = collections.Counter()
    for block in open(samples).read().split("\n\n"):
        lines = block.strip().split("\n")
        frames = [line.strip().split(" ", 1)[-1] for line in lines[1:]]
        if frames:
            rooms[room(lines[0].strip(), frames)] += 1
    total = sum(rooms.values())
    print(f"{load['exchanges']:,} exchanges at {load['in_flight']} in flight, {load['cpu_us']:.0f} us CPU each with perf attached (it slows the process; the shares count)")
    print("\n| room | share | us |\n|---|---|---|")
    for name, count in rooms.most_common():
        print(f"| {name} | {count / total:.1%} | {count / total * load['cpu_us']:.1f} |")


main(*sys.argv[1:])
