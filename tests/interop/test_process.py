"""The whole process, as the kernel sees it: it speaks to what its configuration declares, to all of that, and to
nothing else.

No name is looked up, no proxy is asked, no other program is started, whatever the environment says.
"""

import concurrent.futures
import datetime
import importlib
import socket
import sys
import types

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import strace
from calls import context, give, group, student, withdraw
from test_reflection import Database
from test_strangers import get_metrics
from trap import Trap
from world import REPOSITORY, SCHOOL, World, free_port, iin, qaqpa, request_id, until

TOKEN, PUBLIC_KEY = "REVNTy1LRFAtVE9LRU4=", "REVNTy1QVUJLRVk="
PERSON = iin(900)
BEGINNING = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
# What a resolver of the C library reads, the sockets it asks, and the roots of trust that somebody else chose.
LOOKUPS = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/ssl",
           "/etc/pki", "/usr/share/ca-certificates")
EXPORTS = {"TraceService", "MetricsService"}


# --- the reader of strace's record

V4 = 'sin_port=htons(443), sin_addr=inet_addr("195.12.113.29")'
V6 = 'sin6_port=htons(53), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2a00::1", &sin6_addr)'
RECORDS = [
    ("a connection", ["connect(3, {sa_family=AF_INET, %s}, 16) = -1 EINPROGRESS (Operation now in progress)" % V4],
     {"peers": {("195.12.113.29", 443)}}),
    ("in halves",
     ["connect(3, {sa_family=AF_INET6, %s, sin6_scope_id=0}, 28 <unfinished ...>" % V6, "<... connect resumed>) = 0"],
     {"peers": {("2a00::1", 53)}}),
    ("never ended", ["connect(3, {sa_family=AF_INET, %s}, 16 <unfinished ...>" % V4],
     {"peers": {("195.12.113.29", 443)}}),
    ("many at once",
     ["sendmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET, %s}}, msg_len=1}, "
      "{msg_hdr={msg_name={sa_family=AF_INET6, %s}}}], 2, 0) = 2" % (V4, V6)],
     {"peers": {("195.12.113.29", 443), ("2a00::1", 53)}}),
    ("too many to tell", ["sendmmsg(3, [...], 9, 0) = 9"], {"unread": ["sendmmsg(3, [...], 9, 0)"]}),
    ("on a connected socket", ['sendto(3, "\\26\\3\\1"..., 9, MSG_NOSIGNAL, NULL, 0) = 9'], {}),
    ("a daemon for names", ['connect(3, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110) = -1 ENOENT (No such file)'],
     {"unix": {'"/run/nscd"'}}),
    ("netlink", ["sendto(3, \"\"..., 20, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 20"],
     {"netlink": 1}),
    ("another family", ["connect(3, {sa_family=AF_VSOCK, svm_cid=2}, 16) = 0"],
     {"unread": ["connect(3, {sa_family=AF_VSOCK, svm_cid=2}, 16)"]}),
    ("unreadable", ["connect(3, 0x7ffe, 16) = -1 EFAULT (Bad address)"], {"unread": ["connect(3, 0x7ffe, 16)"]}),
    ("a ring", ["io_uring_setup(8, {flags=0}) = 5"], {"unread": ["io_uring_setup(8, {flags=0})"]}),
    ("own, and then another's", [
        "socket(AF_INET, SOCK_STREAM, 0) = 5",
        "bind(5, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0",
        "listen(5, 9) = 0",
        "getsockname(5, {sa_family=AF_INET, sin_port=htons(7443), sin_addr=inet_addr(\"127.0.0.1\")}, [16]) = 0",
        "socket(AF_INET, SOCK_STREAM, 0) = 5",
        "getsockname(5, {sa_family=AF_INET, sin_port=htons(50000), sin_addr=inet_addr(\"127.0.0.1\")}, [16]) = 0"],
     {"own": {("127.0.0.1", 7443)}, "sockets": 2}),
    ("who came in", ["accept4(9, <unfinished ...>", "<... accept4 resumed>{sa_family=AF_INET, %s}, [16], 0) = 4" % V4],
     {"callers": {("195.12.113.29", 443)}}),
    ("files and programs", [
        'openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 3', 'open("/gone", 0) = -1 ENOENT (No such file)',
        'execve("/bin/sh", ["sh"], 0x1 /* 2 vars */) = 0'],
     {"opened": {"/etc/hosts"}, "programs": ["/bin/sh"]}),
]


@pytest.mark.parametrize("lines, wanted", [row[1:] for row in RECORDS], ids=[row[0] for row in RECORDS])
def test_the_record_is_read(lines, wanted):
    assert strace.read(f"77    {line}" for line in lines) == strace.Trace(**wanted)


