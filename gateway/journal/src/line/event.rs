//! Events of the gateway or an auditor: start, stop, settle, judge, reload, export, destroy.
//!
//! ```text
//! {"phase":"RECOVERY","ts":"2026-11-20T06:00:04Z","event":"start","facts":{"settled_as_unknown":"1","truncated_bytes":"0"}}
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, Record, Text};

/// An event of the gateway or an auditor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// ADMIN, RECOVERY, EXPORT or RETENTION.
    #[serde(skip_serializing)]
    pub phase: Phase,
    /// UTC, RFC 3339, by the gateway's clock.
    pub ts: Timestamp,
    /// Stable word.
    #[serde(borrow)]
    pub event: Text<'a>,
    /// Facts about it by name, all from the gateway itself.
    #[serde(borrow)]
    pub facts: BTreeMap<Text<'a>, Text<'a>>,
}

impl<'a> Event<'a> {
    /// An event with its facts.
    #[must_use]
    pub fn new<K: Into<Text<'a>>, V: Into<Text<'a>>>(
        phase: Phase,
        ts: Timestamp,
        event: &'a str,
        facts: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let facts = facts.into_iter().map(|(name, fact)| (name.into(), fact.into())).collect();
        Self { phase, ts, event: event.into(), facts }
    }
}

impl Record for Event<'_> {
    fn phase(&self) -> Phase {
        self.phase
    }

    fn txn(&self) -> Option<&str> {
        None
    }
}
