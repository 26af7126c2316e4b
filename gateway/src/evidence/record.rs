//! What the journal says of an exchange: the JSON lines, key by key.
//!
//! Ids, decisions, digests and commitments; never a personal datum, never free text that anybody sent. The claimed
//! purpose stands here only when the policy pack knows it; the caller's request id only as a commitment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qaqpa_journal::line::{self, Acted, Event, Phase, Record, SubjectEvent};
use qaqpa_journal::{Entry, Journal, Receipt as Leaf};
use qaqpa_proto::reason::Failure;
use serde::Serialize;

use crate::evidence::commit::Commitments;
use crate::refusal::NotDone;

/// Durable before the first byte leaves.
#[derive(Debug, Serialize)]
pub struct Intent<'a> {
    /// `INTENT`
    #[serde(skip)]
    pub phase: &'static str,
    /// UUIDv7 of the exchange.
    pub txn: &'a str,
    /// UTC, RFC 3339.
    pub ts: Timestamp,
    /// Who asked.
    pub who: Who<'a>,
    /// Line of evidence by which the caller's machine was let in. It is an organisation's.
    pub peer: &'a str,
    /// gRPC path.
    pub method: &'a str,
    /// Why, and by which rule.
    pub why: Why<'a>,
    /// System id, SHEP serviceId and how well the contract is attested.
    pub system: &'a str,
    /// SHEP serviceId.
    pub service_id: &'a str,
    /// `RECONSTRUCTED` or a public source.
    pub contract: &'a str,
    /// How many persons it is about, and how many of them are minors with a guardian's consent.
    pub subjects: Subjects<'a>,
    /// Counts of withheld fields by category.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<&'a str, u32>,
    /// Counts of fields that moved in a coarser form, by category.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub transformed: BTreeMap<&'a str, u32>,
    /// Line of evidence of the residency check: endpoint, plane, code, rule, addresses, tables.
    pub residency: &'a str,
    /// Address that is dialled.
    pub address: String,
    /// SHEP messageId.
    pub message_id: &'a str,
    /// HMAC-SHA256 under the exchange's salt over the exact bytes that leave, base64url.
    pub request_hmac: String,
    /// Signature algorithm of the message.
    pub signature: &'a str,
    /// Commitments to the released fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: Commitments,
}

/// Who asked.
#[derive(Debug, Clone, Serialize)]
pub struct Who<'a> {
    /// Id in the configuration, `unknown` when there is none.
    pub caller: &'a str,
    /// SHA-256 of the client certificate, hex.
    pub certificate: &'a str,
    /// Operator id, empty when unknown.
    pub operator: &'a str,
}

/// Why, and by which rule.
#[derive(Debug, Serialize)]
pub struct Why<'a> {
    /// Purpose id.
    pub purpose: &'a str,
    /// W3C DPV term.
    pub dpv: &'a str,
    /// Legal basis.
    pub legal_basis: &'a str,
    /// Clause of the operator's policy.
    pub clause: &'a str,
    /// Edition and SHA-256 of the pack.
    pub policy: &'a str,
    /// SHA-256 of the pack, hex.
    pub policy_sha256: &'a str,
    /// BIN of the organisation acted for.
    pub acting_for: &'a str,
}

/// The persons of an exchange: how many, and a mark for each.
#[derive(Debug, Serialize)]
pub struct Subjects<'a> {
    /// Named in the request.
    pub named: usize,
    /// Minors among them, all with a guardian's consent.
    pub minors: usize,
    /// HMAC-SHA256 of the exchange id under each person's key, 16 bytes, base64url. No two exchanges share one; who has
    /// the key finds a person's exchanges, and when it is destroyed nobody does.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub marks: &'a [String],
    /// The same over exchange id, a zero byte and the id of the consent that was relied on.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub consents: &'a [String],
}

/// Durable before the reply is released.
#[derive(Debug, Serialize)]
pub struct Outcome<'a> {
    /// `OUTCOME`
    #[serde(skip)]
    pub phase: &'static str,
    /// UUIDv7 of the exchange.
    pub txn: &'a str,
    /// UTC, RFC 3339.
    pub ts: Timestamp,
    /// `answered`, `failed` or `unknown` (settled after a crash).
    pub result: &'static str,
    /// Code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Stable word that narrows it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// A sentence for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<&'a str>,
    /// The four times of the exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// Second status layer: SHEP's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shep: Option<&'a str>,
    /// Third status layer: the business document's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business: Option<&'a str>,
    /// HMAC-SHA256 under the exchange's salt over the exact bytes that came, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_hmac: Option<String>,
    /// SHA-256 of the certificate that signed the reply, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_signer: Option<String>,
    /// Counts of withheld fields by category.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<&'a str, u32>,
    /// Counts of fields that moved in a coarser form, by category.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub transformed: BTreeMap<&'a str, u32>,
    /// Elements of the reply that the contract does not know.
    pub drift: usize,
    /// Commitments to the released fields of the reply.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: Commitments,
}

