//! Lines of phase CONSENT: giving, withdrawal, destruction and reading.
//!
//! ```text
//! {"phase":"CONSENT","txn":"0191…","ts":"…","event":"GIVEN","who":{…},"consent":"…","marks":["…"],"purposes":["reporting"],
//!  "form":"written","acting_for":"990140000007","given_at":"…","guardian":false}
//! ```
//! The person stands there as a mark, which only who has the person's key can make again, from `txn`, the call's own id. The
//! operator's document number, the evidence's digest and the KDP token stay in the vault, where they can be destroyed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, Record, Text, Who};

/// Events of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentEvent {
    /// It was given.
    Given,
    /// It was withdrawn.
    Withdrawn,
    /// Its content was destroyed.
    Destroyed,
    /// The ledger was read.
    Read,
}

/// Something happened to a consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentChanged<'a> {
    /// UUIDv7 of the call.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339: when it took effect.
    pub ts: Timestamp,
    /// The event.
    pub event: ConsentEvent,
    /// The caller, from the client certificate.
    #[serde(borrow)]
    pub who: Who<'a>,
    /// Id in the ledger.
    #[serde(borrow)]
    pub consent: Text<'a>,
    /// The subject's mark under `txn`, base64url; one or, where the keys are destroyed, none.
    #[serde(borrow, default)]
    pub marks: Vec<Text<'a>>,
    /// Purpose ids it covers.
    #[serde(borrow, default)]
    pub purposes: Vec<Text<'a>>,
    /// Categories it covers; all when absent.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Text<'a>>,
    /// Recipients it covers; all when absent.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Text<'a>>,
    /// How it was given: `written`, `electronic`, `sms-1414`, `kdp`.
    #[serde(borrow, default)]
    pub form: Text<'a>,
    /// BIN of the organisation it was given to.
    #[serde(borrow, default)]
    pub acting_for: Text<'a>,
    /// UTC, RFC 3339: when the person gave it.
    pub given_at: Timestamp,
    /// UTC, RFC 3339: when it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether a guardian gave it for a minor.
    #[serde(default)]
    pub guardian: bool,
    /// Code of why it was taken back.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    /// UTC, RFC 3339: when its content must be destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroy_by: Option<Timestamp>,
    /// Edition of the pack that judged it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Text<'a>>,
    /// SHA-256 of that pack, hex.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub policy_sha256: Option<Text<'a>>,
    /// Ids of the exchanges that had left when it was withdrawn.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<Text<'a>>,
    /// Counter of the vault, in which this is durable: a vault that counts less is an older copy. Not in lines of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<u64>,
}

/// The ledger of consents was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentsRead<'a> {
    /// UUIDv7 of the call.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339, by the gateway's clock.
    pub ts: Timestamp,
    /// [`ConsentEvent::Read`].
    pub event: ConsentEvent,
    /// gRPC path.
    #[serde(borrow)]
    pub method: Text<'a>,
    /// The caller, from the client certificate.
    #[serde(borrow)]
    pub who: Who<'a>,
    /// Mark of the person that was asked about, if the vault knows the person.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Text<'a>>,
    /// How many consents the answer holds.
    pub count: usize,
}

impl Record for ConsentChanged<'_> {
    fn phase(&self) -> Phase {
        Phase::Consent
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}

impl Record for ConsentsRead<'_> {
    fn phase(&self) -> Phase {
        Phase::Consent
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}
