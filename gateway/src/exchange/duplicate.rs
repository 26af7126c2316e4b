//! Room 7, idempotency: a request id that went through, or is under way, is not carried out again.
//!
//! Kept in memory for an hour of the monotonic clock, as keyed digests; of each caller at most [`REMEMBERED`] ids, the oldest of
//! which go first. No caller makes another's ids forgotten. An exchange that failed frees its id, so that it may be tried
//! again; after a restart the state system's own duplicate check is what remains.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use qaqpa_policy::Consent;
use qaqpa_proto::reason::Refusal;
use uuid::Uuid;

use crate::refusal::NotDone;

/// Request ids of one caller that are kept at most.
pub const REMEMBERED: usize = 100_000;
const KEPT: Duration = Duration::from_secs(3600);

/// Request ids of the last hour. Cheap to clone.
#[derive(Clone, Default)]
pub struct Duplicates {
    callers: Arc<Mutex<HashMap<String, Seen>>>,
    keys: RandomState,
}

/// Request ids of one caller.
#[derive(Default)]
struct Seen {
    /// By digest: which exchange took it, and its place in `order`.
    ids: HashMap<u64, (Uuid, u64)>,
    /// When each was taken, oldest first. One that was freed is in neither.
    order: BTreeMap<u64, (Duration, u64)>,
    next: u64,
}

/// Room 7's evidence: the right to carry out one request id. Dropped without [`Ticket::done`], the id is free again.
///
/// It takes room 6's evidence, so that nobody without consent uses up an id:
/// ```no_run
/// # use {std::time::Duration, qaqpa_policy::{Consent, Permit}, uuid::Uuid};
/// # use qaqpa_gateway::{exchange::duplicate::{Duplicates, Ticket}, refusal::NotDone};
/// fn room_7(ids: &Duplicates, consent: &Consent, now: Duration) -> Result<Ticket, NotDone> {
///     ids.take(consent, ("backend", Some("r-1")), Uuid::nil(), now)
/// }
/// ```
/// Without room 6 it does not compile:
/// ```compile_fail,E0308
/// # use {std::time::Duration, qaqpa_policy::{Consent, Permit}, uuid::Uuid};
/// # use qaqpa_gateway::{exchange::duplicate::{Duplicates, Ticket}, refusal::NotDone};
/// fn room_7(ids: &Duplicates, permit: &Permit, now: Duration) -> Result<Ticket, NotDone> {
///     ids.take(permit, ("backend", Some("r-1")), Uuid::nil(), now)
/// }
/// ```
pub struct Ticket {
    held: Option<Holding>,
}

struct Holding {
    caller: String,
    key: u64,
    exchange: Uuid,
    callers: Arc<Mutex<HashMap<String, Seen>>>,
}

impl Duplicates {
    /// Takes the id for `exchange` at `now` of the monotonic clock; without an id there is nothing to take.
    ///
    /// # Errors
    /// `request.duplicate`, with the exchange that has it as detail.
    pub fn take(
        &self,
        _consent: &Consent,
        (caller, request_id): (&str, Option<&str>),
        exchange: Uuid,
        now: Duration,
    ) -> Result<Ticket, NotDone> {
        self.hold(caller, request_id, exchange, now)
    }

    fn hold(&self, caller: &str, request_id: Option<&str>, exchange: Uuid, now: Duration) -> Result<Ticket, NotDone> {
        let Some(request_id) = request_id else { return Ok(Ticket { held: None }) };
        let key = self.keys.hash_one((caller, request_id));
        // Looked up and taken under one lock: of two calls at once, one gets the id.
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = callers.entry(caller.to_owned()).or_default();
        seen.forget(now);
        if let Some((first, _)) = seen.ids.get(&key) {
            return Err(NotDone::from(Refusal::RequestDuplicate).detailed(first.to_string()));
        }
        seen.take(key, exchange, now);
        let (caller, callers) = (caller.to_owned(), self.callers.clone());
        Ok(Ticket { held: Some(Holding { caller, key, exchange, callers }) })
    }
}

