"""SHEP's synchronous channel written with other people's tools: http.server, ssl, lxml and python-xmlsec. It shares nothing with
our mock, so that a misunderstanding which mock and gateway have in common shows here.

It checks what it gets (signature by the pinned certificate, both schemas, login) before it answers as `answer` says; what was wrong
with a request stands in `complaints`.
"""

import copy
import datetime
import http.server
import pathlib
import ssl
import threading
import uuid

from lxml import etree

from foreign_wsse import SOAP, sign, verify

TYPES = "http://bip.bee.kz/SyncChannel/v10/Types"
AISAS = "urn:qaqpa:reconstructed:aisas:v1"
NOW = datetime.timezone(datetime.timedelta(hours=5))


def schema(path):
    return etree.XMLSchema(etree.parse(str(path)))


class ForeignShep:
    """Listens on the SHEP port of a world from construction to `close`. `answer` takes a Request and gives status and octets."""

    def __init__(self, world, schemas):
        self.world = world
        self.channel, self.aisas = schema(schemas / "xsd/shep-sync-v10.xsd"), schema(schemas / "xsd/aisas-RECONSTRUCTED.xsd")
        self.password = (world.directory / "secrets/shep.password").read_text().strip()
        self.requests, self.complaints = [], []
        self.answer = None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", world.shep_port), self._handler())
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(world.file("servers/shep.pem"), world.file("servers/shep.key"))
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(shep):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                status, reply = shep._take(self.path, self.headers, octets)
                self.send_response(status)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        return Handler

    def _take(self, path, headers, octets):
        try:
            assert path == "/bip-sync-wss-gost/", path
            assert headers["Content-Type"].startswith("text/xml"), headers["Content-Type"]
            request = Request(etree.fromstring(octets))
            verify(request.envelope, self.world.file("signers/gateway-signer.pem"))
            self.channel.assertValid(request.emptied())
            self.aisas.assertValid(etree.fromstring(etree.tostring(request.document)))
            assert request.text("sender/senderId") == "qaqpa_dev" and request.text("sender/password") == self.password, "login"
        except Exception as error:  # whatever it is, the test that asked shall see it
            self.complaints.append(f"{type(error).__name__}: {error}")
            return 500, fault("SCE001")
        self.requests.append(request)
        return self.answer(request)


class Request:
    """A message of the channel, taken apart by full names."""

    def __init__(self, envelope):
        self.envelope = envelope
        self.message = envelope.find(f"{{{SOAP}}}Body/{{{TYPES}}}SendMessage")
        self.document = self.message.find("request/requestData/data")[0]

    def text(self, path):
        return self.message.findtext(f"request/requestInfo/{path}")

    def emptied(self):
        """The message without its business document, as the channel's own schema sees it."""
        message = copy.deepcopy(self.message)
        data = message.find("request/requestData/data")
        data[:] = []
        return etree.fromstring(etree.tostring(message))


def fault(code):
    """Not signed, as faults are: who could not read the request does not know whom he answers."""
    return f"""<S:Envelope xmlns:S="{SOAP}"><S:Body><S:Fault><faultcode>S:Server</faultcode><faultstring>Ошибка</faultstring><detail>
        <n:SendMessageFault1_SendMessageFault xmlns:n="{TYPES}"><errorCode>{code}</errorCode><errorMessage>Ошибка</errorMessage>
        <errorDate>{now()}</errorDate></n:SendMessageFault1_SendMessageFault></detail></S:Fault></S:Body></S:Envelope>""".encode()


def now():
    return datetime.datetime.now(NOW).isoformat(timespec="milliseconds")


DEFAULTS = dict(soap="soapenv", typ="ns2", a="a", session=f"{{{uuid.uuid4()}}}", data="<data>{}</data>", date=now)
SCHOOL = """<{a}:getSchoolInfoResponse xmlns:{a}="urn:qaqpa:reconstructed:aisas:v1">
  <head><requestId>{id}</requestId><responseDate>{date}</responseDate>
  <result><code>00000</code><nameRu>Успешно</nameRu><nameKz>Сәтті</nameKz></result></head>
  <school><bin>990140000007</bin><nameRu>ТОО «Синтез &amp; Ко»</nameRu><nameKz>«Синтез» ЖШС</nameKz>
  <status><code>1</code><nameRu>Действует</nameRu><nameKz>Жұмыс істейді</nameKz></status>
  <category>B</category><category>C1E</category></school></{a}:getSchoolInfoResponse>"""


def reply(request, correlation=None, **changed):
    """The unsigned envelope of a good answer, as text. Spelling is up to `changed`."""
    spelt = {**DEFAULTS, **changed}
    soap, typ, date = spelt["soap"], spelt["typ"], spelt["date"]()
    document = SCHOOL.format(a=spelt["a"], id=request.text("messageId"), date=date)
    correlation = correlation or request.text("messageId")
    return f"""<{soap}:Envelope xmlns:{soap}="{SOAP}"><{soap}:Header/><{soap}:Body>
        <{typ}:SendMessageResponse xmlns:{typ}="{TYPES}"><response><responseInfo>
        <messageId>{uuid.uuid4()}</messageId><correlationId>{correlation}</correlationId><responseDate>{date}</responseDate>
        <status><code>SCSS001</code><message>Запрос выполнен успешно</message></status><sessionId>{spelt["session"]}</sessionId>
        </responseInfo><responseData>{spelt["data"].format(document)}</responseData></response>
        </{typ}:SendMessageResponse></{soap}:Body></{soap}:Envelope>"""


def signed(world, text, signer="signers/shep-signer", named=None, **changed):
    """Signs with one development key and names the certificate of another, if `named` says so."""
    certificate = world.file(f"{named or signer}.pem")
    return sign(etree.fromstring(text), pathlib.Path(certificate), world.file(f"{signer}.key"), **changed)
