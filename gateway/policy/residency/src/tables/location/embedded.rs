//! The second table that is compiled in: whois, geofeeds and announcements, cut to what they or a registry call home
//! (`places.csv`; the licence wants `NOTICE` to go with it). So that a fresh machine has a second opinion; an operator's
//! newer file takes its place.
//!
//! Its publisher warns of wrong rows. On the day it was made it agreed with the registries on 3,330,802 IPv4 addresses, and
//! IPFire's table on 3,309,858 of these; it can only confirm what the registries say.
//!
//! ```text
//! 31.223.192.0,31.223.199.255,KZ        31.223.200.0,31.223.207.255,CA
//! ```

use std::net::IpAddr;

use jiff::civil::{Date, date};

use super::Location;
use crate::country::Country;
use crate::tables::facts::{TableFacts, sha256};
use crate::tables::ranges::{Ranges, Space};
use crate::tables::spans::{Number, Span};

impl Location {
    /// The table compiled in. Of other countries it knows only what somebody else calls home.
    #[must_use]
    pub fn embedded() -> Self {
        let v4 = ranges(|address| match address {
            IpAddr::V4(address) => Some(u32::from(address)),
            IpAddr::V6(_) => None,
        });
        let v6 = ranges(|address| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(u128::from(address)),
        });
        let space = Space { v4, v6 };
        let facts = TableFacts::of_files(NAME, SOURCE, DATE, sha256(&[PLACES.as_bytes()]), &space);
        Self { space, facts: TableFacts { compiled_in: true, ..facts } }
    }
}

/// The rows of one family. A test reads every row, so that none is passed over here.
fn ranges<N: Number>(of_family: impl Fn(IpAddr) -> Option<N>) -> Ranges<N> {
    let mut ranges = Ranges::default();
    for (start, end, country) in PLACES.lines().filter_map(row) {
        if let (Some(start), Some(end)) = (of_family(start), of_family(end)) {
            let _ = ranges.push(Span { start, end }, Some(country)); // in order, as the test says
        }
    }
    ranges.finish()
}

/// `2.72.0.0,2.79.255.255,KZ`; nothing of a comment.
fn row(line: &str) -> Option<(IpAddr, IpAddr, Country)> {
    let mut fields = line.split(',');
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?, Country::parse(fields.next()?)?))
}

const PLACES: &str = include_str!("places.csv");
const NAME: &str = "geo-whois-asn";
const SOURCE: &str = "Geofeeds, whois (NRO) and announcements through @ip-location-db/geo-whois-asn-country, CC BY 4.0";
/// Kept equal to the header of the slice by a test.
const DATE: Date = date(2026, 6, 17);

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::country::HOME;

    #[test]
    fn every_row_is_read_and_the_date_is_the_headers() {
        let rows: Vec<&str> = PLACES.lines().filter(|line| !line.starts_with('#')).collect();
        let (mut v4, mut v6) = (Ranges::<u32>::default(), Ranges::<u128>::default());
        for line in &rows {
            match row(line).unwrap_or_else(|| panic!("{line}")) {
                (IpAddr::V4(start), IpAddr::V4(end), country) => {
                    v4.push(Span { start: start.into(), end: end.into() }, Some(country)).unwrap();
                }
                (IpAddr::V6(start), IpAddr::V6(end), country) => {
                    v6.push(Span { start: start.into(), end: end.into() }, Some(country)).unwrap();
                }
                _ => panic!("two families in {line}"),
            }
        }
        assert!(PLACES.contains(&format!("\n# Date: {DATE}\n")), "{DATE} is not the date of the slice");
        let facts = Location::embedded().facts;
        assert_eq!((facts.v4_addresses, facts.v6_networks), (v4.home().addresses(), v6.home().networks().count()));
    }

    #[test]
    fn known_answers() {
        let table = Location::embedded();
        for (home, address) in [
            (true, IpAddr::from(Ipv4Addr::new(195, 12, 113, 29))),
            (true, "2a00:5da0::1".parse::<Ipv6Addr>().unwrap().into()),
            (false, Ipv4Addr::new(31, 223, 200, 1).into()),
            (false, Ipv4Addr::new(8, 8, 8, 8).into()),
        ] {
            assert_eq!(table.country(address) == Some(HOME), home, "{address}");
        }
    }
}
