//! Holds and requests as they are sealed: all but the id, by which their row is found.
//!
//! Unknown members are refused when reading: a newer program's record is not to be understood by halves.
//!
//! Example: `{"operator":"avtomektep","kind":"restriction","purpose":null,...}`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{HoldKind, HoldRecord, Lifted, RequestRecord};

/// A hold without its id.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hold {
    operator: String,
    kind: HoldKind,
    purpose: Option<String>,
    since: Timestamp,
    basis: String,
    recorded_by: String,
    lifted: Option<Lifted>,
}

impl Hold {
    pub(crate) fn split(record: HoldRecord) -> (String, Self) {
        let HoldRecord { id, operator, kind, purpose, since, basis, recorded_by, lifted } = record;
        (id, Self { operator, kind, purpose, since, basis, recorded_by, lifted })
    }

    pub(crate) fn join(self, id: String) -> HoldRecord {
        let Self { operator, kind, purpose, since, basis, recorded_by, lifted } = self;
        HoldRecord { id, operator, kind, purpose, since, basis, recorded_by, lifted }
    }
}

/// A request without its id.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    operator: String,
    kind: String,
    at: Timestamp,
    detail: String,
    state: String,
    closed_at: Option<Timestamp>,
    recorded_by: String,
}

impl Request {
    pub(crate) fn split(record: RequestRecord) -> (String, Self) {
        let RequestRecord { id, operator, kind, at, detail, state, closed_at, recorded_by } = record;
        (id, Self { operator, kind, at, detail, state, closed_at, recorded_by })
    }

    pub(crate) fn join(self, id: String) -> RequestRecord {
        let Self { operator, kind, at, detail, state, closed_at, recorded_by } = self;
        RequestRecord { id, operator, kind, at, detail, state, closed_at, recorded_by }
    }
}
