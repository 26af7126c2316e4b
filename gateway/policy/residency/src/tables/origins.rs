//! Announcing autonomous systems (BGP origins), and those whose announcements are refused: global clouds and CDNs.
//!
//! Compiled in is the slice of RouteViews and DB-IP that covers home space (`origins/announced.csv`; the licence wants
//! `origins/NOTICE` to go with it) and the deny list (`origins/clouds.csv`). An operator's ASN MMDB adds votes: an
//! address is denied when either says so. This table never says yes, so that a slice that is too old opens nothing
//! that registry and location do not open.
//!
//! ```text
//! 31.223.200.1 -> AS16509 Amazon, denied        195.12.113.29 -> AS15549 National Information Technologies
//! ```

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::civil::{Date, date};

use super::facts::{TableFacts, sha256};
use super::mmdb::{Database, Family};
use super::problem::TableProblem;
use super::ranges::Space;
use super::spans::{Number, Span, Spans};

/// An autonomous system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Its number.
    pub asn: u32,
    /// Name of its holder, a few words.
    pub name: &'static str,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AS{} {}", self.asn, self.name)
    }
}

/// A table of announcements.
#[derive(Debug, Clone)]
pub struct Origins {
    v4: Announced<u32>,
    v6: Announced<u128>,
    /// Sorted by number.
    clouds: Vec<Origin>,
    facts: Vec<TableFacts>,
}

/// Of one family.
#[derive(Clone)]
struct Announced<N> {
    rows: Vec<(Span<N>, Origin)>,
    /// Every announcement of a denied system, by whichever table; sorted.
    denied: Vec<(Span<N>, Origin)>,
    denied_spans: Spans<N>,
}

impl Origins {
    /// The tables compiled in.
    #[must_use]
    pub fn embedded() -> Self {
        let clouds: Vec<Origin> = rows(CLOUDS).filter_map(cloud).collect();
        let v4: Announced<u32> =
            Announced::of(&clouds, |text| text.parse().ok().map(|address: Ipv4Addr| address.into()));
        let v6: Announced<u128> =
            Announced::of(&clouds, |text| text.parse().ok().map(|address: Ipv6Addr| address.into()));
        let facts = TableFacts {
            name: "origins".to_owned(),
            source: "RouteViews, DB-IP.com and NRO through @ip-location-db/asn, CC BY 4.0".to_owned(),
            date: DATE,
            sha256: sha256(&[ANNOUNCED.as_bytes(), CLOUDS.as_bytes()]),
            compiled_in: true,
            v4_networks: v4.all().networks().count(),
            v4_addresses: v4.all().addresses(),
            v6_networks: v6.all().networks().count(),
        };
        Self { v4, v6, clouds, facts: vec![facts] }
    }

    /// Adds what an ASN MMDB says that denied systems announce, anywhere.
    ///
    /// # Errors
    ///
    /// The first thing wrong with the file.
    pub fn with_mmdb(mut self, bytes: Vec<u8>) -> Result<Self, TableProblem> {
        let database = Database::open(&bytes)?;
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (network, number) in database.systems(|number| find(&self.clouds, number).is_some())? {
            let Some(origin) = find(&self.clouds, number) else { continue };
            match network {
                Family::V4(span) => v4.push((span, origin)),
                Family::V6(span) => v6.push((span, origin)),
            }
        }
        self.v4.deny(v4);
        self.v6.deny(v6);
        let source = "an operator's MMDB of systems";
        let facts =
            TableFacts::of_files(database.kind(), source, database.date()?, sha256(&[&bytes]), &Space::default());
        self.facts.push(facts);
        Ok(self)
    }

    /// The denied system that announces an address.
    #[must_use]
    pub fn denied(&self, address: IpAddr) -> Option<Origin> {
        match address {
            IpAddr::V4(address) => self.v4.denied(address.into()),
            IpAddr::V6(address) => self.v6.denied(address.into()),
        }
    }

    /// The autonomous system that announces an address, a denied one first. Known for home space, and for what denied
    /// systems announce.
    #[must_use]
    pub fn origin(&self, address: IpAddr) -> Option<Origin> {
        let announced = || match address {
            IpAddr::V4(address) => search(&self.v4.rows, address.into()),
            IpAddr::V6(address) => search(&self.v6.rows, address.into()),
        };
        self.denied(address).or_else(announced)
    }

