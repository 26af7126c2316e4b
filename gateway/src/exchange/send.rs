//! Room 12: sends the message to the judged address, past the gate of withdrawals, and receives the reply unread.

use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_adapters::shep::{Channel, ReplyText, Unreadable};
use qaqpa_journal::OutcomeOwed;
use qaqpa_proto::reason::{Failure, Refusal};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::dial::{Door, RawReply, Resident};
use crate::evidence::commit::hmac;
use crate::evidence::usage::HELD_BACK;
use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::sign::Signed;
use crate::gateway::Gateway;
use crate::persons::gate::{GatedBody, InFlight};
use crate::refusal::NotDone;

/// Room 12's evidence: bytes came, whatever they are; a reply that does not verify is evidence too.
///
/// It takes the evidence of rooms 10 and 11: only a signed message leaves, and only after its intent is durable.
/// ```no_run
/// # use {qaqpa_journal::{Entry, OutcomeOwed}, std::sync::Arc};
/// # use qaqpa_gateway::{clock::Clock, dial::{Door, Resident}, exchange::{send::Received, sign::Signed}};
/// # use qaqpa_gateway::{persons::gate::InFlight, refusal::NotDone}; use tokio::time::Instant;
/// async fn room_12(way: (&Door, &Resident, Option<Instant>), signed: &Signed, persons: &Arc<InFlight>, owed: &OutcomeOwed,
///     sight: (&[u8; 32], &Clock)) -> Result<Received, NotDone> {
///     Received::send(way, signed, persons, owed, sight).await
/// }
/// ```
/// Without room 10 it does not compile:
/// ```compile_fail,E0308
/// # use {qaqpa_journal::{Entry, OutcomeOwed}, std::sync::Arc};
/// # use qaqpa_gateway::{clock::Clock, dial::{Door, Resident}, exchange::{send::Received, sign::Signed}};
/// # use qaqpa_gateway::{persons::gate::InFlight, refusal::NotDone}; use tokio::time::Instant;
/// async fn room_12(way: (&Door, &Resident, Option<Instant>), envelope: &str, persons: &Arc<InFlight>, owed: &OutcomeOwed,
///     sight: (&[u8; 32], &Clock)) -> Result<Received, NotDone> {
///     Received::send(way, envelope, persons, owed, sight).await
/// }
/// ```
/// Without room 11 it does not compile:
/// ```compile_fail,E0308
/// # use {qaqpa_journal::{Entry, OutcomeOwed}, std::sync::Arc};
/// # use qaqpa_gateway::{clock::Clock, dial::{Door, Resident}, exchange::{send::Received, sign::Signed}};
/// # use qaqpa_gateway::{persons::gate::InFlight, refusal::NotDone}; use tokio::time::Instant;
/// async fn room_12(way: (&Door, &Resident, Option<Instant>), signed: &Signed, persons: &Arc<InFlight>, intent: &Entry,
///     sight: (&[u8; 32], &Clock)) -> Result<Received, NotDone> {
///     Received::send(way, signed, persons, intent, sight).await
/// }
/// ```
pub struct Received {
    raw: RawReply,
    at: Timestamp,
    hmac: String,
}

impl Received {
    /// Room 12: sends once, and waits no longer than the caller does. `salt` is the key of the exchange's commitments.
    ///
    /// # Errors
    /// `upstream.*`, `residency.*`, what a withdrawal holds back at the last moment, or `request.deadline`.
    pub async fn send(
        (door, resident, deadline): (&Door, &Resident, Option<Instant>),
        signed: &Signed,
        in_flight: &Arc<InFlight>,
        _intent: &OutcomeOwed,
        (salt, clock): (&[u8; 32], &Clock),
    ) -> Result<Self, NotDone> {
        let body = GatedBody::new(signed.envelope().to_owned().into(), in_flight.clone()).boxed();
        // A crash during this await leaves an intent without an outcome: settled as `unknown` at the next start, because
        // it is unknown whether the state carried it out.
        match door.post(resident, signed.headers(), body, deadline).await {
            Ok(raw) => {
                let (at, hmac) = (clock.now(), hmac(salt, &raw.body));
                Ok(Self { raw, at, hmac })
            }
            Err(not_done) => {
                // Held back by the gate, or by the caller's deadline: the connection was given no byte of the message.
                // The intent still gets its outcome.
                let late = not_done.reason == Failure::UpstreamDeadline && !in_flight.has_left();
                let late = late.then(|| Refusal::RequestDeadline.into());
                let held = in_flight.refused().map(NotDone::from).or(late);
                Err(held.map_or(not_done, |held| held.detailed(HELD_BACK)))
            }
        }
    }

    /// When the last byte was there.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// HMAC-SHA256 under the exchange's salt over the bytes, base64url.
    pub(crate) fn hmac(&self) -> &str {
        &self.hmac
    }

    /// The only way to the content: as text of a type that a message of the channel may have.
    pub(super) fn text(&self, channel: Channel) -> Result<ReplyText<'_>, NotDone> {
        channel.text(&self.raw.body, &self.raw.content_type).map_err(|why| match why {
            Unreadable::ContentType => {
                NotDone::from(Failure::UpstreamNotSoap).detailed(format!("http_{}", self.raw.status))
            }
            other => other.into(),
        })
    }
}

impl Gateway {
    /// Room 12 with what was shown before it.
    pub(super) async fn leave(
        &self,
        exchange: &Exchange,
        cleared: &Cleared,
        intent: &OutcomeOwed,
    ) -> Result<Received, NotDone> {
        let way = (&*self.door, cleared.resident(), exchange.call.deadline);
        Received::send(way, cleared.signed(), cleared.in_flight(), intent, (cleared.salt(), &self.clock)).await
    }
}
