//! Reads a reply until it is authentic: text of a SOAP content type, a guarded document, a verified Body.
//!
//! Each value is made from the one before and by nothing else. A fault of SHEP may come unsigned, because SHEP could not read us;
//! it releases nothing, so it may speak ([`NotVerified::Fault`]).

use std::borrow::Cow;

use super::Channel;
use crate::shep::sync::{self, Fault};
use crate::soap::Envelope;
use crate::wsse::{NotAuthentic, Security, VerifiedBody};
use crate::xml::text::{self, NotText};
use crate::xml::{Document, Refused};

/// Why a reply is no SOAP message. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A content type that no SOAP message has: a proxy's page, most likely.
    #[error("the content type is not that of a SOAP message")]
    ContentType,
    /// Not text in an encoding that is read.
    #[error("{0}")]
    Text(#[from] NotText),
    /// Text that is no XML, or XML that may not be parsed.
    #[error("{0}")]
    Document(#[from] Refused),
}

impl Unreadable {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ContentType => "content_type",
            Self::Text(why) => why.code(),
            Self::Document(why) => why.code(),
        }
    }
}

/// Why a document is not authentic.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// No pinned signer signed its Body.
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    /// It is not authentic, but it is a fault: the channel refused or failed.
    #[error("the channel answered with a fault that is not signed")]
    Fault(Fault),
}

/// Text whose content type can be that of a message.
pub struct ReplyText<'b> {
    channel: Channel,
    text: Cow<'b, str>,
}

/// That text, parsed under guard.
pub struct ReplyDocument<'t> {
    channel: Channel,
    document: Document<'t>,
}

/// A Body that a pinned signer signed. Whether it answers anything is not known yet.
///
/// ```no_run
/// # use {jiff::Timestamp, qaqpa_adapters::shep::{Answered, Expected, NoAnswer, Sent, Verified}};
/// fn room_13(reply: &Verified<'_, '_>, sent: Sent<'_>, to: &Expected<'_>, at: Timestamp) -> Result<Answered, NoAnswer> {
///     reply.answered(sent, to, at)
/// }
/// ```
/// Without room 13 it does not compile:
/// ```compile_fail,E0599
/// # use {jiff::Timestamp, qaqpa_adapters::shep::{Answered, Expected, NoAnswer, ReplyDocument, Sent}};
/// fn room_13(reply: &ReplyDocument<'_>, sent: Sent<'_>, to: &Expected<'_>, at: Timestamp) -> Result<Answered, NoAnswer> {
///     reply.answered(sent, to, at)
/// }
/// ```
/// Nor does it with half of room 13, when it is not known to answer us:
/// ```compile_fail,E0599
/// # use qaqpa_adapters::shep::{Decoded, NotDecoded, Verified};
/// fn room_14(reply: Verified<'_, '_>) -> Result<Decoded, NotDecoded> { reply.decoded() }
/// ```
pub struct Verified<'a, 'input> {
    pub(super) channel: Channel,
    pub(super) body: VerifiedBody<'a, 'input>,
}

impl<'b> ReplyText<'b> {
    pub(super) fn of(channel: Channel, body: &'b [u8], content_type: &str) -> Result<Self, Unreadable> {
        if !is_soap(content_type) {
            return Err(Unreadable::ContentType);
        }
        Ok(Self { channel, text: text::decode(body, Some(content_type))? })
    }

    /// Parses the text as XML, under guard.
    ///
    /// # Errors
    /// [`Unreadable::Document`].
    pub fn document(&self) -> Result<ReplyDocument<'_>, Unreadable> {
        Ok(ReplyDocument { channel: self.channel, document: Document::parse(&self.text)? })
    }
}

impl<'t> ReplyDocument<'t> {
    /// Verifies that a pinned signer signed its Body, at `now` in Unix seconds.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub fn verified(&self, security: &Security, now: i64) -> Result<Verified<'_, 't>, NotVerified> {
        match security.verify(&self.document, now) {
            Ok(body) => Ok(Verified { channel: self.channel, body }),
            Err(why) => Err(self.fault().map_or(NotVerified::NotAuthentic(why), NotVerified::Fault)),
        }
    }

    fn fault(&self) -> Option<Fault> {
        let body = Envelope::read(&self.document).ok()?.body();
        match self.channel {
            Channel::Sync => match sync::read_reply(body).ok()? {
                sync::Reply::Fault(fault) => Some(fault),
                sync::Reply::Response { .. } => None,
            },
        }
    }
}

/// The types that working SHEP clients and servers send (kz-protocols 1.1); text/plain is seen and harmless, HTML is not. Where
/// none is named (RFC 9110 section 8.3 lets the reader look), the octets say it: what is no signed envelope goes no further.
fn is_soap(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "" | "text/xml" | "application/xml" | "application/soap+xml" | "text/plain")
}
