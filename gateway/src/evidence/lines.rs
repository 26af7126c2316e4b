//! Makes journal lines of what the gateway knows, and appends them durably. What a line says stands in `qaqpa_journal::line`;
//! the two lines of an exchange are made in `exchange/record.rs`.
//!
//! Ids, decisions, digests and commitments; never a personal datum, never free text that anybody sent. A person stands in a
//! line as a mark.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, ConsentChanged, ConsentEvent, Denied, Event, Phase, Record, SubjectEvent, Text, Who};
use qaqpa_journal::{Entry, Journal, Receipt as Leaf};
use qaqpa_policy::Caller;
use qaqpa_proto::reason::Failure;
use qaqpa_vault::{ConsentRecord, Subject};

use crate::evidence::marks::mark;
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

/// A caller, or a certificate that the configuration does not know.
pub(crate) fn caller<'a>(caller: Option<&'a Caller>, certificate: &'a str) -> Who<'a> {
    Who {
        caller: caller.map_or(UNKNOWN, Caller::id).into(),
        certificate: certificate.into(),
        operator: caller.map_or("", Caller::operator).into(),
    }
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
        vault: None,
    }
}

/// A line about what happened to a consent, made from what the vault keeps of it: the operator's document number, the
/// evidence's digest and the KDP token stay in the vault, where they can be destroyed.
pub(crate) fn changed<'a>(
    event: ConsentEvent,
    txn: &'a str,
    ts: Timestamp,
    who: &Who<'a>,
    record: &'a ConsentRecord,
) -> ConsentChanged<'a> {
    let withdrawn = record.withdrawn.as_ref();
    ConsentChanged {
        txn: txn.into(),
        ts,
        event,
        who: who.clone(),
        consent: (&record.id).into(),
        marks: Vec::new(),
        purposes: texts(&record.purposes),
        categories: texts(&record.categories),
        recipients: texts(&record.recipients),
        form: (&record.form).into(),
        acting_for: (&record.acting_for).into(),
        given_at: record.given_at,
        expires_at: record.expires_at,
        guardian: record.guardian.is_some(),
        reason: withdrawn.map(|withdrawn| (&withdrawn.reason_code).into()),
        destroy_by: withdrawn.map(|withdrawn| withdrawn.destroy_by),
        policy: None,
        policy_sha256: None,
        under_way: Vec::new(),
        vault: None,
    }
}

/// The line with the person's mark under `txn`, the call's own id, which only who has the person's key can make again.
pub(crate) fn about<'a>(line: ConsentChanged<'a>, subject: &Subject) -> ConsentChanged<'a> {
    let mark = mark(subject, &line.txn);
    ConsentChanged { marks: vec![mark.into()], ..line }
}

/// Texts that borrow.
pub(crate) fn texts(texts: &[String]) -> Vec<Text<'_>> {
    texts.iter().map(Text::from).collect()
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
/// The caller id of whom the configuration does not know.
const UNKNOWN: &str = "unknown";
