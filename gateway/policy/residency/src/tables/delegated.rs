//! Delegated-extended files of the registries, and the NRO's file of all of them: `FORMAT`, RIR statistics exchange.
//!
//! Refuses a file whose header or summary announces another number of rows than it holds: it was cut, or glued.
//!
//! ```text
//! 2|ripencc|1793487599|3|19830705|20261031|+0100
//! ripencc|*|ipv4|*|2|summary
//! ripencc|KZ|ipv4|2.72.0.0|524288|20100715|allocated|a1b2
//! ripencc||ipv4|2.80.0.0|256||available
//! ```
//!
//! A count of addresses need not be a power of two. `available` and `reserved` space has no country.

use std::io::BufRead;
use std::net::{Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest::Context;
use jiff::civil::Date;

use super::lines::Lines;
use super::problem::TableProblem;
use super::ranges::{Ranges, Space};
use super::spans::{Number, Span};
use crate::country::Country;

/// What the first line says.
pub(super) struct Header {
    pub(super) registry: String,
    /// Last day that is covered.
    pub(super) date: Date,
    records: usize,
}

/// Reads a file, a line at a time, into a digest too.
pub(super) fn parse(from: impl BufRead, digest: &mut Context) -> Result<(Header, Space), TableProblem> {
    let mut lines = Lines::new(PART, from, digest);
    let (mut header, mut rows) = (None, Rows::default());
    while let Some((bytes, number)) = lines.next()? {
        let text = str::from_utf8(bytes).map_err(|problem| TableProblem::format(PART, problem))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.starts_with('#') || text.trim().is_empty() {
            continue;
        }
        if header.is_none() {
            header = Some(Header::parse(text)?);
        } else {
            rows.add(text, number).map_err(|problem| TableProblem::Line { part: PART, line: number, problem })?;
        }
    }
    let header = header.ok_or(TableProblem::Empty(PART))?;
    rows.agree(header.records)?;
    let space = Space { v4: ranges(rows.v4)?, v6: ranges(rows.v6)? };
    if space.knows_home() { Ok((header, space)) } else { Err(TableProblem::NoHome(PART)) }
}

impl Header {
    fn parse(line: &str) -> Result<Self, TableProblem> {
        let fields: Vec<&str> = line.split('|').collect();
        let [version, registry, _serial, records, _start, end, _offset] = fields[..] else {
            return Err(TableProblem::format(PART, "its first line is not `version|registry|serial|records|..`"));
        };
        if version.split('.').next() != Some("2") {
            return Err(TableProblem::format(PART, "its format is not version 2"));
        }
        if registry.is_empty() || !registry.bytes().all(|letter| letter.is_ascii_lowercase()) {
            return Err(TableProblem::format(PART, "its first line names no registry"));
        }
        let records = records.parse().map_err(|_| TableProblem::format(PART, "its number of records is none"))?;
        let date = Date::strptime("%Y%m%d", end).map_err(|_| TableProblem::Undated(PART))?;
        Ok(Self { registry: registry.to_owned(), date, records })
    }
}

/// A row of one family, and its line.
type Row<N> = (Span<N>, Option<Country>, usize);

#[derive(Default)]
struct Rows {
    v4: Vec<Row<u32>>,
    v6: Vec<Row<u128>>,
    /// Rows by kind, as [`KINDS`] orders them.
    counted: [usize; 3],
    announced: [Option<usize>; 3],
}

impl Rows {
    fn add(&mut self, line: &str, number: usize) -> Result<(), &'static str> {
        let fields: Vec<&str> = line.split('|').collect();
        match fields[..] {
            [_, _, kind, _, count, "summary"] => {
                let announced = self.announced.get_mut(position(kind)?).ok_or("a kind that is none")?;
                let count = count.parse().map_err(|_| "the summary's count is no number")?;
                if announced.replace(count).is_some() { Err("a second summary of the same kind") } else { Ok(()) }
            }
            [_, code, kind, start, value, _date, status, ..] => {
                *self.counted.get_mut(position(kind)?).ok_or("a kind that is none")? += 1;
                let country = country(code, status)?;
                match kind {
                    "ipv4" => self.v4.push((v4(start, value)?, country, number)),
                    "ipv6" => self.v6.push((v6(start, value)?, country, number)),
                    _ => {}
                }
                Ok(())
            }
            _ => Err("fewer fields than a row has"),
        }
    }

    fn agree(&self, records: usize) -> Result<(), TableProblem> {
        let all: usize = self.counted.iter().sum();
        if all != records {
            return Err(TableProblem::truncated(PART, format_args!("it announces {records} rows and holds {all}")));
        }
        for ((kind, counted), announced) in KINDS.iter().zip(self.counted).zip(self.announced) {
            if announced.unwrap_or(0) != counted {
                let problem = format_args!("its summary and its {counted} rows of {kind} do not agree");
                return Err(TableProblem::truncated(PART, problem));
            }
        }
        Ok(())
    }
}

/// Files are ordered by registry, not by address.
fn ranges<N: Number>(mut rows: Vec<Row<N>>) -> Result<Ranges<N>, TableProblem> {
    rows.sort_unstable_by_key(|(span, ..)| *span);
    let mut ranges = Ranges::default();
    for (span, country, line) in rows {
        ranges.push(span, country).map_err(|_| {
            let problem = "the range overlaps that of another line";
            TableProblem::Line { part: PART, line, problem }
        })?;
    }
    Ok(ranges.finish())
}

fn position(kind: &str) -> Result<usize, &'static str> {
    KINDS.iter().position(|known| *known == kind).ok_or("neither asn nor ipv4 nor ipv6")
}

fn country(code: &str, status: &str) -> Result<Option<Country>, &'static str> {
    match status {
        "allocated" | "assigned" if code == "ZZ" => Ok(None),
        "allocated" | "assigned" => Country::parse(code).map(Some).ok_or("space is given out to no country"),
        "available" | "reserved" => Ok(None),
        _ => Err("a status that is none"),
    }
}

fn v4(start: &str, count: &str) -> Result<Span<u32>, &'static str> {
    let start: Ipv4Addr = start.parse().map_err(|_| "the start is no IPv4 address")?;
    let count: u32 = count.parse().map_err(|_| "the count of addresses is no number")?;
    let start = u32::from(start);
    let end = count.checked_sub(1).and_then(|more| start.checked_add(more));
    end.map(|end| Span { start, end }).ok_or("the count of addresses leads nowhere")
}

fn v6(start: &str, bits: &str) -> Result<Span<u128>, &'static str> {
    let start: Ipv6Addr = start.parse().map_err(|_| "the start is no IPv6 address")?;
    let bits: u8 = bits.parse().map_err(|_| "the length of the prefix is no number")?;
    let net = ipnet::Ipv6Net::new(start, bits).map_err(|_| "the length of the prefix is more than 128")?;
    if bits == 0 || net.network() != start {
        return Err("the start is not the first address of its prefix");
    }
    Ok(Span { start: start.into(), end: net.broadcast().into() })
}

const PART: &str = "delegated file";
const KINDS: [&str; 3] = ["asn", "ipv4", "ipv6"];
