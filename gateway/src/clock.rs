//! The clocks: arguments of everything that needs the time. The real ones are made in `main.rs`; tests make their own.
//!
//! Two, because they answer different questions. *When was it?* asks the wall clock, which somebody may set. *How long is it
//! ago?* asks the monotonic one ([`Clock::elapsed`]): quotas, request ids, judgements and circuit breakers count by it, so that
//! a clock that is put back or ahead neither locks anybody out nor lets anything through twice.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use qaqpa_policy::calendar::KAZAKHSTAN;

/// Wall clock and monotonic clock, as functions that tests replace. Cheap to clone.
#[derive(Clone)]
pub struct Clock {
    wall: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Clock {
    /// Clocks that ask `read` for the time of day and the machine for the time that passes.
    pub fn new(read: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let made = Instant::now();
        Self::of(read, move || made.elapsed())
    }

    /// Both clocks as functions; `elapsed` must never go back.
    pub fn of(
        read: impl Fn() -> SystemTime + Send + Sync + 'static,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self { wall: Arc::new(read), monotonic: Arc::new(elapsed) }
    }

    /// Now by the wall clock, to the nanosecond. A clock before 1970 or after 9999 reads as the epoch.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::try_from((self.wall)()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Time by the monotonic clock since a moment that never changes while the process lives. Only differences mean
    /// something.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        (self.monotonic)()
    }

    /// Today in Kazakhstan, for ages.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::fixed(KAZAKHSTAN)).date()
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(&self) -> u64 {
        u64::try_from(self.now().as_millisecond()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// The clock's time as rcgen takes it, to the second.
#[must_use]
pub fn offset_date_time(clock: &Clock) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(clock.now().as_second()).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
