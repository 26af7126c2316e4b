//! The time of a record, as far as the journal compares times: whole seconds.
//!
//! Example: `"ts":"2026-11-20T06:00:00.5Z"` and `"ts":1795154400500000000` (nanoseconds) are the same moment.

use crate::line::strict::Seen;

/// A recorded time in whole seconds since 1970, UTC.
pub(crate) struct Moment(u64);

impl Moment {
    /// Whole seconds since 1970, UTC.
    pub(crate) fn seconds(self) -> u64 {
        self.0
    }

    /// From nanoseconds, or from RFC 3339 with a Z.
    pub(crate) fn of(seen: &Seen<'_>) -> Option<Self> {
        match seen {
            Seen::Whole(nanoseconds) => Some(Self(nanoseconds / 1_000_000_000)),
            Seen::Text(text) => text.strip_suffix('Z').and_then(seconds).map(Self),
            Seen::Other => None,
        }
    }

    /// Records of exchanges that run side by side overtake each other a little; that is no clock going back.
    pub(crate) fn well_before(&self, other: &Self) -> bool {
        self.0 + OVERTAKING < other.0
    }
}

/// Seconds by which a record may be older than the one before it, without a remark.
const OVERTAKING: u64 = 5;

/// `YYYY-MM-DDTHH:MM:SS`, whatever fraction follows, by the civil calendar (days counted from March, so that leap days come last).
fn seconds(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day.checked_sub(1)?;
    Some(days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_times_are_seconds_since_1970() {
        for (wanted, text) in [
            (Some(0), "1970-01-01T00:00:00"),
            (Some(951_868_799), "2000-02-29T23:59:59.5"),
            (Some(1_795_202_692), "2026-11-20T19:24:52"),
            (None, "1969-12-31T23:59:59"),
            (None, "yesterday"),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
