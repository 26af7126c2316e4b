//! Room 12: the message leaves for the judged address, past the gate of withdrawals; and what came back, unread.

use jiff::Timestamp;
use qaqpa_adapters::shep::{Channel, ReplyText, Unreadable};
use qaqpa_journal::OutcomeOwed;
use qaqpa_proto::reason::Failure;

use crate::dial::RawReply;
use crate::evidence::commit::hmac;
use crate::evidence::usage::HELD_BACK;
use crate::exchange::clear::Cleared;
use crate::gateway::Gateway;
use crate::persons::gate::GatedBody;
use crate::refusal::NotDone;

/// Evidence that bytes came, whatever they are: a reply that does not verify is evidence too.
pub(crate) struct Received {
    raw: RawReply,
    at: Timestamp,
    hmac: String,
}

impl Received {
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
    /// Sends once. The intent is durable: without its `OutcomeOwed` nothing leaves.
    pub(super) async fn leave(&self, cleared: &Cleared, _intent: &OutcomeOwed) -> Result<Received, NotDone> {
        let in_flight = cleared.in_flight();
        let body = GatedBody::new(cleared.signed().envelope().to_owned().into(), in_flight.clone()).boxed();
        // A crash during this await leaves an intent without an outcome: settled as `unknown` at the next start, because
        // nobody can tell whether the state carried it out.
        match self.door.post(cleared.resident(), cleared.signed().headers(), body).await {
            Ok(raw) => {
                let (at, hmac) = (self.clock.now(), hmac(cleared.salt(), &raw.body));
                Ok(Received { raw, at, hmac })
            }
            Err(not_done) => {
                let held = in_flight.refused().map(|kind| NotDone::from(kind).detailed(HELD_BACK));
                Err(held.unwrap_or(not_done))
            }
        }
    }
}
