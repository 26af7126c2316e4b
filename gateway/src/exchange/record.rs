//! Rooms 11 and 16: what is written of an exchange. Its intent before anything leaves, its outcome before anything returns,
//! its refusal; and the one event of the log. Ids, decisions, digests and commitments, never a value.

use std::collections::BTreeMap;

use qaqpa_journal::{Entry, Owed, Phase, Receipt as Leaf};
use qaqpa_policy::{Caller, Claim, Minimised, Withheld};
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::v1::JournalEntry;

use crate::evidence::commit::{self, hmac};
use crate::evidence::record::{self, Denied, Intent, Outcome, Times, Who, Why, journal_error};
use crate::exchange::call::{Call, Exchange};
use crate::exchange::clear::Cleared;
use crate::exchange::read::Reply;
use crate::exchange::reply::stable_word;
use crate::exchange::send::Received;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// How an exchange ended that left: what came, what was made of it, and when.
pub(super) struct Ended {
    pub(super) received: Option<Received>,
    pub(super) reply: Result<Reply, NotDone>,
    pub(super) times: Times,
}

impl Gateway {
    /// Room 11. What returns is the duty to record an outcome, and the right to send.
    pub(super) async fn record_intent(&self, exchange: &Exchange, cleared: &Cleared) -> Result<Owed, NotDone> {
        let (call, operation, permit) = (&exchange.call, &exchange.call.served.operation, cleared.permit());
        let minimised = cleared.request().minimised();
        let mut commitments = commit::commitments(minimised, cleared.salt());
        commitments.extend(cleared.claim().request_id().map(|id| commit::request_id(cleared.salt(), id)));
        let intent = Intent {
            phase: "INTENT",
            txn: &exchange.txn,
            ts: self.clock.now(),
            who: who(call),
            peer: &call.peer,
            method: &operation.path,
            why: Why {
                purpose: &permit.purpose().id,
                dpv: &permit.purpose().dpv,
                legal_basis: &permit.purpose().legal_basis,
                clause: &permit.purpose().clause,
                policy: permit.pack().edition(),
                policy_sha256: permit.pack().sha256(),
                acting_for: permit.acting().as_str(),
            },
            system: &operation.system.id,
            service_id: &operation.service_id,
            contract: &operation.source,
            subjects: record::Subjects {
                named: cleared.consent().persons(),
                minors: cleared.consent().minors(),
                marks: cleared.marks().persons(),
                consents: cleared.marks().consents(),
            },
            withheld: by_category(minimised.withheld()),
            transformed: transformed_by_category(minimised),
            residency: cleared.resident().evidence(),
            address: cleared.resident().address().to_string(),
            message_id: cleared.signed().message_id(),
            request_hmac: hmac(cleared.salt(), cleared.signed().envelope().as_bytes()),
            signature: self.system(operation)?.security.algorithm(),
            commitments,
        };
        let entry = Entry::of_exchange(record::line(&intent), Some(*cleared.salt()), Phase::Intent, &exchange.txn)
            .map_err(journal_error)?;
        self.journal.reserve().map_err(journal_error)?.intent(entry).await.map_err(journal_error)
    }

