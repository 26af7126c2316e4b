//! Lines of phase SUBJECT: a right of a data subject was exercised, or exchanges about a person were read. Never an
//! IIN.
//!
//! ```text
//! {"phase":"SUBJECT","txn":"0191…","ts":"…","event":"RESTRICTED","who":{…},"method":"/…/Restrict","marks":["…"],"id":"…",
//!  "basis":"subject-request"}
//! ```

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, Record, Text, Who};

/// The right that was exercised, or the kind of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubjectEvent {
    /// The exchanges about a person were reported.
    Reported,
    /// A person's data was blocked.
    Restricted,
    /// A restriction or an objection was lifted.
    Unrestricted,
    /// A person objected to a purpose.
    Objected,
    /// Fields were marked as disputed.
    CorrectionMarked,
    /// A person's key was destroyed.
    Erased,
    /// The list of what is destroyed next was read.
    DueListed,
}

/// A right of a data subject was exercised, or exchanges about a person were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted<'a> {
    /// UUIDv7 of the call.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339: when it took effect.
    pub ts: Timestamp,
    /// The event.
    pub event: SubjectEvent,
    /// The caller, from the client certificate.
    #[serde(borrow)]
    pub who: Who<'a>,
    /// gRPC path.
    #[serde(borrow)]
    pub method: Text<'a>,
    /// The person's mark under `txn`, of an erasure made before the key was destroyed; none where the gateway never saw the person.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Text<'a>>,
    /// Id of the hold, request or erasure.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// Stable word for the ground.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Text<'a>>,
    /// Purpose id, where it is for one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text<'a>>,
    /// Field paths, of a correction.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Text<'a>>,
    /// How many exchanges, records or salts it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Counter of the vault, in which this is durable: a vault that counts less is an older copy. Not in lines of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<u64>,
}

impl Record for Acted<'_> {
    fn phase(&self) -> Phase {
        Phase::Subject
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}
