//! What a table says of every address, kept small: where each answer starts, and the answer. 6 bytes a row for IPv4, 10
//! for the rows of IPv6 that start where a /64 does, 18 for the others, no text. Home has its own small set, searched
//! first, since nearly every question is about home.
//!
//! Refuses rows that overlap or stand in disorder: of two answers to one question neither is evidence.
//!
//! ```text
//! 2.72.0.0,2.79.255.255,KZ    ->    2.72.0.0 KZ | 2.80.0.0 nothing
//! ```

use std::fmt;
use std::net::IpAddr;

use super::spans::{Number, Span, Spans};
use crate::country::{Country, HOME};

/// Countries of one family of addresses.
#[derive(Clone)]
pub(super) struct Ranges<N: Number> {
    /// Answers that start at a number whose short form says all of it: nearly all of them.
    short: Answers<N::Short>,
    /// The others.
    long: Answers<N>,
    /// What was answered last, for the next row.
    answer: Option<Country>,
    home: Spans<N>,
    /// First address after the last row; `None` once the last address is taken.
    next: Option<N>,
}

/// Where each answer starts, ascending, and the answer.
#[derive(Clone)]
struct Answers<S> {
    starts: Vec<S>,
    countries: Vec<Option<Country>>,
}

impl<S> Default for Answers<S> {
    fn default() -> Self {
        Self { starts: Vec::new(), countries: Vec::new() }
    }
}

impl<S: Copy + Ord> Answers<S> {
    fn push(&mut self, start: S, country: Option<Country>) {
        self.starts.push(start);
        self.countries.push(country);
    }

    /// The last one that starts no later.
    fn last_before(&self, number: S) -> Option<(S, Option<Country>)> {
        let at = self.starts.partition_point(|start| *start <= number).checked_sub(1)?;
        Some((*self.starts.get(at)?, *self.countries.get(at)?))
    }

    fn shrink(&mut self) {
        self.starts.shrink_to_fit();
        self.countries.shrink_to_fit();
    }
}

impl<N: Number> Default for Ranges<N> {
    fn default() -> Self {
        let (short, long) = (Answers::default(), Answers::default());
        Self { short, long, answer: None, home: Spans::default(), next: Some(N::ZERO) }
    }
}

/// Hundreds of thousands of rows are no line of a log.
impl<N: Number> fmt::Debug for Ranges<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Ranges({} rows)", self.short.starts.len() + self.long.starts.len())
    }
}

impl<N: Number> Ranges<N> {
    /// Adds a row after all others.
    ///
    /// # Errors
    ///
    /// A sentence, when the row ends before it starts, overlaps the one before it, or belongs before it.
    pub(super) fn push(&mut self, span: Span<N>, country: Option<Country>) -> Result<(), &'static str> {
        if span.end < span.start {
            return Err("the range ends before it starts");
        }
        let Some(next) = self.next.filter(|next| *next <= span.start) else {
            return Err("the range overlaps one before it, or belongs before it");
        };
        if next < span.start {
            self.step(next, None);
        }
        self.step(span.start, country);
        self.next = span.end.next();
        if country == Some(HOME) {
            self.home.push(span);
        }
        Ok(())
    }

    fn step(&mut self, start: N, country: Option<Country>) {
        if self.answer == country {
            return;
        }
        self.answer = country;
        match start.short() {
            (short, true) => self.short.push(short, country),
            (_, false) => self.long.push(start, country),
        }
    }

    /// Nothing comes after the last row; no room is kept for more.
    pub(super) fn finish(mut self) -> Self {
        if let Some(next) = self.next {
            self.step(next, None);
        }
        self.short.shrink();
        self.long.shrink();
        self
    }

    fn country(&self, number: N) -> Option<Country> {
        if self.home.contains(number) {
            return Some(HOME);
        }
        let (short, _) = number.short();
        let short = self.short.last_before(short).map(|(start, country)| (N::of_short(start), country));
        let long = self.long.last_before(number);
        // No two answers start at the same number.
        short.max(long).and_then(|(_, country)| country)
    }

    pub(super) fn home(&self) -> &Spans<N> {
        &self.home
    }
}

/// Countries of all addresses.
#[derive(Debug, Clone, Default)]
pub(super) struct Space {
    pub(super) v4: Ranges<u32>,
    pub(super) v6: Ranges<u128>,
}

impl Space {
    pub(super) fn country(&self, address: IpAddr) -> Option<Country> {
        match address {
            IpAddr::V4(address) => self.v4.country(address.into()),
            IpAddr::V6(address) => self.v6.country(address.into()),
        }
    }

    pub(super) fn is_home(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.home.contains(address.into()),
            IpAddr::V6(address) => self.v6.home.contains(address.into()),
        }
    }

    /// Whether any address is home.
    pub(super) fn knows_home(&self) -> bool {
        !self.v4.home.is_empty() || !self.v6.home.is_empty()
    }
}