def test_strace_sees_what_a_process_does(tmp_path, monkeypatch):
    """The tool itself, on this machine: a witness that sees nothing would let everything pass."""
    program = tmp_path / "program"
    script = ('import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.9", 9)); '
              'open("/etc/hosts")')
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{script}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("QAQPA", str(program))
    tracing = strace.Tracing(tmp_path / "trace", "serve")
    with tracing.applied():
        qaqpa("serve")
    (trace,) = tracing.traces()
    assert trace.peers == {("127.0.0.9", 9)} and "/etc/hosts" in trace.opened
    assert len(trace.programs) == 2 and trace.unread == []


# --- a collector and a trap

class Collector:
    """An OTLP collector that says yes to everything and keeps the services that were called."""

    def __init__(self, world):
        self.port, self.called, self.headers = free_port(), set(), set()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        collector = self

        class Everything(grpc.GenericRpcHandler):
            def service(self, call):
                collector.called.add(call.method.split("/")[1].split(".")[-1])
                collector.headers |= {name for name, _ in call.invocation_metadata}
                return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")

        self.server.add_generic_rpc_handlers([Everything()])
        tls = grpc.ssl_server_credentials([(world.pem("servers/otlp", "key"), world.pem("servers/otlp"))])
        self.server.add_secure_port(f"127.0.0.1:{self.port}", tls)
        self.server.start()

    def stop(self):
        self.server.stop(None).wait()


@pytest.fixture
def trap():
    trap = Trap()
    yield trap
    trap.close()


