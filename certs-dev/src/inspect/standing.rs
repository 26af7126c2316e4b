//! Where a term stands relative to a given moment.
//!
//! It refuses to read a clock: the moment is an argument. Both ends belong to the term (RFC 5280, 4.1.2.5).
//!
//! Example: `valid for 364 days`.

use std::fmt;

use time::{Duration, OffsetDateTime, UtcOffset};

/// Not yet, now, or no longer, with the whole days to or since the nearest end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Starts in so many whole days.
    NotYet {
        /// Whole days until it starts.
        days: i64,
    },
    /// Holds for so many more whole days.
    Valid {
        /// Whole days until it ends.
        days: i64,
    },
    /// Ended so many whole days ago.
    Expired {
        /// Whole days since it ended.
        days: i64,
    },
}

impl Standing {
    pub(super) fn of(from: OffsetDateTime, until: OffsetDateTime, now: OffsetDateTime) -> Self {
        if now < from {
            Self::NotYet { days: whole_days(from - now) }
        } else if now <= until {
            Self::Valid { days: whole_days(until - now) }
        } else {
            Self::Expired { days: whole_days(now - until) }
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { days } => write!(f, "not yet valid, starts in {}", span(*days)),
            Self::Valid { days } => write!(f, "valid for {}", span(*days)),
            Self::Expired { days } => write!(f, "expired {} ago", span(*days)),
        }
    }
}

/// `2026-11-20 12:00:00 UTC`. Dates that do not exist in UTC's calendar of years 0 to 9999 stay in their own offset.
pub(super) fn date(moment: OffsetDateTime) -> String {
    let moment = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment);
    let (date, (hour, minute, second)) = (moment.date(), moment.to_hms());
    format!("{date} {hour:02}:{minute:02}:{second:02} UTC")
}

fn whole_days(span: Duration) -> i64 {
    span.whole_days()
}

fn span(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
