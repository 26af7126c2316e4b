//! The seam holds a suite that is none of ours: a digest of 64 octets, other URIs, a key that verifies in its own way.

use aws_lc_rs::digest::{Context, SHA512};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA512, RsaKeyPair};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Accepted, Digest, KeyRefused, SignerUnavailable, SigningKey, Suite, VerifyingKey, parsed, rsa};
use crate::wsse::{self, Id, NotAuthentic, PinnedSigners, Sign, Signer};
use crate::xml::{Document, Sink};

struct Wide;

struct Sha512(Context);

struct WideKey(RsaKeyPair);

const WIDE: Accepted = Accepted(&[&Wide]);
const CERTIFICATE: &[u8] = include_bytes!("../../../../tests/vectors/signer-rsa-cert.pem");
const KEY: &[u8] = include_bytes!("../../../../tests/vectors/signer-rsa-key.pem");
/// 2027-01-15, within the period of every test certificate.
const NOW: i64 = 1_800_000_000;

impl Suite for Wide {
    fn uri(&self) -> &'static str {
        "urn:example:wide"
    }
    fn digest_uri(&self) -> &'static str {
        "urn:example:sha512"
    }
    fn digest(&self) -> Box<dyn Digest> {
        Box::new(Sha512(Context::new(&SHA512)))
    }
    fn has_key(&self, key: &SubjectPublicKeyInfo<'_>) -> bool {
        rsa::RsaSha256.has_key(key)
    }
    fn verifying_key(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        parsed(&RSA_PKCS1_2048_8192_SHA512, key)
    }
    fn signing_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, KeyRefused> {
        Ok(Box::new(WideKey(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyRefused::PrivateKey)?)))
    }
}

impl Sink for Sha512 {
    fn put(&mut self, piece: &str) {
        self.0.update(piece.as_bytes());
    }
}

impl Digest for Sha512 {
    fn finished(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl SigningKey for WideKey {
    fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), octets, &mut signature);
        signed.map(|()| signature).map_err(|_| SignerUnavailable)
    }
}

fn verified(envelope: &str, pinned: &PinnedSigners) -> Result<(), NotAuthentic> {
    let document = Document::parse(envelope).unwrap();
    wsse::verify(&document, pinned, NOW).map(|_| ())
}

#[test]
fn another_suite_signs_and_verifies_and_is_not_accepted_beside_ours() {
    let wide = Signer::from_pem_among(WIDE, CERTIFICATE, KEY).unwrap();
    let ours = Signer::from_pem(CERTIFICATE, KEY).unwrap();
    let (pinned_wide, pinned) =
        (PinnedSigners::from_pem_among(WIDE, CERTIFICATE).unwrap(), PinnedSigners::from_pem(CERTIFICATE).unwrap());
    let envelope = |signer: &dyn Sign| wsse::envelope("<a></a>", Id::new(uuid::Uuid::nil()), signer).unwrap();
    for (wanted, envelope, pins, what) in [
        (Ok(()), envelope(&wide), &pinned_wide, "64 octets of digest"),
        (Err(NotAuthentic::Digest), envelope(&wide).replace("<a>", "<a>b"), &pinned_wide, "another body"),
        (Err(NotAuthentic::Algorithm), envelope(&wide), &pinned, "a suite that is not in the list"),
        (Err(NotAuthentic::Algorithm), envelope(&ours), &pinned_wide, "a suite that is not the key's"),
        (Ok(()), envelope(&ours), &pinned, "32 octets of digest"),
    ] {
        assert_eq!(verified(&envelope, pins), wanted, "{what}");
    }
}

#[test]
fn the_key_of_the_certificate_chooses_the_suite() {
    let p256 = include_bytes!("../../../../tests/vectors/signer-p256-cert.pem");
    let p256_key = include_bytes!("../../../../tests/vectors/signer-p256-key.pem");
    for (wanted, certificate, key) in [
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", CERTIFICATE, KEY),
        ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", p256, p256_key),
    ] {
        assert_eq!(Signer::from_pem(certificate, key).unwrap().suite().uri(), wanted);
    }
}
