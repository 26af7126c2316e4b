//! Location tables: the country where an address is used, from a source independent of the registries.
//!
//! Compiled in is a slice of home space ([`embedded`]). Debian's package `tor-geoipdb` carries the IPFire Location
//! database as two texts, which take its place, as an operator's MMDB does.
//!
//! ```text
//! # Generated: Thu, 25 Jun 2026 04:33:59 GMT
//! 33554432,33554687,FR                            geoip:  start and end as numbers
//! 2001:200::,2001:200:134:ffff:ffff:ffff:ffff:ffff,JP     geoip6: as addresses
//! ```
//!
//! Refuses a text that is cut even at the end of a line: a world table knows nearly all IPv4 addresses that exist,
//! and reaches the last block of each family.

mod embedded;

use std::io::BufRead;
use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::civil::Date;
use jiff::fmt::rfc2822::DateTimeParser;

use super::facts::{TableFacts, sha256};
use super::lines::Lines;
use super::mmdb;
use super::problem::TableProblem;
use super::ranges::{Ranges, Space};
use super::spans::{Number, Span};
use crate::country::Country;

/// A table of places.
#[derive(Debug, Clone)]
pub struct Location {
    space: Space,
    facts: TableFacts,
}

impl Location {
    /// Reads the two texts of `tor-geoipdb`, a line at a time. The older of their dates is the table's.
    ///
    /// # Errors
    ///
    /// The first thing wrong with either.
    pub fn parse_text(v4: impl BufRead, v6: impl BufRead) -> Result<Self, TableProblem> {
        let (mut covered, mut digest) = (0, Context::new(&SHA256));
        let lines = Lines::new(V4, v4, &mut digest);
        let (date, v4_ranges, last) =
            read(lines, V4, |span: Span<u32>| covered += u64::from(span.end - span.start) + 1)?;
        if covered < LEAST_V4 || last < REACH_V4 {
            return Err(TableProblem::truncated(V4, format_args!("it knows {covered} addresses of about 3.7e9")));
        }
        let mut covered: u128 = 0;
        let lines = Lines::new(V6, v6, &mut digest);
        let (date_v6, v6_ranges, last) = read(lines, V6, |span: Span<u128>| {
            covered = covered.saturating_add(span.end - span.start).saturating_add(1);
        })?;
        let covered = covered >> 96;
        if covered < LEAST_V6 || last < REACH_V6 {
            return Err(TableProblem::truncated(V6, format_args!("it knows {covered} networks of the size of a /32")));
        }
        let space = Space { v4: v4_ranges, v6: v6_ranges };
        for (part, addresses) in [(V4, space.v4.home().networks().count()), (V6, space.v6.home().networks().count())] {
            if addresses == 0 {
                return Err(TableProblem::NoHome(part));
            }
        }
        let facts = TableFacts::of_files(NAME, SOURCE, date.min(date_v6), hex::encode(digest.finish()), &space);
        Ok(Self { space, facts })
    }

    /// Reads an MMDB of countries (`country.iso_code`, or `country_code` at the top). Its date is its build's.
    ///
    /// # Errors
    ///
    /// The first thing wrong with it.
    pub fn parse_mmdb(bytes: Vec<u8>) -> Result<Self, TableProblem> {
        let database = mmdb::Database::open(&bytes)?;
        let space = database.countries()?;
        if !space.knows_home() {
            return Err(TableProblem::NoHome(mmdb::PART));
        }
        let facts =
            TableFacts::of_files(database.kind(), "an operator's MMDB", database.date()?, sha256(&[&bytes]), &space);
        Ok(Self { space, facts })
    }

    /// Where an address is used.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        self.space.country(address)
    }

    /// Source, date, digest, counts.
    #[must_use]
    pub fn facts(&self) -> &TableFacts {
        &self.facts
    }

    pub(super) fn is_home(&self, address: IpAddr) -> bool {
        self.space.is_home(address)
    }

    pub(super) fn space(&self) -> &Space {
        &self.space
    }
}

