"""Makes the report of `run` from its lines: medians over the rounds, ratios, goals.

    report.py LINES DIRECTORY      writes DIRECTORY/DATE.md and DATE.json, and the report to standard output
"""

import collections
import datetime
import json
import os
import pathlib
import statistics
import sys

NAMES = {
    "nginx": "nginx, bare mTLS `grpc_pass`",
    "a": "(a) exchange, unsigned",
    "b": "(b) exchange, RSA-signed both ways",
    "a-quiet": "(a) with `level = \"warn\"`",
    "a-group": "(a) SubmitGroup, one student",
    "a-status": "(a) GetStudentStatus",
}


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    busy, stolen, busy_after, stolen_after = (float(word) for word in os.environ["BENCH_BUSY"].split())
    seconds, ours = float(os.environ["BENCH_SECONDS"]), float(os.environ["BENCH_OURS"])
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load_before": os.environ["BENCH_LOAD"],
        "load_after": " ".join(open("/proc/loadavg").read().split()[:3]),
        "seconds": seconds,
        "foreign_cores": round(((busy_after - busy) / 100 - ours) / seconds, 2),
        "stolen_cores": round((stolen_after - stolen) / 100 / seconds, 2),
        "journal_on": os.environ["BENCH_JOURNAL"],
        "versions": os.environ["BENCH_VERSIONS"],
        "commit": os.environ["BENCH_COMMIT"],
    }


class Runs:
    """All lines of one run, by what was measured."""

    def __init__(self, lines):
        self.lines = collections.defaultdict(list)
        for line in lines:
            self.lines[line["what"]].append(line)

    def median(self, what, field, in_flight=None):
        return statistics.median(line[field] for line in self.lines[what] if in_flight in (None, line.get("in_flight")))

    def spread(self, what, in_flight):
        values = [line["cpu_us"] for line in self.lines[what] if line["in_flight"] == in_flight]
        return f"{min(values):.0f}-{max(values):.0f}"


def exchanges(runs):
    yield "| what | in flight | CPU us per exchange | of rounds | busy | per second | p50 us | p99 us | RSS MiB |"
    yield "|---|---|---|---|---|---|---|---|---|"
    rows = [(what, in_flight) for in_flight in (1, 16, 64) for what in ("nginx", "a", "b")]
    rows += [(what, 64) for what in ("a-quiet", "a-group", "a-status")]
    for what, in_flight in rows:
        of = lambda field: runs.median(what, field, in_flight)
        yield (f"| {NAMES[what]} | {in_flight} | **{of('cpu_us'):.1f}** | {runs.spread(what, in_flight)} | {of('busy'):.0%} | {of('per_second'):,.0f} "
               f"| {of('p50_us'):,.0f} | {of('p99_us'):,.0f} | {of('rss_mib'):.1f} |")


def ratios(runs):
    bare = runs.median("rsa", "sign_us") + runs.median("rsa", "verify_us")
    cpu = lambda what, in_flight: runs.median(what, "cpu_us", in_flight)
    rows = []
    for in_flight in (1, 16, 64):
        rows.append((f"(a) / nginx, {in_flight} in flight", cpu("a", in_flight) / cpu("nginx", in_flight), "<=", 4.0))
    for in_flight in (1, 16, 64):
        rows.append((f"((b) - (a)) / bare RSA sign + verify, {in_flight} in flight", (cpu("b", in_flight) - cpu("a", in_flight)) / bare, "<=", 1.15))
    for what, name in (("zeep", "zeep, signed and verified"), ("node-plain", "node `soap`, signed"), ("node-verified", "node `soap`, signed and verified")):
        rows.append((f"{name} / (b), both 1 in flight", runs.median(what, "cpu_us") / cpu("b", 1), ">=", 6.0))
        rows.append((f"{name} / (b) at 64 in flight", runs.median(what, "cpu_us") / cpu("b", 64), ">=", 6.0))
    rows.append(("RSS of (a), MiB, most", max(line["peak_mib"] for line in runs.lines["a"]), "<=", 64.0))
    rows.append(("RSS of (b), MiB, most", max(line["peak_mib"] for line in runs.lines["b"]), "<=", 64.0))
    return [(name, value, f"{sign} {goal:g}", value <= goal if sign == "<=" else value >= goal) for name, value, sign, goal in rows]


