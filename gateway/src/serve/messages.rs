//! The messages of a call as the gateway reads them: within the bounds of `limits.rs`, and every way not to be readable with
//! its row of the table.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use qaqpa_proto::reason::{Failure, Refusal};
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::{Budget, Full};
use super::frames::{Flaw, Frames};
use crate::limits::{TRY_AGAIN_AFTER, UNFINISHED, UNFINISHED_OF_CALLER, WHOLE_WITHIN};
use crate::refusal::NotDone;

/// The octets that unfinished messages of all callers may hold.
pub(super) fn unfinished() -> Arc<Budget> {
    Budget::new(UNFINISHED, UNFINISHED_OF_CALLER)
}

/// The messages of one call.
pub(super) struct Messages {
    frames: Frames<Incoming>,
    caller: Arc<str>,
    deadline: Option<Instant>,
}

/// Why there is no further message.
pub(super) enum Unread {
    /// The caller went away: nobody is there to answer, and nothing was asked.
    Gone,
    /// It is refused.
    Refused(NotDone),
}

impl Messages {
    /// Of a request's body: messages of at most `longest` octets, held on the caller's share of `unfinished`.
    pub(super) fn new(body: Incoming, longest: usize, unfinished: &Arc<Budget>, caller: &str) -> Self {
        let caller = Arc::from(caller);
        let lease = unfinished.lease(&caller);
        Self { frames: Frames::new(body, longest, WHOLE_WITHIN, lease), caller, deadline: None }
    }

    /// Nothing is waited for when the caller waits no longer.
    pub(super) fn until(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// The next message; none behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Unread> {
        let next = self.frames.next();
        let next = match self.deadline {
            Some(deadline) => timeout_at(deadline, next).await.map_err(|_| Refusal::RequestDeadline.into()),
            None => Ok(next.await),
        };
        next.map_err(Unread::Refused)?.map_err(|flaw| self.unread(flaw))
    }

    /// The message of a unary call: one and no second, in the time of one. Who opens a call and says nothing is not waited
    /// for.
    pub(super) async fn only(mut self) -> Result<Bytes, Unread> {
        let malformed = |detail: &str| Unread::Refused(NotDone::from(Refusal::RequestMalformed).detailed(detail));
        let only = async {
            let message = self.next().await?.ok_or_else(|| malformed("no_message"))?;
            if self.next().await?.is_some() { Err(malformed("two_messages")) } else { Ok(message) }
        };
        timeout(WHOLE_WITHIN, only).await.unwrap_or_else(|_| Err(Unread::Refused(Refusal::RequestUnfinished.into())))
    }

    fn unread(&self, flaw: Flaw) -> Unread {
        let not_done = match flaw {
            Flaw::Gone => return Unread::Gone,
            Flaw::TooLong => Refusal::RequestTooLarge.into(),
            // A compression with a name was refused at the headers.
            Flaw::Compressed => Refusal::RequestCompressionUnnamed.into(),
            Flaw::Flags | Flaw::CutOff => NotDone::from(Refusal::RequestMalformed).detailed("frame"),
            Flaw::Late => Refusal::RequestUnfinished.into(),
            Flaw::Full(Full::Share) => {
                NotDone::from(Refusal::QuotaUnfinished).quota(format!("unfinished/{}", self.caller), TRY_AGAIN_AFTER)
            }
            Flaw::Full(Full::All) => {
                NotDone { retry_after: Some(TRY_AGAIN_AFTER), ..NotDone::from(Failure::GatewayBusy) }
            }
        };
        Unread::Refused(not_done)
    }
}
