//! Verification of a WS-Security signature, from the places of the elements to the signature value; each step relies on
//! the ones before.
//!
//! ```no_run
//! use qaqpa_adapters::wsse::{self, PinnedSigners};
//! use qaqpa_adapters::xml::{Document, text};
//!
//! # fn example(pem: &[u8], reply: &[u8], now: i64) -> Result<(), Box<dyn std::error::Error>> {
//! let pinned = PinnedSigners::from_pem(pem)?;
//! let text = text::decode(reply, Some("text/xml; charset=utf-8"))?;
//! let document = Document::parse(&text)?;
//! let verified = wsse::verify(&document, &pinned, now)?;
//! let response = verified.node().first_element_child();
//! # Ok(()) }
//! ```

use std::sync::Arc;

use roxmltree::Node;

use super::claim::Claim;
use super::pinned::PinnedSigner;
use super::{NotAuthentic, PinnedSigners, places};
use crate::xml::{Document, c14n};

/// A SOAP Body, and the pinned certificate that signed it. Only [`verify`] makes one, and for the benchmark without signatures
/// [`Security`](super::Security).
#[derive(Clone)]
pub struct VerifiedBody<'a, 'input> {
    body: Node<'a, 'input>,
    signer: Option<Arc<PinnedSigner>>,
}

impl<'a, 'input> VerifiedBody<'a, 'input> {
    /// The Body element whose octets were verified. Comments in it were not signed and are to be read around
    /// ([`crate::xml::document::text`] does).
    #[must_use]
    pub fn node(&self) -> Node<'a, 'input> {
        self.body
    }

    /// SHA-256 of the signer's certificate in DER; none where nothing was verified, which no configuration can bring about.
    #[must_use]
    pub fn certificate_sha256(&self) -> Option<[u8; 32]> {
        self.signer.as_ref().map(|signer| signer.sha256())
    }

    /// Serial number of the signer's certificate, decimal.
    #[must_use]
    pub fn certificate_serial(&self) -> Option<String> {
        self.signer.as_ref().map(|signer| signer.serial())
    }

    pub(super) fn by_nobody(body: Node<'a, 'input>) -> Self {
        Self { body, signer: None }
    }
}

/// Prints the signer, never the content.
impl std::fmt::Debug for VerifiedBody<'_, '_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("VerifiedBody").field("signer", &self.signer).finish_non_exhaustive()
    }
}

/// Verifies that a pinned signer, whose certificate is valid at `now` (Unix seconds), signed the Body of this envelope.
///
/// It does not say that the message answers anything, or that it is new: the format has no timestamp (kz-protocols 1.6), so
/// whoever asked compares message ids.
///
/// # Errors
/// [`NotAuthentic`], the first reason found.
pub fn verify<'a, 'input>(
    document: &'a Document<'input>,
    pinned: &PinnedSigners,
    now: i64,
) -> Result<VerifiedBody<'a, 'input>, NotAuthentic> {
    let places = places::locate(document)?;
    let claim = Claim::read(places.signature, pinned.accepted())?;
    // Signature wrapping: what is signed must be the very Body that is read, not another element with its id.
    claim.is_about(places.body)?;
    // Looked up among the pins, never read out of the message: a certificate that a message brings vouches for itself
    // alone.
    let signer = pinned.named_by(claim.key_info)?;
    signer.valid_at(now)?;
    // The key decides the suite, not the message.
    if signer.suite() != claim.suite {
        return Err(NotAuthentic::Algorithm);
    }
    let mut digest = claim.suite.digest();
    // Over the node that is handed on, so that no other reading of the text can take its place.
    c14n::exclusive(places.body, &[], &mut digest);
    if claim.digest != digest.finished() {
        return Err(NotAuthentic::Digest);
    }
    let mut signed_info = Vec::with_capacity(1024);
    c14n::exclusive(claim.signed_info, &[], &mut signed_info);
    // Last, because it costs most: a forgery is refused by what is cheaper.
    signer.signed(&signed_info, &claim.signature)?;
    Ok(VerifiedBody { body: places.body, signer: Some(Arc::clone(signer)) })
}
