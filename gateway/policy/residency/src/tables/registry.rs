//! Registries: in which country the holder of an address is legally based (RIR delegated statistics). Necessary, not
//! sufficient: space of a Kazakh holder is announced from Frankfurt as well.
//!
//! Compiled in is the crate iptocc, made from the files of all five registries each night; an operator who cannot
//! wait for a release gives a delegated-extended file ([`delegated`](super::delegated)).
//!
//! ```text
//! 195.12.113.29 -> KZ        8.8.8.8 -> US        10.0.0.1 -> nothing
//! ```

use std::io::BufRead;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::civil::{Date, date};

use super::delegated;
use super::facts::TableFacts;
use super::problem::TableProblem;
use super::ranges::Space;
use super::spans::{Span, Spans};
use super::survey::HomeSpace;
use crate::country::Country;

/// A table of registrations.
#[derive(Debug, Clone)]
pub struct Registry {
    rows: Rows,
    facts: TableFacts,
}

#[derive(Debug, Clone)]
enum Rows {
    /// The crate iptocc, which answers but cannot be listed.
    CompiledIn,
    Listed(Box<Space>),
}

impl Registry {
    /// The table compiled in.
    #[must_use]
    pub fn embedded() -> Self {
        let facts = TableFacts {
            name: format!("iptocc {VERSION}"),
            source: "RIR delegated statistics through crates.io, MIT OR Apache-2.0".to_owned(),
            date: DATE,
            sha256: CHECKSUM.to_owned(),
            compiled_in: true,
            v4_networks: HOME_V4_NETWORKS,
            v4_addresses: HOME_V4_ADDRESSES,
            v6_networks: HOME_V6_NETWORKS,
        };
        Self { rows: Rows::CompiledIn, facts }
    }

    /// Reads a delegated-extended file of a registry, or the NRO's of all of them, a line at a time.
    ///
    /// # Errors
    ///
    /// The first thing wrong with it.
    pub fn parse(text: impl BufRead) -> Result<Self, TableProblem> {
        let mut digest = Context::new(&SHA256);
        let (header, space) = delegated::parse(text, &mut digest)?;
        let digest = hex::encode(digest.finish());
        let name = format!("delegated-{}", header.registry);
        let facts = TableFacts::of_files(&name, "RIR delegated statistics", header.date, digest, &space);
        Ok(Self { rows: Rows::Listed(Box::new(space)), facts })
    }

    /// Where the holder of an address is based.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        match &self.rows {
            Rows::CompiledIn => iptocc::country_code(address).and_then(Country::parse),
            Rows::Listed(space) => space.country(address),
        }
    }

    /// Source, date, digest, counts.
    #[must_use]
    pub fn facts(&self) -> &TableFacts {
        &self.facts
    }

    pub(super) fn is_home(&self, address: IpAddr) -> bool {
        match &self.rows {
            Rows::CompiledIn => iptocc::country_code(address) == Some(HOME_CODE),
            Rows::Listed(space) => space.is_home(address),
        }
    }

    /// What of these addresses is home, exactly: the compiled-in table is asked for each IPv4 address, and for the
    /// first of each /48 of IPv6, which is the least that a registry gives to anybody.
    pub(super) fn home_among(&self, v4: &Spans<u32>, v6: &Spans<u128>) -> (Spans<u32>, Spans<u128>) {
        match &self.rows {
            Rows::Listed(space) => (v4.and(space.v4.home()), v6.and(space.v6.home())),
            Rows::CompiledIn => (among_v4(v4), among_v6(v6)),
        }
    }

    /// All that is home. The compiled-in table is searched: IPv4 by /24, and within it by address where its ends
    /// differ; IPv6 by /32 within the blocks of registries, by /48 within the blocks that RIPE NCC assigns as /48.
    /// So it can miss a holder of a few IPv6 networks, and is for people, not for verdicts. Takes a second.
    #[must_use]
    pub fn home(&self) -> HomeSpace {
        let (v4, v6) = self.home_spans();
        HomeSpace { v4: v4.networks().collect(), v6: v6.networks().collect() }
    }

    /// See [`home`](Self::home).
    pub(super) fn home_spans(&self) -> (Spans<u32>, Spans<u128>) {
        match &self.rows {
            Rows::Listed(space) => (space.v4.home().clone(), space.v6.home().clone()),
            Rows::CompiledIn => (search_v4(), search_v6()),
        }
    }
}

fn home_v4(address: u32) -> bool {
    iptocc::country_code(Ipv4Addr::from(address)) == Some(HOME_CODE)
}

