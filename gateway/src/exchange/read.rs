//! Rooms 13 to 15: is it authentic, does it answer us, what does it say, and what of that may the caller have.

use qaqpa_adapters::codec::{Drift, Read, scalar};
use qaqpa_adapters::shep::status;
use qaqpa_adapters::shep::sync::{self, Sent};
use qaqpa_adapters::xml::Document;
use qaqpa_policy::consent::{self, ReplyJudged};
use qaqpa_policy::{Minimised, Mode};
use qaqpa_proto::Operation;
use qaqpa_proto::reason::Failure;
use qaqpa_proto::v1::ShepStatus;

use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::receipt::shep_status;
use crate::exchange::reply::{fault_denial, stable_word, unsigned_fault};
use crate::exchange::send::Received;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// Evidence of rooms 13 and 14: a reply that verified, answers this message, was successful at SHEP, and was decoded from
/// the very nodes that were verified.
pub(crate) struct Decoded {
    read: Read,
    shep: ShepStatus,
    business: Option<String>,
    signer: Option<[u8; 32]>,
    _answer: sync::Answer,
    _success: Success,
}

/// Evidence of SHEP's second status layer.
struct Success(());

/// Evidence of room 15: what may be released of a decoded reply.
pub(crate) struct Reply {
    decoded: Decoded,
    minimised: Minimised,
}

impl Gateway {
    /// Rooms 13 to 15 on what came.
    pub(super) fn read(&self, exchange: &Exchange, cleared: &Cleared, received: &Received) -> Result<Reply, NotDone> {
        let decoded = self.decode(exchange, cleared, received)?;
        self.note_drift(&exchange.call.served.operation.path, decoded.drift());
        self.minimise(exchange, cleared, decoded)
    }

    fn decode(&self, exchange: &Exchange, cleared: &Cleared, received: &Received) -> Result<Decoded, NotDone> {
        let served = &exchange.call.served;
        let system = self.system(&served.operation)?;
        let text = received.text()?;
        let document =
            Document::parse(&text).map_err(|why| NotDone::from(Failure::ReplyMalformed).detailed(why.code()))?;
        let believed = match system.security.believe(&document, received.at().as_second()) {
            Ok(believed) => believed,
            // SHEP's own faults come unsigned when it could not read us: they release nothing, so they may speak.
            Err(not_done) => return Err(unsigned_fault(&document).unwrap_or(not_done)),
        };
        let (info, data) = match sync::read_reply(believed.body)? {
            sync::Reply::Fault(fault) => return Err(fault_denial(&fault)),
            sync::Reply::Response { info, data } => (info, data),
        };
        // Read before it is known that it answers us, because the answer's name may stand in the business document; it is
        // not looked at otherwise before `answers` has said yes.
        let read = data.map(|data| -> Result<Read, NotDone> {
            let root =
                data.with_root(served.codec.reply().root(), |root| served.codec.read_reply(root, &self.read_limits));
            Ok(root??)
        });
        let answered_id = read.as_ref().and_then(|read| named_in(&served.operation, read.as_ref().ok()?));
        let sent = Sent { message_id: cleared.signed().message_id(), correlation_id: None };
        let answer = sync::answers(&info, sent, answered_id, system.replay_window, received.at())?;
        let success = Success::of(&info.status.code)?;
        let read = read.ok_or_else(|| NotDone::from(Failure::ReplyMalformed).detailed("no_data"))??;
        let business = served.operation.business_result.as_ref();
        let business = business.and_then(|result| scalar(&read.wire, &result.code)).map(str::to_owned);
        let (shep, signer) = (shep_status(info), believed.signer);
        Ok(Decoded { read, shep, business, signer, _answer: answer, _success: success })
    }

    fn minimise(&self, exchange: &Exchange, cleared: &Cleared, decoded: Decoded) -> Result<Reply, NotDone> {
        let (permit, today) = (cleared.permit(), exchange.moment.today);
        let judged = consent::check_reply(permit, &exchange.call.served.operation, &decoded.read.wire, today)?;
        let plan = permit.reply_plan();
        let circumstances = self.circumstances(permit, plan, permit.acting().as_str(), today);
        let minimised = plan.minimise(&decoded.read.wire, Mode::Strip, &circumstances).map_err(|flawed| {
            NotDone::from(Failure::ReplyMalformed)
                .detailed("value")
                .at(flawed.fields().iter().map(|field| (field.path.clone(), field.flaw.code())).collect())
                .evidenced(flawed)
        })?;
        Ok(Reply::of(decoded, &judged, minimised))
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

/// The request id in the head of the business document, where the contract has one.
fn named_in<'r>(operation: &Operation, read: &'r Read) -> Option<&'r str> {
    scalar(&read.wire, operation.business_result.as_ref()?.request_id.as_ref()?)
}

impl Success {
    fn of(code: &str) -> Result<Self, NotDone> {
        match status::is_success(code) {
            true => Ok(Self(())),
            false => Err(NotDone::from(Failure::UpstreamStatus).detailed(stable_word(code))),
        }
    }
}

impl Decoded {
    fn drift(&self) -> &Drift {
        &self.read.drift
    }
}

impl Reply {
    /// A minor may not be in it: `judged` says so.
    fn of(decoded: Decoded, _judged: &ReplyJudged, minimised: Minimised) -> Self {
        Self { decoded, minimised }
    }

    /// What may be released, and what was withheld.
    pub(crate) fn minimised(&self) -> &Minimised {
        &self.minimised
    }

    /// All that was decoded, for what only watches. It is not released.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.decoded.read.wire
    }

    pub(crate) fn drift(&self) -> &Drift {
        self.decoded.drift()
    }

    /// SHEP's word, the second status layer.
    pub(crate) fn shep(&self) -> &ShepStatus {
        &self.decoded.shep
    }

    /// The business document's code, the third status layer.
    pub(crate) fn business(&self) -> Option<&str> {
        self.decoded.business.as_deref()
    }

    /// SHA-256 of the signer's certificate.
    pub(crate) fn signer(&self) -> Option<[u8; 32]> {
        self.decoded.signer
    }
}
