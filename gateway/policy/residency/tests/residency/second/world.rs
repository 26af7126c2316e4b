//! Texts of tables, and the tables that the crate reads from them: a made-up world, or the real one of Debian.
//!
//! The made-up one is cut at random, and where the special ranges and the denied announcements begin and end; a third of
//! its networks is home by both tables, so that every verdict comes up.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Subnets;
use jiff::civil::Date;
use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};

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
        let (mut v4, mut v6) = (Text::default(), Text::default());
        let edges = classifier::edges();
        let of_v4: Vec<u128> = edges.iter().filter_map(|edge| edge.0.then_some(edge.1)).collect();
        let of_v6: Vec<u128> = edges.iter().filter_map(|edge| (!edge.0).then_some(edge.1)).collect();
        let blocks = (1..=223_u128).map(|block| block << 24);
        let given: Vec<u128> = of_v4.into_iter().chain(blocks).collect();
        v4.lay(&mut random, (1 << 24, (224 << 24) - 1), (600, 1), &given, v4_row);
        v6.lay(&mut random, (0x2000 << 112, (0x4000 << 112) - 1), (60, 1 << 80), &of_v6, v6_row);
        let registry = format!(
            "2|ripencc|20261110|{}|19830705|20261110|+0100\nripencc|*|ipv4|*|{}|summary\nripencc|*|asn|*|0|summary\n\
             ripencc|*|ipv6|*|{}|summary\n{}{}",
            v4.registered + v6.registered,
            v4.registered,
            v6.registered,
            v4.registry,
            v6.registry,
        );
        let head = "# Generated: Tue, 10 Nov 2026 04:33:59 GMT\n";
        let (geoip, geoip6) = (format!("{head}{}", v4.location), format!("{head}{}", v6.location));
        let tables = Registry::parse(registry.as_bytes()).unwrap();
        Self::of(tables, &geoip, &geoip6, Twin::new(Some(&registry), &geoip, &geoip6))
    }

    #[cfg_attr(test, expect(dead_code, reason = "tests need no files of this machine; the example takes them"))]
    /// The two texts of `tor-geoipdb` beside the registry that is compiled in.
    pub(crate) fn real(geoip: &str, geoip6: &str) -> Self {
        Self::of(Registry::embedded(), geoip, geoip6, Twin::new(None, geoip, geoip6))
    }

    fn of(registry: Registry, geoip: &str, geoip6: &str, twin: Twin) -> Self {
        let location = Location::parse_text(geoip.as_bytes(), geoip6.as_bytes()).unwrap();
        let max_age = MaxAge { tables_days: 3_650, origins_days: 3_650 };
        let tables = Tables::new(registry, vec![location], Origins::embedded(), max_age);
        let today = tables.facts().map(|facts| facts.date).max().unwrap();
        Self { tables, twin, today }
    }
}

/// The rows of one family in both tables.
#[derive(Default)]
struct Text {
    registry: String,
    registered: usize,
    location: String,
}

/// Writes one row of each table.
type Lay = fn(&mut Text, (u128, u128), registry: Option<&str>, location: Option<&str>);

impl Text {
    fn lay(&mut self, random: &mut Random, all: (u128, u128), cuts: (usize, u128), given: &[u128], row: Lay) {
        let mut start = all.0;
        for next in random.cuts(all.0, all.1, cuts.0, cuts.1, given).into_iter().chain([all.1 + 1]) {
            let location = *random.pick(&COUNTRIES);
            let registry = if random.chance(4) { *random.pick(&COUNTRIES) } else { location };
            let (kept, listed) = (next > all.1 || !random.chance(40), !random.chance(20) && registry != "??");
            row(self, (start, next - 1), listed.then_some(registry), kept.then_some(location));
            start = next;
        }
    }

    fn register(&mut self, country: &str, kind: &str, start: impl std::fmt::Display, value: u128) {
        self.registered += 1;
        writeln!(self.registry, "ripencc|{country}|{kind}|{start}|{value}|20100101|allocated|holder").unwrap();
    }
}

fn v4_row(text: &mut Text, (start, end): (u128, u128), registry: Option<&str>, location: Option<&str>) {
    if let Some(country) = registry {
        text.register(country, "ipv4", Ipv4Addr::from(u32::try_from(start).unwrap()), end - start + 1);
    }
    if let Some(country) = location {
        writeln!(text.location, "{start},{end},{country}").unwrap();
    }
}

fn v6_row(text: &mut Text, (start, end): (u128, u128), registry: Option<&str>, location: Option<&str>) {
    let (start, end) = (Ipv6Addr::from(start), Ipv6Addr::from(end));
    if let Some(country) = registry {
        for net in Ipv6Subnets::new(start, end, 0) {
            text.register(country, "ipv6", net.network(), net.prefix_len().into());
        }
    }
    if let Some(country) = location {
        writeln!(text.location, "{start},{end},{country}").unwrap();
    }
}

const COUNTRIES: [&str; 6] = ["KZ", "KZ", "KZ", "RU", "US", "??"];