def test_the_trap_springs(trap):
    tcp, udp = socket.create_connection(("127.0.0.1", trap.port)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with tcp, udp:
        tcp.sendall(b"x")
        udp.sendto(b"y", ("127.0.0.1", trap.port))
        until(lambda: len(trap.arrived) == 3, "both")


# --- the demo

def assert_no_lookup(trace):
    assert trace.unix == set()
    assert not [path for path in trace.opened if path.startswith(LOOKUPS)]


def test_the_demo_speaks_to_itself_alone(tmp_path):
    tracing = strace.Tracing(tmp_path / "trace", "demo")
    with tracing.applied():
        qaqpa("demo")
    trace = tracing.only()
    assert trace.peers and trace.peers <= trace.own
    assert {address for address, _ in trace.own | trace.callers} == {"127.0.0.1"}
    assert_no_lookup(trace)


# --- every call there is

def contracts():
    """The full name of every RPC of our proto files, as protoc reads them."""
    found = set()
    for path in sorted((REPOSITORY / "proto").rglob("*.proto")):
        module = importlib.import_module(".".join(path.relative_to(REPOSITORY / "proto").with_suffix("").parts)
                                         + "_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            found |= {f"{service.full_name}/{method.name}" for method in service.methods}
    return found


class Noted:
    """A channel that notes which RPCs were called."""

    def __init__(self, channel, called):
        self.channel, self.called = channel, called

    def __getattr__(self, kind):
        make = getattr(self.channel, kind)

        def noted(path, *arguments, **named):
            call = make(path, *arguments, **named)
            return lambda *request, **how: self.called.add(path[1:]) or call(*request, **how)

        return noted if kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream") else make


def call_everything(world, stubs):
    """Every RPC once, with requests that go through wherever the state has an answer. Returns the names of what was
    called."""
    called = set()
    for client, calls in [("clients/school", of_the_training), ("clients/myverify", of_the_persons),
                          ("clients/officer", of_the_subjects),
                          ("clients/admin", of_the_policies)]:
        with world.channel(client) as channel:
            calls(world, stubs, Noted(channel, called))
    with world.channel() as channel:
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(),
                            timeout=10).status == health_pb2.HealthCheckResponse.SERVING
        assert next(health.Watch(health_pb2.HealthCheckRequest(),
                                 timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
        for version in ("v1", "v1alpha"):
            assert Database(channel, version).get_services()
    assert get_metrics(world, "clients/auditor")[0] == 200
    return called


def of_the_training(world, stubs, channel):
    messages, rpc = stubs.training, stubs.services.TrainingStub(channel)
    assert rpc.GetSchool(messages.GetSchoolRequest(context=context(stubs), school_bin=SCHOOL),
                         timeout=30).school.bin == SCHOOL
    submitted = rpc.SubmitGroup(messages.SubmitGroupRequest(context=context(stubs), group=group(stubs),
                                                            student=[student(stubs, 900)]), timeout=30)
    stream = (messages.SyncStudentsRequest(context=context(stubs), group=group(stubs), student=student(stubs, number))
              for number in (901, 902))
    assert len(list(rpc.SyncStudents(stream, timeout=30))) == 2
    outcome = messages.Outcome(iin=PERSON, group_id=submitted.group_id, rules=5, maintenance=5, practice=5, passed=True)
    assert rpc.SubmitOutcomes(messages.SubmitOutcomesRequest(context=context(stubs), outcome=[outcome]),
                              timeout=30).head.result.code == "00000"
    paper = messages.Certificate(iin=PERSON, school_bin=SCHOOL, group_id=submitted.group_id,
                                 category=messages.DRIVING_CATEGORY_B, issue_date="2027-01-29",
                                 status=messages.Dict(code="1", name_ru="Выдано", name_kz="Берілді"))
    issued = rpc.IssueCertificate(messages.IssueCertificateRequest(context=context(stubs), certificate=paper),
                                  timeout=30)
    paper.certificate_number = issued.certificate.certificate_number
    paper.revocation_reason = "issued in error"
    assert rpc.RevokeCertificate(messages.RevokeCertificateRequest(context=context(stubs), certificate=paper),
                                 timeout=30).head.result.code == "00000"
    asked = messages.GetStudentStatusRequest(context=context(stubs), iin=PERSON)
    assert rpc.GetStudentStatus(asked, timeout=30).head.result.code == "00000"


def of_the_persons(world, stubs, channel):
    gbdfl, consent = module("gbdfl.v1.persons"), stubs.consent
    given_at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    stubs.ledger.ConsentsStub(channel).Give(consent.GiveRequest(
        iin=PERSON, purposes=["identification"], form=consent.FORM_KDP, given_at=given_at, term=datetime.timedelta(days=30),
        kdp=consent.KdpToken(token=TOKEN, public_key=PUBLIC_KEY)), timeout=30)
    asked = gbdfl.messages.GetPersonRequest(context=stubs.exchange.Context(purpose="identification",
                                                                           request_id=request_id()), iin=PERSON,
                                            kdp_token=TOKEN, kdp_public_key=PUBLIC_KEY)
    assert gbdfl.services.PersonsStub(channel).GetPerson(asked, timeout=30).persons.person[0].iin == PERSON


def of_the_subjects(world, stubs, channel):
    consents, subject = stubs.ledger.ConsentsStub(channel), module("subject.v1.subjects")
    messages, rpc = subject.messages, subject.services.SubjectsStub(channel)
    consent = give(stubs, channel, PERSON, purposes=["reporting"], term=datetime.timedelta(days=30))
    assert consents.Get(stubs.consent.GetRequest(id=consent.id), timeout=30).consent.id == consent.id
    assert consents.List(stubs.consent.ListRequest(iin=PERSON), timeout=30).consents
    watch = consents.Watch(stubs.consent.WatchRequest(since=BEGINNING), timeout=30)
    assert next(watch).id
    watch.cancel()
    withdraw(stubs, channel, consent)
    rpc.Report(messages.ReportRequest(iin=PERSON), timeout=30)
    rpc.FindUsage(messages.FindUsageRequest(user_code=PERSON, period_start=BEGINNING,
                                            period_end=BEGINNING + datetime.timedelta(days=730), limit=10), timeout=30)
    hold = rpc.Restrict(messages.RestrictRequest(iin=PERSON, basis=messages.BASIS_DISPUTED), timeout=30).hold
    rpc.Unrestrict(messages.UnrestrictRequest(id=hold.id), timeout=30)
    rpc.Correct(messages.CorrectRequest(iin=PERSON, fields=["student.surname"], note=messages.CORRECTION_NOTE_WRONG), timeout=30)
    rpc.Object(messages.ObjectRequest(iin=PERSON, purpose="state-exchange"), timeout=30)
    rpc.Due(messages.DueRequest(), timeout=30)
    assert not rpc.ConfirmClock(messages.ConfirmClockRequest(), timeout=30).was_away
    rpc.Erase(messages.EraseRequest(iin=PERSON, basis=messages.BASIS_SUBJECT_REQUEST), timeout=30)


def of_the_policies(world, stubs, channel):
    policy = module("policy.v1.policies")
    pack = (world.directory / "policy/avtomektep.yaml").read_text(encoding="utf-8")
    shadow = policy.services.PoliciesStub(channel).Shadow(policy.messages.ShadowRequest(pack_yaml=pack,
                                                                                        operator="avtomektep",
                                                                                        duration=datetime.timedelta(seconds=1)), timeout=30)
    assert list(shadow)[-1].done


def module(name):
    return types.SimpleNamespace(messages=importlib.import_module(f"qaqpa.{name}_pb2"),
                                 services=importlib.import_module(f"qaqpa.{name}_pb2_grpc"))


# --- the gateway

COLLECTOR = """
[endpoints.collector]
plane = "telemetry"
url = "https://localhost:{port}"
kind = "development-loopback"
addresses = ["127.0.0.1"]
ca = "pki/ca.pem"
"""


def declare_collector(world, port):
    text = world.config.read_text()
    
    text = text.replace("[telemetry]\n", '[telemetry]\notlp = "collector"\n')
    world.config.write_text(text + COLLECTOR.format(port=port))


def seen_in_all_calls(directory, stubs, **environment):
    """A gateway with a collector, asked everything, under strace: its trace, what was declared, and the collector."""
    world, tracing = World(directory), strace.Tracing(directory / "trace", "serve")
    collector = Collector(world)
    try:
        declare_collector(world, collector.port)
        world.mock()
        with tracing.applied(**environment):
            gateway = world.gateway()
        missing = contracts() - call_everything(world, stubs)
        assert missing == set(), "an RPC that nobody called proves nothing"
        assert world.stop() == [0, 0]
    except Exception:
        print(world.logs())
        raise
    finally:
        world.stop()
        collector.stop()
    trace, declared = tracing.only(), {("127.0.0.1", world.shep_port), ("127.0.0.1", collector.port)}
    assert EXPORTS <= collector.called, "a collector that was declared is told"
    assert trace.own == {("127.0.0.1", world.gateway_port)} and {address
                                                                 for address, _ in trace.callers} == {"127.0.0.1"}
    assert_no_lookup(trace)
    return trace, declared, collector, gateway


def test_all_rpcs_speak_to_what_is_declared_and_nothing_else(tmp_path, stubs):
    trace, declared, *_ = seen_in_all_calls(tmp_path, stubs)
    assert trace.peers == declared


def hostile(port):
    """Every variable that a library in this process, or a relative of one, is known to obey."""
    http, grpc = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
    proxies = {name: http
               for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GRPC_PROXY", "FTP_PROXY", "SOCKS_PROXY")}
    proxies |= {name.lower(): value for name, value in proxies.items()} | {"NO_PROXY": "", "no_proxy": ""}
    otlp = {f"OTEL_EXPORTER_OTLP{signal}_{what}": value for signal in ("", "_TRACES", "_METRICS", "_LOGS")
            for what, value in [("ENDPOINT", grpc), ("HEADERS", "x-astray=1"), ("PROTOCOL", "http/protobuf"),
                                ("COMPRESSION", "gzip"), ("INSECURE", "true"),
                                ("CERTIFICATE", "/nowhere"), ("TIMEOUT", "1")]}
    sdk = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none",
           "OTEL_TRACES_SAMPLER": "always_off",
           "OTEL_PROPAGATORS": "b3",
           "OTEL_RESOURCE_ATTRIBUTES": "service.name=astray", "OTEL_SERVICE_NAME": "astray",
           "OTEL_METRIC_EXPORT_INTERVAL": "10",
           "OTEL_BSP_MAX_QUEUE_SIZE": "1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0",
           "OTEL_EXPORTER_JAEGER_ENDPOINT": http,
           "OTEL_EXPORTER_ZIPKIN_ENDPOINT": http}
    databases = {"PGHOST": "127.0.0.1", "PGHOSTADDR": "127.0.0.1", "PGPORT": str(port), "PGSERVICE": "astray",
                 "PGSSLMODE": "disable",
                 "DATABASE_URL": f"postgres://localhost:{port}/x"}
    names = {"RES_OPTIONS": "ndots:9 use-vc", "LOCALDOMAIN": "astray.invalid", "HOSTALIASES": "/dev/null",
             "RESOLV_HOST_CONF": "/dev/null",
             "SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nowhere", "SSLKEYLOGFILE": "/dev/null",
             "SENTRY_DSN": f"http://k@127.0.0.1:{port}/1",
             "RUST_LOG": "trace", "RUST_BACKTRACE": "1", "JAEGER_AGENT_HOST": "127.0.0.1", "STATSD_HOST": "127.0.0.1",
             "SYSLOG_SERVER": f"127.0.0.1:{port}"}
    return proxies | otlp | sdk | databases | names


def test_no_variable_of_the_environment_leads_astray(tmp_path, stubs, trap):
    trace, declared, collector, gateway = seen_in_all_calls(tmp_path, stubs, **hostile(trap.port))
    assert trace.peers == declared
    assert trap.arrived == []
    assert collector.headers == {"user-agent"}
    assert " TRACE " not in gateway.written() and " DEBUG " not in gateway.written()


def test_the_demo_does_not_listen_to_the_environment(tmp_path, trap):
    tracing = strace.Tracing(tmp_path / "trace", "demo")
    with tracing.applied(**hostile(trap.port)):
        qaqpa("demo")
    trace = tracing.only()
    assert trace.peers <= trace.own and trap.arrived == []
    assert_no_lookup(trace)
