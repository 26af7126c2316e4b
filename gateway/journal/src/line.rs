//! The grammar of journal lines: each kind of line is one struct here, by which it is written and by which it is read.
//!
//! | phase | struct | written |
//! |---|---|---|
//! | `INTENT` | [`Intent`] | before the first byte of an exchange leaves |
//! | `OUTCOME` | [`Outcome`] | before its reply returns; `unknown` after a crash |
//! | `DENIED` | [`Denied`], [`TurnedAway`] | for one refused call; for many within one second |
//! | `CONSENT` | [`ConsentChanged`], [`ConsentsRead`] | for what happened to a consent, and for who looked |
//! | `SUBJECT` | [`Acted`] | when a right of a person was exercised |
//! | `ADMIN`, `RECOVERY`, `EXPORT`, `RETENTION` | [`Event`] | for what the gateway or an auditor did |
//!
//! ```
//! use qaqpa_journal::line::{Outcome, Ended, body};
//! let at = "2026-11-20T06:00:02Z".parse().unwrap();
//! let outcome = Outcome { code: Some("gateway.crashed".into()), ..Outcome::new("0191-a", at, Ended::Unknown) };
//! let written = br#"{"phase":"OUTCOME","txn":"0191-a","ts":"2026-11-20T06:00:02Z","result":"unknown","code":"gateway.crashed","drift":0}"#;
//! assert_eq!(body(&outcome), written);
//! ```
//! Ids, decisions, digests and commitments; never a personal datum, never free text that anybody sent. Written, a line is
//! canonical: keys in the order of the struct, what is empty or absent left out. Read, it must have what makes it a line of
//! its kind; keys of later versions are passed over, and keys that earlier ones did not write are empty.
//!
//! The bytes of each kind stand in `tests/lines.jsonl`: lanes are kept for years, so they never change.

mod consent;
mod event;
mod exchange;
pub(crate) mod head;
pub(crate) mod moment;
mod owned;
pub(crate) mod part;
mod phase;
mod refusal;
pub(crate) mod strict;
mod subject;
mod text;

pub use consent::{ConsentChanged, ConsentEvent, ConsentsRead};
pub use event::Event;
pub use exchange::{Commitments, Counts, Ended, Intent, Outcome, Subjects, Times, Who, Why};
pub use part::Part;
pub use phase::Phase;
pub use refusal::{Denied, TurnedAway};
pub use subject::{Acted, SubjectEvent};
pub use text::Text;

use serde::Serialize;

/// A kind of line.
pub trait Record: Serialize {
    /// Phase of the line, its first key.
    fn phase(&self) -> Phase;

    /// UUIDv7 of the exchange or call that it belongs to, if it belongs to one.
    fn txn(&self) -> Option<&str>;
}

/// A line's bytes without the journal's head. Serialising structs of texts, numbers and times cannot fail.
#[must_use]
pub fn body(record: &impl Record) -> Vec<u8> {
    let mut body = Vec::with_capacity(USUAL_BYTES);
    let _ = serde_json::to_writer(&mut body, &Body { phase: record.phase(), record });
    body
}

/// A line that is not of the kind that its reader needs, or lacks what makes it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of the journal is not as this program writes it")]
pub struct Unreadable(pub u64);

#[derive(Serialize)]
struct Body<'r, R> {
    phase: Phase,
    #[serde(flatten)]
    record: &'r R,
}

/// What most lines fit into, so that writing one rarely reallocates.
const USUAL_BYTES: usize = 2 << 10;
