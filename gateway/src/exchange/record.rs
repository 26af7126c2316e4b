//! Rooms 11 and 16: the journal lines of an exchange. Its intent before anything leaves, its outcome before anything
//! returns, its refusal; and the one event of the log. Ids, decisions, digests and commitments, never a value.

use jiff::Timestamp;
use qaqpa_journal::line::{self, Counts, Intent, Outcome, Subjects, Text, Times, Who, Why};
use qaqpa_journal::{Entry, EntryError, OutcomeOwed, Receipt as Leaf};
use qaqpa_policy::{Claim, Minimised, Withheld};
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::v1::JournalEntry;

use crate::evidence::commit::{self, hmac};
use crate::evidence::lines::{append, denied, journal_error, texts};
use crate::evidence::salts;
use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::read::Reply;
use crate::exchange::reply::stable_word;
use crate::exchange::send::Received;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// The result of an exchange whose intent is recorded: the received bytes, the reply or failure, and the times.
pub(super) struct Ended {
    pub(super) received: Option<Received>,
    pub(super) reply: Result<Reply, NotDone>,
    pub(super) times: Times,
}

/// Room 16's evidence: where the two lines of an exchange stand, both durable. Only an outcome that was recorded makes it.
pub struct Recorded {
    intent: Leaf,
    outcome: Leaf,
}

impl Recorded {
    /// Position of the INTENT in the lane.
    pub(crate) fn intent(&self) -> Leaf {
        self.intent
    }

    /// Position of the OUTCOME in the lane.
    pub(crate) fn outcome(&self) -> Leaf {
        self.outcome
    }
}

/// A call that was refused or failed, as its line and its event tell it.
pub(crate) struct Unanswered<'a> {
    /// Name of the event: `exchange` or `service`.
    pub(crate) what: &'static str,
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    pub(crate) who: Who<'a>,
    /// Line of evidence by which the caller's machine was let in.
    pub(crate) peer: &'a str,
    /// gRPC path.
    pub(crate) method: &'a str,
    /// Claimed purpose, if the caller's pack knows it.
    pub(crate) purpose: Option<&'a str>,
    /// When the request was complete; of an exchange.
    pub(crate) accepted: Option<Timestamp>,
}

impl Gateway {
    /// Room 11: records the intent. What returns is the duty to record an outcome, and the right to send.
    pub(super) async fn record_intent(&self, exchange: &Exchange, cleared: &Cleared) -> Result<OutcomeOwed, NotDone> {
        let (call, operation, permit) = (&exchange.call, &exchange.call.served.operation, cleared.permit());
        let minimised = cleared.request().minimised();
        let mut commitments = commit::commitments(minimised, cleared.salt());
        commitments.extend(cleared.claim().request_id().map(|id| commit::request_id(cleared.salt(), id)));
        let intent = Intent {
            txn: (&exchange.txn).into(),
            ts: self.clock.now(),
            who: call.who(),
            peer: (&*call.peer).into(),
            method: (&operation.path).into(),
            why: Why {
                purpose: (&permit.purpose().id).into(),
                dpv: (&permit.purpose().dpv).into(),
                legal_basis: (&permit.purpose().legal_basis).into(),
                clause: (&permit.purpose().clause).into(),
                policy: permit.pack().edition().into(),
                policy_sha256: permit.pack().sha256().into(),
                acting_for: permit.acting().as_str().into(),
            },
            system: (&operation.system.id).into(),
            service_id: (&operation.service_id).into(),
            contract: (&operation.source).into(),
            subjects: Subjects {
                named: cleared.consent().persons(),
                minors: cleared.consent().minors(),
                marks: texts(cleared.marks().persons()),
                consents: texts(cleared.marks().consents()),
            },
            withheld: by_category(minimised.withheld()),
            transformed: transformed_by_category(minimised),
            residency: cleared.resident().evidence().into(),
            address: cleared.resident().address().to_string().into(),
            message_id: cleared.signed().message_id().into(),
            request_hmac: hmac(cleared.salt(), cleared.signed().envelope().as_bytes()).into(),
            signature: cleared.signed().algorithm().into(),
            commitments,
        };
        // The salt stands beside the intent alone, sealed. Destroyed there, or with the key of one of its persons, it ends the
        // commitments of both lines.
        let sealed = salts::seal(cleared.salt(), self.persons.vault(), cleared.marks().subjects(), &exchange.txn);
        let entry = Entry::of(&intent, Some(sealed)).map_err(|error| unrecorded(error.into()))?;
        // Room for both lines is taken first: a disk that fills up while the message is out still takes the outcome. A
        // crash during this await leaves a torn line, which recovery cuts off, or a whole one, settled as `unknown`:
        // nothing has left.
        self.journal.reserve().map_err(journal_error)?.intent(entry).await.map_err(unrecorded)
    }

