//! RSASSA-PKCS1-v1_5 with SHA-256 and a modulus of 2048 to 4096 bits (RFC 4051 section 2.3.2).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Digest, KeyRefused, SHA256_URI, SignerUnavailable, SigningKey, Suite, VerifyingKey};
use crate::xml::Sha256;

/// The suite of RSA keys.
pub(super) struct RsaSha256;

impl Suite for RsaSha256 {
    fn uri(&self) -> &'static str {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    }

    fn digest_uri(&self) -> &'static str {
        SHA256_URI
    }

    fn digest(&self) -> Box<dyn Digest> {
        Box::new(Sha256::new())
    }

    fn has_key(&self, key: &SubjectPublicKeyInfo<'_>) -> bool {
        matches!(key.parsed(), Ok(PublicKey::RSA(rsa)) if (2048..=4096).contains(&rsa.key_size()))
    }

    fn verifying_key(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        super::parsed(&RSA_PKCS1_2048_8192_SHA256, key)
    }

    fn signing_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, KeyRefused> {
        match RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
            Ok(pair) => Ok(Box::new(pair)),
            Err(_) => Err(KeyRefused::PrivateKey),
        }
    }
}

impl SigningKey for RsaKeyPair {
    fn public(&self) -> &[u8] {
        self.public_key().as_ref()
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
        let mut signature = vec![0; self.public_modulus_len()];
        RsaKeyPair::sign(self, &RSA_PKCS1_SHA256, &SystemRandom::new(), octets, &mut signature)
            .map_err(|_| SignerUnavailable)?;
        Ok(signature)
    }
}
