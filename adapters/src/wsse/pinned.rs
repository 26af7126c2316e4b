//! The certificates that a system may sign with: named in the configuration, never taken from a message.
//!
//! A reply of the SHEP gateway names its certificate by issuer and serial number only (kz-protocols 1.6), so it has to be here.
//! No chain is built: a signer that is not on this list is not accepted, whatever authority certified it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::certificate::{Certificate, is_certificate};
use super::suite::{Accepted, SUITES};
use super::{DS, KeyRefused, NotAuthentic, Suite, WSSE, issuer};
use crate::xml::{Sha256, document};

/// One or more pinned certificates.
#[derive(Clone)]
pub struct PinnedSigners {
    pins: Vec<Arc<PinnedSigner>>,
    accepted: Accepted,
}

impl PinnedSigners {
    /// Reads every certificate of a PEM text.
    ///
    /// # Errors
    /// [`KeyRefused`], if one of them cannot be read or has a key of a kind that is not accepted.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyRefused> {
        Self::from_pem_among(SUITES, pem)
    }

    pub(super) fn from_pem_among(accepted: Accepted, pem: &[u8]) -> Result<Self, KeyRefused> {
        let certificates = Certificate::all_from_pem(accepted, pem)?.into_iter();
        Ok(Self { pins: certificates.map(|certificate| Arc::new(PinnedSigner::new(certificate))).collect(), accepted })
    }

    /// The suites that one of these may have signed in.
    pub(super) fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// The pinned certificate that a `ds:KeyInfo` names, in any of the three forms that are in use: the certificate in
    /// `wsse:KeyIdentifier` or in `ds:X509Certificate`, or `ds:X509IssuerSerial`.
    pub(super) fn named_by(&self, key_info: Node<'_, '_>) -> Result<&Arc<PinnedSigner>, NotAuthentic> {
        let mut why = NotAuthentic::KeyInfo;
        for node in key_info.descendants() {
            let found = match (node.tag_name().namespace(), node.tag_name().name()) {
                (Some(WSSE), "KeyIdentifier") | (Some(DS), "X509Certificate") => self.by_certificate(node),
                (Some(DS), "X509IssuerSerial") => self.by_issuer_and_serial(node),
                _ => continue,
            };
            // Any of the forms may name the pin. Which one is chosen decides only whose key must fit.
            match found {
                Ok(pinned) => return Ok(pinned),
                Err(refused) => why = refused,
            }
        }
        Err(why)
    }

    /// Something that is no certificate blames no pin.
    fn by_certificate(&self, node: Node<'_, '_>) -> Result<&Arc<PinnedSigner>, NotAuthentic> {
        let der = octets(node).filter(|der| is_certificate(der)).ok_or(NotAuthentic::NoCertificate)?;
        self.pins.iter().find(|pinned| pinned.certificate.der == der).ok_or(NotAuthentic::WrongSigner)
    }

    fn by_issuer_and_serial(&self, node: Node<'_, '_>) -> Result<&Arc<PinnedSigner>, NotAuthentic> {
        let text = |name| document::child(node, name).map(document::text).ok_or(NotAuthentic::KeyInfo);
        let (issuer, serial) = (text("X509IssuerName")?, text("X509SerialNumber")?);
        let issuer = issuer::Name::parse(&issuer).ok_or(NotAuthentic::IssuerName)?;
        let named =
            |pinned: &&Arc<PinnedSigner>| pinned.certificate.serial.is(&serial) && pinned.certificate.issuer == issuer;
        self.pins.iter().find(named).ok_or(NotAuthentic::WrongSigner)
    }
}

/// A certificate whose key is ready to verify.
pub(super) struct PinnedSigner {
    certificate: Certificate,
    sha256: [u8; 32],
}

impl PinnedSigner {
    fn new(certificate: Certificate) -> Self {
        let sha256 = Sha256::of(&certificate.der);
        Self { certificate, sha256 }
    }

    pub(super) fn suite(&self) -> &'static dyn Suite {
        self.certificate.suite
    }

    pub(super) fn serial(&self) -> String {
        self.certificate.serial.to_string()
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
        self.certificate.key.verify(octets, signature)
    }
}

impl std::fmt::Debug for PinnedSigners {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("PinnedSigners").field(&self.pins).finish()
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
