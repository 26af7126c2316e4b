//! Tables of evidence: who holds an address (registry), where it is used (location), who announces it (origins).
//!
//! An address is at home when the registry and every location table say so, and no global cloud announces it. One
//! table that says otherwise is a disagreement, and a disagreement refuses. No location table at all confirms nothing.
//!
//! ```text
//! 195.12.113.29   KZ by iptocc, KZ by ipfire, AS15549                     Home
//! 31.223.200.1    KZ by iptocc, JP by ipfire, AS16509 Amazon              Disagree
//! 8.8.8.8         US by both                                              Foreign
//! ```
//!
//! What none of them can know: an anycast address is everywhere, and a server at home may relay abroad.
//! Special addresses are no matter of tables; ask [`Special`](super::Special) first.

mod agreed;
mod delegated;
mod facts;
mod lines;
mod location;
mod mmdb;
mod origins;
mod problem;
mod ranges;
mod registry;
mod spans;
mod survey;

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use jiff::Span;
use jiff::civil::Date;

pub use facts::TableFacts;
pub use location::Location;
pub use origins::{Origin, Origins};
pub use problem::TableProblem;
pub use registry::Registry;
pub use survey::{Disagreement, HomeSpace};

use super::country::Country;
use agreed::Agreed;
use facts::stem;

/// The residency tables in force.
#[derive(Debug, Clone)]
pub struct Tables {
    registry: Registry,
    locations: Vec<Location>,
    origins: Origins,
    max_age: MaxAge,
    version: String,
    agreed: Agreed,
    fresh: RangeInclusive<Date>,
}

/// How many days after their date tables still count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge {
    /// The registry, which says yes.
    pub registry_days: u32,
    /// Locations, which say yes too: no distribution renews one as often as the registries publish theirs.
    pub locations_days: u32,
    /// Origins: tables that say no.
    pub origins_days: u32,
}

impl Default for MaxAge {
    fn default() -> Self {
        Self { registry_days: 45, locations_days: 210, origins_days: 365 }
    }
}

/// What the tables make of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Every table places it in Kazakhstan.
    Home,
    /// No table places it in Kazakhstan.
    Foreign {
        /// Where the registry places it, or else the first location that places it anywhere.
        country: Option<Country>,
    },
    /// Some say home and some do not.
    Disagree,
    /// All say home, and a global cloud announces it.
    DeniedOrigin(Origin),
    /// The registry says home, and there is no second opinion.
    Unconfirmed,
}

/// What each table says of an address, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Registry first.
    pub votes: Vec<Vote>,
    /// Who announces it, if it is known: of home space only, and of what the denied announce.
    pub origin: Option<Origin>,
    /// That origin is on the deny list.
    pub origin_denied: bool,
}

/// What one table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Name of the table.
    pub table: String,
    /// Its answer.
    pub country: Option<Country>,
}

/// A table that no longer counts, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Name of the table.
    pub table: String,
    /// Its date.
    pub date: Date,
    /// Less than zero: its date is in the future.
    pub age_days: i64,
    /// As many days it may have.
    pub limit_days: u32,
}

/// A table that is older than the one that was in force before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table `{table}` is of {date}, older than the one last in force, of {last}")]
pub struct Older {
    /// Name of the table.
    pub table: String,
    /// Its date.
    pub date: Date,
    /// Of the one before it.
    pub last: Date,
}

impl Tables {
    /// Puts tables into force together.
    #[must_use]
    pub fn new(registry: Registry, locations: Vec<Location>, origins: Origins, max_age: MaxAge) -> Self {
        let agreed = Agreed::of(&locations, &origins);
        let fresh = Date::MIN..=Date::MAX;
        let mut tables = Self { registry, locations, origins, max_age, version: String::new(), agreed, fresh };
        tables.version = tables.facts().map(TableFacts::version).collect::<Vec<_>>().join(",");
        tables.fresh = tables.days();
        tables
    }

    /// What is compiled in.
    #[must_use]
    pub fn embedded() -> Self {
        Self::new(Registry::embedded(), vec![Location::embedded()], Origins::embedded(), MaxAge::default())
    }