    /// Of the compiled-in tables (counts: of the slice), then of an MMDB (counts: none, it knows no country).
    pub fn facts(&self) -> impl Iterator<Item = &TableFacts> {
        self.facts.iter()
    }

    pub(super) fn denied_spans(&self) -> (&Spans<u32>, &Spans<u128>) {
        (&self.v4.denied_spans, &self.v6.denied_spans)
    }
}

impl<N> fmt::Debug for Announced<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Announced({} rows, {} denied)", self.rows.len(), self.denied.len())
    }
}

impl<N: Number> Announced<N> {
    /// The rows whose addresses `read` understands: those of its family.
    fn of(clouds: &[Origin], read: fn(&str) -> Option<N>) -> Self {
        let mut rows: Vec<_> = rows(ANNOUNCED).filter_map(|line| announcement(line, read)).collect();
        rows.sort_unstable_by_key(|(span, _)| *span);
        let of_clouds = rows.iter().filter_map(|(span, origin)| Some((*span, find(clouds, origin.asn)?))).collect();
        let mut announced = Self { rows, denied: Vec::new(), denied_spans: Spans::default() };
        announced.deny(of_clouds);
        announced
    }

    /// Adds denied announcements. Where two overlap, the first one names the system; both deny.
    fn deny(&mut self, more: Vec<(Span<N>, Origin)>) {
        self.denied.extend(more);
        self.denied.sort_unstable_by_key(|(span, _)| *span);
        self.denied_spans = Spans::of(self.denied.iter().map(|(span, _)| *span).collect());
    }

    fn denied(&self, number: N) -> Option<Origin> {
        if !self.denied_spans.contains(number) {
            return None;
        }
        let holds = |(span, _): &&(Span<N>, Origin)| span.start <= number && number <= span.end;
        self.denied.iter().find(holds).map(|(_, origin)| *origin)
    }

    fn all(&self) -> Spans<N> {
        Spans::of(self.rows.iter().map(|(span, _)| *span).collect())
    }
}

fn search<N: Number>(rows: &[(Span<N>, Origin)], number: N) -> Option<Origin> {
    let after = rows.partition_point(|(span, _)| span.start <= number);
    let (span, origin) = rows.get(after.checked_sub(1)?)?;
    (number <= span.end).then_some(*origin)
}

fn find(clouds: &[Origin], asn: u32) -> Option<Origin> {
    clouds.binary_search_by_key(&asn, |cloud| cloud.asn).ok().and_then(|at| clouds.get(at)).copied()
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// `16509,Amazon,cloud,177`
fn cloud(line: &'static str) -> Option<Origin> {
    let mut fields = line.split(',');
    Some(Origin { asn: fields.next()?.parse().ok()?, name: fields.next()? })
}

/// `31.223.192.0,31.223.207.255,16509,Amazon.com Inc.`
fn announcement<N>(line: &'static str, read: fn(&str) -> Option<N>) -> Option<(Span<N>, Origin)> {
    let mut fields = line.split(',');
    let (start, end) = (read(fields.next()?)?, read(fields.next()?)?);
    Some((Span { start, end }, Origin { asn: fields.next()?.parse().ok()?, name: fields.next()? }))
}

const ANNOUNCED: &str = include_str!("origins/announced.csv");
const CLOUDS: &str = include_str!("origins/clouds.csv");
/// Of the slice; kept equal to its header by a test.
const DATE: Date = date(2026, 6, 17);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let origins = Origins::embedded();
        assert_eq!(origins.v4.rows.len() + origins.v6.rows.len(), rows(ANNOUNCED).count());
        assert_eq!(origins.clouds.len(), rows(CLOUDS).count());
        assert!(origins.clouds.windows(2).all(|pair| pair[0].asn < pair[1].asn), "sorted, each once");
        assert!(origins.v4.rows.windows(2).all(|pair| pair[0].0.end < pair[1].0.start), "no overlap");
        assert!(origins.v6.rows.windows(2).all(|pair| pair[0].0.end < pair[1].0.start), "no overlap");
        assert!(ANNOUNCED.contains(&format!("# Date: {DATE}\n")));
    }

    #[test]
    fn the_licence_goes_with_the_data() {
        let notice = include_str!("origins/NOTICE");
        for text in [ANNOUNCED, notice] {
            for owner in ["RouteViews", "DB-IP", "https://db-ip.com", "NRO", "CC BY 4.0"] {
                assert!(text.contains(owner), "{owner}");
            }
        }
    }
}
