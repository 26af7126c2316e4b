//! What answers a service: it is given the document and what the head of the reply says, and gives a document back.
//!
//! Two users: registries in Rust ([`crate::avtoshkola`], [`crate::gbdfl`]) and replies read from files.

use jiff::Timestamp;
use qaqpa_adapters::codec::{Codec, Limits, Read, ReadError};
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::Operation;
use qaqpa_proto::v1::FillValue;

use crate::refusal::Refusal;

/// Answers the messages of one serviceId.
pub(crate) trait Respond: Send + Sync {
    fn respond(&self, data: &Data<'_, '_>, head: &Head) -> Result<Answer<'_>, Refusal>;
}

/// A serviceId and who answers it.
pub(crate) type Service = (String, Box<dyn Respond>);

/// What the head of the reply says.
pub(crate) struct Head {
    /// The receiver's id of its reply.
    pub(crate) message_id: String,
    /// The request it claims to answer, where that is not the one it does.
    pub(crate) request_id: Option<String>,
    pub(crate) date: Timestamp,
}

impl Head {
    /// The request that the reply says it answers: as a behaviour wants it, else as the document calls itself.
    pub(crate) fn answers(&self, read: &Read) -> Option<String> {
        let own = read.filled.iter().find(|(value, _)| *value == FillValue::RequestId).map(|(_, text)| text);
        self.request_id.as_ref().or(own).cloned()
    }
}

/// A business document.
pub(crate) struct Answer<'s> {
    pub(crate) operation: &'s Operation,
    pub(crate) xml: String,
}

/// The document as the contract reads it; none where it is that of another operation of the service.
pub(crate) fn read(operation: &Operation, codec: &Codec, data: &Data<'_, '_>) -> Result<Option<Read>, Refusal> {
    let read = data.with_root(&operation.request_root, |node| codec.read_request(node, &Limits::default()));
    match read.map_err(|problem| Refusal::format(problem.to_string()))? {
        Ok(read) if read.drift.missing.is_empty() => Ok(Some(read)),
        Ok(read) => Err(Refusal::format(format!("missing: {}", read.drift.missing.join(", ")))),
        Err(ReadError::Root(_)) => Ok(None),
        Err(problem) => Err(Refusal::format(problem.to_string())),
    }
}
