//! A wall clock that was set, noticed: it and the monotonic clock went on by different lengths. An interval is none the wiser,
//! but dates are: ages of tables, ends of certificates, terms of consents. So it is an event, and a line of the journal.
//!
//! ```text
//! {"phase":"ADMIN","ts":"2026-11-30T09:15:31Z","event":"clock_set","facts":{"seconds":"-86400"}}
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use qaqpa_journal::Journal;

use crate::clock::Clock;
use crate::evidence::lines::enter;

/// What both clocks said when they were last looked at.
pub(super) struct ClockJump {
    clock: Clock,
    wall: Timestamp,
    passed: Duration,
}

impl ClockJump {
    pub(super) fn new(clock: Clock) -> Self {
        let (wall, passed) = (clock.now(), clock.elapsed());
        Self { clock, wall, passed }
    }

    /// By how many seconds the wall clock was set since the last look; none for what a clock that is being disciplined does.
    fn seconds(&mut self) -> Option<i64> {
        let (wall, passed) = (self.clock.now(), self.clock.elapsed());
        let shown = wall.duration_since(self.wall).as_millis();
        let true_length = i128::try_from(passed.saturating_sub(self.passed).as_millis()).unwrap_or(i128::MAX);
        (self.wall, self.passed) = (wall, passed);
        let set = shown.saturating_sub(true_length);
        (set.abs() > DISCIPLINED).then(|| i64::try_from((set + 500 * set.signum()) / 1_000).unwrap_or(i64::MAX))
    }

    /// Tells of a clock that was set since the last look.
    pub(super) async fn tell(&mut self, journal: &Journal) {
        if let Some(seconds) = self.seconds() {
            tracing::warn!(seconds, "the wall clock was set");
            enter(journal, self.wall, "clock_set", BTreeMap::from([("seconds", seconds.to_string())])).await;
        }
    }
}

/// Milliseconds between two looks that are no event.
const DISCIPLINED: i128 = 2_000;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn time_that_passes_is_no_event_and_a_clock_that_is_set_is_one() {
        let (wall, passed) = (Arc::new(AtomicU64::new(100_000)), Arc::new(AtomicU64::new(0)));
        let seconds = |of: &Arc<AtomicU64>| Duration::from_secs(of.load(Ordering::Relaxed));
        let (read, elapsed) = (wall.clone(), passed.clone());
        let clock = Clock::of(move || SystemTime::UNIX_EPOCH + seconds(&read), move || seconds(&elapsed));
        let mut jump = ClockJump::new(clock);
        for (shown, true_time, told) in [
            (100_001, 1, None),
            (103_601, 3_601, None),
            (103_603, 3_602, None),
            (190_004, 3_603, Some(86_400)),
            (190_005, 3_604, None),
            (103_606, 3_605, Some(-86_400)),
        ] {
            wall.store(shown, Ordering::Relaxed);
            passed.store(true_time, Ordering::Relaxed);
            assert_eq!(jump.seconds(), told, "{shown} after {true_time}");
        }
    }
}
