//! MMDB files of an operator, walked once: countries into a table of ours, networks of denied systems into a list.
//! What is asked later is asked of those, in nanoseconds, and the file is forgotten.
//!
//! Only IPv4 and `2000::/3` are walked: what an MMDB says of `::195.12.113.29` is not to be believed.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maxminddb::{LookupResult, Reader, WithinOptions, path};

use super::problem::TableProblem;
use super::ranges::Space;
use super::spans::Span;
use crate::country::Country;

/// A file that could be opened.
pub(super) struct Database<'a>(Reader<&'a [u8]>);

impl<'a> Database<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, TableProblem> {
        if bytes.is_empty() {
            return Err(TableProblem::Empty(PART));
        }
        Reader::from_source(bytes).map(Self).map_err(|problem| TableProblem::format(PART, problem))
    }

    /// As the file calls itself: `GeoLite2-Country`.
    pub(super) fn kind(&self) -> &str {
        &self.0.metadata().database_type
    }

    pub(super) fn date(&self) -> Result<Date, TableProblem> {
        let built = i64::try_from(self.0.metadata().build_epoch).ok().filter(|built| *built > 0);
        let moment = built.and_then(|built| Timestamp::from_second(built).ok()).ok_or(TableProblem::Undated(PART))?;
        Ok(moment.to_zoned(TimeZone::UTC).date())
    }

    /// The country of each network.
    pub(super) fn countries(&self) -> Result<Space, TableProblem> {
        let mut space = Space::default();
        self.walk(country, |span, country| {
            let pushed = match span {
                Family::V4(span) => space.v4.push(span, Some(country)),
                Family::V6(span) => space.v6.push(span, Some(country)),
            };
            pushed.map_err(|problem| TableProblem::format(PART, problem))
        })?;
        Ok(Space { v4: space.v4.finish(), v6: space.v6.finish() })
    }

    /// The networks that these systems announce.
    pub(super) fn systems(&self, wanted: impl Fn(u32) -> bool) -> Result<Vec<(Family, u32)>, TableProblem> {
        let (mut found, mut any) = (Vec::new(), false);
        self.walk(system, |span, number| {
            any = true;
            if wanted(number) {
                found.push((span, number));
            }
            Ok(())
        })?;
        if any { Ok(found) } else { Err(TableProblem::format(PART, "no network has an `autonomous_system_number`")) }
    }

    /// Shows each network whose record `read` understands. A record is read once, however many networks share it.
    fn walk<T: Copy>(
        &self,
        read: impl Fn(&Record<'_>) -> Result<Option<T>, TableProblem>,
        mut show: impl FnMut(Family, T) -> Result<(), TableProblem>,
    ) -> Result<(), TableProblem> {
        let unreadable = |problem| TableProblem::format(PART, problem);
        let (mut known, mut walked) = (HashMap::new(), 0_usize);
        // A tree has one leaf more than nodes; a graph that shares them could have 2^128. Each block is a walk.
        let most = 2 * (usize::try_from(self.0.metadata().node_count).unwrap_or(0) + 1);
        let mut from = vec!["0.0.0.0/0"];
        if self.0.metadata().ip_version == 6 {
            from.push("2000::/3");
        }
        for block in from {
            let block = block.parse().map_err(|problem| TableProblem::format(PART, problem))?;
            for record in self.0.within(block, WithinOptions::default()).map_err(unreadable)? {
                let record = record.map_err(unreadable)?;
                walked += 1;
                if walked > most {
                    return Err(TableProblem::format(PART, "its tree leads back into itself"));
                }
                let value = match record.offset().and_then(|at| known.get(&at)) {
                    Some(value) => *value,
                    None => read(&record)?,
                };
                record.offset().map(|at| known.insert(at, value));
                if let (Some(value), Some(span)) = (value, Family::of(&record)?) {
                    show(span, value)?;
                }
            }
        }
        Ok(())
    }
}

type Record<'a> = LookupResult<'a, &'a [u8]>;

fn country(record: &Record<'_>) -> Result<Option<Country>, TableProblem> {
    let unreadable = |problem| TableProblem::format(PART, problem);
    let nested: Option<&str> = record.decode_path(&path!["country", "iso_code"]).unwrap_or(None);
    let code = match nested {
        Some(code) => Some(code),
        None => record.decode_path(&path!["country_code"]).map_err(unreadable)?,
    };
    Ok(code.and_then(Country::parse))
}

fn system(record: &Record<'_>) -> Result<Option<u32>, TableProblem> {
    record.decode_path(&path!["autonomous_system_number"]).map_err(|problem| TableProblem::format(PART, problem))
}

/// A network of either family.
#[derive(Debug, Clone, Copy)]
pub(super) enum Family {
    V4(Span<u32>),
    V6(Span<u128>),
}

impl Family {
    /// `None` for what stands above the IPv4 part of an IPv6 file, which is no network of either family.
    fn of(record: &Record<'_>) -> Result<Option<Self>, TableProblem> {
        let network = record.network().map_err(|problem| TableProblem::format(PART, problem))?;
        let net = IpNet::new(network.ip(), network.prefix()).map_err(|problem| TableProblem::format(PART, problem))?;
        Ok(match (net.network(), net.broadcast()) {
            (IpAddr::V4(start), IpAddr::V4(end)) => Some(Self::V4(Span { start: start.into(), end: end.into() })),
            (IpAddr::V6(start), IpAddr::V6(end)) if !start.is_unspecified() => {
                Some(Self::V6(Span { start: start.into(), end: end.into() }))
            }
            _ => None,
        })
    }
}

pub(super) const PART: &str = "MMDB";
