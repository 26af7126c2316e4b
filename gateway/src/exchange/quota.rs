//! Rooms 3 and 8, rate limits. Four limits, each with a name that the refusal carries.
//!
//! * `caller`: calls per second of one caller, before any costly work; a message costs one for each started 64 KiB;
//! * `purpose`: calls per minute of (caller, purpose, RPC);
//! * `system`: messages to one service of a state system, from its passport, divided among the callers (`passport.rs`);
//! * `subject`: distinct persons one caller asks about in an hour, against enumeration of IINs.
//!
//! Memory is bounded: the first three have keys from the configuration and the contract only, the last keeps at most
//! its own limit of 8-byte keyed digests per caller.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use qaqpa_policy::Caller;
use qaqpa_proto::reason::Refusal;

use crate::exchange::duplicate::Ticket;
use crate::exchange::passport::{Division, Passport, Store};
use crate::refusal::NotDone;

/// `[quotas]`: rate limits, all at least 1. Documented in `deploy/gateway.toml`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Calls per second of one caller; default 200.
    pub caller_per_second: NonZeroU32,
    /// Calls per minute of one caller for one purpose and RPC; default 6000.
    pub purpose_per_minute: NonZeroU32,
    /// Distinct persons that one caller may ask about in an hour; default 1000.
    pub subjects_per_hour: NonZeroU32,
    /// The part of each caller's share of a passport that nobody else can take, in percent, 0 to 100; default 50.
    pub guaranteed_percent: u32,
    /// Weights of operators in the division of a passport, by operator id, 1 to 1000; 1 where none is given.
    pub operators: BTreeMap<String, u32>,
    /// Weights of callers within their operator's share, by caller id, 1 to 1000; 1 where none is given.
    pub callers: BTreeMap<String, u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            caller_per_second: number(200),
            purpose_per_minute: number(6_000),
            subjects_per_hour: number(1_000),
            guaranteed_percent: 50,
            operators: BTreeMap::new(),
            callers: BTreeMap::new(),
        }
    }
}

fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN)
}

type Keyed<K> = DefaultKeyedRateLimiter<K>;

/// Room 3's evidence: a known caller, within its own rate.
///
/// It takes room 2's evidence, since only a known caller has a rate:
/// ```no_run
/// # use qaqpa_gateway::{exchange::quota::{Quotas, Within}, refusal::NotDone}; use qaqpa_policy::Caller;
/// fn room_3(quotas: &Quotas, caller: &Caller) -> Result<Within, NotDone> {
///     quotas.caller(caller)
/// }
/// ```
/// Without room 2 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::{exchange::quota::{Quotas, Within}, refusal::NotDone}; use qaqpa_policy::Identity;
/// fn room_3(quotas: &Quotas, certificate: &Identity) -> Result<Within, NotDone> {
///     quotas.caller(certificate)
/// }
/// ```
/// Its field is private, so only [`Quotas::caller`] makes it:
/// ```compile_fail,E0451
/// # use qaqpa_gateway::exchange::quota::Within; use qaqpa_policy::Caller;
/// fn forged(caller: Caller) -> Within { Within { caller } }
/// ```
#[derive(Debug)]
pub struct Within {
    caller: Caller,
}

impl Within {
    /// The caller.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Room 8's evidence: within the limits of purpose, persons and system. It takes a request id that is not carried out
/// already, so that a repetition uses up nothing:
/// ```no_run
/// # use qaqpa_gateway::{exchange::{duplicate::Ticket, quota::*}, refusal::NotDone}; use std::time::Duration;
/// fn room_8(quotas: &Quotas, once: &Ticket, ask: &Ask<'_>, now: Duration) -> Result<WithinAll, NotDone> {
///     quotas.exchange(once, ask, now)
/// }
/// ```
/// Without room 7 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::{exchange::{duplicate::Ticket, quota::*}, refusal::NotDone}; use std::time::Duration;
/// fn room_8(quotas: &Quotas, once: &str, ask: &Ask<'_>, now: Duration) -> Result<WithinAll, NotDone> {
///     quotas.exchange(once, ask, now)
/// }
/// ```
#[derive(Debug)]
pub struct WithinAll(());

/// The rate limiters of one gateway.
pub struct Quotas {
    caller: Keyed<u64>,
    caller_per_second: NonZeroU32,
    purpose: Keyed<u64>,
    systems: HashMap<String, Divided>,
    subjects: Subjects,
    keys: RandomState,
    clock: DefaultClock,
}

impl Quotas {
    /// Limits for callers, and one passport per system id with its division.
    #[must_use]
    pub fn new(limits: &Limits, passports: impl IntoIterator<Item = (String, (Passport, Division))>) -> Self {
        Self {
            caller: RateLimiter::keyed(Quota::per_second(limits.caller_per_second)),
            caller_per_second: limits.caller_per_second,
            purpose: RateLimiter::keyed(Quota::per_minute(limits.purpose_per_minute)),
            systems: passports
                .into_iter()
                .map(|(system, (passport, division))| {
                    (system, Divided { passport, division, stores: Mutex::default() })
                })
                .collect(),
            subjects: Subjects::new(limits.subjects_per_hour),
            keys: RandomState::new(),
            clock: DefaultClock::default(),
        }
    }

