//! Channels of SHEP: how a message is written and signed, and how an answer to it is verified and decoded.
//!
//! The corridor speaks of a [`Channel`] and knows no element of SHEP. It is made from an operation at start; a channel that is
//! not served is refused there ([`NotServed`]). Bytes in, bytes out: no socket, no clock.
//!
//! | | synchronous | asynchronous (not served yet) |
//! |---|---|---|
//! | what is posted | SendMessage with our messageId | sendMessage without ids: SHEP assigns them |
//! | the reply to the post | is the answer | an acknowledgement with those ids: the exchange is pending |
//! | the answer | that reply | a message of its own, pushed or pulled, tomorrow or after a restart |
//! | what it must name | [`Sent`]: our messageId | [`Sent`]: the ids that SHEP assigned |
//!
//! On either channel an answer passes the same values, each made only from the one before, so that no check can be left out:
//! [`ReplyText`] (its content type can be SOAP's), [`ReplyDocument`] (parsed under guard), [`Verified`] (a pinned signer signed the
//! Body), [`Answered`] (it answers our message, is of our time, and SHEP's status is success), [`Decoded`] (the contract reads it).
//! An asynchronous variant of this enum does not compile before every `match` below says what it does.
//!
//! ```
//! use qaqpa_adapters::shep::{Channel, Message, Password, Sender};
//! use qaqpa_proto::Contract;
//!
//! let contract = Contract::embedded()?;
//! let operation = contract.operations().first().ok_or("no operation")?;
//! let channel = Channel::of(operation)?;
//! let sender = Sender { id: "demo_sender".into(), password: Password::new("demo_password") };
//! let date = "2026-03-02T05:15:30Z".parse()?;
//! let unsigned = channel.write(operation, &Message { id: "m-1", date, sender: &sender, document: "<school></school>" })?;
//! # let _ = unsigned;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answered;
mod outgoing;
mod reply;

use qaqpa_proto::Operation;
use qaqpa_proto::v1;

pub use answered::{Answered, Decoded, Expected, NoAnswer, NotDecoded};
pub use outgoing::{Message, Sender, Signed, Unsigned};
pub use reply::{NotVerified, ReplyDocument, ReplyText, Unreadable, Verified};

use super::sync::{self, RequestInfo, Shape, Unwritable};

/// A channel of SHEP that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Synchronous channel v10: the reply to a post is the answer.
    Sync,
}

/// HTTP headers of a post, names in lower case.
pub type Headers = &'static [(&'static str, &'static str)];

/// Why an operation of a contract cannot be exchanged. The contract's author, or who configured the contract, is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "channel.not_served: operation `{operation}` is answered on SHEP's channel {channel}, which this version does not serve"
)]
pub struct NotServed {
    operation: String,
    channel: &'static str,
}

impl Channel {
    /// The channel that an operation's contract names.
    ///
    /// # Errors
    /// [`NotServed`], with the operation's path.
    pub fn of(operation: &Operation) -> Result<Self, NotServed> {
        match operation.channel {
            v1::Channel::Sync => Ok(Self::Sync),
            other @ (v1::Channel::Async | v1::Channel::Unspecified) => {
                Err(NotServed { operation: operation.path.clone(), channel: other.as_str_name() })
            }
        }
    }

    /// Writes the Body of a message around a business document, which is a fragment of canonical XML.
    ///
    /// # Errors
    /// [`Unwritable`]: an id, the sender or the password is not what the schema takes. The configuration is at fault.
    pub fn write(self, operation: &Operation, message: &Message<'_>) -> Result<Unsigned, Unwritable> {
        let shape = Shape::of_request(operation);
        let info = RequestInfo {
            message_id: message.id.to_owned(),
            service_id: operation.service_id.clone(),
            message_date: message.date,
            sender_id: message.sender.id.clone(),
            password: Some(message.sender.password.clone()),
            ..RequestInfo::default()
        };
        let body = match self {
            Self::Sync => sync::write_request(&info, shape, message.document)?,
        };
        Ok(Unsigned::new(self, body, shape.is_canonical(), info.message_id))
    }

    /// The HTTP headers that a message is posted with (SOAP 1.1 section 6.1.1: SOAPAction is mandatory and may be empty).
    #[must_use]
    pub fn headers(self) -> Headers {
        match self {
            Self::Sync => &[("content-type", "text/xml; charset=utf-8"), ("soapaction", "\"\"")],
        }
    }

    /// The text of what came back on HTTP, if its content type can be that of a message.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn text<'b>(self, body: &'b [u8], content_type: &str) -> Result<ReplyText<'b>, Unreadable> {
        ReplyText::of(self, body, content_type)
    }
}
