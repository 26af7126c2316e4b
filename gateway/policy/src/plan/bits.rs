//! A set of field positions, without an allocation. Nearly every message has fewer than 64 fields; those of the first
//! word stay in a register while a message is filtered, which is why it stands apart.

/// A set of numbers below [`MAX_FIELDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bits {
    first: u64,
    others: [u64; 3],
}

/// Fields of one message, at most.
pub(crate) const MAX_FIELDS: usize = 256;

impl Bits {
    /// Adds a number below 256; false when it was there.
    #[inline(always)]
    pub(crate) fn add(&mut self, number: usize) -> bool {
        let bit = 1 << (number % 64);
        if number < 64 {
            let new = self.first & bit == 0;
            self.first |= bit;
            return new;
        }
        let Some(word) = self.others.get_mut(number / 64 - 1) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Numbers of `self` that are not in `other`.
    pub(crate) fn without(self, other: Self) -> impl Iterator<Item = usize> {
        self.words().zip(other.words()).enumerate().flat_map(|(word, (mine, theirs))| {
            let left = mine & !theirs;
            (0..64).filter(move |bit| left & (1 << bit) != 0).map(move |bit| word * 64 + bit)
        })
    }

    /// Whether two or more of these numbers are in `other` too.
    pub(crate) fn meets_twice(self, other: Self) -> bool {
        self.words().zip(other.words()).map(|(mine, theirs)| (mine & theirs).count_ones()).sum::<u32>() > 1
    }

    /// Whether a number is in it.
    pub(crate) fn has(self, number: usize) -> bool {
        self.words().nth(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    #[inline]
    pub(crate) fn is_within(self, other: Self) -> bool {
        self.words().zip(other.words()).all(|(mine, theirs)| mine & !theirs == 0)
    }

    #[inline]
    fn words(self) -> impl Iterator<Item = u64> {
        std::iter::once(self.first).chain(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_sets() {
        let numbers = [0, 1, 63, 64, 127, 128, 255];
        let mut bits = Bits::default();
        for number in numbers {
            assert!(!bits.has(number));
            assert!(bits.add(number), "{number} is new");
            assert!(!bits.add(number), "{number} is there");
            assert!(bits.has(number));
        }
        assert!(!bits.add(MAX_FIELDS), "no number");
        assert_eq!(bits.without(Bits::default()).collect::<Vec<_>>(), numbers);
        let mut one = Bits::default();
        one.add(64);
        assert!(one.is_within(bits) && !bits.is_within(one));
        assert!(!one.meets_twice(bits));
        one.add(255);
        assert!(one.meets_twice(bits));
    }
}
