//! Room 7, idempotency: a request id that went through, or is under way, is not carried out again.
//!
//! Kept in memory for an hour and for at most [`REMEMBERED`] ids, as keyed digests. An exchange that failed frees its id,
//! so that it may be tried again; after a restart the state system's own duplicate check is what remains.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use qaqpa_policy::Consent;
use qaqpa_proto::reason::Refusal;
use uuid::Uuid;

use crate::refusal::NotDone;

/// Request ids kept at most; the oldest go first.
pub const REMEMBERED: usize = 100_000;
const KEPT: Duration = Duration::from_secs(3600);

/// Request ids of the last hour. Cheap to clone.
#[derive(Clone, Default)]
pub struct Duplicates {
    seen: Arc<Mutex<Seen>>,
    keys: RandomState,
}

#[derive(Default)]
struct Seen {
    ids: HashMap<u64, Uuid>,
    /// When each was taken, and by which exchange: an id that was freed may have been taken again.
    order: VecDeque<(Timestamp, u64, Uuid)>,
}

/// Room 7's evidence: the right to carry out one request id. Dropped without [`Ticket::done`], the id is free again.
///
/// It takes room 6's evidence, so that nobody without consent uses up an id:
/// ```no_run
/// # use {jiff::Timestamp, qaqpa_policy::{Consent, Permit}, uuid::Uuid};
/// # use qaqpa_gateway::{exchange::duplicate::{Duplicates, Ticket}, refusal::NotDone};
/// fn room_7(ids: &Duplicates, consent: &Consent, now: Timestamp) -> Result<Ticket, NotDone> {
///     ids.take(consent, ("backend", Some("r-1")), Uuid::nil(), now)
/// }
/// ```
/// Without room 6 it does not compile:
/// ```compile_fail,E0308
/// # use {jiff::Timestamp, qaqpa_policy::{Consent, Permit}, uuid::Uuid};
/// # use qaqpa_gateway::{exchange::duplicate::{Duplicates, Ticket}, refusal::NotDone};
/// fn room_7(ids: &Duplicates, permit: &Permit, now: Timestamp) -> Result<Ticket, NotDone> {
///     ids.take(permit, ("backend", Some("r-1")), Uuid::nil(), now)
/// }
/// ```
pub struct Ticket {
    held: Option<(u64, Uuid, Arc<Mutex<Seen>>)>,
}

impl Duplicates {
    /// Takes the id for `exchange`; without an id there is nothing to take.
    ///
    /// # Errors
    /// `request.duplicate`, with the exchange that has it as detail.
    pub fn take(
        &self,
        _consent: &Consent,
        (caller, request_id): (&str, Option<&str>),
        exchange: Uuid,
        now: Timestamp,
    ) -> Result<Ticket, NotDone> {
        self.hold(caller, request_id, exchange, now)
    }

    fn hold(&self, caller: &str, request_id: Option<&str>, exchange: Uuid, now: Timestamp) -> Result<Ticket, NotDone> {
        let Some(request_id) = request_id else { return Ok(Ticket { held: None }) };
        let key = self.keys.hash_one((caller, request_id));
        // Looked up and taken under one lock: of two calls at once, one gets the id.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        if let Some(first) = seen.ids.get(&key) {
            return Err(NotDone::from(Refusal::RequestDuplicate).detailed(first.to_string()));
        }
        seen.ids.insert(key, exchange);
        seen.order.push_back((now, key, exchange));
        Ok(Ticket { held: Some((key, exchange, self.seen.clone())) })
    }
}

impl Seen {
    fn forget(&mut self, now: Timestamp) {
        while let Some((since, key, exchange)) = self.order.front().copied() {
            let old = Duration::try_from(now.duration_since(since)).is_ok_and(|age| age > KEPT);
            if !old && self.order.len() < REMEMBERED {
                break;
            }
            self.order.pop_front();
            self.free(key, exchange);
        }
    }

    /// Frees the id if this exchange still has it.
    fn free(&mut self, key: u64, exchange: Uuid) {
        if self.ids.get(&key) == Some(&exchange) {
            self.ids.remove(&key);
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
        if let Some((key, exchange, seen)) = self.held.take() {
            seen.lock().unwrap_or_else(PoisonError::into_inner).free(key, exchange);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_carried_out_once_unless_it_failed() {
        let duplicates = Duplicates::default();
        let now = Timestamp::UNIX_EPOCH;
        let take = |caller, id, now| duplicates.hold(caller, id, Uuid::from_u128(7), now);
        let first = take("a", Some("1"), now).unwrap();
        assert_eq!(
            take("a", Some("1"), now).err().unwrap().detail.unwrap(),
            Uuid::from_u128(7).to_string(),
            "under way"
        );
        assert!(take("b", Some("1"), now).is_ok(), "another caller");
        assert!(take("a", None, now).is_ok() && take("a", None, now).is_ok(), "no id, nothing to compare");
        first.done();
        assert!(take("a", Some("1"), now).is_err(), "went through");
        assert!(take("a", Some("1"), Timestamp::from_second(3601).unwrap()).is_ok(), "an hour later");
        drop(take("a", Some("2"), now).unwrap());
        assert!(take("a", Some("2"), now).is_ok(), "failed, may be tried again");
    }

    #[test]
    fn an_id_that_was_taken_again_is_kept_for_its_own_hour() {
        let duplicates = Duplicates::default();
        let at = |second| Timestamp::from_second(second).unwrap();
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
}
