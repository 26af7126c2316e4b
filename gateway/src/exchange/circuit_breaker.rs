//! The circuit breaker of a state system: after [`FAILURES`] connections or answers in a row that did not come, nothing is sent
//! for a while; then one message tries, and what becomes of it decides.
//!
//! | state | a message | becomes |
//! |---|---|---|
//! | closed | leaves | open, after [`FAILURES`] failures in a row |
//! | open | is refused, with the wait | half open, after [`PAUSE`], twice as long after each failed trial, at most [`LONGEST`] |
//! | half open | the first leaves as a trial, others are refused | closed when it is answered, open again when not |
//!
//! It refuses only what has not left. By the monotonic clock; knows no system and no message.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Failures in a row that open it.
pub const FAILURES: u32 = 5;
/// How long nothing is sent after it has opened.
pub const PAUSE: Duration = Duration::from_secs(10);
/// And at most, after trials that failed.
pub const LONGEST: Duration = Duration::from_secs(60);

/// The breaker of one system.
#[derive(Default)]
pub(super) struct CircuitBreaker(Mutex<State>);

/// What it does to a message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// Messages leave.
    Closed,
    /// One message may try.
    HalfOpen,
    /// Nothing is sent.
    Open,
}

/// Whether a message leaves as any other, or to find out how the system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    Usual,
    Trial,
}

enum State {
    Closed { failures: u32 },
    Open { until: Duration, pause: Duration },
    Trying { pause: Duration },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl CircuitBreaker {
    /// Whether a message may leave; or the wait.
    pub(super) fn ask(&self, now: Duration) -> Result<Leave, Duration> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Ok(Leave::Usual),
            State::Open { until, .. } if now < until => Err(until - now),
            State::Open { pause, .. } => {
                *state = State::Trying { pause };
                Ok(Leave::Trial)
            }
            State::Trying { .. } => Err(UNDECIDED),
        }
    }

    /// Something came back, whatever it says.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    /// No connection, or no answer in time. What left before it opened decides nothing any more.
    pub(super) fn failed(&self, left: Leave, now: Duration) {
        let mut state = self.state();
        *state = match (&*state, left) {
            (State::Closed { failures }, _) if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            (State::Closed { .. }, _) => State::Open { until: now + PAUSE, pause: PAUSE },
            (State::Trying { pause }, Leave::Trial) => {
                let pause = (*pause * 2).min(LONGEST);
                State::Open { until: now + pause, pause }
            }
            _ => return,
        };
    }

    /// A trial that never left, or that tells nothing: the next message is one.
    pub(super) fn undecided(&self, left: Leave, now: Duration) {
        let mut state = self.state();
        if let (State::Trying { pause }, Leave::Trial) = (&*state, left) {
            *state = State::Open { until: now, pause: *pause };
        }
    }

    pub(super) fn shown(&self, now: Duration) -> Circuit {
        match *self.state() {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until, .. } if now < until => Circuit::Open,
            State::Open { .. } | State::Trying { .. } => Circuit::HalfOpen,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // replaced whole
    }
}

/// While another message tries.
const UNDECIDED: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn opened() -> CircuitBreaker {
        let breaker = CircuitBreaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.ask(at(0)), Ok(Leave::Usual));
            breaker.failed(Leave::Usual, at(0));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let breaker = CircuitBreaker::default();
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| breaker.failed(Leave::Usual, at(0)));
            breaker.answered();
        }
        assert_eq!((breaker.shown(at(0)), breaker.ask(at(0))), (Circuit::Closed, Ok(Leave::Usual)));
        let breaker = opened();
        assert_eq!((breaker.shown(at(4)), breaker.ask(at(4))), (Circuit::Open, Err(at(6))));
    }

    #[test]
    fn one_tries_and_what_becomes_of_it_decides() {
        let breaker = opened();
        assert_eq!((breaker.shown(at(10)), breaker.ask(at(10))), (Circuit::HalfOpen, Ok(Leave::Trial)));
        assert_eq!(breaker.ask(at(10)), Err(UNDECIDED), "one at a time");
        breaker.failed(Leave::Usual, at(11)); // it left before
        assert_eq!(breaker.ask(at(11)), Err(UNDECIDED));
        breaker.failed(Leave::Trial, at(12));
        assert_eq!(breaker.ask(at(12)), Err(at(20)), "twice as long");
        assert_eq!(breaker.ask(at(32)), Ok(Leave::Trial));
        breaker.undecided(Leave::Trial, at(33));
        assert_eq!(breaker.ask(at(33)), Ok(Leave::Trial), "the other was refused on its way");
        breaker.answered();
        assert_eq!((breaker.shown(at(33)), breaker.ask(at(33))), (Circuit::Closed, Ok(Leave::Usual)));
    }

    #[test]
    fn the_pause_grows_to_a_minute() {
        let (breaker, mut now) = (opened(), at(10));
        for wanted in [20, 40, 60, 60] {
            assert_eq!(breaker.ask(now), Ok(Leave::Trial));
            breaker.failed(Leave::Trial, now);
            assert_eq!(breaker.ask(now), Err(at(wanted)));
            now += at(wanted);
        }
    }
}
