//! Why a certificate or a private key is not taken from the configuration.
//!
//! Example: `the private key does not belong to the certificate`

use crate::pem::NotRead;

/// Why a certificate or a key cannot be used. The operator is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The certificate's text.
    #[error("{0}")]
    NoCertificate(NotRead),
    /// A block that is not a certificate.
    #[error("the certificate cannot be read")]
    Certificate,
    /// Neither RSA of 2048 to 4096 bits nor P-256.
    #[error("the key of the certificate is of a kind that is not accepted")]
    Unsupported,
    /// The private key's text.
    #[error("{0}")]
    NoPrivateKey(NotRead),
    /// A private key of another kind than the certificate's, or octets that are none.
    #[error("the private key is damaged, or not of the certificate's kind (RSA, ECDSA P-256)")]
    PrivateKey,
    /// A private key that is not the certificate's.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
}

impl KeyRefused {
    /// Whether the file of the private key is at fault, and not that of the certificate.
    #[must_use]
    pub fn is_of_the_private_key(&self) -> bool {
        match self {
            Self::NoPrivateKey(_) | Self::PrivateKey | Self::Mismatch => true,
            Self::NoCertificate(_) | Self::Certificate | Self::Unsupported => false,
        }
    }
}
