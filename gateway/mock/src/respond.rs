//! What a system is told of the reply it makes, and what it gives back.

use jiff::Timestamp;
use qaqpa_proto::Operation;

/// What the head of the reply says.
pub(crate) struct Head {
    /// The receiver's id of its reply.
    pub(crate) message_id: String,
    /// The request it claims to answer, where that is not the one it does.
    pub(crate) request_id: Option<String>,
    pub(crate) date: Timestamp,
}

/// A business document.
pub(crate) struct Answer<'s> {
    pub(crate) operation: &'s Operation,
    pub(crate) xml: String,
}
