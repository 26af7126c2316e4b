//! Rooms 13 to 15: verifies, decodes and minimises a reply.

use qaqpa_adapters::codec::Drift;
use qaqpa_adapters::shep::{Decoded, Expected};
use qaqpa_policy::consent::{self, ReplyJudged};
use qaqpa_policy::minimise::Circumstances;
use qaqpa_policy::{Minimised, Mode, Permit};
use qaqpa_proto::reason::Failure;
use qaqpa_proto::v1::ShepStatus;

use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::send::Received;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// Room 15's evidence: what may be released of a decoded reply.
///
/// It takes the evidence of room 14: a document that the contract reads, with no minor in it whom the policy refuses.
/// ```no_run
/// # use qaqpa_adapters::shep::Decoded; use qaqpa_gateway::{exchange::read::Reply, refusal::NotDone};
/// # use qaqpa_policy::{Permit, consent::ReplyJudged, minimise::Circumstances};
/// fn room_15(reply: Decoded, minors: &ReplyJudged, permit: &Permit, now: &Circumstances) -> Result<Reply, NotDone> {
///     Reply::minimise(reply, minors, permit, now)
/// }
/// ```
/// Without room 14 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_adapters::shep::Answered; use qaqpa_gateway::{exchange::read::Reply, refusal::NotDone};
/// # use qaqpa_policy::{Permit, consent::ReplyJudged, minimise::Circumstances};
/// fn room_15(reply: Answered, minors: &ReplyJudged, permit: &Permit, now: &Circumstances) -> Result<Reply, NotDone> {
///     Reply::minimise(reply, minors, permit, now)
/// }
/// ```
/// Nor does it with half of room 14, the minors unjudged:
/// ```compile_fail,E0308
/// # use qaqpa_adapters::shep::Decoded; use qaqpa_gateway::{exchange::read::Reply, refusal::NotDone};
/// # use qaqpa_policy::{Permit, consent::ReplyJudged, minimise::Circumstances};
/// fn room_15(reply: Decoded, minors: &(), permit: &Permit, now: &Circumstances) -> Result<Reply, NotDone> {
///     Reply::minimise(reply, minors, permit, now)
/// }
/// ```
pub struct Reply {
    decoded: Decoded,
    minimised: Minimised,
}

impl Gateway {
    /// Rooms 13 to 15 on what came.
    ///
    /// # Errors
    /// `upstream.*`, `reply.*`, or a minor whom the policy refuses. Nothing may be released.
    ///
    /// ```no_run
    /// # use qaqpa_gateway::exchange::{Exchange, clear::Cleared, read::Reply, send::Received};
    /// # use qaqpa_gateway::{gateway::Gateway, refusal::NotDone};
    /// fn room_13(by: &Gateway, of: &Exchange, cleared: &Cleared, came: &Received) -> Result<Reply, NotDone> {
    ///     by.read(of, cleared, came)
    /// }
    /// ```
    /// Without room 12 it does not compile:
    /// ```compile_fail,E0308
    /// # use qaqpa_gateway::{dial::RawReply, exchange::{Exchange, clear::Cleared, read::Reply}};
    /// # use qaqpa_gateway::{gateway::Gateway, refusal::NotDone};
    /// fn room_13(by: &Gateway, of: &Exchange, cleared: &Cleared, came: &RawReply) -> Result<Reply, NotDone> {
    ///     by.read(of, cleared, came)
    /// }
    /// ```
    pub fn read(&self, exchange: &Exchange, cleared: &Cleared, received: &Received) -> Result<Reply, NotDone> {
        let decoded = self.decode(exchange, cleared, received)?;
        self.note_drift(&exchange.call.served.operation.path, &decoded.read().drift);
        self.minimise(exchange, cleared, decoded)
    }

    /// Each value is made of the one before: readable, parsed, verified, an answer to us, decoded.
    fn decode(&self, exchange: &Exchange, cleared: &Cleared, received: &Received) -> Result<Decoded, NotDone> {
        let served = &exchange.call.served;
        let system = self.system(&served.operation)?;
        let expected = Expected {
            operation: &served.operation,
            codec: &served.codec,
            limits: &self.read_limits,
            window: system.replay_window,
        };
        let (signed, at) = (cleared.signed(), received.at());
        let text = received.text(signed.channel())?;
        let document = text.document()?;
        // At the moment of receipt: a certificate that ends while we read was valid when the bytes came.
        let verified = document.verified(system.signing.security(), at.as_second())?;
        Ok(verified.answered(signed.sent(), &expected, at)?.decoded()?)
    }

    fn minimise(&self, exchange: &Exchange, cleared: &Cleared, decoded: Decoded) -> Result<Reply, NotDone> {
        // The day of the request: nobody is a minor in one half of an exchange and an adult in the other.
        let (permit, today) = (cleared.permit(), exchange.moment.today);
        let judged = consent::check_reply(permit, &exchange.call.served.operation, &decoded.read().wire, today)?;
        let circumstances = self.circumstances(permit, permit.reply_plan(), permit.acting().as_str(), today);
        Reply::minimise(decoded, &judged, permit, &circumstances)
    }

    fn note_drift(&self, method: &str, drift: &Drift) {
        if !drift.is_none() {
            let (names, missing, unknown) =
                (drift.names.join(" "), drift.missing.join(" "), drift.unknown_texts.join(" "));
            tracing::warn!(
                method,
                count = drift.count,
                names,
                missing,
                unknown,
                "the reply is not as the contract says; what it does not know is withheld"
            );
        }
    }
}

impl Reply {
    /// Minimises what was decoded by the permit's plan. A minor may not be in it: `judged` says so.
    ///
    /// # Errors
    /// `reply.malformed` with every path whose value the plan cannot take.
    pub fn minimise(
        decoded: Decoded,
        _judged: &ReplyJudged,
        permit: &Permit,
        circumstances: &Circumstances,
    ) -> Result<Self, NotDone> {
        let minimised =
            permit.reply_plan().minimise(&decoded.read().wire, Mode::Strip, circumstances).map_err(|flawed| {
                NotDone::from(Failure::ReplyMalformed)
                    .detailed("value")
                    .at(flawed.fields().iter().map(|field| (field.path.clone(), field.flaw.code())).collect())
                    .evidenced(flawed)
            })?;
        Ok(Self { decoded, minimised })
    }

    /// The minimised reply: what may be released, and what was withheld.
    pub(crate) fn minimised(&self) -> &Minimised {
        &self.minimised
    }

    /// The decoded reply before minimisation, for shadow runs. It is not released.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.decoded.read().wire
    }

    pub(crate) fn drift(&self) -> &Drift {
        &self.decoded.read().drift
    }

    /// SHEP's own word on the message, the second status layer.
    pub(crate) fn shep(&self) -> ShepStatus {
        let status = self.decoded.status();
        let session_id = self.decoded.session_id().unwrap_or_default().to_owned();
        ShepStatus { code: status.code.clone(), message: status.message.clone(), session_id }
    }

    /// SHEP's code alone.
    pub(crate) fn shep_code(&self) -> &str {
        &self.decoded.status().code
    }

    /// The business document's code, the third status layer.
    pub(crate) fn business(&self) -> Option<&str> {
        self.decoded.business()
    }

    /// SHA-256 of the signer's certificate.
    pub(crate) fn signer(&self) -> Option<[u8; 32]> {
        self.decoded.signer()
    }
}
