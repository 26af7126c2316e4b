//! Records of the vault, decrypted: consents, holds, requests, uses, tombstones.
//!
//! Their `Debug` shows ids only. The vault judges nothing in them: whether a consent suffices is decided elsewhere.
//!
//! Example: `HoldRecord { kind: HoldKind::Restriction, purpose: None, .. }` blocks a person for every purpose.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::subject::Lookup;

/// A consent, as given, and what became of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// The ledger's id.
    pub id: String,
    /// The operator it was given to.
    pub operator: String,
    /// The operator's own document number; may be empty. Destroyed with the content.
    pub reference: String,
    /// How it was given: written, electronic, sms-1414, kdp.
    pub form: String,
    /// The purposes it covers.
    pub purposes: Vec<String>,
    /// The categories of data it covers.
    pub categories: Vec<String>,
    /// The recipients it covers.
    pub recipients: Vec<String>,
    /// When the person gave it.
    pub given_at: Timestamp,
    /// When the ledger took it.
    pub recorded_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The IIN of who gave it for a minor. Destroyed with the content.
    pub guardian: Option<String>,
    /// The digest of the evidence. Destroyed with the content.
    pub evidence_sha256: Option<String>,
    /// The token of the state's consent service. Destroyed with the content.
    pub kdp: Option<KdpToken>,
    /// The id of the caller who recorded it.
    pub recorded_by: String,
    /// The BIN that the caller acted for.
    pub acting_for: String,
    /// Set once it was withdrawn.
    pub withdrawn: Option<Withdrawal>,
    /// Set once its content was destroyed.
    pub destroyed_at: Option<Timestamp>,
}

/// A token of the state's consent service (KDP).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdpToken {
    /// The token.
    pub token: String,
    /// The key it is bound to.
    pub public_key: String,
}

/// The end of a consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// The id of the caller who recorded it.
    pub by: String,
    /// A code, never free text.
    pub reason_code: String,
    /// When what was kept on its ground must be destroyed.
    pub destroy_by: Timestamp,
}

/// A restriction (blocking) or an objection.
#[derive(Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// Its id.
    pub id: String,
    /// The operator it binds.
    pub operator: String,
    /// Restriction or objection.
    pub kind: HoldKind,
    /// The purpose it is for; `None`: all.
    pub purpose: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// On what ground.
    pub basis: String,
    /// The id of the caller who recorded it.
    pub recorded_by: String,
    /// Set once it was lifted.
    pub lifted: Option<Lifted>,
}

/// Kinds of holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldKind {
    /// Processing is blocked.
    Restriction,
    /// The person objects to a purpose.
    Objection,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifted {
    /// When.
    pub at: Timestamp,
    /// The id of the caller who recorded it.
    pub by: String,
}

/// A request of a person: a correction, an objection, a report, an erasure.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Its id.
    pub id: String,
    /// The operator it is addressed to.
    pub operator: String,
    /// Kind of the request, a stable word.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Details of the request.
    pub detail: String,
    /// State of the request, a stable word.
    pub state: String,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The id of the caller who recorded it.
    pub recorded_by: String,
}

/// The last exchange about a person for a purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct UseRecord {
    /// The operator.
    pub operator: String,
    /// The purpose.
    pub purpose: String,
    /// When, in whole microseconds.
    pub at: Timestamp,
}

/// What is alive in a vault: for an index in memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// All consents, withdrawn and destroyed ones as well, oldest row first.
    pub consents: Vec<(Lookup, ConsentRecord)>,
    /// All restrictions and objections, lifted ones as well, oldest row first.
    pub holds: Vec<(Lookup, HoldRecord)>,
    /// The last use of each purpose.
    pub uses: Vec<(Lookup, UseRecord)>,
}

/// Which vault this is, which lane it serves, and how much became of persons in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// Its name, 32 hexadecimal digits; none before it was bound to a lane.
    pub name: Option<String>,
    /// The lane (its vkey) that it was bound to last.
    pub lane: Option<String>,
    /// Transactions that changed consents, holds or requests, or erased somebody. It never goes back.
    pub counter: u64,
}

/// An order to erase a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id, e.g. the exchange id of the call.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// On what ground: a code or a clause. It outlives the person's records, so it must not name anybody.
    pub basis: String,
}

/// What an erasure found and destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Whether the vault knew the person.
    pub found: bool,
    /// How many consents.
    pub consents: u32,
    /// How many restrictions and objections.
    pub holds: u32,
    /// How many requests.
    pub requests: u32,
}

/// What remains of an erased person: that there was one.
#[derive(Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The erasure's id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// On what ground.
    pub basis: String,
    /// What was destroyed.
    pub erased: Erased,
    /// The person's mark under `id`, made before the key was destroyed: nobody can make it again but who still holds an older
    /// copy of the vault. None in tombstones of before.
    pub mark: Option<[u8; 16]>,
}

/// `Type(id)`; an empty id shows nothing of the person either.
macro_rules! debug_by_id {
    ($($record:ident),*) => {$(
        impl std::fmt::Debug for $record {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($record), "({})"), self.id)
            }
        }
    )*};
}

debug_by_id!(ConsentRecord, HoldRecord, RequestRecord, Erasure, Tombstone);

impl std::fmt::Debug for KdpToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KdpToken(…)")
    }
}

impl std::fmt::Debug for UseRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UseRecord(…)")
    }
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (consents, holds, uses) = (self.consents.len(), self.holds.len(), self.uses.len());
        write!(f, "Contents({consents} consents, {holds} holds, {uses} uses)")
    }
}
