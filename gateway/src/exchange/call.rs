//! One request message of a caller, and its way through the corridor.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use qaqpa_journal::line::Who;
use qaqpa_policy::Claim;
use qaqpa_policy::consent::Moment;
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::Refusal;
use tokio::time::Instant;
use uuid::Uuid;

use crate::evidence::lines;
use crate::exchange::quota::Within;
use crate::exchange::system::Served;
use crate::refusal::NotDone;

/// One request message of a caller, with its operation.
///
/// It takes room 3's evidence, so that nothing is carried out for a caller that is unknown or beyond its quota:
/// ```no_run
/// # use qaqpa_gateway::exchange::{Call, quota::Within};
/// fn room_4(within: Within, call: Call) -> Call {
///     Call { within, ..call }
/// }
/// ```
/// Without room 3 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::exchange::Call; use qaqpa_policy::Caller;
/// fn room_4(caller: Caller, call: Call) -> Call {
///     Call { within: caller, ..call }
/// }
/// ```
pub struct Call {
    /// The caller, within its quota: taken once, for this message.
    pub within: Within,
    /// SHA-256 of the client certificate, hex.
    pub certificate: Arc<str>,
    /// The line of evidence by which its address was admitted.
    pub peer: Arc<str>,
    /// The operation behind the path.
    pub served: Arc<Served>,
    /// Wire bytes of the request.
    pub request: Bytes,
    /// Language of the texts for the caller.
    pub language: Language,
    /// When the request was complete.
    pub accepted: Timestamp,
    /// When its caller waits no longer (`grpc-timeout`): what was not sent by then is not sent, and no answer is awaited.
    pub deadline: Option<Instant>,
}

impl Call {
    /// Whether its caller still waits.
    ///
    /// # Errors
    /// `request.deadline`.
    pub(super) fn in_time(&self) -> Result<(), NotDone> {
        let over = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if over { Err(Refusal::RequestDeadline.into()) } else { Ok(()) }
    }

    pub(crate) fn who(&self) -> Who<'_> {
        lines::caller(Some(self.within.caller()), &self.certificate)
    }
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
        let claim = Claim::read(&call.request).map_err(NotDone::from);
        Self { call, id, txn: id.to_string(), claim, moment, began }
    }

    /// The caller's request id, or the exchange id where it gave none that can be read.
    pub(crate) fn request_id(&self) -> &str {
        self.claim.as_ref().ok().and_then(Claim::request_id).unwrap_or(&self.txn)
    }
}
