"""Content that names endpoints is data: redirects, headers, SOAP and XML that point somewhere, URLs in certificates and
in requests.

Each row names a trap. Nothing may arrive there, neither a connection nor an octet, and strace sees the declared
endpoint alone.
"""

import datetime

import grpc
import pytest

import strace
from calls import context, get_school, give, group, student
from foreign_shep import ForeignShep, fault, reply, signed
from pki import Authority
from trap import Trap
from world import SCHEMAS, SCHOOL, World, free_port, iin


class Pointing(ForeignShep):
    """A foreign SHEP whose `answer` may also give headers: (status, octets, {name: value}); status 103 goes before a
    good answer."""

    def _handler(shep):
        class Handler(super()._handler()):
            def do_POST(self):
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, *headers = shep._take(self.path, self.headers, octets)
                headers = {"Content-Type": "text/xml; charset=utf-8", **(headers[0] if headers else {})}
                if status == 103:
                    self.send_response_only(103)
                    self.send_header("Link", headers["Link"])
                    self.end_headers()
                self.send_response(200 if status == 103 else status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        return Handler


@pytest.fixture(scope="module")
def trap():
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def shep(tmp_path_factory, trap):
    """The gateway lives for all rows, so that what one leaves behind (a remembered Alt-Svc) shows in the next."""
    directory = tmp_path_factory.mktemp("content")
    world, tracing = World(directory, shep_port=free_port()), strace.Tracing(directory / "trace", "serve")
    foreign = Pointing(world, SCHEMAS)
    try:
        with tracing.applied():
            world.gateway()
        yield foreign
    finally:
        world.stop()
        foreign.close()
    trace = tracing.only()
    assert trace.peers == {("127.0.0.1", world.shep_port)} and trap.arrived == []


def asked(shep, stubs, answer):
    """The reason of a refusal, or None: whether content is refused or passed over is said elsewhere, here it is not
    followed."""
    shep.answer = answer
    with shep.world.channel() as channel:
        try:
            assert get_school(stubs, channel).school.bin == SCHOOL
        except grpc.RpcError as error:
            return error.details().split(":")[0]
        finally:
            assert shep.complaints == []


# --- HTTP

def good(shep, request):
    return signed(shep.world, reply(request))


REDIRECTS = [(status, url) for status in (300, 301, 302, 303, 305, 307, 308)
             for url in ("http://127.0.0.1:{}/a", "https://localhost:{}/a", "//127.0.0.1:{}/a")]


@pytest.mark.parametrize("status, url", REDIRECTS)
def test_a_redirect_is_not_followed(shep, stubs, trap, status, url):
    where = {"Location": url.format(trap.port)}
    assert asked(shep, stubs, lambda request: (status, b"", where)) == "residency.redirect"
    assert trap.arrived == []


HEADERS = {
    "Alt-Svc": 'h2="127.0.0.1:{0}"; ma=86400; persist=1, http/1.1="localhost:{0}", h3=":{0}"',
    "Refresh": "0; url={url}/a",
    "Link": "<{url}/a>; rel=preload, <{url}>; rel=preconnect, <{url}>; rel=dns-prefetch",
    "Location": "{url}/a",
    "Content-Location": "{url}/a",
    "SourceMap": "{url}/a",
    "Report-To": '{{"group":"a","max_age":9,"endpoints":[{{"url":"{url}/a"}}]}}',
    "NEL": '{{"report_to":"a","max_age":9,"failure_fraction":1,"success_fraction":1}}',
    "Proxy": "{url}",
    "X-Accel-Redirect": "{url}/a",
    "WWW-Authenticate": 'Bearer realm="{url}/token"',
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_leads_nowhere(shep, stubs, trap, header):
    value = HEADERS[header].format(trap.port, url=trap.url)
    for _ in range(2):
        assert asked(shep, stubs, lambda request: (200, good(shep, request), {header: value})) is None
    assert trap.arrived == []


ODD = {
    "early hints": (103, {"Link": "<{url}/a>; rel=preload"}),
    "authentication elsewhere": (401, {"WWW-Authenticate": 'Bearer realm="{url}/token"', "Location": "{url}/a"}),
    "a proxy that wants its own": (407, {"Proxy-Authenticate": 'Basic realm="{url}"', "Location": "{url}/a"}),
    "created elsewhere": (201, {"Location": "{url}/a"}),
    "misdirected": (421, {"Alt-Svc": 'h2="127.0.0.1:{port}"', "Location": "{url}/a"}),
    "an attachment": (200,
                      {"Content-Type": 'multipart/related; type="application/xop+xml"; boundary=x; start="{url}/a"'}),
}


@pytest.mark.parametrize("oddity", ODD)
def test_an_odd_status_leads_nowhere(shep, stubs, trap, oddity):
    status, headers = ODD[oddity]
    headers = {name: value.format(url=trap.url, port=trap.port) for name, value in headers.items()}
    asked(shep, stubs, lambda request: (status, good(shep, request), headers))
    assert trap.arrived == []
    assert asked(shep, stubs, lambda request: (200, good(shep, request))) is None, "the next exchange is as ever"


# --- SOAP and XML

XSI, XI = "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XInclude"
XOP, XLINK = "http://www.w3.org/2004/08/xop/include", "http://www.w3.org/1999/xlink"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSA = ["http://www.w3.org/2005/08/addressing", "http://schemas.xmlsoap.org/ws/2004/08/addressing"]


def before(text):
    """Put before the envelope after it was signed; the signature covers the Body alone."""
    return lambda shep, request, url: text.replace("URL", url).encode() + good(shep, request)


def used(shep, request, url):
    return before('<!DOCTYPE x [<!ENTITY e SYSTEM "URL/e">]>')(shep, request, url).replace("Успешно".encode(), b"&e;")


def within(old, new, signing=True):
    """Put into the envelope, before it is signed or after."""
    def changed(shep, request, url):
        text = reply(request) if signing else good(shep, request).decode()
        assert old in text, old
        text = text.replace(old, new.replace("URL", url), 1)
        return signed(shep.world, text) if signing else text.encode()

    return changed


def headed(blocks, names=""):
    return within("<soapenv:Header/>", f"<soapenv:Header{names}>{blocks}</soapenv:Header>")


def addressed(namespace):
    blocks = "".join(f"<w:{name}><w:Address>URL/{name}</w:Address></w:{name}>"
                     for name in ("ReplyTo", "FaultTo", "From"))
    return headed(f'{blocks}<w:To>URL/to</w:To><w:Action>URL/act</w:Action>', f' xmlns:w="{namespace}"')


RESPONSE = '<a:getSchoolInfoResponse xmlns:a="urn:qaqpa:reconstructed:aisas:v1"'
POINTERS = {
    "external subset": before('<!DOCTYPE x SYSTEM "URL/x.dtd">'),
    "public subset": before('<!DOCTYPE x PUBLIC "-//X//Y//EN" "URL/x.dtd">'),
    "external entity": before('<!DOCTYPE x [<!ENTITY e SYSTEM "URL/e">]>'),
    "external entity, used": used,
    "parameter entity": before('<!DOCTYPE x [<!ENTITY % p SYSTEM "URL/p"> %p;]>'),
    "notation": before('<!DOCTYPE x [<!NOTATION n SYSTEM "URL/n">]>'),
    "style sheet": before('<?xml-stylesheet type="text/xsl" href="URL/s.xsl"?>'),
    "model": before('<?xml-model href="URL/m.rng"?>'),
    "schema of the document": within(RESPONSE,
                                     f'{RESPONSE} xmlns:xsi="{XSI}" '
                                     'xsi:schemaLocation="urn:qaqpa:reconstructed:aisas:v1 URL/a.xsd" '
                                     'xsi:noNamespaceSchemaLocation="URL/b.xsd"'),
    "schema of the envelope": within(
        "<soapenv:Envelope ", f'<soapenv:Envelope xmlns:xsi="{XSI}" '
        'xsi:schemaLocation="http://schemas.xmlsoap.org/soap/envelope/ URL/e.xsd" '),
    "base": within("<soapenv:Envelope ", '<soapenv:Envelope xml:base="URL/" '),
    "inclusion": within("<school>", f'<xi:include xmlns:xi="{XI}" href="URL/school.xml"/><school>'),
    "inclusion as text": within("<nameRu>ТОО", f'<nameRu><xi:include xmlns:xi="{XI}" parse="text" href="URL/n"/>ТОО'),
    "part of a package": within("<category>B</category>",
                                f'<category><xop:Include xmlns:xop="{XOP}" href="URL/part"/></category>'),
    "package in place of data": within("<category>B</category>", f'<xop:Include xmlns:xop="{XOP}" href="cid:URL"/>'),
    "link": within(
        "<category>B</category>",
        f'<category xmlns:l="{XLINK}" l:type="simple" l:href="URL/l" l:actuate="onLoad">B</category>'),
    "SOAP encoding": within("<category>B</category>", '<category href="URL/h">B</category>'),
    "addressing": addressed(WSA[0]),
    "older addressing": addressed(WSA[1]),
    "addressing that must be understood": headed(
        f'<w:ReplyTo xmlns:w="{WSA[0]}" soapenv:mustUnderstand="1"><w:Address>URL</w:Address></w:ReplyTo>'),
    "actor": headed('<n:Note xmlns:n="urn:n" soapenv:actor="URL/actor">URL/note</n:Note>'),
    "policy": headed('<p:PolicyReference xmlns:p="http://www.w3.org/ns/ws-policy" URI="URL/policy"/>'),
    "key to be fetched": within(
        "<ds:KeyInfo>",
        '<ds:KeyInfo><ds:RetrievalMethod URI="URL/key" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>',
        signing=False),
    "token to be fetched": within("<wsse:SecurityTokenReference>",
                                  '<wsse:SecurityTokenReference><wsse:Reference URI="URL/token"/>', signing=False),
    "signed somewhere else": within('URI="#id-body"', 'URI="URL/signed.xml"', signing=False),
    "fault of somebody": lambda shep, request, url: fault("SCE001").replace(
        b"</faultstring>", f"</faultstring><faultactor>{url}/actor</faultactor>".encode()),
    "interface description": lambda shep, request, url: (
        f'<d:definitions xmlns:d="{WSDL}"><d:import namespace="urn:x" location="{url}/x.wsdl"/></d:definitions>'
    ).encode(),
}


@pytest.mark.parametrize("pointer", POINTERS)
def test_xml_that_points_somewhere_is_data(shep, stubs, trap, pointer):
    status = 500 if "fault" in pointer else 200
    for url in (trap.url, f"https://localhost:{trap.port}"):
        asked(shep, stubs, lambda request: (status, POINTERS[pointer](shep, request, url)))
    assert trap.arrived == []


# --- requests

METADATA = ["x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "x-original-url", "referer", "origin",
            "x-callback-url", "reply-to", "destination",
            "x-http-method-override", "grpc-lb-token", "x-envoy-original-dst-host", "x-wap-profile", "b3",
            "uber-trace-id"]


def test_a_request_that_names_endpoints_is_answered_to_its_sender(shep, stubs, trap):
    """And nowhere else: neither what stands in its fields nor what stands beside them is an address."""
    shep.answer = lambda request: (200, good(shep, request))
    with shep.world.channel() as channel:
        get_school(stubs, channel, [(name, trap.url) for name in METADATA])
    with shep.world.channel("clients/officer") as channel:
        assert give(stubs, channel, iin(910), purposes=["reporting"], term=datetime.timedelta(days=30), reference=trap.url).id
    pointing = student(stubs, 911, note=trap.url, email=f"a@127.0.0.1:{trap.port}",
                       photo_file_identifier=f"{trap.url}/photo.jpg", device=trap.url)
    named = group(stubs)
    named.title = f"{trap.url}/title"
    with shep.world.channel() as channel:
        request = stubs.training.SubmitGroupRequest(context=context(stubs), group=named, student=[pointing])
        with pytest.raises(grpc.RpcError):  # this SHEP knows one operation only, and answers it whatever it is asked
            stubs.services.TrainingStub(channel).SubmitGroup(request, timeout=30)
    assert trap.arrived == []


# --- certificates

def gateway_meets(directory, stubs, trap, chain, client_urls):
    """One GetSchool with everybody's certificate by authorities of the test, full of URLs; the reason of a refusal, or
    None."""
    world, tracing = World(directory, shep_port=free_port()), strace.Tracing(directory / "trace", "serve")
    root = Authority("TEST ROOT", urls=trap.url)
    between = Authority("TEST BETWEEN", above=root, urls=trap.url)
    between.server(world.file("servers/shep"), "localhost", urls=trap.url)
    between.signer(world.file("signers/shep-signer"), urls=trap.url)
    if chain == "whole":
        with open(world.file("servers/shep.pem"), "ab") as server:
            server.write(between.pem)
    root.client(world.file("clients/school"), "urn:qaqpa:dev:school", urls=client_urls)
    world.file("test-root.pem").write_bytes(root.pem)
    world.file("test-root.crl").write_bytes(root.revoked_none())
    text = world.config.read_text()
    for old, new in [('client_ca = "pki/ca.pem"', 'client_ca = "pki/test-root.pem"'),
                     ('crl = "pki/ca.crl"', 'crl = "pki/test-root.crl"'),
                     ('\nca = "pki/ca.pem"', '\nca = "pki/test-root.pem"')]:
        assert old in text
        text = text.replace(old, new)
    world.config.write_text(text)
    foreign = Pointing(world, SCHEMAS)
    try:
        with tracing.applied():
            world.gateway()
        return asked(foreign, stubs, lambda request: (200, good(foreign, request)))
    finally:
        world.stop()
        foreign.close()
        assert tracing.only().peers == {("127.0.0.1", world.shep_port)}


@pytest.mark.parametrize("chain, reason", [("whole", None), ("its middle is to be fetched", "upstream.tls")])
def test_urls_in_certificates_are_not_asked(tmp_path, stubs, trap, chain, reason):
    """OCSP, issuers, revocation lists, delta lists, practice statements: in the server's, the signer's and the caller's
    certificate."""
    assert gateway_meets(tmp_path, stubs, trap, chain, client_urls=trap.url) == reason
    assert trap.arrived == []


# --- the mock government's own

@pytest.mark.parametrize("behaviour", ["redirect=http://127.0.0.1:{}/a", "redirect=https://localhost:{}/a", "dtd",
                                       "entity-bomb", "processing-instruction"])
def test_the_mock_government_points_in_vain(tmp_path, stubs, trap, behaviour):
    world, tracing = World(tmp_path), strace.Tracing(tmp_path / "trace", "serve")
    try:
        world.mock("--behave", behaviour.format(trap.port))
        with tracing.applied():
            world.gateway()
        with world.channel() as channel, pytest.raises(grpc.RpcError):
            get_school(stubs, channel)
    finally:
        world.stop()
    assert tracing.only().peers == {("127.0.0.1", world.shep_port)} and trap.arrived == []