    /// Room 3: takes one call from the rate of the caller.
    ///
    /// # Errors
    /// `quota.caller` with the wait.
    pub fn caller(&self, caller: &Caller) -> Result<Within, NotDone> {
        self.take_caller(caller.id())?;
        Ok(Within { caller: caller.clone() })
    }

    /// Room 3 for a message of so many octets: it costs one call for each started 64 KiB, the first of which is paid. Never
    /// more than a second's worth, so that what may be sent can be.
    ///
    /// # Errors
    /// `quota.caller` with the wait.
    pub fn octets(&self, within: &Within, octets: usize) -> Result<(), NotDone> {
        let more = u32::try_from(octets.saturating_sub(1) / CALL).unwrap_or(u32::MAX);
        let Some(more) = NonZeroU32::new(more.min(self.caller_per_second.get() - 1)) else { return Ok(()) };
        let caller = within.caller.id();
        let asked = self.clock.now(); // before the limiter does, as in `take`
        let Ok(taken) = self.caller.check_key_n(&self.keys.hash_one(caller), more) else { return Ok(()) }; // fits a second
        taken.map_err(|until| {
            NotDone::from(Refusal::QuotaCaller).quota(format!("caller/{caller}"), until.wait_time_from(asked))
        })
    }

    fn take_caller(&self, caller: &str) -> Result<(), NotDone> {
        self.take(&self.caller, &self.keys.hash_one(caller), Refusal::QuotaCaller, || format!("caller/{caller}"))
    }

    /// Room 8: the purpose's, the system's and the subjects' share.
    ///
    /// # Errors
    /// The first limit that is reached; `quota.subject` and `quota.purpose` count before the system's so that a
    /// refused call does not use up what the passport allows.
    pub fn exchange(&self, _ticket: &Ticket, ask: &Ask<'_>, now: Duration) -> Result<WithinAll, NotDone> {
        self.take_exchange(ask, now)?;
        Ok(WithinAll(()))
    }

    fn take_exchange(&self, ask: &Ask<'_>, now: Duration) -> Result<(), NotDone> {
        let key = self.keys.hash_one((ask.caller, ask.purpose, ask.operation));
        self.take(&self.purpose, &key, Refusal::QuotaPurpose, || format!("purpose/{}{}", ask.purpose, ask.operation))?;
        // A person is counted although the system's limit may still refuse: what is limited is asking, not succeeding.
        for subject in ask.subjects {
            let digest = self.keys.hash_one((ask.caller, subject));
            self.subjects
                .count(ask.caller, digest, now)
                .map_err(|wait| NotDone::from(Refusal::QuotaSubject).quota(format!("subject/{}", ask.caller), wait))?;
        }
        let Some(divided) = self.systems.get(ask.system) else { return Ok(()) };
        divided
            .take(ask.service, ask.caller, now)
            .map_err(|wait| NotDone::from(Refusal::QuotaSystem).quota(format!("system/{}", ask.service), wait))
    }

    fn take<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &Keyed<K>,
        key: &K,
        refusal: Refusal,
        name: impl FnOnce() -> String,
    ) -> Result<(), NotDone> {
        // Looked at before the limiter does, so that the wait is never nothing: then a caller would come back at once.
        let asked = self.clock.now();
        limiter.check_key(key).map_err(|until| NotDone::from(refusal).quota(name(), until.wait_time_from(asked)))
    }
}

