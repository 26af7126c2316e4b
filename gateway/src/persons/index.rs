//! All consents of the vault in memory, found by id, by person and by the moment of their end.
//!
//! It holds what is durable, and nothing else: a record is put here after the vault has it. It judges nothing.
//!
//! Example: `index.ending(last, now)` are the consents whose term ended between two looks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_vault::{ConsentRecord, Lookup};

/// A consent and whose it is.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) lookup: Lookup,
    pub(crate) record: Arc<ConsentRecord>,
}

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    by_id: HashMap<String, Held>,
    by_person: HashMap<Lookup, Vec<String>>,
    ends: BTreeSet<(Timestamp, String)>,
    /// Durable in the vault, but its line is not yet in the journal.
    pub(crate) unrecorded: HashSet<String>,
}

impl Index {
    pub(crate) fn put(&mut self, lookup: Lookup, record: Arc<ConsentRecord>) {
        if let Some(end) = record.expires_at {
            self.ends.insert((end, record.id.clone()));
        }
        let ids = self.by_person.entry(lookup).or_default();
        if !ids.contains(&record.id) {
            ids.push(record.id.clone());
        }
        self.by_id.insert(record.id.clone(), Held { lookup, record });
    }

    pub(crate) fn one(&self, id: &str) -> Option<Held> {
        self.by_id.get(id).cloned()
    }

    /// Consents of one person, oldest record first.
    pub(crate) fn of(&self, lookup: Lookup) -> Vec<Held> {
        self.by_person.get(&lookup).into_iter().flatten().filter_map(|id| self.one(id)).collect()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Held> {
        self.by_id.values()
    }

    /// Those whose term ends after `from` and not after `to`.
    pub(crate) fn ending(&self, from: Timestamp, to: Timestamp) -> Vec<Held> {
        // The empty id sorts before every other of the same moment, so the range is open at `from` by one nanosecond.
        let (Ok(first), Ok(last)) = (from.checked_add(NANOSECOND), to.checked_add(NANOSECOND)) else {
            return Vec::new();
        };
        if first >= last {
            return Vec::new();
        }
        let range = (first, String::new())..(last, String::new());
        self.ends.range(range).filter_map(|(_, id)| self.one(id)).collect()
    }

    pub(crate) fn forget(&mut self, id: &str) {
        let Some(held) = self.by_id.remove(id) else { return };
        if let Some(end) = held.record.expires_at {
            self.ends.remove(&(end, id.to_owned()));
        }
        if let Some(ids) = self.by_person.get_mut(&held.lookup) {
            ids.retain(|known| known != id);
            if ids.is_empty() {
                self.by_person.remove(&held.lookup);
            }
        }
        self.unrecorded.remove(id);
    }
}

const NANOSECOND: jiff::SignedDuration = jiff::SignedDuration::from_nanos(1);
