//! Makes journal lines and appends them durably. What a line says stands in `qaqpa_journal::line`.
//!
//! Ids, decisions, digests and commitments; never a personal datum, never free text that anybody sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, Denied, Event, Phase, Record, SubjectEvent, Text, Who};
use qaqpa_journal::{Entry, Journal, Receipt as Leaf};
use qaqpa_proto::reason::Failure;

use crate::refusal::NotDone;

/// The actor of a line: caller, call and method.
pub(crate) struct Actor<'a> {
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    /// gRPC path.
    pub(crate) method: &'a str,
    pub(crate) who: Who<'a>,
}

/// The gateway itself, acting for an operator.
pub(crate) fn gateway(operator: &str) -> Who<'_> {
    Who { caller: GATEWAY.into(), certificate: "".into(), operator: operator.into() }
}

/// A line about a refused call.
pub(crate) fn denied<'a>(
    txn: &'a str,
    ts: Timestamp,
    (who, peer): (Who<'a>, &'a str),
    method: &'a str,
    purpose: Option<&'a str>,
    not_done: &'a NotDone,
) -> Denied<'a> {
    let row = not_done.reason.row();
    Denied {
        txn: txn.into(),
        ts,
        who,
        peer: peer.into(),
        method: method.into(),
        purpose: purpose.map(Text::from),
        code: row.code.into(),
        fault: row.fault.name().into(),
        detail: not_done.detail.as_deref().map(Text::from),
        evidence: not_done.evidence.as_deref().map(Text::from),
        fields: not_done.fields.iter().map(|(path, _)| path.into()).collect(),
        count: 1,
    }
}

/// A line about what `actor` did.
pub(crate) fn acted<'a>(event: SubjectEvent, ts: Timestamp, actor: &Actor<'a>) -> Acted<'a> {
    Acted {
        txn: actor.txn.into(),
        ts,
        event,
        who: actor.who.clone(),
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

/// Converts an error of the journal into `journal.unavailable`; its text goes to the operator's log alone.
pub(crate) fn journal_error(error: impl std::fmt::Display) -> NotDone {
    tracing::error!(%error, "the journal does not take a record");
    Failure::JournalUnavailable.into()
}

/// Makes a line that stands alone durable.
pub(crate) async fn append(journal: &Journal, line: &impl Record) -> Result<Leaf, NotDone> {
    let entry = Entry::of(line, None).map_err(journal_error)?;
    journal.append(entry).await.map_err(journal_error)
}

/// The caller id of the gateway itself in the journal's `who`.
const GATEWAY: &str = "gateway";
