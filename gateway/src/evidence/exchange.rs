//! What is written of an exchange: its intent before anything leaves, its outcome before anything returns, its refusal; and
//! the one event of the log. Ids, decisions, digests and commitments, never a value.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qaqpa_journal::{Entry, Owed, Phase, Receipt as Leaf};
use qaqpa_policy::{Caller, Claim, Minimised, Withheld};
use qaqpa_proto::v1::JournalEntry;

use crate::evidence::commit;
use crate::evidence::record::{self, Denied, Intent, Outcome, Times, Who, Why};
use crate::exchange::reply::stable_word;
use crate::exchange::{Call, Came, Cleared, Reply};
use crate::gateway::Gateway;
use crate::refusal::denial::Denial;
use crate::refusal::reason::Reason;

impl Gateway {
    /// Room 11.
    pub(crate) async fn record_intent(
        &self,
        call: &Call,
        exchange_id: &str,
        cleared: &Cleared,
    ) -> Result<Owed, Denial> {
        let operation = &call.served.operation;
        let permit = &cleared.permit;
        let mut commitments = commit::commitments(&cleared.minimised, &cleared.salt);
        commitments.extend(cleared.claim.request_id().map(|id| commit::request_id(&cleared.salt, id)));
        let intent = Intent {
            phase: "INTENT",
            txn: exchange_id,
            ts: self.clock.now(),
            who: self.who(call),
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
                named: cleared.consent.persons(),
                minors: cleared.consent.minors(),
                marks: &cleared.marks.persons,
                consents: &cleared.marks.consents,
            },
            withheld: by_category(cleared.minimised.withheld()),
            transformed: transformed_by_category(&cleared.minimised),
            residency: cleared.resident.evidence(),
            address: cleared.resident.address().to_string(),
            message_id: &cleared.signed.message_id,
            request_hmac: hmac(&cleared.salt, cleared.signed.envelope.as_bytes()),
            signature: self.system(operation)?.security.algorithm(),
            commitments,
        };
        let entry = Entry::of_exchange(record::line(&intent), Some(cleared.salt), Phase::Intent, exchange_id)
            .map_err(journal_error)?;
        self.journal.reserve().map_err(journal_error)?.intent(entry).await.map_err(journal_error)
    }

    /// Room 16.
    pub(crate) async fn record_outcome(
        &self,
        exchange_id: &str,
        cleared: &Cleared,
        came: Option<Came>,
        reply: &Result<Reply, Denial>,
        times: Times,
        owed: Owed,
    ) -> Result<Leaf, Denial> {
        let denial = reply.as_ref().err();
        let reply = reply.as_ref().ok();
        let outcome = Outcome {
            phase: "OUTCOME",
            txn: exchange_id,
            ts: times.decided,
            result: if reply.is_some() { "answered" } else { "failed" },
            code: denial.map(|denial| denial.reason.code()),
            detail: denial.and_then(|denial| denial.detail.as_deref()),
            evidence: denial.and_then(|denial| denial.evidence.as_deref()),
            times: Some(times),
            shep: reply.map(|reply| stable_word(&reply.shep.code)),
            business: reply.and_then(|reply| reply.business.as_deref()).map(stable_word),
            reply_hmac: came.map(|came| came.hmac),
            reply_signer: reply.and_then(|reply| reply.signer).map(hex::encode),
            withheld: reply.map(|reply| by_category(reply.minimised.withheld())).unwrap_or_default(),
            transformed: reply.map(|reply| transformed_by_category(&reply.minimised)).unwrap_or_default(),
            drift: reply.map_or(0, |reply| reply.drift.count),
            commitments: reply.map(|reply| commit::commitments(&reply.minimised, &cleared.salt)).unwrap_or_default(),
        };
        let entry =
            Entry::of_exchange(record::line(&outcome), None, Phase::Outcome, exchange_id).map_err(journal_error)?;
        owed.outcome(entry).await.map_err(journal_error)
    }

    /// Records a refusal; if even that cannot be written, the caller is told so.
    pub(crate) async fn deny(&self, call: &Call, exchange_id: &str, claim: Option<&Claim>, denial: Denial) -> Denial {
        let purpose = claim
            .map(Claim::purpose)
            .filter(|purpose| call.caller.as_ref().is_some_and(|caller| self.knows_purpose(caller, purpose)));
        let row = denial.reason.row();
        tracing::info!(
            decision = "refused",
            reason = row.code,
            fault = row.fault.name(),
            detail = denial.detail.as_deref(),
            evidence = denial.evidence.as_deref(),
            caller = self.who(call).caller,
            purpose,
            accepted = %call.accepted,
            decided = %self.clock.now(),
            "exchange"
        );
        // What a caller can cause without limit must not fill the disk.
        let endless = matches!(denial.reason, Reason::QuotaCaller | Reason::CallerUnknown);
        let kind = || format!("{}/{}", row.code, self.who(call).caller);
        if endless && !self.flood.first_this_second(&kind(), self.clock.now()) {
            return denial; // counted into the line that stands for this second
        }
        let line = Denied::new(
            exchange_id,
            self.clock.now(),
            (self.who(call), &call.peer),
            &call.served.operation.path,
            purpose,
            &denial,
        );
        match Entry::new(record::line(&line), None) {
            Ok(entry) => match self.journal.append(entry).await {
                Ok(_) => denial,
                Err(error) => journal_error(error),
            },
            Err(error) => journal_error(error),
        }
    }

    fn who<'a>(&self, call: &'a Call) -> Who<'a> {
        Who {
            caller: call.caller.as_ref().map_or("unknown", Caller::id),
            certificate: &call.certificate,
            operator: call.caller.as_ref().map_or("", Caller::operator),
        }
    }

    /// The one event of an exchange that left: decision, reason and the four times.
    pub(crate) fn event(&self, call: &Call, cleared: &Cleared, denial: Option<&Denial>, times: Times) {
        let row = denial.map(|denial| denial.reason.row());
        tracing::info!(
            decision = if denial.is_none() { "answered" } else { "failed" },
            reason = row.map_or("ok", |row| row.code),
            fault = row.map(|row| row.fault.name()),
            detail = denial.and_then(|denial| denial.detail.as_deref()),
            evidence = denial.and_then(|denial| denial.evidence.as_deref()),
            caller = self.who(call).caller,
            purpose = cleared.permit.purpose().id,
            withheld = cleared.minimised.withheld_count(),
            accepted = %times.accepted,
            sent = %times.sent,
            received = times.received.map(tracing::field::display),
            decided = %times.decided,
            "exchange"
        );
    }

    pub(crate) fn journal_entry(&self, leaf: Leaf) -> JournalEntry {
        JournalEntry {
            lane: self.journal.vkey().name().to_owned(),
            index: leaf.index,
            leaf_hash: leaf.leaf_hash.to_vec(),
        }
    }
}

fn by_category<'a>(withheld: impl Iterator<Item = Withheld<'a>>) -> BTreeMap<&'a str, u32> {
    withheld.fold(BTreeMap::new(), |mut counts, withheld| {
        *counts.entry(withheld.category).or_default() += withheld.count;
        counts
    })
}

pub(crate) fn hmac(salt: &[u8; 32], bytes: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, salt);
    URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, bytes))
}

pub(crate) fn journal_error(error: impl std::fmt::Display) -> Denial {
    tracing::error!(%error, "the journal does not take a record");
    Reason::JournalUnavailable.into()
}

fn transformed_by_category(minimised: &Minimised) -> BTreeMap<&str, u32> {
    minimised.transformed().fold(BTreeMap::new(), |mut counts, transformed| {
        *counts.entry(transformed.category).or_default() += 1;
        counts
    })
}
