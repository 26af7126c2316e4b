//! From when to when a report reaches, as people give it: moments, or days in the time of Kazakhstan.
//!
//! ```text
//! --from 2026-11-01 --to 2026-11-30      the whole of November, its last day too
//! --from 2026-11-20T10:00:00+05:00       from that moment on
//! ```

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use prost_types::Timestamp as Stamp;
use qaqpa_proto::moment::stamp;

use super::names::kazakhstan;

/// Either end may be open; `to` is past the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub(super) struct Period {
    /// Only exchanges from this day or moment on
    #[arg(long, value_name = "WHEN", value_parser = begin)]
    pub(super) from: Option<Timestamp>,
    /// Only exchanges up to this day, all of it, or up to this moment
    #[arg(long, value_name = "WHEN", value_parser = end)]
    pub(super) to: Option<Timestamp>,
}

impl Period {
    /// As requests have them; absent where open.
    pub(super) fn stamps(&self) -> (Option<Stamp>, Option<Stamp>) {
        (self.from.map(stamp), self.to.map(stamp))
    }

    /// The same with its last moment in it, as Estonia's protocol counts.
    pub(super) fn inclusive(&self) -> (Option<Stamp>, Option<Stamp>) {
        let last = self.to.map(|to| to.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(to));
        (self.from.map(stamp), last.map(stamp))
    }
}

fn begin(text: &str) -> Result<Timestamp, String> {
    moment(text, false)
}

fn end(text: &str) -> Result<Timestamp, String> {
    moment(text, true)
}

/// A moment, or the beginning of a day; of a last day, that of the next.
pub(crate) fn moment(text: &str, is_end: bool) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let day = || {
        let day: Date = text.parse().ok()?;
        let day = if is_end { day.tomorrow().ok()? } else { day };
        Some(day.to_zoned(kazakhstan()).ok()?.timestamp())
    };
    day().ok_or_else(|| "give a day as 2026-11-30, or a moment as 2026-11-30T10:00:00+05:00".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_kazakhstan_and_whole() {
        for (wanted, text, is_end) in [
            (Some("2026-10-31T19:00:00Z"), "2026-11-01", false),
            (Some("2026-11-30T19:00:00Z"), "2026-11-30", true),
            (Some("2026-12-31T19:00:00Z"), "2026-12-31", true),
            (Some("2026-11-20T05:00:00Z"), "2026-11-20T10:00:00+05:00", true),
            (None, "20.11.2026", false),
            (None, "2026-02-30", false),
            (None, "", false),
        ] {
            assert_eq!(moment(text, is_end).ok().map(|moment| moment.to_string()).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn estonia_counts_the_last_moment_in() {
        let period = Period { from: None, to: moment("2026-11-30", true).ok() };
        let at = |text: &str| Some(stamp(text.parse().unwrap()));
        assert_eq!(period.stamps(), (None, at("2026-11-30T19:00:00Z")));
        assert_eq!(period.inclusive().1, at("2026-11-30T18:59:59.999999999Z"));
    }
}
