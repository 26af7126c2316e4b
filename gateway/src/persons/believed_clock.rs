//! The clock by which retention destroys: believed while it goes as the lane and the monotonic clock say, at most a day beside them.
//!
//! A clock that is ahead once would end terms of years, and what is destroyed does not come back when the clock does. So a clock that
//! stands further from the lane's last line than a day (at start), or has since gone otherwise than time went (while it runs), is
//! away: nothing is destroyed until it is back, or an officer says that it is right. Both are lines of the lane, and a restart
//! changes nothing: what the clock says while it is away is not taken for the lane's time.
//!
//! ```text
//! last line 2026-11-30T18:00Z, started at 2031-11-30T18:05Z   -> away, expected 2026-11-30T18:00Z
//! last line 2026-11-30T18:00Z, started at 2026-12-01T09:00Z   -> believed
//! ```

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::Clock;

/// The clock, and what is known of it.
pub struct BelievedClock {
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    /// A moment that is believed, and when it was now.
    anchor: (Timestamp, Instant),
    away: bool,
}

/// What a look at the clock found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It goes right, as before.
    Right,
    /// It was away and goes right again, by itself.
    Back,
    /// It went away since the last look.
    WentAway {
        /// What it should say.
        expected: Timestamp,
    },
    /// It is away still.
    Away,
}

impl BelievedClock {
    /// `last`: the last moment that the lane believed, or none in a new lane; `away`: whether it calls the clock away.
    #[must_use]
    pub fn new(clock: Clock, last: Option<Timestamp>, away: bool) -> Self {
        let anchor = (last.unwrap_or_else(|| clock.now()), Instant::now());
        let believed = Self { clock, state: Mutex::new(State { anchor, away }) };
        // From here on the monotonic clock says how time goes: what went by while nothing ran, within the day, is over.
        let now = believed.clock.now();
        if !away && is_near(now, anchor.0) {
            believed.state().anchor.0 = now;
        }
        believed
    }

    /// Looks at the clock; what is found, and what it says.
    pub fn look(&self) -> (Look, Timestamp) {
        let now = self.clock.now();
        let mut state = self.state();
        let (since, at) = state.anchor;
        let gone = SignedDuration::try_from(at.elapsed()).unwrap_or(SignedDuration::MAX);
        let expected = since.checked_add(gone).unwrap_or(Timestamp::MAX);
        let was_away = std::mem::replace(&mut state.away, !is_near(now, expected));
        let look = match (is_near(now, expected), was_away) {
            (true, false) => Look::Right,
            (true, true) => {
                state.anchor = (now, Instant::now());
                Look::Back
            }
            (false, false) => Look::WentAway { expected },
            (false, true) => Look::Away,
        };
        (look, now)
    }

    /// Forgets that a look found a change, so that the next one finds it again: its line was not written.
    pub fn unsay(&self, look: Look) {
        self.state().away = matches!(look, Look::Back | Look::Away);
    }

    /// Takes what the clock says now as right. An officer said so; the line is the caller's to write, before.
    pub fn believe(&self) {
        let now = self.clock.now();
        *self.state() = State { anchor: (now, Instant::now()), away: false };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // whole after each assignment
    }
}

fn is_near(now: Timestamp, expected: Timestamp) -> bool {
    now.duration_since(expected).abs() <= NEAR
}

/// How far the clock may stand from where it should: a day, for a machine that was off overnight or over a holiday's eve.
const NEAR: SignedDuration = SignedDuration::from_hours(24);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::{Duration, SystemTime};

    use super::*;

    const START: i64 = 1_764_525_600;

    fn turned() -> (Arc<AtomicI64>, Clock) {
        let seconds = Arc::new(AtomicI64::new(START));
        let read = seconds.clone();
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(read.load(Ordering::SeqCst).try_into().unwrap());
        (seconds, Clock::new(now))
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(seconds).unwrap())
    }

    #[test]
    fn at_start_the_lane_says_how_late_it_is() {
        const DAY: i64 = 86_400;
        let rows = [
            (Look::Right, "a new lane", None, false),
            (Look::Right, "an hour off", at(START - 3_600), false),
            (Look::Right, "a day off", at(START - DAY), false),
            (Look::WentAway { expected: at(START - DAY - 60).unwrap() }, "longer", at(START - DAY - 60), false),
            (Look::WentAway { expected: at(START + 2 * DAY).unwrap() }, "put back", at(START + 2 * DAY), false),
            (Look::Away, "away before, and still", at(START - 400 * DAY), true),
            (Look::Back, "away before, and put right", at(START - 3_600), true),
        ];
        for (wanted, row, last, away) in rows {
            let (looked, now) = BelievedClock::new(turned().1, last, away).look();
            assert_eq!(Some(now), at(START));
            // Some milliseconds may have gone by.
            match (looked, wanted) {
                (Look::WentAway { expected }, Look::WentAway { expected: then }) => {
                    assert_eq!(expected.duration_since(then).as_secs(), 0, "{row}: {looked:?}");
                }
                _ => assert_eq!(looked, wanted, "{row}"),
            }
        }
    }

    #[test]
    fn while_it_runs_the_monotonic_clock_says_so() {
        let (seconds, clock) = turned();
        let believed = BelievedClock::new(clock, at(START), false);
        for (row, step, away) in [
            ("an hour that did not go by is within the day", 3_600, false),
            ("but many such steps are not", 86_400, true),
            ("away still", 5 * 365 * 86_400, true),
            ("put right", -5 * 365 * 86_400 - 86_400, false),
        ] {
            seconds.fetch_add(step, Ordering::SeqCst);
            assert_eq!(!matches!(believed.look().0, Look::Right | Look::Back), away, "{row}");
        }
        seconds.fetch_add(30 * 86_400, Ordering::SeqCst);
        assert!(matches!(believed.look().0, Look::WentAway { .. }));
        believed.believe();
        assert_eq!(believed.look().0, Look::Right, "an officer said so");
    }
}
