//! Working days of Kazakhstan, for terms that the law or a policy counts in them: "destroy within one working day".
//!
//! Saturdays and Sundays are off, and so are the holidays that `[calendar]` lists; a Saturday that the government made a
//! working day is listed too. Which days these are is decided anew each year, so they are configuration and not code. A
//! calendar that lacks a year makes terms shorter there, never longer.
//!
//! The clock of a term runs on working days only, twenty-four hours on each, and stands still on the others. That is never
//! later than the end of the last day (Civil Code article 173), which is how a court would count.
//!
//! ```text
//! one working day from Friday 18:30                 -> Monday 18:30
//! one working day from Saturday 12:00               -> Monday 24:00
//! one working day from 20 March 18:30 (then Nauryz) -> 24 March 18:30, if 21 to 23 March are listed
//! ```

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};

use crate::calendar::KAZAKHSTAN;

/// Which days are worked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<Date>,
    working_weekends: BTreeSet<Date>,
}

/// What is wrong with the configured days. Who configured the gateway is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarProblem {
    /// Monday to Friday is worked without being listed.
    #[error("{0} is no Saturday or Sunday, so it cannot be a working weekend")]
    NoWeekend(Date),
    /// Cannot be both.
    #[error("{0} is listed both as holiday and as working weekend")]
    Both(Date),
}

impl Calendar {
    /// Takes the days off besides Saturdays and Sundays, and the Saturdays and Sundays that are worked.
    ///
    /// # Errors
    /// Every day that is listed wrongly.
    pub fn new(
        holidays: impl IntoIterator<Item = Date>,
        working_weekends: impl IntoIterator<Item = Date>,
    ) -> Result<Self, Vec<CalendarProblem>> {
        let calendar =
            Self { holidays: holidays.into_iter().collect(), working_weekends: working_weekends.into_iter().collect() };
        let weekdays = calendar.working_weekends.iter().filter(|day| !is_weekend(**day));
        let both = calendar.working_weekends.intersection(&calendar.holidays);
        let problems: Vec<_> = weekdays
            .map(|day| CalendarProblem::NoWeekend(*day))
            .chain(both.map(|day| CalendarProblem::Both(*day)))
            .collect();
        if problems.is_empty() { Ok(calendar) } else { Err(problems) }
    }

    /// Whether any holiday of the year is listed: Kazakhstan has some in every year, so a year without is out of date.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        self.holidays.iter().any(|day| day.year() == year)
    }

    /// Whether work is done that day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        if is_weekend(day) { self.working_weekends.contains(&day) } else { !self.holidays.contains(&day) }
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The moment at which `days` working days have passed since `at`. Zero days is `at` itself.
#[must_use]
pub fn add_working_days(calendar: &Calendar, at: Timestamp, days: u8) -> Timestamp {
    let mut left = DAY * i32::from(days);
    let mut now = at;
    for _ in 0..LONGEST_SEARCH {
        let Some(midnight) = next_midnight(now) else { break };
        if calendar.is_working(KAZAKHSTAN.to_datetime(now).date()) {
            let today = midnight.duration_since(now);
            if left <= today {
                return now.checked_add(left).unwrap_or(now);
            }
            left -= today;
        } else if left.is_zero() {
            return now;
        }
        now = midnight;
    }
    at.checked_add(DAY * i32::from(days)).unwrap_or(at) // two years without a working day: as if all were worked
}

