//! All consents of the vault in memory, found by id, by person, by the moment of their end and by what happened to them.
//!
//! It holds what is durable, and nothing else: a record is put here after the vault has it. It judges nothing.
//!
//! Example: `index.ending(last, now)` are the consents whose term ended between two looks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_vault::{ConsentRecord, Lookup};

use crate::persons::watched_event::{Kind, WatchedEvent};

/// A consent and whose it is.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) lookup: Lookup,
    pub(crate) record: Arc<ConsentRecord>,
}

/// The place of an event in the order of time.
pub(crate) type Place = (Timestamp, Kind, String);

/// What a watcher has not been told of the past.
pub(crate) struct Past {
    /// Where it goes on.
    pub(crate) from: Bound<Place>,
    /// Ends of terms after it are no past.
    pub(crate) until: Timestamp,
    /// What was told after so many is heard as it happens.
    pub(crate) told: u64,
}

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    by_id: HashMap<String, Held>,
    by_person: HashMap<Lookup, Vec<String>>,
    ends: BTreeSet<(Timestamp, String)>,
    /// What has happened, in the order of time, each with the number by which it was told; and the ends of terms ahead.
    events: BTreeMap<Place, u64>,
    /// How many events were told so far.
    told: u64,
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

    /// Keeps what has happened to a record, before anybody is told of it.
    pub(crate) fn happened(&mut self, record: &ConsentRecord) {
        self.told += 1;
        self.remember(record);
    }

    /// Keeps what had happened to a record before anybody could watch.
    pub(crate) fn remember(&mut self, record: &ConsentRecord) {
        // A withdrawal takes back an end that lay ahead.
        if let Some(end) = record.expires_at {
            self.events.remove(&(end, Kind::Expired, record.id.clone()));
        }
        for (kind, at) in WatchedEvent::moments(record) {
            self.events.entry((at, kind, record.id.clone())).or_insert(self.told);
        }
    }

    /// How many events were told so far.
    pub(crate) fn told(&self) -> u64 {
        self.told
    }

    /// The next events of the past, as many as one look may cost; none when it is over.
    pub(crate) fn past(&self, past: &mut Past, covers: impl Fn(&ConsentRecord) -> bool) -> Option<Vec<WatchedEvent>> {
        let mut looked_at = self.events.range((past.from.clone(), Bound::Unbounded)).take(PAGE).peekable();
        looked_at.peek()?;
        let mut page = Vec::new();
        for (place, told) in looked_at {
            past.from = Bound::Excluded(place.clone());
            let (at, kind, id) = place;
            let is_past = *told <= past.told && (*kind != Kind::Expired || *at <= past.until);
            let held = self.by_id.get(id).filter(|held| is_past && covers(&held.record));
            page.extend(held.map(|held| WatchedEvent::of(&held.record, *kind, *at)));
        }
        Some(page)
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
        let end = held.record.expires_at.map(|end| (Kind::Expired, end));
        for (kind, at) in WatchedEvent::moments(&held.record).chain(end) {
            self.events.remove(&(at, kind, id.to_owned()));
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

/// Events that are looked at under one lock, and held for a watcher at once.
const PAGE: usize = 256;
const NANOSECOND: jiff::SignedDuration = jiff::SignedDuration::from_nanos(1);
