//! ECDSA over P-256 with SHA-256; the signature value is r and s, 32 octets each (RFC 4050 section 3.3, RFC 4051 section 2.3.6).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Digest, KeyRefused, SHA256_URI, SignerUnavailable, SigningKey, Suite, VerifyingKey};
use crate::xml::Sha256;

/// The suite of keys on P-256.
pub(super) struct EcdsaP256Sha256;

impl Suite for EcdsaP256Sha256 {
    fn uri(&self) -> &'static str {
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    }

    fn digest_uri(&self) -> &'static str {
        SHA256_URI
    }

    fn digest(&self) -> Box<dyn Digest> {
        Box::new(Sha256::new())
    }

    fn has_key(&self, key: &SubjectPublicKeyInfo<'_>) -> bool {
        matches!(key.parsed(), Ok(PublicKey::EC(_))) && curve_of(key).as_deref() == Some(P256)
    }

    fn verifying_key(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        super::parsed(&ECDSA_P256_SHA256_FIXED, key)
    }

    fn signing_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, KeyRefused> {
        match EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            Ok(pair) => Ok(Box::new(pair)),
            Err(_) => Err(KeyRefused::PrivateKey),
        }
    }
}

impl SigningKey for EcdsaKeyPair {
    fn public(&self) -> &[u8] {
        self.public_key().as_ref()
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
        let signature = EcdsaKeyPair::sign(self, &SystemRandom::new(), octets).map_err(|_| SignerUnavailable)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn curve_of(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    key.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string())
}

const P256: &str = "1.2.840.10045.3.1.7";
