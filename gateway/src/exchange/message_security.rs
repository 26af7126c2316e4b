//! Rooms 10 and 13: how a message to a state system is signed, and how its reply is believed.
//!
//! In the gateway there is one way, [`WsSecurity`]. The trait exists for the benchmark in `tests/bench`, which measures
//! an exchange without signatures, and for signers of the kind of a hardware module; no configuration reaches it.

use qaqpa_adapters::wsse::{self, PinnedSigners, Sign};
use qaqpa_adapters::xml::{Document, Node};
use qaqpa_proto::reason::Failure;
use uuid::Uuid;

use crate::refusal::NotDone;

/// The Body of a reply whose signature holds, and who signed it.
pub struct Believed<'a, 'input> {
    /// The very node that was verified.
    pub body: Node<'a, 'input>,
    /// SHA-256 of the signer's certificate; none where messages are not signed.
    pub signer: Option<[u8; 32]>,
}

/// Signs and believes.
pub trait MessageSecurity: Send + Sync {
    /// Wraps the content of a SOAP Body into an envelope.
    ///
    /// # Errors
    /// `signer.unavailable`; nothing may be sent.
    fn envelope(&self, content: &str, canonical: bool, id: Uuid) -> Result<String, NotDone>;

    /// The verified Body of a reply, at `now` in Unix seconds.
    ///
    /// # Errors
    /// `reply.not_authentic` with the check that failed.
    fn believe<'a, 'input>(&self, document: &'a Document<'input>, now: i64) -> Result<Believed<'a, 'input>, NotDone>;

    /// URI of the signature algorithm, for the record.
    fn algorithm(&self) -> &'static str;
}

/// SHEP's profile of WS-Security.
pub struct WsSecurity {
    signer: Box<dyn Sign>,
    pinned: PinnedSigners,
}

impl WsSecurity {
    /// Signs with `signer`, believes `pinned` and nobody else.
    #[must_use]
    pub fn new(signer: Box<dyn Sign>, pinned: PinnedSigners) -> Self {
        Self { signer, pinned }
    }
}

impl MessageSecurity for WsSecurity {
    fn envelope(&self, content: &str, canonical: bool, id: Uuid) -> Result<String, NotDone> {
        let id = wsse::Id::new(id);
        let signed = if canonical {
            wsse::envelope(content, id, self.signer.as_ref()).ok()
        } else {
            wsse::envelope_parsed(content, &wsse::Layout::request(id), self.signer.as_ref()).ok()
        };
        signed.ok_or_else(|| Failure::SignerUnavailable.into())
    }

    fn believe<'a, 'input>(&self, document: &'a Document<'input>, now: i64) -> Result<Believed<'a, 'input>, NotDone> {
        let verified = wsse::verify(document, &self.pinned, now)
            .map_err(|why| NotDone::from(Failure::ReplyNotAuthentic).detailed(why.code()))?;
        Ok(Believed { body: verified.node(), signer: verified.certificate_sha256() })
    }

    fn algorithm(&self) -> &'static str {
        self.signer.suite().uri()
    }
}