    /// The verdict of the tables on an address that is no special one.
    #[must_use]
    pub fn finding(&self, address: IpAddr) -> Finding {
        let address = address.to_canonical();
        let by_registry = self.registry.is_home(address);
        if by_registry && self.agreed.contains(address) {
            return Finding::Home;
        }
        let by_locations = self.locations.iter().filter(|location| location.is_home(address)).count();
        match (by_registry, by_locations) {
            (false, 0) => Finding::Foreign { country: self.placed(address) },
            (true, 0) if self.locations.is_empty() => Finding::Unconfirmed,
            (true, all) if all == self.locations.len() => {
                self.origins.denied(address).map_or(Finding::Home, Finding::DeniedOrigin)
            }
            _ => Finding::Disagree,
        }
    }

    fn placed(&self, address: IpAddr) -> Option<Country> {
        let by_locations = || self.locations.iter().find_map(|location| location.country(address));
        self.registry.country(address).or_else(by_locations)
    }

    /// What each table says, for people.
    #[must_use]
    pub fn evidence(&self, address: IpAddr) -> Evidence {
        let address = address.to_canonical();
        let vote = |facts: &TableFacts, country| Vote { table: facts.name.clone(), country };
        let places = self.locations.iter().map(|location| vote(location.facts(), location.country(address)));
        let registry = vote(self.registry.facts(), self.registry.country(address));
        Evidence {
            votes: std::iter::once(registry).chain(places).collect(),
            origin: self.origins.origin(address),
            origin_denied: self.origins.denied(address).is_some(),
        }
    }

    /// The first table that is older than it may be, or of a day after tomorrow.
    #[must_use]
    pub fn stale(&self, today: Date) -> Option<Stale> {
        if self.fresh.contains(&today) {
            return None;
        }
        self.limits().find_map(|(facts, limit_days)| {
            let age_days = i64::from((today - facts.date).get_days());
            let counts = (-1..=i64::from(limit_days)).contains(&age_days);
            (!counts).then(|| Stale { table: facts.name.clone(), date: facts.date, age_days, limit_days })
        })
    }

    /// Each table with the most days that it may have, in the order of [`facts`](Self::facts).
    pub fn limits(&self) -> impl Iterator<Item = (&TableFacts, u32)> {
        let registry = std::iter::once((self.registry.facts(), self.max_age.registry_days));
        let locations = self.locations.iter().map(|location| (location.facts(), self.max_age.locations_days));
        registry.chain(locations).chain(self.origins.facts().map(|facts| (facts, self.max_age.origins_days)))
    }

    /// The days on which no table is stale, so that an address costs two comparisons and no arithmetic of dates.
    fn days(&self) -> RangeInclusive<Date> {
        let days = |date: Date, count: i64| date.saturating_add(Span::new().days(count.min(LONGEST_DAYS)));
        let first = self.limits().map(|(facts, _)| days(facts.date, -1)).max();
        let last = self.limits().map(|(facts, limit)| days(facts.date, limit.into())).min();
        first.unwrap_or(Date::MAX)..=last.unwrap_or(Date::MIN)
    }

    /// All tables with date and digest, on one line without blanks:
    /// `iptocc-1.4.175@2026-11-01,ipfire@2026-06-25/3f9a12cd,origins@2026-06-17`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Source, date, digest and counts of each table: registry, locations, origins.
    pub fn facts(&self) -> impl Iterator<Item = &TableFacts> {
        let places = self.locations.iter().map(Location::facts);
        std::iter::once(self.registry.facts()).chain(places).chain(self.origins.facts())
    }

    /// The first table that is older than the one of its name that was last in force. A version in the name does not
    /// count: `iptocc 1.4.175` follows `iptocc 1.4.170`.
    #[must_use]
    pub fn older_than(&self, last: &[(String, Date)]) -> Option<Older> {
        self.facts().find_map(|facts| {
            let before = last.iter().find(|(name, date)| stem(name) == facts.stem() && facts.date < *date);
            before.map(|(_, last)| Older { table: facts.name.clone(), date: facts.date, last: *last })
        })
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, date, age_days, limit_days } = self;
        match age_days {
            ..0 => write!(out, "table `{table}` is of {date}, {} days in the future", age_days.unsigned_abs()),
            _ => write!(out, "table `{table}` of {date} is {age_days} days old, more than {limit_days}"),
        }
    }
}

/// Longer than any table may be configured to last, and few enough days for a date to be counted in.
const LONGEST_DAYS: i64 = 1_000_000;
