//! The signer interface between envelope and key, and the implementation that holds its key in memory.
//!
//! A PKCS#11 token or a GOST sidecar is another implementation of [`Sign`]; what is signed and how is the [`Suite`]'s. Keys are never printed, and a key that is not the
//! certificate's is refused when it is loaded, not when the state refuses the first message.

use super::certificate::Certificate;
use super::suite::{Accepted, SUITES, SigningKey};
use super::{KeyRefused, SignerUnavailable, Suite};
use crate::pem::{self, NotRead};

/// Signs octets with one key. May block, as a token does.
pub trait Sign: Send + Sync {
    /// The suite of the key.
    fn suite(&self) -> &'static dyn Suite;

    /// The signature value over `octets`, in the form that XML Signature has for the suite.
    ///
    /// # Errors
    /// [`SignerUnavailable`], when the key cannot be used now.
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable>;

    /// The certificate of the key, in DER.
    fn certificate_der(&self) -> &[u8];
}

/// A certificate and its private key in memory.
pub struct Signer {
    key: Box<dyn SigningKey>,
    certificate: Certificate,
}

impl Signer {
    /// Reads the first certificate of `certificate_pem` and the private key of `key_pem`.
    ///
    /// # Errors
    /// [`KeyRefused`], also when the two do not belong together.
    pub fn from_pem(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Self, KeyRefused> {
        Self::from_pem_among(SUITES, certificate_pem, key_pem)
    }

    pub(super) fn from_pem_among(
        accepted: Accepted,
        certificate_pem: &[u8],
        key_pem: &[u8],
    ) -> Result<Self, KeyRefused> {
        let mut certificates = Certificate::all_from_pem(accepted, certificate_pem)?.into_iter();
        let certificate = certificates.next().ok_or(KeyRefused::NoCertificate(NotRead::NoPem))?;
        let der = pem::private_key(key_pem).map_err(KeyRefused::NoPrivateKey)?;
        let key = certificate.suite.signing_key(der.secret_der())?;
        if key.public() == certificate.public_key { Ok(Self { key, certificate }) } else { Err(KeyRefused::Mismatch) }
    }
}

impl Sign for Signer {
    fn suite(&self) -> &'static dyn Suite {
        self.certificate.suite
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
        self.key.sign(octets)
    }

    fn certificate_der(&self) -> &[u8] {
        &self.certificate.der
    }
}

/// Names the suite and nothing else.
impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signer").field("suite", &self.certificate.suite).finish_non_exhaustive()
    }
}
