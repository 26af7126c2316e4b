//! The clock: an argument of everything that needs the time. The one real clock is made in `main.rs`; tests make their
//! own.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use qaqpa_policy::calendar::KAZAKHSTAN;

/// The wall clock, as a function that tests replace. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that asks `read` for the time.
    pub fn new(read: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Now, to the nanosecond. A clock before 1970 or after 9999 reads as the epoch.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::try_from((self.0)()).unwrap_or(Timestamp::UNIX_EPOCH)
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
