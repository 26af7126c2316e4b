//! Lines of phase CONSENT, made from what the vault keeps of a consent.
//!
//! The person stands there as a mark, which only who has the person's key can recompute, from `txn`, the call's own id. The
//! operator's document number, the evidence's digest and the KDP token stay in the vault, where they can be destroyed.

use jiff::Timestamp;
use qaqpa_journal::line::{ConsentChanged, ConsentEvent, Text, Who};
use qaqpa_vault::{ConsentRecord, Subject};

use crate::evidence::marks::mark;

/// A line about a record.
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
    }
}

/// The line with the person's mark.
pub(crate) fn about<'a>(line: ConsentChanged<'a>, subject: &Subject) -> ConsentChanged<'a> {
    let mark = mark(subject, &line.txn);
    ConsentChanged { marks: vec![mark.into()], ..line }
}

/// Texts that borrow.
pub(crate) fn texts(texts: &[String]) -> Vec<Text<'_>> {
    texts.iter().map(Text::from).collect()
}
