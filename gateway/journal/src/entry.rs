//! One record on its way into the journal, checked before it may queue.
//!
//! The body `{"phase":"DENIED","reason":"purpose.missing"}` becomes the leaf
//! `{"v":1,"lane":"gw-almaty-1.example.kz/audit/2026","seq":7,"phase":"DENIED","reason":"purpose.missing"}`:
//! the head is the journal's, every byte after it the caller's.
//! Refused: what the journal's own verifier would call tampered (not one JSON object, duplicate names, a newline,
//! the head's own names, an empty object, an exchange record without `txn`) and leaves above 65,535 bytes (C2SP entry bundles).

use std::borrow::Cow;

use crate::line::strict::{self, LineFault};
use crate::line::{self, Phase, Record};
use crate::sealed_salt::SealedSalt;

/// Why the caller's body cannot become a leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The body is not one strict JSON object.
    #[error("the body of a record is not acceptable: {0}")]
    Line(#[from] LineFault),
    /// The body must start with `{`, have a member, and stay on one line.
    #[error("the body of a record must be a non-empty json object that starts with `{{` and has no line break")]
    Form,
    /// `v`, `lane` and `seq` belong to the journal.
    #[error("the body of a record must not bring `v`, `lane` or `seq`")]
    Head,
    /// INTENT and OUTCOME find each other by `txn`.
    #[error("an INTENT or OUTCOME record must carry `txn` as text")]
    Txn,
    /// A C2SP entry is at most 65,535 bytes.
    #[error("the leaf would have {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The size it would have.
        bytes: usize,
        /// The limit that applies here.
        limit: usize,
    },
}

/// A checked body, and the salt of its commitments if it makes any.
pub struct Entry {
    body: Vec<u8>,
    salt: Option<SealedSalt>,
    phase: Option<Phase>,
    txn: Option<String>,
}

impl Entry {
    /// Checks `body`, the JSON object text without the journal's head. `salt` goes to the deletable sidecar, never into the leaf.
    ///
    /// # Errors
    /// What the journal's own verifier would call tampered; see the head of this file.
    pub fn new(body: Vec<u8>, salt: Option<SealedSalt>) -> Result<Self, EntryError> {
        if body.first() != Some(&b'{') || body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(EntryError::Form);
        }
        if body.len() > MAX_LEAF {
            return Err(EntryError::TooLarge { bytes: body.len(), limit: MAX_LEAF });
        }
        let line = strict::read(&body)?;
        let of_exchange = line.phase.is_some_and(Phase::is_of_exchange);
        match (line.empty, line.has_head, &line.txn) {
            (true, ..) => return Err(EntryError::Form),
            (_, true, _) => return Err(EntryError::Head),
            (.., None) if of_exchange => return Err(EntryError::Txn),
            _ => {}
        }
        // Only an exchange needs its id again; the others save the allocation.
        let (phase, txn) = (line.phase, line.txn.filter(|_| of_exchange).map(Cow::into_owned));
        Ok(Self { body, salt, phase, txn })
    }

    /// A record of the grammar, which is strict JSON with distinct names by construction: reading it all again would cost
    /// more than writing it did. Debug builds read it all the same.
    ///
    /// # Errors
    /// [`EntryError::TooLarge`].
    pub fn of(record: &impl Record, salt: Option<SealedSalt>) -> Result<Self, EntryError> {
        let body = line::body(record);
        if cfg!(debug_assertions) {
            return Self::new(body, salt);
        }
        // serde_json writes no raw line break, so none is looked for.
        if body.len() > MAX_LEAF {
            return Err(EntryError::TooLarge { bytes: body.len(), limit: MAX_LEAF });
        }
        let txn = record.txn().filter(|_| record.phase().is_of_exchange()).map(str::to_owned);
        Ok(Self { body, salt, phase: Some(record.phase()), txn })
    }

    /// Phase of the record; `None` for phases that are not in the grammar, and without one.
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The exchange it belongs to (INTENT and OUTCOME only).
    pub fn txn(&self) -> Option<&str> {
        self.txn.as_deref()
    }

    pub(crate) fn salt(&self) -> Option<&SealedSalt> {
        self.salt.as_ref()
    }

    /// What follows the head: the body without its `{`.
    pub(crate) fn rest(&self) -> &[u8] {
        self.body.get(1..).unwrap_or_default()
    }
}

/// Personal data has no place in a leaf, but a body is not for logs either.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({:?}, {} bytes)", self.phase, self.body.len())
    }
}

/// C2SP tlog-tiles: an entry's length is a `uint16`.
pub(crate) const MAX_LEAF: usize = 65_535;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_verifier_would_accept_becomes_an_entry() {
        let rows: [(bool, &str); 11] = [
            (true, r#"{"phase":"ADMIN"}"#),
            (true, r#"{"phase":"INTENT","txn":"t-1"}"#),
            (true, r#"{"a":1}"#),
            (false, r#"{"phase":"INTENT"}"#),
            (false, r#"{"phase":"OUTCOME","txn":5}"#),
            (false, "{}"),
            (false, r#" {"a":1}"#),
            (false, "{\"a\":1}\n"),
            (false, r#"{"seq":1}"#),
            (false, r#"{"a":1,"a":2}"#),
            (false, r#"{"a":1"#),
        ];
        for (accepted, body) in rows {
            assert_eq!(Entry::new(body.as_bytes().to_vec(), None).is_ok(), accepted, "{body}");
        }
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_LEAF));
        assert!(matches!(Entry::new(large.into_bytes(), None), Err(EntryError::TooLarge { .. })));
    }
}