/// The keys of the limits of room 8: caller, purpose, operation, service, persons.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Caller id.
    pub caller: &'a str,
    /// Purpose id.
    pub purpose: &'a str,
    /// gRPC path.
    pub operation: &'a str,
    /// System id.
    pub system: &'a str,
    /// SHEP serviceId.
    pub service: &'a str,
    /// IINs the exchange is about.
    pub subjects: &'a [&'a str],
}

/// The services of one system, each with a store of its own.
struct Divided {
    passport: Passport,
    division: Division,
    stores: Mutex<HashMap<String, Store>>,
}

impl Divided {
    fn take(&self, service: &str, caller: &str, now: Duration) -> Result<(), Duration> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner); // numbers: whole after each change
        if !stores.contains_key(service) {
            stores.insert(service.to_owned(), Store::new(self.passport, &self.division, now));
        }
        stores.get_mut(service).map_or(Ok(()), |store| store.take(caller, now))
    }
}

/// Distinct persons per caller in the running hour, by the monotonic clock. Holds keyed digests, never an IIN.
struct Subjects {
    limit: usize,
    callers: Mutex<HashMap<String, Hour>>,
}

struct Hour {
    began: Duration,
    seen: HashSet<u64>,
}

const HOUR: Duration = Duration::from_secs(3600);

impl Subjects {
    fn new(limit: NonZeroU32) -> Self {
        Self { limit: limit.get() as usize, callers: Mutex::new(HashMap::new()) }
    }

    /// Ok when this person was asked about already or there is room for one more; else the wait.
    fn count(&self, caller: &str, subject: u64, now: Duration) -> Result<(), Duration> {
        // Looked up and counted under one lock: two calls at once cannot both take the last place.
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if !callers.contains_key(caller) {
            callers.insert(caller.to_owned(), Hour { began: now, seen: HashSet::new() });
        }
        let Some(hour) = callers.get_mut(caller) else { return Ok(()) };
        let age = now.saturating_sub(hour.began);
        if age >= HOUR {
            *hour = Hour { began: now, seen: HashSet::new() };
        }
        if hour.seen.contains(&subject) {
            return Ok(());
        }
        if hour.seen.len() >= self.limit {
            return Err(HOUR.saturating_sub(age));
        }
        hour.seen.insert(subject);
        Ok(())
    }
}

/// Octets of a message that cost one call.
const CALL: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask<'a>(caller: &'a str, subjects: &'a [&'a str]) -> Ask<'a> {
        Ask { caller, purpose: "state-exchange", operation: "/T/Sync", system: "avtoshkola", service: "S", subjects }
    }

    #[test]
    fn each_limit_refuses_by_its_name_and_says_when_to_come_back() {
        let limits = Limits {
            caller_per_second: number(1),
            purpose_per_minute: number(3),
            subjects_per_hour: number(2),
            ..Limits::default()
        };
        let passport = Passport { nominal_per_hour: number(1), peak_per_hour: number(3) };
        let quotas = Quotas::new(&limits, [("avtoshkola".to_owned(), (passport, Division::default()))]);
        let now = Duration::ZERO;
        assert!(quotas.take_caller("a").is_ok());
        let not_done = quotas.take_caller("a").unwrap_err();
        assert_eq!((not_done.reason.code(), not_done.quota.as_deref()), ("quota.caller", Some("caller/a")));
        assert!(not_done.retry_after.unwrap() > Duration::ZERO);
        assert!(quotas.take_caller("b").is_ok(), "another caller has its own");

        assert!(quotas.take_exchange(&ask("a", &["1"]), now).is_ok());
        assert!(quotas.take_exchange(&ask("a", &["1"]), now).is_ok(), "the same person again is no enumeration");
        assert_eq!(
            quotas.take_exchange(&ask("a", &["1"]), now).unwrap_err().reason,
            Refusal::QuotaSystem,
            "peak minus nominal is 2"
        );
        assert_eq!(quotas.take_exchange(&ask("a", &["1"]), now).unwrap_err().reason, Refusal::QuotaPurpose);
        assert_eq!(quotas.take_exchange(&ask("c", &["1", "2", "3"]), now).unwrap_err().reason, Refusal::QuotaSubject);
        let later = Duration::from_secs(3600);
        assert!(quotas.take_exchange(&ask("c", &["3"]), later).is_ok(), "a new hour, and a message that has come back");
    }
}
