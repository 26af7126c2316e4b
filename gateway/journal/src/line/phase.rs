//! Phases of journal lines, their first key: `"phase":"INTENT"`. Readers choose lines by it before they read more.

use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

/// The phase of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Phase {
    /// An exchange may leave now.
    Intent,
    /// The result of an exchange.
    Outcome,
    /// A refusal: nothing left.
    Denied,
    /// An event of the gateway itself.
    Admin,
    /// A start, and what a crash had left open.
    Recovery,
    /// An auditor took lines away.
    Export,
    /// Something was destroyed at the end of its term.
    Retention,
    /// A consent was given, withdrawn, destroyed or read.
    Consent,
    /// A right of a person was exercised.
    Subject,
}

impl Phase {
    /// The phase of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<Error>::new(name)).ok()
    }

    /// INTENT and OUTCOME find each other by `txn`; every other line stands alone.
    #[must_use]
    pub fn is_of_exchange(self) -> bool {
        matches!(self, Self::Intent | Self::Outcome)
    }
}
