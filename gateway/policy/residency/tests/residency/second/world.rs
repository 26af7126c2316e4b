//! Texts of tables, and the tables that the crate reads from them: a made-up world, or the real one of Debian.
//!
//! The made-up one is cut at random, and where the special ranges and the denied announcements begin and end; a third of
//! its networks is home by both tables, so that every verdict comes up.

use std::net::IpAddr;

use jiff::civil::{Date, date};
use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};
use qaqpa_synthetic::tables::{MadeUpTables, Range};

use super::classifier::{self, Twin};
use super::random::Random;

/// Tables, the second reading of the same texts, and a day on which the tables are fresh.
pub(crate) struct World {
    pub(crate) tables: Tables,
    pub(crate) twin: Twin,
    pub(crate) today: Date,
}

impl World {
    pub(crate) fn made_up(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let edges = classifier::edges();
        let of_v4 = edges.iter().filter_map(|edge| edge.0.then_some(edge.1));
        let of_v6: Vec<u128> = edges.iter().filter_map(|edge| (!edge.0).then_some(edge.1)).collect();
        let given: Vec<u128> = of_v4.chain((1..=223).map(|block| block << 24)).collect();
        let v4 = |number| IpAddr::V4(u32::try_from(number).unwrap().into());
        let v6 = |number: u128| IpAddr::V6(number.into());
        let mut ranges = laid(&mut random, (1 << 24, (224 << 24) - 1), (600, 1), &given, v4);
        ranges.extend(laid(&mut random, (0x2000 << 112, (0x4000 << 112) - 1), (60, 1 << 80), &of_v6, v6));
        let MadeUpTables { delegated, geoip, geoip6 } = MadeUpTables::of_ranges(&ranges, date(2026, 11, 10));
        let twin = Twin::new(Some(&delegated), &geoip, &geoip6);
        Self::of(Registry::parse(delegated.as_bytes()).unwrap(), &geoip, &geoip6, twin)
    }

    #[cfg_attr(test, expect(dead_code, reason = "tests need no files of this machine; the example takes them"))]
    /// The two texts of `tor-geoipdb` beside the registry that is compiled in.
    pub(crate) fn real(geoip: &str, geoip6: &str) -> Self {
        Self::of(Registry::embedded(), geoip, geoip6, Twin::new(None, geoip, geoip6))
    }

    fn of(registry: Registry, geoip: &str, geoip6: &str, twin: Twin) -> Self {
        let location = Location::parse_text(geoip.as_bytes(), geoip6.as_bytes()).unwrap();
        let max_age = MaxAge { registry_days: 3_650, locations_days: 3_650, origins_days: 3_650 };
        let tables = Tables::new(registry, vec![location], Origins::embedded(), max_age);
        let today = tables.facts().map(|facts| facts.date).max().unwrap();
        Self { tables, twin, today }
    }
}

/// One family's addresses, all of them, cut into ranges.
fn laid(
    random: &mut Random,
    all: (u128, u128),
    cuts: (usize, u128),
    given: &[u128],
    address: impl Fn(u128) -> IpAddr,
) -> Vec<Range> {
    let (mut ranges, mut start) = (Vec::new(), all.0);
    for next in random.cuts(all.0, all.1, cuts.0, cuts.1, given).into_iter().chain([all.1 + 1]) {
        let place = *random.pick(&COUNTRIES);
        let holder = if random.chance(4) { *random.pick(&COUNTRIES) } else { place };
        let (kept, listed) = (next > all.1 || !random.chance(40), !random.chance(20) && holder != "??");
        let (first, last) = (address(start), address(next - 1));
        ranges.push(Range { first, last, holder: listed.then_some(holder), place: kept.then_some(place) });
        start = next;
    }
    ranges
}

const COUNTRIES: [&str; 6] = ["KZ", "KZ", "KZ", "RU", "US", "??"];
