//! Who calls over one connection, as rooms 1 and 2 found out; and what becomes of a call that comes no further than its
//! headers, or whose message cannot be read.

use std::sync::Arc;

use qaqpa_journal::line::Who;
use qaqpa_policy::Caller;
use qaqpa_proto::reason::Refusal;

use crate::evidence::lines;
use crate::exchange::quota::Within;
use crate::exchange::record::Unanswered;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// Who calls over one connection.
#[derive(Clone)]
pub struct Client {
    pub(crate) caller: Option<Caller>,
    pub(crate) certificate: Arc<str>,
    pub(crate) peer: Arc<str>,
}

impl Client {
    /// The caller behind `certificate` (SHA-256, hex), if the configuration knows it, and the line of evidence by which its
    /// machine was let in.
    #[must_use]
    pub fn new(caller: Option<Caller>, certificate: Arc<str>, peer: Arc<str>) -> Self {
        Self { caller, certificate, peer }
    }

    /// Room 2: the caller.
    ///
    /// # Errors
    /// `caller.unknown`.
    pub(crate) fn known(&self) -> Result<&Caller, NotDone> {
        self.caller.as_ref().ok_or_else(|| Refusal::CallerUnknown.into())
    }

    pub(crate) fn who(&self) -> Who<'_> {
        lines::caller(self.caller.as_ref(), &self.certificate)
    }
}

impl Gateway {
    /// Rooms 2 and 3: a known caller, within its quota.
    ///
    /// # Errors
    /// `caller.unknown`, `quota.caller`.
    pub(crate) fn admit(&self, client: &Client) -> Result<Within, NotDone> {
        self.quotas.caller(client.known()?)
    }

    /// Ends a call of `method` (gRPC path) of which no message was carried out; `what` names its event. Returns the reason
    /// as the caller is told it, with the id of the line.
    pub(crate) async fn turn_away(
        &self,
        client: &Client,
        (what, method): (&'static str, &str),
        not_done: NotDone,
    ) -> (String, NotDone) {
        let (txn, who) = (self.ids.fresh().to_string(), client.who());
        let call = Unanswered { what, txn: &txn, who, peer: &client.peer, method, purpose: None, accepted: None };
        let not_done = self.record_not_done(call, not_done).await;
        (txn, not_done)
    }
}
