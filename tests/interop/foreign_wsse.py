"""SHEP's profile of WS-Security by python-xmlsec: what somebody else's server or client puts around a message."""

import pathlib
import subprocess

import xmlsec
from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
X509V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"


def unsigned(content):
    """An envelope around text, parsed."""
    return etree.fromstring(f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{content}</s:Body></s:Envelope>')


def name_signer(key_info, form, certificate):
    """Writes KeyInfo in one of the forms that SHEP and its clients use. `certificate` is a PEM file."""
    der = "".join(line for line in pathlib.Path(certificate).read_text().splitlines() if not line.startswith("-"))
    reference = etree.SubElement(key_info, f"{{{WSSE}}}SecurityTokenReference")
    if form == "key-identifier":
        etree.SubElement(reference, f"{{{WSSE}}}KeyIdentifier", EncodingType=BASE64, ValueType=X509V3).text = der
        return
    x509 = etree.SubElement(reference if form == "issuer-serial" else key_info, f"{{{DS}}}X509Data")
    if form == "issuer-serial":
        issuer, serial = issuer_and_serial(certificate)
        both = etree.SubElement(x509, f"{{{DS}}}X509IssuerSerial")
        etree.SubElement(both, f"{{{DS}}}X509IssuerName").text = issuer
        etree.SubElement(both, f"{{{DS}}}X509SerialNumber").text = serial
    else:
        key_info.remove(reference)
        etree.SubElement(x509, f"{{{DS}}}X509Certificate").text = "\n".join(der[at:at + 64] for at in range(0, len(der), 64))


def issuer_and_serial(certificate):
    """As the openssl command spells them, which is not how we do."""
    def asked(*what):
        return subprocess.run(["openssl", "x509", "-in", certificate, "-noout", *what], capture_output=True, check=True).stdout.decode().strip()

    issuer = asked("-issuer", "-nameopt", "RFC2253,utf8,-esc_msb").removeprefix("issuer=")
    return issuer, str(int(asked("-serial").removeprefix("serial="), 16))


def sign(envelope, certificate, key, method=xmlsec.Transform.RSA_SHA256, form="key-identifier", transform=xmlsec.Transform.EXCL_C14N, qualified=True):
    """Signs the Body of a parsed envelope from a template: zeep's own sign() writes X509Data only and takes what it signs from its
    plugins. Body and Header may have any prefix; the certificate named need not be that of the key."""
    body = envelope.find(f"{{{SOAP}}}Body")
    body.set(f"{{{WSU}}}Id" if qualified else "Id", "id-body")
    template = xmlsec.template.create(envelope, xmlsec.Transform.EXCL_C14N, method, ns="ds")
    reference = xmlsec.template.add_reference(template, xmlsec.Transform.SHA256, uri="#id-body")
    xmlsec.template.add_transform(reference, transform)
    security = etree.SubElement(envelope.find(f"{{{SOAP}}}Header"), f"{{{WSSE}}}Security", nsmap={"wsse": WSSE})
    security.set(f"{{{SOAP}}}mustUnderstand", "1")
    security.append(template)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(key), xmlsec.KeyFormat.PEM)
    context.register_id(body, "Id", WSU if qualified else None)
    context.sign(template)
    name_signer(etree.SubElement(template, f"{{{DS}}}KeyInfo"), form, certificate)
    return etree.tostring(envelope)


def verify(envelope, certificate):
    """Raises unless the Body of a parsed envelope was signed by the key of this certificate, whatever KeyInfo says."""
    body = envelope.find(f"{{{SOAP}}}Body")
    signature = envelope.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{DS}}}Signature")
    assert signature is not None, "not signed"
    references = [reference.get("URI") for reference in signature.iter(f"{{{DS}}}Reference")]
    assert references == ["#" + body.get(f"{{{WSU}}}Id")], f"{references} is not the Body alone"
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(certificate), xmlsec.KeyFormat.CERT_PEM)
    context.register_id(body, "Id", WSU)
    context.verify(signature)
