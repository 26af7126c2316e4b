//! The certificates that a system may sign with: named in the configuration, never taken from a message.
//!
//! A reply of the SHEP gateway names its certificate by issuer and serial number only (kz-protocols 1.6), so it has to be here.
//! A chain is not built: who is not on this list did not sign, whoever certified him.

use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::certificate::{Certificate, KeyRefused};
use super::{Algorithm, DS, NotAuthentic, WSSE, issuer};
use crate::xml::{Sha256, document};

/// One or more pinned certificates.
#[derive(Clone, Debug)]
pub struct PinnedSigners(Vec<Arc<PinnedSigner>>);

impl PinnedSigners {
    /// Reads every certificate of a PEM text.
    ///
    /// # Errors
    /// [`KeyRefused`], if one of them cannot be read or has a key of a kind that is not accepted.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyRefused> {
        Certificate::all_from_pem(pem)?
            .into_iter()
            .map(|pin| PinnedSigner::new(pin).map(Arc::new))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The pinned certificate that a `ds:KeyInfo` names, in any of the three forms that are in use: the certificate in
    /// `wsse:KeyIdentifier` or in `ds:X509Certificate`, or `ds:X509IssuerSerial`.
    pub(super) fn named_by(&self, key_info: Node<'_, '_>) -> Result<&Arc<PinnedSigner>, NotAuthentic> {
        let mut named = false;
        for node in key_info.descendants() {
            let found = match (node.tag_name().namespace(), node.tag_name().name()) {
                (Some(WSSE), "KeyIdentifier") | (Some(DS), "X509Certificate") => self.by_certificate(node),
                (Some(DS), "X509IssuerSerial") => self.by_issuer_and_serial(node),
                _ => continue,
            };
            named = true;
            if let Some(pinned) = found {
                return Ok(pinned);
            }
        }
        Err(if named { NotAuthentic::WrongSigner } else { NotAuthentic::KeyInfo })
    }

    fn by_certificate(&self, node: Node<'_, '_>) -> Option<&Arc<PinnedSigner>> {
        let der = octets(node)?;
        self.0.iter().find(|pinned| pinned.certificate.der == der)
    }

    fn by_issuer_and_serial(&self, node: Node<'_, '_>) -> Option<&Arc<PinnedSigner>> {
        let issuer = issuer::Name::parse(&document::text(document::child(node, "X509IssuerName")?))?;
        let serial = document::text(document::child(node, "X509SerialNumber")?);
        let serial = serial.trim();
        self.0.iter().find(|pinned| pinned.certificate.serial == serial && pinned.certificate.issuer == issuer)
    }
}

/// A certificate whose key is ready to verify.
pub(super) struct PinnedSigner {
    certificate: Certificate,
    key: ParsedPublicKey,
    sha256: [u8; 32],
}

impl PinnedSigner {
    fn new(certificate: Certificate) -> Result<Self, KeyRefused> {
        let key = ParsedPublicKey::new(certificate.algorithm.verification(), &certificate.public_key)
            .map_err(|_| KeyRefused::Unsupported)?;
        let sha256 = Sha256::of(&certificate.der);
        Ok(Self { certificate, key, sha256 })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.certificate.algorithm
    }

    pub(super) fn serial(&self) -> &str {
        &self.certificate.serial
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// `now` in Unix seconds.
    pub(super) fn valid_at(&self, now: i64) -> Result<(), NotAuthentic> {
        let period = self.certificate.not_before..=self.certificate.not_after;
        if period.contains(&now) { Ok(()) } else { Err(NotAuthentic::ExpiredSigner) }
    }

    pub(super) fn signed(&self, octets: &[u8], signature: &[u8]) -> Result<(), NotAuthentic> {
        self.key.verify_sig(octets, signature).map_err(|_| NotAuthentic::Signature)
    }
}

/// Names a certificate by its digest: its subject may be a person.
impl std::fmt::Debug for PinnedSigner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hex: String = self.sha256.iter().map(|octet| format!("{octet:02x}")).collect();
        write!(formatter, "PinnedSigner(sha256 {hex})")
    }
}

/// The octets that the base64 text of `node` stands for; white space in it does not count (XML Signature section 4.2).
pub(super) fn octets(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let text = document::text(node);
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let joined: String = text.split_ascii_whitespace().collect();
        return STANDARD.decode(joined).ok();
    }
    STANDARD.decode(text.as_bytes()).ok()
}
