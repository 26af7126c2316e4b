//! Tables of these tests: 195.12.113.0/24 and 2a00:5da0::/32 are at home, or are no more. The rest of the world is in Japan.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use qaqpa_residency::{Location, MaxAge, Origins, Profile, Registry};

use super::*;

static AT_HOME: LazyLock<Arc<Tables>> = LazyLock::new(|| Arc::new(tables("KZ")));
static ABROAD: LazyLock<Arc<Tables>> = LazyLock::new(|| Arc::new(tables("JP")));

pub(super) fn at_home() -> Arc<Tables> {
    AT_HOME.clone()
}

/// The registry still says home, the location does not.
pub(super) fn abroad() -> Arc<Tables> {
    ABROAD.clone()
}

fn tables(country: &str) -> Tables {
    const HEAD: &str = "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n";
    let (first, last) = (u32::from_be_bytes([195, 12, 113, 0]), u32::from_be_bytes([195, 12, 113, 255]));
    let v4 = [
        format!("16777216,{},JP", first - 1),
        format!("{first},{last},{country}"),
        format!("{},3758096383,JP", last + 1),
        "3758096384,3758096384,KZ".to_owned(), // a table without anything at home is refused
    ];
    let v6 = [
        "2000::,2a00:5d9f:ffff:ffff:ffff:ffff:ffff:ffff,JP".to_owned(),
        format!("2a00:5da0::,2a00:5da0:ffff:ffff:ffff:ffff:ffff:ffff,{country}"),
        "2a00:5da1::,3fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe,JP".to_owned(),
        "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,KZ".to_owned(), // likewise
    ];
    let text = |lines: &[String]| format!("{HEAD}{}\n", lines.join("\n")).into_bytes();
    let location = Location::parse_text(text(&v4).as_slice(), text(&v6).as_slice()).unwrap();
    let ages = MaxAge { tables_days: 36_500, origins_days: 36_500 };
    Tables::new(Registry::embedded(), vec![location], Origins::embedded(), ages)
}

/// Stands still at noon of the day of the youngest table, so that none is of the future.
pub(super) fn clock() -> Clock {
    let day: Date = at_home().facts().map(|facts| facts.date).max().unwrap();
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    Clock::new(move || UNIX_EPOCH + Duration::from_secs(noon.try_into().unwrap()))
}

pub(super) fn peers(rules: Vec<PeerRule>) -> Peers {
    Peers::declare(rules, Profile::Development).unwrap()
}
