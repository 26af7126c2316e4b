//! The bulkhead around each state system: so many exchanges with it are under way at once, and none while its circuit breaker
//! is open. One system that hangs takes neither the descriptors nor the callers' patience that the others need.
//!
//! Room 8 before the quotas: what is refused here uses up nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qaqpa_proto::reason::{Failure, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::exchange::circuit_breaker::{Circuit, CircuitBreaker, Leave};
use crate::refusal::NotDone;

/// The bulkheads of all systems.
pub(crate) struct Bulkheads {
    clock: Clock,
    systems: BTreeMap<String, Arc<Bulkhead>>,
}

struct Bulkhead {
    most: usize,
    room: Arc<Semaphore>,
    breaker: CircuitBreaker,
}

/// The right to be under way to one system, given back when it is dropped.
pub(crate) struct Passage {
    _room: OwnedSemaphorePermit,
    bulkhead: Arc<Bulkhead>,
    left: Leave,
    decided: AtomicBool,
    clock: Clock,
}

/// A system as metrics and health show it.
pub(crate) struct Shown<'a> {
    pub(crate) system: &'a str,
    pub(crate) circuit: Circuit,
    /// Exchanges under way.
    pub(crate) under_way: usize,
}

impl Bulkheads {
    /// By system id: how many exchanges may be under way at once.
    pub(crate) fn new(systems: impl IntoIterator<Item = (String, usize)>, clock: Clock) -> Self {
        let bulkhead =
            |most| Bulkhead { most, room: Arc::new(Semaphore::new(most)), breaker: CircuitBreaker::default() };
        let systems = systems.into_iter().map(|(id, most)| (id, Arc::new(bulkhead(most)))).collect();
        Self { clock, systems }
    }

    /// Lets one exchange be under way to a system.
    ///
    /// # Errors
    /// `system.not_configured`, `system.busy`, `upstream.suspended`; the latter two with the wait.
    pub(crate) fn enter(&self, system: &str) -> Result<Passage, NotDone> {
        let bulkhead = self.systems.get(system).ok_or(Refusal::SystemNotConfigured)?;
        let room = bulkhead.room.clone().try_acquire_owned();
        let room = room.map_err(|_| NotDone::from(Refusal::SystemBusy).quota(format!("under_way/{system}"), BUSY))?;
        let left = bulkhead.breaker.ask(self.clock.elapsed());
        let left = left.map_err(|wait| NotDone::from(Failure::UpstreamSuspended).after(wait))?;
        let (bulkhead, clock) = (bulkhead.clone(), self.clock.clone());
        Ok(Passage { _room: room, bulkhead, left, decided: AtomicBool::new(false), clock })
    }

    /// How each system is.
    pub(crate) fn shown(&self) -> impl Iterator<Item = Shown<'_>> {
        let now = self.clock.elapsed();
        self.systems.iter().map(move |(system, bulkhead)| Shown {
            system,
            circuit: bulkhead.breaker.shown(now),
            under_way: bulkhead.most.saturating_sub(bulkhead.room.available_permits()),
        })
    }
}

impl Passage {
    /// Tells the breaker what became of the message.
    pub(crate) fn ended<T>(&self, received: &Result<T, NotDone>) {
        let silent = |not_done: &NotDone| {
            [Failure::UpstreamConnect, Failure::UpstreamTimeout].iter().any(|silence| not_done.reason == *silence)
        };
        match received {
            Ok(_) => self.bulkhead.breaker.answered(),
            Err(not_done) if silent(not_done) => self.bulkhead.breaker.failed(self.left, self.clock.elapsed()),
            Err(_) => return, // what we held back, or what was cut off, tells neither
        }
        self.decided.store(true, Ordering::Relaxed);
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if !self.decided.load(Ordering::Relaxed) {
            self.bulkhead.breaker.undecided(self.left, self.clock.elapsed());
        }
    }
}

/// Nobody knows when one of those under way ends.
const BUSY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::time::SystemTime;

    use super::*;
    use crate::exchange::circuit_breaker::{FAILURES, PAUSE};

    fn told(result: Result<Passage, NotDone>) -> Result<(), (&'static str, Option<Duration>)> {
        result.map(drop).map_err(|not_done| (not_done.reason.code(), not_done.retry_after))
    }

    #[test]
    fn a_system_that_hangs_is_left_alone_and_the_others_are_not() {
        let passed = Arc::new(AtomicU64::new(0));
        let read = passed.clone();
        let clock = Clock::of(|| SystemTime::UNIX_EPOCH, move || Duration::from_secs(read.load(Ordering::Relaxed)));
        let bulkheads = Bulkheads::new([("hangs".to_owned(), 2), ("works".to_owned(), 2)], clock);
        let hanging: Vec<_> = (0..2).map(|_| bulkheads.enter("hangs").ok().unwrap()).collect();
        assert_eq!(told(bulkheads.enter("hangs")), Err(("system.busy", Some(BUSY))));
        assert_eq!(told(bulkheads.enter("works")), Ok(()));
        assert_eq!(bulkheads.shown().map(|shown| shown.under_way).collect::<Vec<_>>(), [2, 0]);
        drop(hanging);
        for _ in 0..FAILURES {
            bulkheads.enter("hangs").ok().unwrap().ended::<()>(&Err(Failure::UpstreamTimeout.into()));
        }
        assert_eq!(told(bulkheads.enter("hangs")), Err(("upstream.suspended", Some(PAUSE))));
        assert_eq!(told(bulkheads.enter("works")), Ok(()));
        passed.store(10, Ordering::Relaxed);
        let trial = bulkheads.enter("hangs").ok().unwrap();
        assert!(told(bulkheads.enter("hangs")).is_err(), "one at a time");
        drop(trial); // refused further on in the corridor
        bulkheads.enter("hangs").ok().unwrap().ended(&Ok(()));
        assert!(bulkheads.shown().all(|shown| shown.circuit == Circuit::Closed));
        assert_eq!(told(bulkheads.enter("nobody")), Err(("system.not_configured", None)));
    }
}