    /// Room 16: records the outcome.
    pub(super) async fn record_outcome(
        &self,
        exchange: &Exchange,
        cleared: &Cleared,
        ended: &Ended,
        owed: OutcomeOwed,
    ) -> Result<Recorded, NotDone> {
        let (not_done, reply) = (ended.reply.as_ref().err(), ended.reply.as_ref().ok());
        let outcome = Outcome {
            txn: (&exchange.txn).into(),
            ts: ended.times.decided,
            result: if reply.is_some() { line::Ended::Answered } else { line::Ended::Failed },
            code: not_done.map(|not_done| not_done.reason.code().into()),
            detail: not_done.and_then(|not_done| not_done.detail.as_deref()).map(Text::from),
            evidence: not_done.and_then(|not_done| not_done.evidence.as_deref()).map(Text::from),
            times: Some(ended.times),
            shep: reply.map(|reply| stable_word(reply.shep_code()).into()),
            business: reply.and_then(Reply::business).map(stable_word).map(Text::from),
            reply_hmac: ended.received.as_ref().map(|received| received.hmac().into()),
            reply_signer: reply.and_then(Reply::signer).map(hex::encode).map(Text::from),
            withheld: reply.map(|reply| by_category(reply.minimised().withheld())).unwrap_or_default(),
            transformed: reply.map(|reply| transformed_by_category(reply.minimised())).unwrap_or_default(),
            drift: reply.map_or(0, |reply| reply.drift().count),
            commitments: reply.map(|reply| commit::commitments(reply.minimised(), cleared.salt())).unwrap_or_default(),
        };
        let entry = Entry::of(&outcome, None).map_err(journal_error)?;
        let intent = owed.intent();
        let outcome = owed.outcome(entry).await.map_err(journal_error)?;
        Ok(Recorded { intent, outcome })
    }

    /// Records that the exchange was not done, before anything left; where that cannot be written, returns
    /// `journal.unavailable`.
    pub(super) async fn refuse(&self, exchange: &Exchange, not_done: NotDone) -> NotDone {
        let (call, claim) = (&exchange.call, exchange.claim.as_ref().ok());
        let purpose = claim.map(Claim::purpose).filter(|purpose| self.knows_purpose(call.within.caller(), purpose));
        let call = Unanswered {
            what: "exchange",
            txn: &exchange.txn,
            who: call.who(),
            peer: &call.peer,
            method: &call.served.operation.path,
            purpose,
            accepted: Some(call.accepted),
        };
        self.record_not_done(call, not_done).await
    }

    /// Makes the line of a call that was refused or failed durable, and its event, or counts it; where it cannot be written,
    /// returns `journal.unavailable`.
    pub(crate) async fn record_not_done(&self, call: Unanswered<'_>, not_done: NotDone) -> NotDone {
        // What a caller can cause again and again must fill neither the disk nor the log.
        if !self.refusal_counter.has_line(not_done.reason.code(), &call.who.caller) {
            return not_done; // counted into the line that stands for this second
        }
        let now = self.clock.now();
        call.event(&not_done, now);
        let Unanswered { txn, who, peer, method, purpose, .. } = call;
        let line = denied(txn, now, (who, peer), method, purpose, &not_done);
        match append(&self.journal, &line).await {
            Ok(_) => not_done,
            Err(unrecorded) => {
                self.refusal_counter.missed(not_done.reason.code(), &line.who.caller);
                unrecorded
            }
        }
    }

    /// The one event of an exchange that left: decision, reason and the four times.
    pub(super) fn event(&self, exchange: &Exchange, cleared: &Cleared, ended: &Ended) {
        let (call, not_done, times) = (&exchange.call, ended.reply.as_ref().err(), ended.times);
        let row = not_done.map(|not_done| not_done.reason.row());
        tracing::info!(
            decision = not_done.map_or("answered", |not_done| not_done.reason.decision()),
            reason = row.map_or("ok", |row| row.code),
            fault = row.map(|row| row.fault.name()),
            detail = not_done.and_then(|not_done| not_done.detail.as_deref()),
            evidence = not_done.and_then(|not_done| not_done.evidence.as_deref()),
            caller = call.within.caller().id(),
            purpose = cleared.permit().purpose().id,
            withheld = cleared.request().minimised().withheld_count(),
            accepted = %times.accepted,
            sent = %times.sent,
            received = times.received.map(tracing::field::display),
            decided = %times.decided,
            "exchange"
        );
    }

    /// The position of a journal line, as a message.
    pub(crate) fn journal_entry(&self, leaf: Leaf) -> JournalEntry {
        JournalEntry {
            lane: self.journal.vkey().name().to_owned(),
            index: leaf.index,
            leaf_hash: leaf.leaf_hash.to_vec(),
        }
    }
}

impl Unanswered<'_> {
    fn event(&self, not_done: &NotDone, decided: Timestamp) {
        let row = not_done.reason.row();
        tracing::info!(
            decision = not_done.reason.decision(),
            reason = row.code,
            fault = row.fault.name(),
            detail = not_done.detail.as_deref(),
            evidence = not_done.evidence.as_deref(),
            caller = &*self.who.caller,
            method = self.method,
            txn = self.txn,
            purpose = self.purpose,
            accepted = self.accepted.map(tracing::field::display),
            %decided,
            "{}",
            self.what
        );
    }
}

/// An intent longer than a line may be tells of more persons or fields than one message should: its caller divides it.
fn unrecorded(error: qaqpa_journal::Error) -> NotDone {
    match error {
        qaqpa_journal::Error::Entry(EntryError::TooLarge { .. }) => {
            NotDone::from(Refusal::RequestTooLarge).detailed("intent")
        }
        error => journal_error(error),
    }
}

fn by_category<'a>(withheld: impl Iterator<Item = Withheld<'a>>) -> Counts<'a> {
    withheld.fold(Counts::new(), |mut counts, withheld| {
        *counts.entry(withheld.category.into()).or_default() += withheld.count;
        counts
    })
}

fn transformed_by_category(minimised: &Minimised) -> Counts<'_> {
    minimised.transformed().fold(Counts::new(), |mut counts, transformed| {
        *counts.entry(transformed.category.into()).or_default() += 1;
        counts
    })
}
