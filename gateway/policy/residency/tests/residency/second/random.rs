//! Numbers from a seed: xorshift64*, the same everywhere.

use std::collections::BTreeSet;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn wide(&mut self) -> u128 {
        u128::from(self.number()) << 64 | u128::from(self.number())
    }

    /// Below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.number() >> 11) as usize % limit
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Sorted and different, from `first` to `last`: the given ones and as many more.
    pub(crate) fn cuts(&mut self, first: u128, last: u128, more: usize, step: u128, given: &[u128]) -> Vec<u128> {
        let drawn = (0..more).map(|_| (first + self.wide() % (last - first)) / step * step);
        let all: BTreeSet<u128> = drawn.chain(given.iter().copied()).collect();
        all.into_iter().filter(|at| first < *at && *at <= last).collect()
    }
}
