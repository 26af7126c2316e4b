//! Signature suites: a digest, a way to sign and a way to verify, under the two URIs that name them on the wire.
//!
//! The key of a certificate decides the suite, by its OID and parameters, never the message. The list of suites is an
//! allow-list: what is not in it is refused, RSA-SHA1 and every HMAC among it. A digest may have any length, and keys are the
//! suite's own: another suite (GOST R 34.10-2015 with its 64 octets) is one more file here and one more line of the list.
//!
//! ```
//! use qaqpa_adapters::wsse::suite::{self, Suite};
//!
//! assert!(suite::by_uri("http://www.w3.org/2000/09/xmldsig#rsa-sha1").is_none());
//! let rsa = suite::by_uri("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256").unwrap();
//! assert_eq!(rsa.digest_uri(), "http://www.w3.org/2001/04/xmlenc#sha256");
//! assert_eq!(rsa.digest().finished().len(), 32);
//! ```

mod p256;
mod rsa;

use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{KeyRefused, NotAuthentic, SignerUnavailable};
use crate::xml::{Sha256, Sink};

/// A signature algorithm together with its digest and its keys.
pub trait Suite: Send + Sync {
    /// The value of `SignatureMethod/@Algorithm`.
    fn uri(&self) -> &'static str;

    /// The value of `DigestMethod/@Algorithm` that goes with it.
    fn digest_uri(&self) -> &'static str;

    /// A digest of nothing yet.
    fn digest(&self) -> Box<dyn Digest>;

    /// Whether the key of a certificate is one of this suite: its OID, its parameters and its size.
    fn has_key(&self, key: &SubjectPublicKeyInfo<'_>) -> bool;

    /// The key of a certificate, ready to verify.
    ///
    /// # Errors
    /// [`KeyRefused::Unsupported`], when it is not a key of this suite after all.
    fn verifying_key(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<Box<dyn VerifyingKey>, KeyRefused>;

    /// A private key in DER (PKCS#8, or PKCS#1 or SEC1 of its kind), ready to sign.
    ///
    /// # Errors
    /// [`KeyRefused::PrivateKey`], when it is not a key of this suite.
    fn signing_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, KeyRefused>;
}

/// A digest under way, of any length. Canonical text is put into it piece by piece.
pub trait Digest: Sink {
    /// The digest of all pieces put so far, in order.
    fn finished(self: Box<Self>) -> Vec<u8>;
}

/// Verifies with one public key.
pub trait VerifyingKey: Send + Sync {
    /// Whether `signature` is that of this key over `octets`.
    ///
    /// # Errors
    /// [`NotAuthentic::Signature`].
    fn verify(&self, octets: &[u8], signature: &[u8]) -> Result<(), NotAuthentic>;
}

/// Signs with one private key in memory.
pub trait SigningKey: Send + Sync {
    /// The public half in the form of a certificate's subjectPublicKey, to compare with one.
    fn public(&self) -> &[u8];

    /// The signature value over `octets`, in the form that XML Signature has for this suite.
    ///
    /// # Errors
    /// [`SignerUnavailable`], when there is no randomness or the device failed.
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable>;
}

/// The suite with this [`uri`](Suite::uri), if it is accepted.
#[must_use]
pub fn by_uri(uri: &str) -> Option<&'static dyn Suite> {
    SUITES.find(|suite| suite.uri() == uri)
}

/// Which suites are accepted: all of them, or in a test those it brings.
#[derive(Clone, Copy)]
pub(super) struct Accepted(&'static [&'static dyn Suite]);

impl Accepted {
    pub(super) fn by_uri(self, uri: &str) -> Option<&'static dyn Suite> {
        self.find(|suite| suite.uri() == uri)
    }

    pub(super) fn by_key(self, key: &SubjectPublicKeyInfo<'_>) -> Result<&'static dyn Suite, KeyRefused> {
        self.find(|suite| suite.has_key(key)).ok_or(KeyRefused::Unsupported)
    }

    fn find(self, is_it: impl Fn(&dyn Suite) -> bool) -> Option<&'static dyn Suite> {
        self.0.iter().copied().find(|suite| is_it(*suite))
    }
}

/// Two suites are one when they have one name.
impl PartialEq for dyn Suite {
    fn eq(&self, other: &Self) -> bool {
        self.uri() == other.uri()
    }
}

impl std::fmt::Debug for dyn Suite {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.uri())
    }
}

impl Sink for Box<dyn Digest> {
    fn put(&mut self, piece: &str) {
        self.as_mut().put(piece);
    }
}

impl Digest for Sha256 {
    fn finished(self: Box<Self>) -> Vec<u8> {
        self.finish().to_vec()
    }
}

impl VerifyingKey for ParsedPublicKey {
    fn verify(&self, octets: &[u8], signature: &[u8]) -> Result<(), NotAuthentic> {
        self.verify_sig(octets, signature).map_err(|_| NotAuthentic::Signature)
    }
}

/// A key that aws-lc verifies with.
fn parsed(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &SubjectPublicKeyInfo<'_>,
) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
    match ParsedPublicKey::new(algorithm, key.subject_public_key.data.as_ref()) {
        Ok(key) => Ok(Box::new(key)),
        Err(_) => Err(KeyRefused::Unsupported),
    }
}

/// Everything that is accepted.
pub(super) const SUITES: Accepted = Accepted(&[&rsa::RsaSha256, &p256::EcdsaP256Sha256]);

const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

#[cfg(test)]
mod tests;
