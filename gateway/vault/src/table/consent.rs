//! Consents: an outline that outlives a withdrawal, and a content that does not.
//!
//! The outline says when, to whom and for what; the content names the guardian, the document, the token and the evidence.
//! Once its content was destroyed, a consent never gets one again, also not from somebody who still held an older copy.
//!
//! Example: after `destroy_content` the record has `destroyed_at` and its `guardian` is `None`.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::record::{ConsentRecord, KdpToken, Withdrawal};
use crate::session::Session;
use crate::subject::{Lookup, Subject};
use crate::table::person;
use crate::table::sealed_table::{self, SealedTable};

pub(crate) fn put(session: &Session, subject: &Subject, record: ConsentRecord) -> Result<(), Error> {
    let (id, mut outline, content) = split(record);
    let before: Option<Outline> = sealed_table::find(session, SealedTable::Consent, subject, &id)?;
    // A withdrawal that read its record before the destruction may write it after: what is destroyed stays destroyed.
    outline.destroyed_at = before.and_then(|before| before.destroyed_at).or(outline.destroyed_at);
    sealed_table::put(session, SealedTable::Consent, subject, &id, &outline)?;
    match outline.destroyed_at {
        Some(_) => sealed_table::delete(session, SealedTable::ConsentContent, &id).map(drop),
        None => sealed_table::put(session, SealedTable::ConsentContent, subject, &id, &content),
    }
}

/// Destroys the content; false when there is no such consent or it has none any more.
pub(crate) fn destroy_content(session: &Session, id: &str, at: Timestamp) -> Result<bool, Error> {
    let Some(slot) = sealed_table::slot(session, SealedTable::Consent, id)? else { return Ok(false) };
    let subject = person::of_row(session, slot.subject)?;
    let outline: Option<Outline> = sealed_table::find(session, SealedTable::Consent, &subject, id)?;
    let Some(outline) = outline.filter(|outline| outline.destroyed_at.is_none()) else { return Ok(false) };
    sealed_table::put(session, SealedTable::Consent, &subject, id, &Outline { destroyed_at: Some(at), ..outline })?;
    sealed_table::delete(session, SealedTable::ConsentContent, id)?;
    Ok(true)
}

pub(crate) fn delete(session: &Session, id: &str) -> Result<bool, Error> {
    sealed_table::delete(session, SealedTable::ConsentContent, id)?;
    sealed_table::delete(session, SealedTable::Consent, id)
}

pub(crate) fn all(session: &Session) -> Result<Vec<(Lookup, ConsentRecord)>, Error> {
    let contents = sealed_table::all::<Content>(session, SealedTable::ConsentContent)?;
    let mut contents: HashMap<String, Content> = contents.into_iter().map(|(_, id, content)| (id, content)).collect();
    let outlines = sealed_table::all::<Outline>(session, SealedTable::Consent)?;
    let joined = outlines.into_iter().map(|(lookup, id, outline)| {
        let content = contents.remove(&id).unwrap_or_default();
        (lookup, join(id, outline, content))
    });
    Ok(joined.collect())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outline {
    operator: String,
    form: String,
    purposes: Vec<String>,
    categories: Vec<String>,
    recipients: Vec<String>,
    given_at: Timestamp,
    recorded_at: Timestamp,
    expires_at: Option<Timestamp>,
    recorded_by: String,
    acting_for: String,
    withdrawn: Option<Withdrawal>,
    destroyed_at: Option<Timestamp>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    reference: String,
    guardian: Option<String>,
    evidence_sha256: Option<String>,
    kdp: Option<KdpToken>,
}

fn split(record: ConsentRecord) -> (String, Outline, Content) {
    let ConsentRecord { id, operator, reference, form, purposes, categories, recipients, given_at, .. } = record;
    let ConsentRecord { recorded_at, expires_at, guardian, evidence_sha256, kdp, recorded_by, .. } = record;
    let ConsentRecord { acting_for, withdrawn, destroyed_at, .. } = record;
    let content = Content { reference, guardian, evidence_sha256, kdp };
    let outline = Outline {
        operator,
        form,
        purposes,
        categories,
        recipients,
        given_at,
        recorded_at,
        expires_at,
        recorded_by,
        acting_for,
        withdrawn,
        destroyed_at,
    };
    (id, outline, content)
}

fn join(id: String, outline: Outline, content: Content) -> ConsentRecord {
    let Content { reference, guardian, evidence_sha256, kdp } = content;
    let Outline { operator, form, purposes, categories, recipients, given_at, recorded_at, .. } = outline;
    let Outline { expires_at, recorded_by, acting_for, withdrawn, destroyed_at, .. } = outline;
    ConsentRecord {
        id,
        operator,
        reference,
        form,
        purposes,
        categories,
        recipients,
        given_at,
        recorded_at,
        expires_at,
        guardian,
        evidence_sha256,
        kdp,
        recorded_by,
        acting_for,
        withdrawn,
        destroyed_at,
    }
}