fn home_v6(address: u128) -> bool {
    iptocc::country_code(Ipv6Addr::from(address)) == Some(HOME_CODE)
}

fn among_v4(among: &Spans<u32>) -> Spans<u32> {
    let mut home = Spans::default();
    let addresses = among.iter().flat_map(|span| span.start..=span.end);
    addresses.filter(|at| home_v4(*at)).for_each(|at| home.push(Span { start: at, end: at }));
    home
}

fn among_v6(among: &Spans<u128>) -> Spans<u128> {
    let mut home = Spans::default();
    for span in among.iter() {
        let mut start = span.start;
        while start <= span.end {
            let end = (start | (SMALLEST_V6 - 1)).min(span.end);
            if home_v6(start) {
                home.push(Span { start, end });
            }
            let Some(next) = end.checked_add(1) else { break };
            start = next;
        }
    }
    home
}

fn search_v4() -> Spans<u32> {
    let mut home = Spans::default();
    for block in 0..=u32::MAX >> 8 {
        let (start, end) = (block << 8, block << 8 | 0xff);
        match (home_v4(start), home_v4(end)) {
            (true, true) => home.push(Span { start, end }),
            (false, false) => {}
            _ => (start..=end).filter(|at| home_v4(*at)).for_each(|at| home.push(Span { start: at, end: at })),
        }
    }
    home
}

fn search_v6() -> Spans<u128> {
    let blocks = |blocks: &[&str], bits: u32| {
        let spans = blocks.iter().filter_map(|block| block.parse().ok()).flat_map(move |block: ipnet::Ipv6Net| {
            let (first, last) = (u128::from(block.network()) >> (128 - bits), u128::from(block.broadcast()));
            (first..=last >> (128 - bits)).map(move |at| at << (128 - bits))
        });
        let home = spans.filter(|start| home_v6(*start));
        home.map(move |start| Span { start, end: start | ((1 << (128 - bits)) - 1) }).collect::<Vec<_>>()
    };
    Spans::of([blocks(&BY_32, 32), blocks(&BY_48, 48)].concat())
}

/// As iptocc spells it.
const HOME_CODE: &str = "KZ";
/// Addresses of a /48.
const SMALLEST_V6: u128 = 1 << 80;
/// Blocks of registries that give out /32 and more. IANA, "IPv6 Global Unicast Address Assignments".
const BY_32: [&str; 12] = [
    "2001::/16",
    "2003::/18",
    "2400::/12",
    "2600::/12",
    "2610::/23",
    "2620::/23",
    "2630::/12",
    "2800::/12",
    "2a00::/12",
    "2a10::/12",
    "2c00::/12",
    "2410::/12",
];
/// Blocks from which RIPE NCC assigns /48 to users directly (ripe-738, and its list of blocks).
const BY_48: [&str; 2] = ["2001:678::/29", "2001:7f8::/32"];

/// Kept equal to Cargo.lock by a test.
const VERSION: &str = "1.4.175";
/// Of the crate in Cargo.lock, which covers its data.
const CHECKSUM: &str = "7cccf3372a028e502acf17004f033eb063747c848d82b858d868e4e172b9299a";
/// The day the version was published: its data is made just before.
const DATE: Date = date(2026, 11, 1);
/// Measured on it, and kept by a test.
const HOME_V4_NETWORKS: usize = 615;
const HOME_V4_ADDRESSES: u64 = 3_382_016;
const HOME_V6_NETWORKS: usize = 98;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::HOME;

    #[test]
    fn what_is_compiled_in_is_what_is_locked() {
        let lock = include_str!("../../../../../Cargo.lock");
        let (_, after) = lock.split_once("name = \"iptocc\"\n").unwrap();
        let value = |key: &str| after.split_once(&format!("{key} = \"")).unwrap().1.split_once('"').unwrap().0;
        assert_eq!((VERSION, CHECKSUM), (value("version"), value("checksum")), "and write the new DATE and counts");
    }

    #[test]
    fn the_counts_are_those_of_the_table() {
        let (v4, v6) = Registry::embedded().home_spans();
        let counted = (v4.networks().count(), v4.addresses(), v6.networks().count());
        assert_eq!(counted, (HOME_V4_NETWORKS, HOME_V4_ADDRESSES, HOME_V6_NETWORKS));
    }

    #[test]
    fn home_has_the_code_that_is_compared() {
        assert_eq!(Country::parse(HOME_CODE), Some(HOME));
    }
}
