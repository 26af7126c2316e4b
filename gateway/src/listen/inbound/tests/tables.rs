//! Tables of these tests: 195.12.113.0/24 and 2a00:5da0::/32 are at home, or are seen in Japan. The rest of the world is made up.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use qaqpa_residency::{Location, MaxAge, Origins, Profile, Registry};
use qaqpa_synthetic::tables::{MadeUpTables, Network};

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

fn tables(country: &'static str) -> Tables {
    let networks = [
        Network::new("195.12.113.0/24", "KZ", country),
        Network::new("2a00:5da0::/32", "KZ", country),
        Network::new("92.46.0.0/15", "KZ", "KZ"), // a table without anything at home is refused
        Network::new("2a00:1f40::/32", "KZ", "KZ"), // likewise
    ];
    let made = MadeUpTables::of(&networks, date(2026, 6, 25)).unwrap();
    let location = Location::parse_text(made.geoip.as_bytes(), made.geoip6.as_bytes()).unwrap();
    let ages = MaxAge { registry_days: 36_500, locations_days: 36_500, origins_days: 36_500 };
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
