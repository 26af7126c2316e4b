//! What the journal says of a consent: lines of phase CONSENT, key by key.
//!
//! ```text
//! {"phase":"CONSENT","txn":"0191…","ts":"…","event":"GIVEN","who":{…},"consent":"…","marks":["…"],"purposes":["reporting"],
//!  "form":"written","acting_for":"990140000007","guardian":false}
//! ```
//! The person stands there as a mark, which only who has the person's key can recompute, from `txn`, the call's own id. The
//! operator's document number, the evidence's digest and the KDP token stay in the vault, where they can be destroyed.

use jiff::Timestamp;
use qaqpa_vault::{ConsentRecord, Subject};
use serde::Serialize;

use crate::evidence::record::Who;
use crate::persons::mark;

/// Something happened to a consent.
#[derive(Debug, Serialize)]
pub(crate) struct Changed<'a> {
    /// `CONSENT`
    pub(crate) phase: &'static str,
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    /// UTC, RFC 3339.
    pub(crate) ts: Timestamp,
    /// `GIVEN`, `WITHDRAWN` or `DESTROYED`.
    pub(crate) event: &'static str,
    /// Who asked.
    pub(crate) who: &'a Who<'a>,
    /// Id in the ledger.
    pub(crate) consent: &'a str,
    /// The subject's mark under `txn`, base64url; one or, where the keys are destroyed, none.
    pub(crate) marks: Vec<String>,
    purposes: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    categories: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    recipients: &'a [String],
    form: &'a str,
    acting_for: &'a str,
    given_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    guardian: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destroy_by: Option<Timestamp>,
    /// Edition and SHA-256 of the pack that judged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_sha256: Option<&'a str>,
    /// Exchanges that had left when it was withdrawn.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) under_way: &'a [String],
}

impl<'a> Changed<'a> {
    /// A line about a record.
    pub(crate) fn new(
        event: &'static str,
        txn: &'a str,
        ts: Timestamp,
        who: &'a Who<'a>,
        record: &'a ConsentRecord,
    ) -> Self {
        Self {
            phase: PHASE,
            txn,
            ts,
            event,
            who,
            consent: &record.id,
            marks: Vec::new(),
            purposes: &record.purposes,
            categories: &record.categories,
            recipients: &record.recipients,
            form: &record.form,
            acting_for: &record.acting_for,
            given_at: record.given_at,
            expires_at: record.expires_at,
            guardian: record.guardian.is_some(),
            reason: record.withdrawn.as_ref().map(|withdrawn| withdrawn.reason_code.as_str()),
            destroy_by: record.withdrawn.as_ref().map(|withdrawn| withdrawn.destroy_by),
            policy: None,
            policy_sha256: None,
            under_way: &[],
        }
    }

    /// With the person's mark.
    pub(crate) fn about(mut self, subject: &Subject) -> Self {
        self.marks = vec![mark(subject, self.txn)];
        self
    }
}

/// Somebody read the ledger.
#[derive(Debug, Serialize)]
pub(crate) struct Read<'a> {
    /// `CONSENT`
    pub(crate) phase: &'static str,
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    /// UTC, RFC 3339.
    pub(crate) ts: Timestamp,
    /// `READ`
    pub(crate) event: &'static str,
    /// gRPC path.
    pub(crate) method: &'a str,
    /// Who asked.
    pub(crate) who: &'a Who<'a>,
    /// Mark of the person that was asked about, if the vault knows the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) marks: Vec<String>,
    /// How many consents the answer holds.
    pub(crate) count: usize,
}

impl<'a> Read<'a> {
    /// A line about an answer.
    pub(crate) fn new(txn: &'a str, ts: Timestamp, method: &'a str, who: &'a Who<'a>, count: usize) -> Self {
        Self { phase: PHASE, txn, ts, event: "READ", method, who, marks: Vec::new(), count }
    }
}

const PHASE: &str = "CONSENT";
