//! The passport of a state service, divided: how many messages it takes an hour, and who may send how many of them.
//!
//! A store of peak minus nominal is refilled at the nominal rate, so that no hour sees more than the peak and the long run no
//! more than nominal. Each caller has a share of store and refill by its weight; a part of it is guaranteed, that is kept for it
//! alone, and the rest may be taken by whoever has used up its own. So a caller that is alone has nearly everything, and nobody
//! empties it for all.
//!
//! ```text
//! store 1640, callers a and b, half guaranteed:   a takes 820 of its own and 410 of b's, then `quota.system`;
//!                                                 b, who comes for the first time that day, has 410
//! ```
//!
//! By the monotonic clock. Owned by [`Quotas`](super::quota::Quotas), under one lock a system.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Rate limit of a service by its passport, in messages per hour. Nominal 360 and peak 2000 unless the passport says
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passport {
    /// Messages per hour in the long run.
    pub nominal_per_hour: NonZeroU32,
    /// Messages in any one hour.
    pub peak_per_hour: NonZeroU32,
}

impl Default for Passport {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { nominal_per_hour: number(360), peak_per_hour: number(2_000) }
    }
}

/// How the passport of a system is divided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Division {
    /// The part of each share that nobody else can take, 0 to 1.
    pub guaranteed: f64,
    /// Callers that may ask the system, each with the weight of its share.
    pub callers: Vec<(String, f64)>,
}

/// The messages that may be sent to one service now, caller by caller.
pub(super) struct Store {
    /// Messages it holds when it is full, and how many come back a second.
    size: f64,
    per_second: f64,
    guaranteed: f64,
    shares: Vec<Share>,
    places: HashMap<String, usize>,
    weights: f64,
    refilled: Duration,
}

struct Share {
    weight: f64,
    level: f64,
}

impl Store {
    /// A full store at `now` of the monotonic clock.
    pub(super) fn new(passport: Passport, division: &Division, now: Duration) -> Self {
        let (nominal, peak) = (passport.nominal_per_hour.get(), passport.peak_per_hour.get());
        let mut store = Self {
            size: f64::from(peak.saturating_sub(nominal).max(1)),
            per_second: f64::from(nominal) / 3_600.0,
            guaranteed: division.guaranteed,
            shares: Vec::new(),
            places: HashMap::new(),
            weights: 0.0,
            refilled: now,
        };
        division.callers.iter().for_each(|(caller, weight)| store.join(caller, *weight));
        store.pour(store.size);
        store
    }

    /// Takes one message for a caller; or the wait until there is one.
    pub(super) fn take(&mut self, caller: &str, now: Duration) -> Result<(), Duration> {
        self.refill(now);
        let place = match self.places.get(caller) {
            Some(place) => *place,
            None => self.welcome(caller),
        };
        let own = self.shares.get(place).map_or(0.0, |share| share.level.min(1.0));
        let free: f64 = self.others(place).map(|share| self.free(share)).sum();
        let lacking = 1.0 - own - free;
        if lacking > NOTHING {
            return Err(Duration::from_secs_f64(lacking / self.rate(place)));
        }
        // What is its own first; the rest from all others alike, as much as each has to spare.
        let part = if free > 0.0 { ((1.0 - own) / free).min(1.0) } else { 0.0 };
        let spared: Vec<f64> = self.shares.iter().map(|share| self.free(share) * part).collect();
        for (at, (share, spared)) in self.shares.iter_mut().zip(spared).enumerate() {
            share.level = (share.level - if at == place { own } else { spared }).max(0.0);
        }
        Ok(())
    }

    fn join(&mut self, caller: &str, weight: f64) {
        self.places.insert(caller.to_owned(), self.shares.len());
        self.shares.push(Share { weight, level: 0.0 });
        self.weights += weight;
    }

    /// A caller that a reloaded pack lets ask: the others' shares become smaller, and what they have over is its own.
    fn welcome(&mut self, caller: &str) -> usize {
        let full = if self.shares.is_empty() { self.size } else { 0.0 };
        let weight = if self.shares.is_empty() { 1.0 } else { self.weights / self.shares.len() as f64 };
        self.join(caller, weight);
        let (size, weights) = (self.size, self.weights);
        let mut over = full;
        for share in &mut self.shares {
            let most = size * share.weight / weights;
            over += (share.level - most).max(0.0);
            share.level = share.level.min(most);
        }
        self.pour(over);
        self.shares.len() - 1
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.refilled);
        self.refilled = self.refilled.max(now);
        self.pour((self.per_second * passed.as_secs_f64()).min(self.size));
    }

    /// Divides messages by weight; what a full share has no room for goes to those that have.
    fn pour(&mut self, mut messages: f64) {
        for _ in 0..ROUNDS {
            let (size, weights) = (self.size, self.weights);
            let room = |share: &Share| size * share.weight / weights - share.level;
            let open: f64 = self.shares.iter().filter(|share| room(share) > NOTHING).map(|share| share.weight).sum();
            if messages <= NOTHING || open <= 0.0 {
                return;
            }
            let mut over = 0.0;
            for share in self.shares.iter_mut().filter(|share| room(share) > NOTHING) {
                let (given, room) = (messages * share.weight / open, room(share));
                share.level += given.min(room);
                over += (given - room).max(0.0);
            }
            messages = over;
        }
    }

    /// What others may take of a share.
    fn free(&self, share: &Share) -> f64 {
        (share.level - self.kept(share)).max(0.0)
    }

    fn kept(&self, share: &Share) -> f64 {
        self.size * share.weight / self.weights * self.guaranteed
    }

    fn others(&self, place: usize) -> impl Iterator<Item = &Share> {
        self.shares.iter().enumerate().filter(move |(at, _)| *at != place).map(|(_, share)| share)
    }

    /// Messages a second that a caller may count on: its own, and those of whoever has what is kept for it.
    fn rate(&self, place: usize) -> f64 {
        let lending = self.others(place).filter(|share| share.level + NOTHING >= self.kept(share));
        let weight = self.shares.get(place).map_or(0.0, |share| share.weight);
        let weight: f64 = weight + lending.map(|share| share.weight).sum::<f64>();
        self.per_second * weight / self.weights
    }
}

