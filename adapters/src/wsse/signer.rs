//! Who signs: the seam between the envelope and the key, and the one implementation that holds its key in memory.
//!
//! A PKCS#11 token or a GOST sidecar is another implementation of [`Sign`]. Keys are never printed, and a key that is not the
//! certificate's is refused when it is loaded, not when the state refuses the first message.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

use super::Algorithm;
use super::certificate::{Certificate, KeyRefused};

/// The signing key could not be used. The gateway, or the device that keeps its key, is at fault; nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key is not available")]
pub struct SignerUnavailable;

/// Signs octets with one key. May block, as a token does.
pub trait Sign: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm;

    /// The signature value over `octets` in the form that [`Algorithm`] describes.
    ///
    /// # Errors
    /// [`SignerUnavailable`], when the key cannot be used now.
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable>;

    /// The certificate of the key, in DER.
    fn certificate_der(&self) -> &[u8];
}

/// A certificate and its private key in memory.
pub struct Signer {
    key: Key,
    certificate: Certificate,
}

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl Signer {
    /// Reads the first certificate of `certificate_pem` and the PKCS#8 key of `key_pem`.
    ///
    /// # Errors
    /// [`KeyRefused`], also when the two do not belong together.
    pub fn from_pem(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Self, KeyRefused> {
        let mut certificates = Certificate::all_from_pem(certificate_pem)?.into_iter();
        let certificate = certificates.next().ok_or(KeyRefused::NoCertificate)?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(key_pem).map_err(|_| KeyRefused::PrivateKey)?;
        let key = Key::read(certificate.algorithm, der.secret_pkcs8_der())?;
        if key.public() == certificate.public_key { Ok(Self { key, certificate }) } else { Err(KeyRefused::Mismatch) }
    }
}

impl Sign for Signer {
    fn algorithm(&self) -> Algorithm {
        self.certificate.algorithm
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
        self.key.sign(octets).map_err(|_| SignerUnavailable)
    }

    fn certificate_der(&self) -> &[u8] {
        &self.certificate.der
    }
}

/// Names the algorithm and nothing else.
impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signer").field("algorithm", &self.certificate.algorithm).finish_non_exhaustive()
    }
}

impl Key {
    fn read(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyRefused> {
        match algorithm {
            Algorithm::RsaSha256 => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rsa),
            Algorithm::EcdsaP256Sha256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Self::P256)
            }
        }
        .map_err(|_| KeyRefused::PrivateKey)
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::P256(pair) => pair.public_key().as_ref(),
        }
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature).map(|()| signature)
            }
            Self::P256(pair) => pair.sign(&random, octets).map(|signature| signature.as_ref().to_vec()),
        }
    }
}
