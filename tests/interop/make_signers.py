"""Makes the test signers of tests/vectors: synthetic keys that sign nothing outside the tests. Run once; the files are committed.

    python make_signers.py ../vectors

signer-rsa, signer-p256   what the tests sign with
signer-rogue              another RSA key under the same issuer and serial number as signer-rsa
refused-rsa1024, -p384    certificates of kinds that are not accepted
"""

import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

FROM = datetime.datetime(2026, 1, 1)
TO = datetime.datetime(2056, 1, 1)


def name(common_name):
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'ТОО "Тест, Demo"'),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "BIN990140000007"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "IIN991231500006"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])


def make(directory, file, common_name, serial, key, keep_key=True):
    subject = name(common_name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(serial).not_valid_before(FROM).not_valid_after(TO)
        .sign(key, hashes.SHA256())
    )
    (directory / f"{file}-cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    if keep_key:
        (directory / f"{file}-key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def main(directory):
    def rsa_key(bits):
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)

    make(directory, "signer-rsa", "QAQPA TEST RSA SIGNER", 20261120001, rsa_key(2048))
    make(directory, "signer-p256", "QAQPA TEST P-256 SIGNER", 20261120002, ec.generate_private_key(ec.SECP256R1()))
    make(directory, "signer-rogue", "QAQPA TEST RSA SIGNER", 20261120001, rsa_key(2048))
    make(directory, "refused-rsa1024", "QAQPA TEST WEAK", 20261120003, rsa_key(1024), keep_key=False)
    make(directory, "refused-p384", "QAQPA TEST P-384", 20261120004, ec.generate_private_key(ec.SECP384R1()), keep_key=False)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
