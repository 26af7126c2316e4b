"""Our transport signatures verified by others, and theirs by us.

QAQPA_WSSE is the path of the built example: cargo build -p qaqpa-adapters --example wsse

Others: xmlsec1 (the command), zeep.wsse.signature (the SOAP client most of our peers use), python-xmlsec directly.
"""

import base64
import os
import pathlib
import subprocess

import pytest
import xmlsec
from lxml import etree
from zeep import ns
from zeep.exceptions import SignatureVerificationFailed
from zeep.wsse import signature as zeep_signature
from zeep.wsse.utils import ensure_id, get_security_header

from foreign_wsse import SOAP, WSSE, sign, unsigned

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
NOW = "1800000000"
MESSAGE = '<typ:SendMessage xmlns:typ="http://bip.bee.kz/SyncChannel/v10/Types"><request><iin>991231500006</iin></request></typ:SendMessage>'
# What a canonical writer never writes and a signature must survive all the same.
ODD = """<data xmlns:cs='urn:cs' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='cs:Request'
  b='2' a='x&#10;y'><!-- comment --><![CDATA[<қ>&]]><empty/> &gt; </data>"""
METHODS = {"signer-rsa": xmlsec.Transform.RSA_SHA256, "signer-p256": xmlsec.Transform.ECDSA_SHA256}
SIGNERS = list(METHODS)


def certificate(name):
    return str(VECTORS / f"{name}-cert.pem")


def key(name):
    return str(VECTORS / f"{name}-key.pem")


def ours(*arguments, text):
    run = subprocess.run([os.environ["QAQPA_WSSE"], *arguments], input=text, capture_output=True)
    return run.returncode, run.stdout


def signed_by_us(name, content, *layout):
    code, envelope = ours("slow" if content == ODD else "sign", certificate(name), key(name), *layout, text=content.encode())
    assert code == 0, envelope
    return envelope


def verified_by_us(name, envelope):
    code, said = ours("verify", NOW, certificate(name), text=envelope)
    return "verified" if code == 0 else said.decode()


# --- ours, verified by others

CASES = [(name, content, layout) for name in SIGNERS for content in (MESSAGE, ODD) for layout in ((), ("issuer-serial",))]


@pytest.mark.parametrize("name, content, layout", CASES)
def test_xmlsec1_verifies_ours(name, content, layout, tmp_path):
    file = tmp_path / "envelope.xml"
    file.write_bytes(signed_by_us(name, content, *layout))
    command = ["xmlsec1", "--verify", "--id-attr:Id", f"{SOAP}:Body", "--pubkey-cert-pem", certificate(name)]
    # Without this xmlsec1 takes the first key KeyInfo names, or none, and not the pinned one.
    command += ["--enabled-key-data", "key-name"]
    run = subprocess.run([*command, str(file)], capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    file.write_bytes(file.read_bytes().replace(b"</soapenv:Body>", b" </soapenv:Body>"))
    assert subprocess.run([*command, str(file)], capture_output=True).returncode != 0


@pytest.mark.parametrize("name, content, layout", CASES)
def test_zeep_verifies_ours(name, content, layout):
    envelope = signed_by_us(name, content, *layout)
    zeep_signature.verify_envelope(etree.fromstring(envelope), certificate(name))
    with pytest.raises(SignatureVerificationFailed):
        zeep_signature.verify_envelope(etree.fromstring(envelope.replace(b"</soapenv:Body>", b" </soapenv:Body>")), certificate(name))


@pytest.mark.parametrize("name", SIGNERS)
def test_ours_verify_by_us(name):
    envelope = signed_by_us(name, ODD)
    assert verified_by_us(name, envelope) == "verified"
    assert verified_by_us(name, envelope.replace(b"<empty/>", b"")) == "digest"


# --- theirs, verified by us

def signed_by_python_xmlsec(name, content, **changed):
    return sign(unsigned(content), certificate(name), key(name), METHODS[name], **changed)


@pytest.mark.parametrize("form", ["key-identifier", "issuer-serial", "x509-certificate"])
@pytest.mark.parametrize("content", [MESSAGE, ODD])
@pytest.mark.parametrize("name", SIGNERS)
def test_we_verify_python_xmlsec(name, content, form):
    assert verified_by_us(name, signed_by_python_xmlsec(name, content, form=form)) == "verified"
    other = SIGNERS[1 - SIGNERS.index(name)]
    assert verified_by_us(other, signed_by_python_xmlsec(name, content, form=form)) == "wrong_signer"


def test_we_verify_an_unqualified_id():
    assert verified_by_us("signer-rsa", signed_by_python_xmlsec("signer-rsa", MESSAGE, qualified=False)) == "verified"


def test_we_refuse_another_transform_that_others_verify():
    envelope = signed_by_python_xmlsec("signer-rsa", MESSAGE, transform=xmlsec.Transform.C14N)
    zeep_signature.verify_envelope(etree.fromstring(envelope), certificate("signer-rsa"))
    assert verified_by_us("signer-rsa", envelope) == "foreign_transform"


def test_we_verify_zeep():
    """zeep's plugin with SHA-256 asked for (it would take SHA-1). Its X509Data holds the certificate and its issuer and serial."""
    envelope = unsigned(MESSAGE)
    plugin = zeep_signature.Signature(key("signer-rsa"), certificate("signer-rsa"),
                                      signature_method=xmlsec.Transform.RSA_SHA256, digest_method=xmlsec.Transform.SHA256)
    signed, _ = plugin.apply(envelope, {})
    assert verified_by_us("signer-rsa", etree.tostring(signed)) == "verified"


def test_we_refuse_zeep_as_it_comes():
    """With its defaults zeep signs by SHA-1."""
    plugin = zeep_signature.Signature(key("signer-rsa"), certificate("signer-rsa"))
    signed, _ = plugin.apply(unsigned(MESSAGE), {})
    assert verified_by_us("signer-rsa", etree.tostring(signed)) == "algorithm"


def test_we_refuse_zeep_with_a_timestamp_and_a_binary_token():
    """Two References and a BinarySecurityToken: sound WS-Security, but not the profile of SHEP."""
    envelope = unsigned(MESSAGE)
    security = get_security_header(envelope)
    timestamp = etree.SubElement(security, f"{{{ns.WSU}}}Timestamp")
    ensure_id(timestamp)
    plugin = zeep_signature.BinarySignature(key("signer-rsa"), certificate("signer-rsa"),
                                            signature_method=xmlsec.Transform.RSA_SHA256, digest_method=xmlsec.Transform.SHA256)
    signed, _ = plugin.apply(envelope, {})
    assert verified_by_us("signer-rsa", etree.tostring(signed)) == "reference"


def test_our_certificate_travels_whole():
    envelope = etree.fromstring(signed_by_us("signer-rsa", MESSAGE))
    der = base64.b64decode(envelope.find(f".//{{{WSSE}}}KeyIdentifier").text)
    run = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=der, capture_output=True, check=True)
    assert b"QAQPA TEST RSA SIGNER" in run.stdout