impl Seen {
    fn take(&mut self, key: u64, exchange: Uuid, now: Duration) {
        self.ids.insert(key, (exchange, self.next));
        self.order.insert(self.next, (now, key));
        self.next += 1;
    }

    /// Makes room for one more.
    fn forget(&mut self, now: Duration) {
        while let Some((place, (since, key))) = self.order.first_key_value() {
            let old = now.saturating_sub(*since) > KEPT;
            if !old && self.order.len() < REMEMBERED {
                break;
            }
            let (place, key) = (*place, *key);
            self.order.remove(&place);
            self.ids.remove(&key);
        }
    }

    /// Frees the id if this exchange still has it: one that was forgotten may have been taken again.
    fn free(&mut self, key: u64, exchange: Uuid) {
        if let Some((_, place)) = self.ids.get(&key).copied().filter(|(holder, _)| *holder == exchange) {
            self.ids.remove(&key);
            self.order.remove(&place);
        }
    }
}

impl Ticket {
    /// The exchange went through; its id stays taken.
    pub fn done(mut self) {
        self.held = None;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Also after a timeout, when the state may have carried the message out: then its own duplicate check is the
        // last one.
        let Some(Holding { caller, key, exchange, callers }) = self.held.take() else { return };
        if let Some(seen) = callers.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&caller) {
            seen.free(key, exchange);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn an_id_is_carried_out_once_unless_it_failed() {
        let duplicates = Duplicates::default();
        let take = |caller, id, second| duplicates.hold(caller, id, Uuid::from_u128(7), at(second));
        let first = take("a", Some("1"), 0).unwrap();
        assert_eq!(take("a", Some("1"), 0).err().unwrap().detail.unwrap(), Uuid::from_u128(7).to_string(), "under way");
        assert!(take("b", Some("1"), 0).is_ok(), "another caller");
        assert!(take("a", None, 0).is_ok() && take("a", None, 0).is_ok(), "no id, nothing to compare");
        first.done();
        assert!(take("a", Some("1"), 3_600).is_err(), "went through");
        assert!(take("a", Some("1"), 3_601).is_ok(), "an hour later");
        drop(take("a", Some("2"), 0).unwrap());
        assert!(take("a", Some("2"), 0).is_ok(), "failed, may be tried again");
    }

    #[test]
    fn an_id_that_was_taken_again_is_kept_for_its_own_hour() {
        let duplicates = Duplicates::default();
        let take = |exchange, second| duplicates.hold("a", Some("1"), Uuid::from_u128(exchange), at(second));
        drop(take(1, 0).unwrap());
        take(2, 3_000).unwrap().done();
        assert!(take(3, 3_700).is_err(), "the first try is forgotten, the second one is not an hour old");
        assert!(take(4, 6_601).is_ok(), "an hour after the second");
        let hangs = duplicates.hold("a", Some("2"), Uuid::from_u128(5), at(0)).unwrap();
        let again = duplicates.hold("a", Some("2"), Uuid::from_u128(6), at(10_300)).unwrap();
        drop(hangs);
        assert!(
            duplicates.hold("a", Some("2"), Uuid::from_u128(7), at(10_301)).is_err(),
            "freed by its own ticket only"
        );
        drop(again);
    }

    #[test]
    fn one_callers_flood_makes_nobody_else_forgotten() {
        let duplicates = Duplicates::default();
        let take = |caller, id: &str| duplicates.hold(caller, Some(id), Uuid::from_u128(7), at(0));
        take("b", "1").unwrap().done();
        take("a", "first").unwrap().done();
        // What failed has no place, and what went through pushes out its own caller's oldest alone.
        for number in 0..REMEMBERED {
            drop(take("a", &format!("failed {number}")).unwrap());
        }
        assert!(take("a", "first").is_err());
        for number in 0..REMEMBERED {
            take("a", &format!("done {number}")).unwrap().done();
        }
        assert!(take("a", "first").is_ok() && take("b", "1").is_err());
        let callers = duplicates.callers.lock().unwrap();
        assert!(callers["a"].ids.len() <= REMEMBERED && callers["a"].order.len() == callers["a"].ids.len());
    }
}
