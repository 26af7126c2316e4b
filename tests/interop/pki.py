"""A certificate authority of the test's own, for what no authority of ours would sign: URLs in certificates, names of
the state.

    authority = Authority("TEST CA"); authority.server(directory / "shep", "api.egov.kz", urls="http://127.0.0.1:9")
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
FROM, TO = NOW - datetime.timedelta(hours=1), NOW + datetime.timedelta(days=30)


class Authority:
    """Self-signed, or under another one. `pem` is its certificate."""

    def __init__(self, name, above=None, urls=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = certified(name, self.key, above or self, [], urls, authority=True)
        self.pem = pem(self.certificate)

    @property
    def subject(self):
        return self.certificate.subject

    def server(self, path, host, urls=None):
        self._leaf(path, host, ec.generate_private_key(ec.SECP256R1()), [x509.DNSName(host)],
                   ExtendedKeyUsageOID.SERVER_AUTH, urls)

    def client(self, path, uri, urls=None):
        key = ec.generate_private_key(ec.SECP256R1())
        self._leaf(path, "client", key, [x509.UniformResourceIdentifier(uri)], ExtendedKeyUsageOID.CLIENT_AUTH, urls)

    def signer(self, path, urls=None):
        self._leaf(path, "signer", rsa.generate_private_key(public_exponent=65537, key_size=2048), [],
                   ExtendedKeyUsageOID.EMAIL_PROTECTION, urls)

    def revoked_none(self):
        """A revocation list with nobody on it, as PEM."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.subject).last_update(FROM).next_update(TO)
        builder = builder.add_extension(x509.CRLNumber(1), False).add_extension(of_key(self.key), False)
        return pem(builder.sign(self.key, hashes.SHA256()))

    def _leaf(self, path, name, key, names, usage, urls):
        path.with_name(path.name + ".pem").write_bytes(pem(certified(name, key, self, names, urls, usage=usage)))
        path.with_name(path.name + ".key").touch(0o600)
        path.with_name(path.name + ".key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def pem(signed):
    return signed.public_bytes(serialization.Encoding.PEM)


def of_key(key):
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def certified(name, key, issuer, names, urls, usage=None, authority=False):
    """With `urls`, every extension that can hold one does: OCSP, issuer's certificate, revocation lists, statement of
    practice."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ")])
    above = subject if issuer.key is key else issuer.subject
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(above)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(FROM).not_valid_after(TO)
               .add_extension(x509.BasicConstraints(authority, None), True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(of_key(issuer.key), False)
               .add_extension(x509.KeyUsage(not authority, not authority, False, False, False, authority, authority,
                                            False, False), True))
    extensions = [x509.SubjectAlternativeName(names)] if names else []
    extensions += [x509.ExtendedKeyUsage([usage])] if usage else []
    for extension in extensions + (naming(urls) if urls else []):
        builder = builder.add_extension(extension, False)
    return builder.sign(issuer.key, hashes.SHA256())


def naming(base):
    def url(path):
        return x509.UniformResourceIdentifier(f"{base}/{path}")

    ways = [(AuthorityInformationAccessOID.OCSP, "ocsp"), (AuthorityInformationAccessOID.CA_ISSUERS, "issuer.crt")]
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.999.398.1"), [f"{base}/practice"])
    return [x509.AuthorityInformationAccess([x509.AccessDescription(way, url(path)) for way, path in ways]),
            x509.CRLDistributionPoints([x509.DistributionPoint([url("list.crl")], None, None, None)]),
            x509.FreshestCRL([x509.DistributionPoint([url("delta.crl")], None, None, None)]),
            x509.CertificatePolicies([policy]),
            x509.TLSFeature([x509.TLSFeatureType.status_request])]
