"""zeep, the SOAP client most of our peers use, against the mock government: by the WSDL of the repository and by the one that is served."""

import uuid

import pytest
import requests
import xmlsec
import zeep
from zeep.exceptions import Fault
from zeep.wsse import signature

from foreign_shep import AISAS, TYPES, now
from world import SCHEMAS, SCHOOL, World, free_port

BINDING = "{http://bip.bee.kz/SyncChannel/v10/Interfaces}SyncChannelHttpBinding"
SERVICE = "MIA_AISAS_GetSchoolInfo"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@pytest.fixture(scope="module")
def mocks(tmp_path_factory):
    """Two mocks and no gateway: the one on `lenient` answers what is not signed, the one on `shep_port` does not."""
    world = World(tmp_path_factory.mktemp("zeep"))
    world.lenient = free_port()
    try:
        world.mock()
        world.mock("--accept-unsigned", port=world.lenient)
        yield world
    finally:
        world.stop()


def url(port):
    return f"https://localhost:{port}/bip-sync-wss-gost/"


class RootInData(zeep.Plugin):
    """zeep gives `data` the type of the document and leaves its root away; this puts the root back, the shape that our contract asks for."""

    def egress(self, envelope, headers, operation, options):
        data = envelope.find(".//data")
        root = data.makeelement(f"{{{AISAS}}}getSchoolInfoRequest", nsmap={"a": AISAS})
        root.extend(list(data))
        del data.attrib[XSI_TYPE]
        data.append(root)
        return envelope, headers


class Client:
    """zeep with both schemas loaded: the channel's by the WSDL, the business document's beside it."""

    def __init__(self, mocks, port, wsdl=SCHEMAS / "wsdl/SyncChannel.wsdl", plugins=(), wsse=None):
        session = requests.Session()
        session.trust_env = False
        session.verify = str(mocks.file("ca.pem"))
        self.mocks = mocks
        self.zeep = zeep.Client(str(wsdl), transport=zeep.Transport(session=session, timeout=20), plugins=list(plugins), wsse=wsse)
        self.zeep.wsdl.types.add_document_by_url(str(SCHEMAS / "xsd/aisas-RECONSTRUCTED.xsd"))
        self.service = self.zeep.create_service(BINDING, url(port))

    def ask(self, sender="qaqpa_dev", service=SERVICE, school=SCHOOL):
        """The messageId that was sent, and what zeep made of the answer."""
        message_id = str(uuid.uuid4())
        password = (self.mocks.directory / "secrets/shep.password").read_text().strip()
        document = self.zeep.get_element(f"{{{AISAS}}}getSchoolInfoRequest")(
            head={"requestId": message_id, "requestDate": now(), "requestorBin": SCHOOL}, schoolBin=school)
        info = {"messageId": message_id, "serviceId": service, "messageDate": now(), "sender": {"senderId": sender, "password": password}}
        return message_id, self.service.SendMessage(request={"requestInfo": info, "requestData": {"data": document}})

    def business(self, answer):
        """The business document in an answer, by zeep's reading of its schema."""
        data = answer.responseData.data
        (document,) = data if isinstance(data, list) else [data]
        if not hasattr(document, "tag"):
            return document
        assert document.tag == f"{{{AISAS}}}getSchoolInfoResponse"
        return self.zeep.get_element(document.tag).parse(document, self.zeep.wsdl.types)

    def error_info(self, fault):
        """The ErrorInfo in a fault's detail, by zeep's reading of its schema."""
        (detail,) = fault.detail
        assert detail.tag == f"{{{TYPES}}}SendMessageFault1_SendMessageFault"
        return self.zeep.get_element(detail.tag).parse(detail, self.zeep.wsdl.types)


@pytest.mark.parametrize("plugins", [(), (RootInData(),)], ids=["typed-data", "root-in-data"])
@pytest.mark.parametrize("wsdl", ["repository", "served"])
def test_zeep_asks_and_reads(mocks, wsdl, plugins):
    where = {"repository": SCHEMAS / "wsdl/SyncChannel.wsdl", "served": url(mocks.lenient) + "?wsdl"}
    client = Client(mocks, mocks.lenient, where[wsdl], plugins)
    message_id, answer = client.ask()
    assert answer.responseInfo.status.code == "SCSS001"
    assert answer.responseInfo.correlationId == message_id
    assert answer.responseInfo.sessionId.startswith("{")
    document = client.business(answer)
    assert document.head.result.code == "00000"
    assert document.school.bin == SCHOOL and document.school.nameKz


FAULTS = {
    "SCE007": ("shep_port", {}),
    "SBF-AD-1": ("lenient", {"sender": "somebody_else"}),
    "SCE004": ("lenient", {"service": "NO_SUCH_SERVICE"}),
}


@pytest.mark.parametrize("code", FAULTS)
def test_zeep_reads_a_fault(mocks, code):
    port, changed = FAULTS[code]
    client = Client(mocks, getattr(mocks, port))
    with pytest.raises(Fault) as caught:
        client.ask(**changed)
    assert caught.value.message
    info = client.error_info(caught.value)
    assert info.errorCode == code and info.errorMessage and info.errorDate


class Signed(signature.Signature):
    """Signs as the gateway with zeep's own plugin, and believes only SHEP's signer."""

    def __init__(self, mocks):
        super().__init__(str(mocks.file("signers/gateway-signer.key")), str(mocks.file("signers/gateway-signer.pem")),
                         signature_method=xmlsec.Transform.RSA_SHA256, digest_method=xmlsec.Transform.SHA256)
        self.shep = str(mocks.file("signers/shep-signer.pem"))
        self.verified = 0

    def verify(self, envelope):
        signature.verify_envelope(envelope, self.shep)
        self.verified += 1
        return envelope


def test_zeep_and_the_state_sign_to_each_other(mocks):
    wsse = Signed(mocks)
    client = Client(mocks, mocks.shep_port, wsse=wsse)
    _, answer = client.ask()
    assert client.business(answer).school.bin == SCHOOL
    assert wsse.verified == 1
