//! One request message of a caller, and its way through the corridor.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use qaqpa_policy::consent::Moment;
use qaqpa_policy::{Caller, Claim};
use qaqpa_proto::language::Language;
use uuid::Uuid;

use crate::exchange::system::Served;
use crate::refusal::NotDone;

/// One request message of a caller, with its operation.
pub struct Call {
    /// The identified caller; none when the configuration does not know the certificate.
    pub caller: Option<Caller>,
    /// SHA-256 of the client certificate, hex.
    pub certificate: Arc<str>,
    /// The line of evidence by which its address was admitted.
    pub peer: Arc<str>,
    /// The operation behind the path.
    pub served: Arc<Served>,
    /// Wire bytes of the request, or why there are none.
    pub request: Result<Bytes, NotDone>,
    /// Language of the texts for the caller.
    pub language: Language,
    /// When the request was complete.
    pub accepted: Timestamp,
}

/// A call on its way through the corridor: with its id, what its context claims, and the one moment by which every room
/// judges it. Two rooms of one exchange are never on different days.
pub struct Exchange {
    pub(crate) call: Call,
    pub(crate) id: Uuid,
    /// The id as text: `txn` in the journal, messageId at SHEP.
    pub(crate) txn: String,
    pub(crate) claim: Result<Claim, NotDone>,
    pub(crate) moment: Moment,
    /// The same moment by the monotonic clock, from which intervals are counted.
    pub(crate) began: Duration,
}

impl Exchange {
    pub(crate) fn new(call: Call, id: Uuid, moment: Moment, began: Duration) -> Self {
        let wire = call.request.as_ref().map_err(Clone::clone);
        let claim = wire.and_then(|wire| Claim::read(wire).map_err(NotDone::from));
        Self { call, id, txn: id.to_string(), claim, moment, began }
    }

    /// The caller's request id, or the exchange id where it gave none that can be read.
    pub(crate) fn request_id(&self) -> &str {
        self.claim.as_ref().ok().and_then(Claim::request_id).unwrap_or(&self.txn)
    }
}
