"""One SOAP call after the other with zeep: GetSchool against the mock government, signed by zeep's WS-Security plugin, the
reply's signature verified, the business document read. Prints calls and CPU microseconds of this process per call.

    soap_zeep.py WORLD PORT SECONDS SCHEMAS
"""

import json
import pathlib
import resource
import sys
import time
import uuid
from datetime import UTC, datetime

import requests
import xmlsec
import zeep
from zeep.wsse import signature

AISAS = "urn:qaqpa:reconstructed:aisas:v1"
BINDING = "{http://bip.bee.kz/SyncChannel/v10/Interfaces}SyncChannelHttpBinding"
SCHOOL = "990140000007"


class Signed(signature.Signature):
    """Signs with the gateway's key and believes SHEP's signer only. Both certificates are read once, as a service would."""

    def __init__(self, pki):
        super().__init__(str(pki / "signers/gateway-signer.key"), str(pki / "signers/gateway-signer.pem"),
                         signature_method=xmlsec.Transform.RSA_SHA256, digest_method=xmlsec.Transform.SHA256)
        self.shep = xmlsec.Key.from_file(str(pki / "signers/shep-signer.pem"), xmlsec.KeyFormat.CERT_PEM)

    def verify(self, envelope):
        signature._verify_envelope_with_key(envelope, self.shep)
        return envelope


def caller(world, port, schemas):
    session = requests.Session()
    session.trust_env = False
    session.verify = str(world / "pki/ca.pem")
    client = zeep.Client(str(schemas / "wsdl/SyncChannel.wsdl"), transport=zeep.Transport(session=session), wsse=Signed(world / "pki"))
    client.wsdl.types.add_document_by_url(str(schemas / "xsd/aisas-RECONSTRUCTED.xsd"))
    service = client.create_service(BINDING, f"https://localhost:{port}/bip-sync-wss-gost/")
    request, reply = (client.get_element(f"{{{AISAS}}}getSchoolInfo{end}") for end in ("Request", "Response"))
    password = (world / "secrets/shep.password").read_text().strip()

    def call():
        message_id, now = str(uuid.uuid4()), datetime.now(UTC).isoformat()
        document = request(head={"requestId": message_id, "requestDate": now, "requestorBin": SCHOOL}, schoolBin=SCHOOL)
        info = {"messageId": message_id, "serviceId": "MIA_AISAS_GetSchoolInfo", "messageDate": now,
                "sender": {"senderId": "qaqpa_dev", "password": password}}
        answer = service.SendMessage(request={"requestInfo": info, "requestData": {"data": document}})
        data = answer.responseData.data
        (found,) = data if isinstance(data, list) else [data]
        business = reply.parse(found, client.wsdl.types) if hasattr(found, "tag") else found
        assert business.school.bin == SCHOOL and answer.responseInfo.correlationId == message_id

    return call


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(world, port, seconds, schemas):
    call = caller(pathlib.Path(world), int(port), pathlib.Path(schemas))
    for _ in range(20):
        call()
    calls, before, began = 0, cpu(), time.monotonic()
    while time.monotonic() - began < float(seconds):
        call()
        calls += 1
    print(json.dumps({"calls": calls, "cpu_us": (cpu() - before) * 1e6 / calls, "per_second": calls / (time.monotonic() - began)}))


main(*sys.argv[1:])
