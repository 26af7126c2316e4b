//! Sets of addresses: sorted spans that neither touch nor overlap. All that the tables answer fast is one search in
//! one of these; all that `residency show` compares is their difference.
//!
//! ```text
//! 2.72.0.0-2.79.255.255, 2.132.0.0-2.135.255.255     contains 2.133.0.1
//! ```

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use ipnet::{Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// An address as a number.
pub(super) trait Number: Copy + Ord {
    /// The upper half of a long number; a short number itself.
    type Short: Copy + Ord;
    /// `0.0.0.0`, `::`.
    const ZERO: Self;
    /// `255.255.255.255`, `ffff:..:ffff`.
    const LAST: Self;
    /// The address after it, unless it is the last.
    fn next(self) -> Option<Self>;
    /// The address before it, unless it is the first.
    fn previous(self) -> Option<Self>;
    /// Its short form, and whether that says all of it. Of a smaller number it is never greater.
    fn short(self) -> (Self::Short, bool);
    /// The first number of a short form.
    fn of_short(short: Self::Short) -> Self;
}

impl Number for u32 {
    type Short = Self;
    const ZERO: Self = 0;
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn short(self) -> (Self, bool) {
        (self, true)
    }

    fn of_short(short: Self) -> Self {
        short
    }
}

impl Number for u128 {
    type Short = u64;
    const ZERO: Self = 0;
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn short(self) -> (u64, bool) {
        ((self >> 64) as u64, self & u128::from(u64::MAX) == 0)
    }

    fn of_short(short: u64) -> Self {
        Self::from(short) << 64
    }
}

/// From the first address to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span<N> {
    pub(super) start: N,
    pub(super) end: N,
}

/// A set of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spans<N>(Vec<Span<N>>);

impl<N> Default for Spans<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: Number> Spans<N> {
    /// Any spans, in any order.
    pub(super) fn of(mut spans: Vec<Span<N>>) -> Self {
        spans.sort_unstable();
        let mut set = Self::default();
        spans.into_iter().for_each(|span| set.push(span));
        set.0.shrink_to_fit();
        set
    }

    /// Adds a span that starts no earlier than the last one did.
    pub(super) fn push(&mut self, span: Span<N>) {
        match self.0.last_mut() {
            Some(last) if last.end.next().is_none_or(|after| span.start <= after) => last.end = last.end.max(span.end),
            _ => self.0.push(span),
        }
    }

    pub(super) fn contains(&self, number: N) -> bool {
        let after = self.0.partition_point(|span| span.start <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|span| number <= span.end)
    }

    /// The last span that starts no later than `number`, when those of `among` are the ones that may start after it.
    pub(super) fn last_before(&self, among: Range<usize>, number: N) -> Option<Span<N>> {
        let after = among.start + self.0.get(among)?.partition_point(|span| span.start <= number);
        self.0.get(after.checked_sub(1)?).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Span<N>> + '_ {
        self.0.iter().copied()
    }

    /// What both contain.
    pub(super) fn and(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        let mut both = Self::default();
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (start, end) = (a.start.max(b.start), a.end.min(b.end));
            let left_ends_first = a.end < b.end;
            if start <= end {
                both.push(Span { start, end });
            }
            if left_ends_first {
                left.next()
            } else {
                right.next()
            };
        }
        both
    }

    /// What this contains and the other does not.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.and(&other.complement())
    }

    fn complement(&self) -> Self {
        let mut rest = Self::default();
        let mut from = Some(N::ZERO);
        for span in self.iter() {
            if let (Some(start), Some(end)) = (from, span.start.previous())
                && start <= end
            {
                rest.push(Span { start, end });
            }
            from = span.end.next();
        }
        if let Some(start) = from {
            rest.0.push(Span { start, end: N::LAST });
        }
        rest
    }
}

impl Spans<u32> {
    /// As the fewest networks.
    pub(super) fn networks(&self) -> impl Iterator<Item = Ipv4Net> + '_ {
        self.iter().flat_map(|span| Ipv4Subnets::new(Ipv4Addr::from(span.start), Ipv4Addr::from(span.end), 0))
    }

    pub(super) fn addresses(&self) -> u64 {
        self.iter().map(|span| u64::from(span.end - span.start) + 1).sum()
    }
}

impl Spans<u128> {
    /// As the fewest networks.
    pub(super) fn networks(&self) -> impl Iterator<Item = Ipv6Net> + '_ {
        self.iter().flat_map(|span| Ipv6Subnets::new(Ipv6Addr::from(span.start), Ipv6Addr::from(span.end), 0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(bits: u64) -> Spans<u32> {
        Spans::of((0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| Span { start: bit, end: bit }).collect())
    }

    fn bits(spans: &Spans<u32>) -> u64 {
        (0..64).filter(|bit| spans.contains(*bit)).map(|bit| 1 << bit).sum()
    }

    proptest! {
        /// Sets of 64 addresses against the bits of a number.
        #[test]
        fn spans_are_sets_of_addresses(a: u64, b: u64) {
            prop_assert_eq!(bits(&spans(a)), a);
            prop_assert_eq!(spans(a).addresses(), u64::from(a.count_ones()));
            prop_assert_eq!(bits(&spans(a).and(&spans(b))), a & b);
            prop_assert_eq!(bits(&spans(a).minus(&spans(b))), a & !b);
            let by_networks: u64 = spans(a).networks().flat_map(|net| net.hosts_and_ends()).map(|at| 1 << at).sum();
            prop_assert_eq!(by_networks, a);
        }
    }

    trait Ends {
        fn hosts_and_ends(&self) -> std::ops::RangeInclusive<u32>;
    }

    impl Ends for Ipv4Net {
        fn hosts_and_ends(&self) -> std::ops::RangeInclusive<u32> {
            u32::from(self.network())..=u32::from(self.broadcast())
        }
    }

    #[test]
    fn spans_reach_to_the_last_address() {
        let all = Spans::of(vec![Span { start: 0, end: u32::MAX }]);
        assert!(all.contains(0) && all.contains(u32::MAX));
        assert!(all.minus(&all).is_empty());
        assert_eq!(all.minus(&Spans::default()), all);
        assert_eq!(all.networks().map(|net| net.to_string()).collect::<Vec<_>>(), ["0.0.0.0/0"]);
        let ends = Spans::of(vec![Span { start: u32::MAX, end: u32::MAX }, Span { start: 0, end: 0 }]);
        assert_eq!(all.minus(&ends).addresses(), (1 << 32) - 2);
    }
}