    /// Room 16.
    pub(super) async fn record_outcome(
        &self,
        exchange: &Exchange,
        cleared: &Cleared,
        ended: &Ended,
        owed: Owed,
    ) -> Result<Leaf, NotDone> {
        let (not_done, reply) = (ended.reply.as_ref().err(), ended.reply.as_ref().ok());
        let outcome = Outcome {
            phase: "OUTCOME",
            txn: &exchange.txn,
            ts: ended.times.decided,
            result: if reply.is_some() { "answered" } else { "failed" },
            code: not_done.map(|not_done| not_done.reason.code()),
            detail: not_done.and_then(|not_done| not_done.detail.as_deref()),
            evidence: not_done.and_then(|not_done| not_done.evidence.as_deref()),
            times: Some(ended.times),
            shep: reply.map(|reply| stable_word(&reply.shep().code)),
            business: reply.and_then(Reply::business).map(stable_word),
            reply_hmac: ended.received.as_ref().map(|received| received.hmac().to_owned()),
            reply_signer: reply.and_then(Reply::signer).map(hex::encode),
            withheld: reply.map(|reply| by_category(reply.minimised().withheld())).unwrap_or_default(),
            transformed: reply.map(|reply| transformed_by_category(reply.minimised())).unwrap_or_default(),
            drift: reply.map_or(0, |reply| reply.drift().count),
            commitments: reply.map(|reply| commit::commitments(reply.minimised(), cleared.salt())).unwrap_or_default(),
        };
        let entry =
            Entry::of_exchange(record::line(&outcome), None, Phase::Outcome, &exchange.txn).map_err(journal_error)?;
        owed.outcome(entry).await.map_err(journal_error)
    }

    /// Records a refusal; if even that cannot be written, the caller is told so.
    pub(super) async fn deny(&self, exchange: &Exchange, not_done: NotDone) -> NotDone {
        let (call, claim) = (&exchange.call, exchange.claim.as_ref().ok());
        let purpose = claim
            .map(Claim::purpose)
            .filter(|purpose| call.caller.as_ref().is_some_and(|caller| self.knows_purpose(caller, purpose)));
        let row = not_done.reason.row();
        tracing::info!(
            decision = not_done.reason.decision(),
            reason = row.code,
            fault = row.fault.name(),
            detail = not_done.detail.as_deref(),
            evidence = not_done.evidence.as_deref(),
            caller = who(call).caller,
            purpose,
            accepted = %call.accepted,
            decided = %self.clock.now(),
            "exchange"
        );
        // What a caller can cause without limit must not fill the disk.
        let endless = [Refusal::QuotaCaller, Refusal::CallerUnknown].iter().any(|refusal| not_done.reason == *refusal);
        let kind = || format!("{}/{}", row.code, who(call).caller);
        if endless && !self.flood.first_this_second(&kind(), self.clock.now()) {
            return not_done; // counted into the line that stands for this second
        }
        let line = Denied::new(
            &exchange.txn,
            self.clock.now(),
            (who(call), &call.peer),
            &call.served.operation.path,
            purpose,
            &not_done,
        );
        match Entry::new(record::line(&line), None) {
            Ok(entry) => match self.journal.append(entry).await {
                Ok(_) => not_done,
                Err(error) => journal_error(error),
            },
            Err(error) => journal_error(error),
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
            caller = who(call).caller,
            purpose = cleared.permit().purpose().id,
            withheld = cleared.request().minimised().withheld_count(),
            accepted = %times.accepted,
            sent = %times.sent,
            received = times.received.map(tracing::field::display),
            decided = %times.decided,
            "exchange"
        );
    }

    pub(super) fn journal_entry(&self, leaf: Leaf) -> JournalEntry {
        JournalEntry {
            lane: self.journal.vkey().name().to_owned(),
            index: leaf.index,
            leaf_hash: leaf.leaf_hash.to_vec(),
        }
    }
}

fn who(call: &Call) -> Who<'_> {
    Who {
        caller: call.caller.as_ref().map_or("unknown", Caller::id),
        certificate: &call.certificate,
        operator: call.caller.as_ref().map_or("", Caller::operator),
    }
}

fn by_category<'a>(withheld: impl Iterator<Item = Withheld<'a>>) -> BTreeMap<&'a str, u32> {
    withheld.fold(BTreeMap::new(), |mut counts, withheld| {
        *counts.entry(withheld.category).or_default() += withheld.count;
        counts
    })
}

fn transformed_by_category(minimised: &Minimised) -> BTreeMap<&str, u32> {
    minimised.transformed().fold(BTreeMap::new(), |mut counts, transformed| {
        *counts.entry(transformed.category).or_default() += 1;
        counts
    })
}
