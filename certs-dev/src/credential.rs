//! A certificate with its private key.
//!
//! It refuses to show the key by accident: `Debug` prints the name and the certificate's fingerprint, never the key.

use std::fmt;

use aws_lc_rs::digest;
use rcgen::{KeyPair, SerialNumber};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A development certificate and its private key, both as PEM (for files) and as DER (for TLS libraries).
pub struct Credential {
    name: &'static str,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
    serial: SerialNumber,
}

impl Credential {
    pub(crate) fn new(
        name: &'static str,
        certificate: &rcgen::Certificate,
        serial: SerialNumber,
        key: KeyPair,
    ) -> Self {
        Self { name, certificate: certificate.der().clone(), certificate_pem: certificate.pem(), key, serial }
    }

    /// Its path in a written folder, without the ending: `clients/school`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The certificate alone as PEM; its issuer is in `ca.pem` or `signers/ca.pem`.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The certificate as DER.
    pub fn certificate_der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// The private key as unencrypted PKCS#8 PEM.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The private key as unencrypted PKCS#8 DER.
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }

    /// SHA-256 of the certificate's DER, 64 lower case hex digits: what [`crate::inspect()`] prints and
    /// configurations pin.
    pub fn fingerprint(&self) -> String {
        hex::encode(digest::digest(&digest::SHA256, &self.certificate))
    }

    pub(crate) fn serial(&self) -> SerialNumber {
        self.serial.clone()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("name", &self.name)
            .field("fingerprint", &self.fingerprint())
            .field("key", &"(hidden)")
            .finish()
    }
}
