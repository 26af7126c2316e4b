//! The signature algorithms that exist here, and their names on the wire.
//!
//! An allow-list: what has no variant is refused, RSA-SHA1 and every HMAC among it. GOST becomes a variant, with its own digest,
//! on the day a signer and a verifier for it exist.
//!
//! ```
//! use qaqpa_adapters::wsse::Algorithm;
//!
//! assert_eq!(Algorithm::from_uri("http://www.w3.org/2000/09/xmldsig#rsa-sha1"), None);
//! assert_eq!(Algorithm::from_uri(Algorithm::RsaSha256.uri()), Some(Algorithm::RsaSha256));
//! ```

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm};

use super::SHA256_URI;

/// A signature algorithm together with its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a modulus of 2048 to 4096 bits.
    RsaSha256,
    /// ECDSA over P-256 with SHA-256; the signature value is r and s, 32 octets each (RFC 4050 section 3.3).
    EcdsaP256Sha256,
}

impl Algorithm {
    /// The value of `SignatureMethod/@Algorithm` (RFC 4051 sections 2.3.2 and 2.3.6).
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::EcdsaP256Sha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        }
    }

    /// The value of `DigestMethod/@Algorithm` that goes with it.
    #[must_use]
    pub fn digest_uri(self) -> &'static str {
        match self {
            Self::RsaSha256 | Self::EcdsaP256Sha256 => SHA256_URI,
        }
    }

    /// The algorithm with this [`uri`](Self::uri).
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Self::RsaSha256, Self::EcdsaP256Sha256].into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    pub(super) fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::EcdsaP256Sha256 => &ECDSA_P256_SHA256_FIXED,
        }
    }
}