/// An address as one of the texts spells it.
trait Spelling: Number {
    fn read(text: &str) -> Option<Self>;
}

impl Spelling for u32 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Spelling for u128 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(|address: Ipv6Addr| address.into())
    }
}

/// One text: its date, its ranges, its last address. Each row is shown to `covered`.
fn read<N: Spelling>(
    mut lines: Lines<'_, impl BufRead>,
    part: &'static str,
    mut covered: impl FnMut(Span<N>),
) -> Result<(Date, Ranges<N>, N), TableProblem> {
    let (mut date, mut ranges, mut last, mut blank) = (None, Ranges::default(), None, None);
    while let Some((bytes, line)) = lines.next()? {
        let wrong = |line| move |problem| TableProblem::Line { part, line, problem };
        let text = str::from_utf8(bytes).map_err(|_| wrong(line)("not a text"))?;
        if text.trim_ascii().is_empty() {
            blank = blank.or((!text.is_empty()).then_some(line)); // wrong, unless there is nothing else
            continue;
        }
        if let Some(line) = blank {
            return Err(wrong(line)(NO_ROW));
        }
        if let Some(comment) = text.strip_prefix('#') {
            date = date.or(generated(comment));
        } else {
            let (span, country) = row(text).map_err(wrong(line))?;
            ranges.push(span, country).map_err(wrong(line))?;
            covered(span);
            last = Some(span.end);
        }
    }
    let last = last.ok_or(TableProblem::Empty(part))?;
    match blank {
        Some(line) => Err(TableProblem::Line { part, line, problem: NO_ROW }),
        None => Ok((date.ok_or(TableProblem::Undated(part))?, ranges.finish(), last)),
    }
}

fn row<N: Spelling>(line: &str) -> Result<(Span<N>, Option<Country>), &'static str> {
    let fields: Vec<&str> = line.split(',').collect();
    let [start, end, code] = fields[..] else { return Err(NO_ROW) };
    let start = N::read(start).ok_or("the start is no address of this family")?;
    let end = N::read(end).ok_or("the end is no address of this family")?;
    let country =
        if NOWHERE.contains(&code) { None } else { Some(Country::parse(code).ok_or("no code of a country")?) };
    Ok((Span { start, end }, country))
}

/// ` Generated: Thu, 25 Jun 2026 04:33:59 GMT`
fn generated(comment: &str) -> Option<Date> {
    let moment = comment.trim().strip_prefix("Generated:")?.trim();
    DateTimeParser::new().parse_zoned(moment).ok().map(|moment| moment.date())
}

const NAME: &str = "ipfire";
const SOURCE: &str = "IPFire Location (Debian tor-geoipdb), CC BY-SA 4.0";
const V4: &str = "IPv4 text";
const V6: &str = "IPv6 text";
const NO_ROW: &str = "not `start,end,country`";
/// What the texts write for an address of no country: theirs, and ISO's own code of it, which a few rows have.
const NOWHERE: [&str; 2] = ["??", "ZZ"];
/// 92 % of what the text of 2026-06-25 knows (3,695,614,312). All IPv4 space has been given out, so that a later text
/// knows no fewer; a text that lost a twelfth of its rows is cut.
const LEAST_V4: u64 = 3_400_000_000;
/// 223.0.0.0, the last block of unicast space. Rows are in order, so that a text which ends earlier is cut.
const REACH_V4: u32 = 0xdf00_0000;
/// Networks of the size of a /32: the text of 2026-06-25 knows 5.5 million, most of them in five huge rows that the
/// next text may have no longer; what registries have given out is more than 300,000.
const LEAST_V6: u128 = 100_000;
/// 2c00::, the last block that IANA has given to a registry.
const REACH_V6: u128 = 0x2c00 << 112;