def report(runs, about):
    yield f"# Benchmark of {about['date']}, commit {about['commit']}"
    yield ""
    yield (f"{about['cpu']}, {about['cores']} cores, Linux {about['kernel']}; load before {about['load_before']}, after {about['load_after']}; other people's processes "
           f"took {about['foreign_cores']} cores on average, the hypervisor {about['stolen_cores']}. Journal on {about['journal_on']}. {about['versions']}.")
    yield ""
    yield ("The measured process alone on core 0; callers, mock government and echo on core 1. CPU is utime + stime of the measured process over the window, by "
           "the exchanges in it: the figure to trust. Throughput and latency are floors: the other core is often the busy one (see `busy`, the share of a core that the measured process used).")
    yield ""
    yield (f"TLS 1.3 with an ECDSA P-256 client certificate, {runs.median('a', 'request_bytes'):.0f}-byte request, {os.environ['BENCH_REPLY']}-byte gRPC reply, from a SOAP reply of 4 KiB; nginx gets the "
           "same bytes both ways, its backend does nothing. 1 in flight is one connection, 16 are 4 x 4 streams, 64 are 16 x 4. Log as configured by default (one JSON event an exchange, to a file).")
    yield ""
    yield from exchanges(runs)
    yield ""
    yield "| ratio | value | goal | |"
    yield "|---|---|---|---|"
    for name, value, goal, held in ratios(runs):
        yield f"| {name} | {value:.2f} | {goal} | {'held' if held else '**missed**'} |"
    yield ""
    yield "| | CPU us |"
    yield "|---|---|"
    yield f"| bare RSA-2048 sign, aws-lc-rs | {runs.median('rsa', 'sign_us'):.1f} |"
    yield f"| bare RSA-2048 verify, aws-lc-rs | {runs.median('rsa', 'verify_us'):.1f} |"
    for what, name in (("zeep", "zeep with python-xmlsec: sign, call, verify, read"), ("node-plain", "node `soap`: sign, call, read"),
                       ("node-verified", "the same, and the reply verified with xml-crypto")):
        yield f"| {name} (one call after the other) | {runs.median(what, 'cpu_us'):,.0f} |"
    yield ""
    yield from stream(runs.lines["d"][-1])


def stream(line):
    yield (f"(d) SyncStudents, RSA-signed, one stream of {line['records']:,} records ({line['request_bytes']} bytes each): {line['answered']:,} answered, {line['refused']} refused, "
           f"{line['seconds']:.1f} s, {line['per_second']:,.0f} per second, {line['cpu_us']:.0f} us CPU each.")
    yield ""
    yield "| records so far | per second since | RSS MiB |"
    yield "|---|---|---|"
    for sample in line["samples"]:
        yield f"| {sample['records']:,} | {sample['per_second']:,.0f} | {sample['rss_mib']:.1f} |"


def main(lines, directory):
    runs = Runs([json.loads(line) for line in open(lines)])
    about = {"date": datetime.date.today().isoformat(), **machine()}
    directory = pathlib.Path(directory)
    directory.mkdir(exist_ok=True)
    text = "\n".join(report(runs, about)) + "\n"
    (directory / f"{about['date']}.md").write_text(text)
    table = [{"ratio": name, "value": value, "goal": goal, "held": held} for name, value, goal, held in ratios(runs)]
    (directory / f"{about['date']}.json").write_text(json.dumps({"about": about, "ratios": table, "lines": runs.lines}, indent=1) + "\n")
    sys.stdout.write(text)


main(*sys.argv[1:])