/// The four times of an exchange, UTC.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Times {
    /// The request was complete.
    pub accepted: Timestamp,
    /// The message left.
    pub sent: Timestamp,
    /// The answer was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// The outcome was written.
    pub decided: Timestamp,
}

/// We said no; nothing left.
#[derive(Debug, Serialize)]
pub struct Denied<'a> {
    /// `DENIED`
    #[serde(skip)]
    pub phase: &'static str,
    /// UUIDv7 of the exchange.
    pub txn: &'a str,
    /// UTC, RFC 3339.
    pub ts: Timestamp,
    /// Who asked.
    pub who: Who<'a>,
    /// Line of evidence by which the caller's machine was let in.
    pub peer: &'a str,
    /// gRPC path.
    pub method: &'a str,
    /// Purpose id, when the pack knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'a str>,
    /// Code of the refusal.
    pub code: &'static str,
    /// Whose fault.
    pub fault: &'static str,
    /// Stable word that narrows it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// A sentence for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<&'a str>,
    /// Paths of the fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<&'a str>,
    /// How many alike within one second this line stands for.
    pub count: u64,
}

impl<'a> Denied<'a> {
    /// A line for what was not done.
    #[must_use]
    pub fn new(
        txn: &'a str,
        ts: Timestamp,
        (who, peer): (Who<'a>, &'a str),
        method: &'a str,
        purpose: Option<&'a str>,
        not_done: &'a NotDone,
    ) -> Self {
        let row = not_done.reason.row();
        Self {
            phase: "DENIED",
            txn,
            ts,
            who,
            peer,
            method,
            purpose,
            code: row.code,
            fault: row.fault.name(),
            detail: not_done.detail.as_deref(),
            evidence: not_done.evidence.as_deref(),
            fields: not_done.fields.iter().map(|(path, _)| path.as_str()).collect(),
            count: 1,
        }
    }
}

impl Record for Intent<'_> {
    fn phase(&self) -> Phase {
        Phase::Intent
    }

    fn txn(&self) -> Option<&str> {
        Some(self.txn)
    }
}

impl Record for Outcome<'_> {
    fn phase(&self) -> Phase {
        Phase::Outcome
    }

    fn txn(&self) -> Option<&str> {
        Some(self.txn)
    }
}

impl Record for Denied<'_> {
    fn phase(&self) -> Phase {
        Phase::Denied
    }

    fn txn(&self) -> Option<&str> {
        Some(self.txn)
    }
}

impl<'a> Who<'a> {
    /// As in the grammar.
    pub(crate) fn line(&self) -> line::Who<'a> {
        line::Who { caller: self.caller.into(), certificate: self.certificate.into(), operator: self.operator.into() }
    }
}

/// Who acts, in which call.
pub(crate) struct Actor<'a> {
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    /// gRPC path.
    pub(crate) method: &'a str,
    pub(crate) who: Who<'a>,
}

/// A line about what `actor` did.
pub(crate) fn acted<'a>(event: SubjectEvent, ts: Timestamp, actor: &Actor<'a>) -> Acted<'a> {
    Acted {
        txn: actor.txn.into(),
        ts,
        event,
        who: actor.who.line(),
        method: actor.method.into(),
        marks: Vec::new(),
        id: None,
        basis: None,
        purpose: None,
        fields: Vec::new(),
        count: None,
    }
}

/// Enters what the gateway did by itself; a journal that fails shows in health.
pub(crate) async fn enter(journal: &Journal, ts: Timestamp, event: &str, facts: BTreeMap<&str, String>) {
    if let Ok(entry) = Entry::of(&Event::new(Phase::Admin, ts, event, facts), None) {
        let _ = journal.append(entry).await;
    }
}

/// Makes a line durable.
pub(crate) async fn append(journal: &Journal, line: &impl Record) -> Result<Leaf, NotDone> {
    let unavailable = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "the journal does not take a record");
        NotDone::from(Failure::JournalUnavailable)
    };
    let entry = Entry::of(line, None).map_err(|error| unavailable(&error))?;
    journal.append(entry).await.map_err(|error| unavailable(&error))
}

/// What the journal reports, as a refusal; its text goes to the operator's log alone.
pub(crate) fn journal_error(error: impl std::fmt::Display) -> NotDone {
    tracing::error!(%error, "the journal does not take a record");
    Failure::JournalUnavailable.into()
}

/// A line's bytes.
#[must_use]
pub fn line(record: &impl Record) -> Vec<u8> {
    line::body(record)
}