/// Less than any message: what rounding leaves.
const NOTHING: f64 = 1e-9;
/// Each round fills at least one share, and the first ones nearly all; what is left after so many is not given out, which
/// errs on the strict side.
const ROUNDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn passport(nominal: u32, peak: u32) -> Passport {
        let number = |number| NonZeroU32::new(number).unwrap();
        Passport { nominal_per_hour: number(nominal), peak_per_hour: number(peak) }
    }

    fn store(passport: Passport, callers: &[(&str, f64)]) -> Store {
        let callers = callers.iter().map(|(caller, weight)| ((*caller).to_owned(), *weight)).collect();
        Store::new(passport, &Division { guaranteed: 0.5, callers }, Duration::ZERO)
    }

    /// How many messages a caller gets at a moment until it is refused.
    fn emptied(store: &mut Store, caller: &str, second: u64) -> usize {
        (0..).take_while(|_| store.take(caller, Duration::from_secs(second)).is_ok()).count()
    }

    #[test]
    fn nobody_empties_it_for_all_and_who_is_alone_has_it_all() {
        let mut shared = store(Passport::default(), &[("a", 1.0), ("b", 1.0)]);
        assert_eq!((emptied(&mut shared, "a", 0), emptied(&mut shared, "b", 0)), (820 + 410, 410));
        let mut weighed = store(Passport::default(), &[("a", 3.0), ("b", 1.0)]);
        assert_eq!((emptied(&mut weighed, "b", 0), emptied(&mut weighed, "a", 0)), (410 + 615, 615));
        let mut alone = store(Passport::default(), &[("a", 1.0)]);
        assert_eq!(emptied(&mut alone, "a", 0), 1_640);
    }

    #[test]
    fn what_comes_back_is_divided_by_weight_and_the_idle_ones_goes_to_who_asks() {
        let mut store = store(passport(3_600, 4_000), &[("a", 3.0), ("b", 1.0), ("c", 4.0)]);
        let (mut a, mut b) = (0, 0);
        for second in 0..4_000 {
            let (of_a, of_b) = (emptied(&mut store, "a", second), emptied(&mut store, "b", second));
            if second >= 400 {
                (a, b) = (a + of_a, b + of_b);
            }
        }
        // c keeps half of its share and lends what comes: one message a second is there for the other two.
        assert!((3_590..=3_610).contains(&(a + b)), "{a} {b}");
        assert!(b >= 440, "its own eighth at least: {a} {b}");
    }

    #[test]
    fn no_hour_sees_more_than_the_peak() {
        let mut store = store(passport(360, 2_000), &[("a", 1.0), ("b", 2.0), ("c", 0.25)]);
        let mut sent = Vec::new();
        for second in (0..20_000).step_by(7) {
            for caller in ["a", "b", "c", "comes later"] {
                sent.extend((0..emptied(&mut store, caller, second)).map(|_| second));
            }
        }
        for hour in (0..20_000).step_by(500) {
            let within = sent.iter().filter(|second| (hour..hour + 3_600).contains(*second)).count();
            assert!(within <= 2_000, "{within} in the hour from {hour}");
        }
        assert!(sent.len() > 3_500, "and it is used: {}", sent.len());
    }

    #[test]
    fn the_wait_that_is_told_is_enough() {
        let mut store = store(Passport::default(), &[("a", 1.0), ("b", 1.0)]);
        emptied(&mut store, "a", 0);
        emptied(&mut store, "b", 0);
        for caller in ["a", "b", "a"] {
            let now = store.refilled;
            while store.take(caller, now).is_ok() {}
            let wait = store.take(caller, now).unwrap_err();
            assert!(wait <= Duration::from_secs(20), "half of 360 an hour: {wait:?}");
            assert_eq!(store.take(caller, now + wait + Duration::from_millis(1)), Ok(()), "{caller}");
        }
    }

    #[test]
    fn a_caller_that_a_reload_lets_in_gets_its_share_in_time() {
        let mut store = store(passport(3_600, 4_000), &[("a", 1.0)]);
        assert_eq!(emptied(&mut store, "new", 0), 200 + 100, "its half, and what is free of the other's");
        assert!(emptied(&mut store, "new", 400) >= 200, "as much as the other");
        assert_eq!(emptied(&mut Store::new(passport(1, 3), &Division::default(), Duration::ZERO), "only", 0), 2);
    }
}