/// The end of the day in Kazakhstan; none at the end of all time.
fn next_midnight(at: Timestamp) -> Option<Timestamp> {
    let tomorrow = KAZAKHSTAN.to_datetime(at).date().tomorrow().ok()?;
    KAZAKHSTAN.to_timestamp(tomorrow.to_datetime(jiff::civil::Time::midnight())).ok()
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Days looked at before giving up.
const LONGEST_SEARCH: usize = 800;

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026 as a test needs it: some real holidays, and one Saturday that is worked instead of a Monday.
    fn calendar() -> Calendar {
        let day = |text: &&str| text.parse().unwrap();
        let holidays = ["2026-01-01", "2026-01-02", "2026-01-07", "2026-03-09", "2026-03-23", "2026-05-08"];
        Calendar::new(holidays.iter().map(day), ["2026-05-16", "2027-01-03"].iter().map(day)).unwrap()
    }

    #[test]
    fn the_clock_stands_still_when_nobody_works() {
        for (wanted, at, days, why) in [
            ("2026-02-12T10:00:00+05:00", "2026-02-11T10:00:00+05:00", 1, "Wednesday to Thursday"),
            ("2026-02-16T18:30:00+05:00", "2026-02-13T18:30:00+05:00", 1, "Friday evening to Monday evening"),
            ("2026-02-17T00:00:00+05:00", "2026-02-14T12:00:00+05:00", 1, "Saturday noon to the end of Monday"),
            ("2026-02-17T00:00:00+05:00", "2026-02-16T00:00:00+05:00", 1, "a day from its first moment to its end"),
            ("2026-03-24T18:30:00+05:00", "2026-03-20T18:30:00+05:00", 1, "over Nauryz: Sat, Sun and the 23rd are off"),
            ("2026-01-05T20:00:00+05:00", "2025-12-31T20:00:00+05:00", 1, "across new year and its weekend"),
            (
                "2026-01-08T20:00:00+05:00",
                "2025-12-31T20:00:00+05:00",
                3,
                "5, 6, not 7 (Orthodox Christmas), 8 January",
            ),
            ("2026-05-16T09:00:00+05:00", "2026-05-15T09:00:00+05:00", 1, "a Saturday that is worked"),
            ("2026-05-18T09:00:00+05:00", "2026-05-16T09:00:00+05:00", 1, "from a Saturday that is worked"),
            ("2027-01-03T08:00:00+05:00", "2027-01-01T08:00:00+05:00", 1, "a year without holidays, a worked Sunday"),
            ("2026-02-11T10:00:00+05:00", "2026-02-11T10:00:00+05:00", 0, "no days"),
            ("2026-02-14T12:00:00+05:00", "2026-02-14T12:00:00+05:00", 0, "no days, on a Saturday"),
            ("2026-03-30T10:00:00+05:00", "2026-02-12T10:00:00+05:00", 30, "six weeks, Women's Day, and Nauryz"),
            ("2026-02-17T00:30:00+05:00", "2026-02-15T19:30:00Z", 1, "Monday in Kazakhstan while it is Sunday in UTC"),
        ] {
            let found = add_working_days(&calendar(), at.parse().unwrap(), days);
            assert_eq!(found, wanted.parse().unwrap(), "{why}: {found}");
        }
    }

    #[test]
    fn a_calendar_without_years_is_only_stricter() {
        let friday: Timestamp = "2026-03-20T18:30:00+05:00".parse().unwrap();
        let (bare, full) = (Calendar::default(), calendar());
        assert!(add_working_days(&bare, friday, 1) <= add_working_days(&full, friday, 1));
        assert!(full.covers(2026) && !full.covers(2027) && !bare.covers(2026));
    }

    #[test]
    fn a_day_is_listed_once_and_for_a_reason() {
        let day = |text: &str| -> Date { text.parse().unwrap() };
        let wrong = Calendar::new([day("2026-05-16")], [day("2026-05-16"), day("2026-05-18")]).unwrap_err();
        assert_eq!(wrong, [CalendarProblem::NoWeekend(day("2026-05-18")), CalendarProblem::Both(day("2026-05-16"))]);
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let endless = Calendar { holidays: every_day(), ..Calendar::default() };
        let monday: Timestamp = "2026-02-16T10:00:00Z".parse().unwrap();
        assert_eq!(add_working_days(&endless, monday, 1), monday + DAY, "a calendar without work is not believed");
        let _ = add_working_days(&Calendar::default(), Timestamp::MAX, 30);
        let _ = add_working_days(&Calendar::default(), Timestamp::MIN, 30);
    }

    fn every_day() -> BTreeSet<Date> {
        Date::constant(2026, 1, 1).series(jiff::ToSpan::day(1)).take(2_000).collect()
    }
}
