//! Message security of one channel: the signer of our messages, and the pinned certificates of its replies.
//!
//! ```no_run
//! # fn example(signer: qaqpa_adapters::wsse::Signer, pins: &[u8], uuid: uuid::Uuid) -> Result<(), Box<dyn std::error::Error>> {
//! use qaqpa_adapters::wsse::{Id, PinnedSigners, Security};
//!
//! let security = Security::new(Box::new(signer), PinnedSigners::from_pem(pins)?);
//! let envelope = security.envelope("<a></a>", true, Id::new(uuid))?;
//! # Ok(()) }
//! ```

use super::{Id, Layout, NotAuthentic, NotSigned, PinnedSigners, Sign, VerifiedBody};
use crate::soap::Envelope;
use crate::xml::Document;

/// Signs with one key and believes a list of certificates.
pub struct Security(Mode);

enum Mode {
    Signed { signer: Box<dyn Sign>, pinned: PinnedSigners },
    Unsigned,
}

impl Security {
    /// Security with this signer and these pinned certificates.
    #[must_use]
    pub fn new(signer: Box<dyn Sign>, pinned: PinnedSigners) -> Self {
        Self(Mode::Signed { signer, pinned })
    }

    /// Neither signs nor verifies. For `tests/examples/bench_gateway.rs`, which measures an exchange without signatures, and
    /// nothing else: `tests/house` looks. No configuration leads here.
    #[must_use]
    pub fn none_for_the_benchmark() -> Self {
        Self(Mode::Unsigned)
    }

    /// The envelope around the content of a Body. `canonical` says that the content is its own canonical form; one that is not
    /// is parsed once more. May block, as a token does.
    ///
    /// # Errors
    /// [`NotSigned`]: by the content or by the signer, as different variants.
    pub fn envelope(&self, content: &str, canonical: bool, body: Id) -> Result<String, NotSigned> {
        match &self.0 {
            Mode::Signed { signer, .. } if canonical => Ok(super::envelope(content, body, signer.as_ref())?),
            Mode::Signed { signer, .. } => super::envelope_parsed(content, &Layout::request(body), signer.as_ref()),
            Mode::Unsigned => Ok(super::envelope_unsigned(content)),
        }
    }

    /// The Body of an envelope that a pinned signer signed, at `now` in Unix seconds.
    ///
    /// # Errors
    /// [`NotAuthentic`], the first reason found.
    pub fn verify<'a, 'input>(
        &self,
        document: &'a Document<'input>,
        now: i64,
    ) -> Result<VerifiedBody<'a, 'input>, NotAuthentic> {
        match &self.0 {
            Mode::Signed { pinned, .. } => super::verify(document, pinned, now),
            Mode::Unsigned => {
                let envelope = Envelope::read(document).map_err(|_| NotAuthentic::NotAnEnvelope)?;
                Ok(VerifiedBody::by_nobody(envelope.body()))
            }
        }
    }

    /// URI of the signature algorithm, for the record.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match &self.0 {
            Mode::Signed { signer, .. } => signer.suite().uri(),
            Mode::Unsigned => "none",
        }
    }
}

impl std::fmt::Debug for Security {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Security").field(&self.algorithm()).finish()
    }
}
