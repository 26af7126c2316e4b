//! The corridor: one exchange, room by room. The file to read first; `lib.rs` lists the rooms with their files.
//!
//! Each room makes evidence that only it can make, and the next one demands it, so that a skipped check does not compile:
//! [`Within`] → [`Permitted`] → [`Request`] → `Consent` → [`Ticket`] → [`WithinAll`] → `Resident` → [`Signed`] → `OutcomeOwed` →
//! [`Received`] → `Decoded` → [`Reply`] → [`Recorded`] → [`ReplyWithReceipt`].
//! Rooms 1 to 3 lie before the message: who is turned away there has no octet of it read (`serve/entrance.rs`).
//! The intent is durable before the first byte leaves, the outcome before the answer returns; refusals are recorded too.
//!
//! An exchange runs detached from the caller: when a client hangs up in the middle, what has left is still recorded to
//! its end. A crash between intent and outcome is settled at the next start as `unknown`.
//!
//! [`Within`]: quota::Within
//! [`Permitted`]: purpose::Permitted
//! [`Request`]: request::Request
//! [`Ticket`]: duplicate::Ticket
//! [`WithinAll`]: quota::WithinAll
//! [`Signed`]: sign::Signed
//! [`Received`]: send::Received
//! [`Reply`]: read::Reply
//! [`Recorded`]: record::Recorded
//! [`ReplyWithReceipt`]: receipt::ReplyWithReceipt

mod answer;
pub(crate) mod bulkhead;
mod call;
pub mod circuit_breaker;
pub mod clear;
mod client;
pub mod duplicate;
mod marks;
mod observe;
pub mod passport;
pub mod purpose;
pub mod quota;
pub mod read;
pub mod receipt;
pub mod record;
pub(crate) mod reply;
pub mod request;
pub mod send;
pub mod shadow;
pub mod sign;
pub mod signing;
pub mod system;

use std::sync::Arc;

use jiff::civil::Date;
use qaqpa_journal::line::Times;
use qaqpa_policy::consent::Moment;
use qaqpa_policy::minimise::{Circumstances, PseudonymKey};
use qaqpa_policy::{Permit, Plan};
use qaqpa_proto::reason::{Failure, Refusal};
use tracing::Instrument as _;

use self::clear::Cleared;
use self::observe::Watch;
use self::receipt::ReplyWithReceipt;
use self::record::Ended;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

pub use answer::Answer;
pub use call::{Call, Exchange};
pub use client::Client;

impl Gateway {
    /// Walks one call through the corridor, in a task of its own, and records whatever comes of it.
    pub async fn exchange(self: Arc<Self>, call: Call) -> Answer {
        let moment = Moment { now: self.clock.now(), today: self.clock.today() };
        let exchange = Exchange::new(call, self.ids.fresh(), moment, self.clock.elapsed());
        let fallback = exchange.txn.clone();
        let span =
            tracing::info_span!("exchange", exchange_id = %fallback, method = %exchange.call.served.operation.path);
        // A client that hangs up drops this await and nothing else: the task goes on to its recorded end.
        let under_way = self.under_way.clone();
        match under_way.spawn(self.walk(exchange).instrument(span)).await {
            Ok(answer) => answer,
            // A panic in the corridor: the exchange is lost, the process is not, and the journal holds its intent.
            Err(_) => Answer {
                exchange_id: fallback.clone(),
                request_id: fallback,
                result: Err(Failure::GatewayInternal.into()),
            },
        }
    }

    async fn walk(self: Arc<Self>, exchange: Exchange) -> Answer {
        let _in_flight = self.telemetry.in_flight();
        // A crash in here: nothing has left and no line exists. At most a person's key, or a use of the purpose, is in
        // the vault.
        let cleared = self.clear(&exchange).await;
        let watch = self.observe_request(&exchange, cleared.as_ref());
        let result = match cleared {
            // The line of a refusal is durable, or counted, before the caller hears of it.
            Err(not_done) => Err(self.refuse(&exchange, not_done).await),
            Ok(cleared) => self.carry_out(&exchange, cleared, watch).await,
        };
        self.telemetry.exchange(
            &exchange.call.served.operation.path,
            result.as_ref().err().map(|not_done| not_done.reason),
            self.clock.elapsed().saturating_sub(exchange.began),
        );
        let request_id = exchange.request_id().to_owned();
        Answer { exchange_id: exchange.txn, request_id, result }
    }

    /// Rooms 11 to 17. From the durable intent on, whatever happens is recorded as its outcome.
    async fn carry_out(
        &self,
        exchange: &Exchange,
        cleared: Cleared,
        watch: Option<Watch>,
    ) -> Result<ReplyWithReceipt, NotDone> {
        // From here on a crash cannot go unseen: the next start finds the intent and settles it.
        let owed = match self.record_intent(exchange, &cleared).await {
            Ok(owed) => owed,
            // Too long for its line: a refusal like those before it. What the journal itself does not take has no line.
            Err(not_done) if not_done.reason == Refusal::RequestTooLarge => {
                return Err(self.refuse(exchange, not_done).await);
            }
            Err(not_done) => return Err(not_done),
        };
        let sent = self.clock.now();
        let received = self.leave(exchange, &cleared, &owed).await;
        cleared.passage().ended(&received);
        let reply = received.as_ref().map_err(Clone::clone);
        // A reply that is not believed is no way out: it becomes the code of the outcome, and its HMAC is recorded all
        // the same.
        let reply = reply.and_then(|received| self.read(exchange, &cleared, received));
        let at = received.as_ref().ok().map(send::Received::at);
        let times = Times { accepted: exchange.call.accepted, sent, received: at, decided: self.clock.now() };
        let ended = Ended { received: received.ok(), reply, times };
        // A crash before this is durable leaves the intent alone: `unknown`, also where the state has answered.
        let recorded = self.record_outcome(exchange, &cleared, &ended, owed).await;
        // Also when the outcome was not written: a withdrawal that comes now need not name this exchange as under way.
        cleared.in_flight().settled();
        // Without a durable outcome nothing is released. The intent stays open, and the next start settles it as
        // `unknown`.
        let recorded = recorded?;
        self.event(exchange, &cleared, &ended);
        // An early return drops the ticket and frees the request id: what failed may be tried again.
        let reply = ended.reply?;
        self.observe_reply(exchange, watch, &reply);
        let answer = self.answer(exchange, &cleared, &reply, &recorded);
        cleared.answered();
        Ok(answer)
    }

    /// The day and, where a plan needs it, the key of pseudonyms: one per operator, recipient, purpose and epoch.
    fn circumstances(&self, permit: &Permit, plan: &Plan, recipient: &str, today: Date) -> Circumstances {
        let pseudonyms = plan.needs_pseudonym_key().then(|| {
            let epoch = self.pseudonym_epoch.of(today);
            PseudonymKey::derive(&self.pseudonym_master, permit.operator(), recipient, &permit.purpose().id, &epoch)
        });
        Circumstances { today, pseudonyms }
    }
}
