//! Revocations that a subject makes at the state's access control to personal data (КДП): asked for at intervals, carried
//! out as withdrawals, and answered.
//!
//! Two service ids are attested by the Smart Bridge catalogue: `KDP_LIST_TO_REVOKE`, the requests for revocation, and
//! `KDP_SEND_SOLUTION`, the operator's decision on one. Their messages are **unknown**: no public source shows them. So
//! everything about their content here is RECONSTRUCTED from what a decision needs, and there is no source but the seam
//! [`RevocationSource`]; without one in the configuration nothing polls and no endpoint is contacted.
//!
//! ```text
//! request 17, IIN, token "…"   -> the consents that rest on the token are withdrawn   -> Decision::Revoked
//! request 18, unknown token    -> nothing to withdraw                                 -> Decision::NotFound
//! ```
//! A revocation is never refused: the law gives the subject the last word. What fails (vault, journal) is not answered, and
//! comes again with the next list; carried out twice it is answered as the first time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use qaqpa_policy::{Iin, Pack};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::evidence::record::Who;
use crate::persons::ledger::{By, GATEWAY, Ledger, Reach, Which};
use crate::refusal::denial::Denial;
use crate::refusal::reason::Reason;
use crate::serve::consents::KDP_REVOCATION;

/// Attested service id: the list of requests for revocation. Shape of its messages: unknown.
pub const LIST_TO_REVOKE: &str = "KDP_LIST_TO_REVOKE";
/// Attested service id: the operator's decision on a request. Shape of its messages: unknown.
pub const SEND_SOLUTION: &str = "KDP_SEND_SOLUTION";

/// One request for revocation. RECONSTRUCTED: these are the facts without which nobody could decide.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The state's own id of the request, given back with the decision.
    pub request: String,
    /// Whose consent.
    pub iin: Iin,
    /// The token it was given by.
    pub token: String,
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revocation(…)")
    }
}

/// What became of a request. RECONSTRUCTED: the state's own words for it are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The consents were withdrawn, now or before.
    Revoked,
    /// No consent of this operator rests on the token.
    NotFound,
}

/// Why the state's service gave no list or took no decision. Between here and there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state's list of revocations is not available: `{0}`")]
pub struct Unavailable(pub &'static str);

/// What a source does, later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// Where revocations come from and decisions go to. Its first real user comes with the state's schemas.
pub trait RevocationSource: Send + Sync {
    /// All requests that are not yet decided (`KDP_LIST_TO_REVOKE`).
    fn poll(&self) -> Later<'_, Vec<Revocation>>;
    /// Tells the decision on a request (`KDP_SEND_SOLUTION`). Telling it twice is harmless.
    fn decide<'a>(&'a self, request: &'a str, decision: Decision) -> Later<'a, ()>;
}

/// What one look at the list came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Requests whose consents are withdrawn and that were answered.
    pub revoked: usize,
    /// Requests that meet no consent, answered so.
    pub not_found: usize,
    /// Requests that were not carried out or not answered; they come again.
    pub left: usize,
}

/// The poller of one operator.
pub struct Poller {
    source: Box<dyn RevocationSource>,
    ledger: Arc<Ledger>,
    pack: Arc<Pack>,
}

impl Poller {
    /// For the operator of `pack`.
    #[must_use]
    pub fn new(source: Box<dyn RevocationSource>, ledger: Arc<Ledger>, pack: Arc<Pack>) -> Self {
        Self { source, ledger, pack }
    }

    /// Looks at the list every so often until it is told to stop.
    pub async fn run(self, every: Duration, stop: CancellationToken) {
        let mut turns = tokio::time::interval(every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(turns.tick()).await.is_some() {
            match self.round().await {
                Ok(round) => tracing::info!(
                    operator = self.pack.id(),
                    revoked = round.revoked,
                    not_found = round.not_found,
                    left = round.left,
                    "revocations"
                ),
                Err(error) => tracing::warn!(operator = self.pack.id(), %error, "revocations"),
            }
        }
    }

    /// Looks at the list once and carries out what it holds.
    ///
    /// # Errors
    /// There is no list. What fails with single requests is counted.
    pub async fn round(&self) -> Result<Round, Unavailable> {
        let mut round = Round::default();
        for revocation in self.source.poll().await? {
            let decision = match self.carry_out(&revocation).await {
                Ok(decision) => decision,
                Err(denial) => {
                    tracing::warn!(reason = denial.reason.code(), "a revocation is left for the next time");
                    round.left += 1;
                    continue;
                }
            };
            match (self.source.decide(&revocation.request, decision).await, decision) {
                (Err(_), _) => round.left += 1,
                (Ok(()), Decision::Revoked) => round.revoked += 1,
                (Ok(()), Decision::NotFound) => round.not_found += 1,
            }
        }
        Ok(round)
    }

    async fn carry_out(&self, revocation: &Revocation) -> Result<Decision, Denial> {
        let reach = Reach { operator: self.pack.id().to_owned(), organisations: None };
        let which = Which::Token(revocation.iin, revocation.token.clone());
        let days = self.pack.withdrawal().destroy_within_working_days;
        let txn = self.txn()?.to_string();
        let by = By { txn: &txn, who: Who { caller: GATEWAY, certificate: "", operator: self.pack.id() } };
        match self.ledger.withdraw(&which, &reach, KDP_REVOCATION, |_| days, &by).await {
            Ok(_) => Ok(Decision::Revoked),
            Err(denial) if denial.reason == Reason::ConsentAlreadyWithdrawn => Ok(Decision::Revoked),
            Err(denial) if denial.reason == Reason::ConsentUnknown => Ok(Decision::NotFound),
            Err(denial) => Err(denial),
        }
    }

    fn txn(&self) -> Result<Uuid, Denial> {
        let mut random = [0; 10];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| Reason::Internal)?;
        let millis = u64::try_from(self.ledger.now().as_millisecond()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}
