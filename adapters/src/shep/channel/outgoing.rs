//! Outgoing messages: written, then signed. Only [`Channel::write`](super::Channel::write) makes an [`Unsigned`], and
//! only [`Unsigned::sign`] a [`Signed`].

use jiff::Timestamp;

use super::{Channel, Headers};
use crate::shep::sync::{Password, Sent};
use crate::wsse::{Id, NotSigned, Security};

/// Login of the gateway at SHEP.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Login of the sending system.
    pub id: String,
    /// Its password, never printed.
    pub password: Password,
}

/// The variable parts of a message: id, date, sender, document.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// Our id of it, in practice a UUID.
    pub id: &'m str,
    /// When it is sent.
    pub date: Timestamp,
    /// Our login.
    pub sender: &'m Sender,
    /// The business document, a fragment of canonical XML. Personal data.
    pub document: &'m str,
}

/// The Body of a message, not signed yet.
pub struct Unsigned {
    channel: Channel,
    body: String,
    canonical: bool,
    message_id: String,
}

/// An envelope that may leave, and what it is posted with.
pub struct Signed {
    channel: Channel,
    envelope: String,
    message_id: String,
    algorithm: &'static str,
}

impl Unsigned {
    pub(super) fn new(channel: Channel, body: String, canonical: bool, message_id: String) -> Self {
        Self { channel, body, canonical, message_id }
    }

    /// Signs the message; `body` becomes the id of its Body. May block, as a token does; not for a thread that others
    /// wait for.
    ///
    /// # Errors
    /// [`NotSigned`]: by the content or by the signer, as different variants. Nothing may be sent.
    pub fn sign(self, security: &Security, body: Id) -> Result<Signed, NotSigned> {
        let envelope = security.envelope(&self.body, self.canonical, body)?;
        let (channel, message_id) = (self.channel, self.message_id);
        Ok(Signed { channel, envelope, message_id, algorithm: security.algorithm() })
    }
}

impl Signed {
    /// The octets that leave.
    #[must_use]
    pub fn envelope(&self) -> &str {
        &self.envelope
    }

    /// The HTTP headers to post it with.
    #[must_use]
    pub fn headers(&self) -> Headers {
        self.channel.headers()
    }

    /// The channel it was written for, which reads what comes back.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The ids that an answer to it must name.
    #[must_use]
    pub fn sent(&self) -> Sent<'_> {
        Sent { message_id: &self.message_id, correlation_id: None }
    }

    /// URI of the signature algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }
}

/// Prints ids, never the content.
impl std::fmt::Debug for Signed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signed").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}
