//! Lines of phase DENIED: one refused call, or the refusals of one kind within a second, counted into one line.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, Record, Text, Who};

/// We said no; nothing left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied<'a> {
    /// UUIDv7 of the exchange or call.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339, by the gateway's clock.
    pub ts: Timestamp,
    /// The caller, from the client certificate.
    #[serde(borrow)]
    pub who: Who<'a>,
    /// Line of evidence by which the caller's machine was let in.
    #[serde(borrow, default)]
    pub peer: Text<'a>,
    /// gRPC path.
    #[serde(borrow, default)]
    pub method: Text<'a>,
    /// Purpose id, when the pack knows it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text<'a>>,
    /// Code of the refusal, from the table of refusals.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// The party at fault, from the table of reasons.
    #[serde(borrow, default)]
    pub fault: Text<'a>,
    /// Stable word that narrows it down.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text<'a>>,
    /// A sentence for the operator.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text<'a>>,
    /// Paths of the fields at fault; never their values.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Text<'a>>,
    /// How many alike within one second this line stands for.
    pub count: u64,
}

/// Peers that were not let in, handshakes that ended in an alert, or calls of one caller beyond its quota, within one
/// second: a flood must not fill the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnedAway<'a> {
    /// UTC, RFC 3339: when they were counted up, by the gateway's clock.
    pub ts: Timestamp,
    /// `tls.` and the alert's word, or the code of the refusal.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// Id of the caller; none where a handshake ended.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Text<'a>>,
    /// Line of evidence by which the first of them was not let in, with a network in place of the address.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text<'a>>,
    /// Number of refusals.
    pub count: u64,
}

impl Record for Denied<'_> {
    fn phase(&self) -> Phase {
        Phase::Denied
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}

impl Record for TurnedAway<'_> {
    fn phase(&self) -> Phase {
        Phase::Denied
    }

    fn txn(&self) -> Option<&str> {
        None
    }
}
