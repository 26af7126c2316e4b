//! A budget of octets: how many are held at once, in all and for one holder. Knows no messages and no callers.
//!
//! What is taken is given back when its [`Lease`] ends, however that comes about.
//!
//! ```text
//! Budget::new(16 MiB, 4 MiB):  lease("a").grow(4 MiB)   taken
//!                              lease("a").grow(1)       Full::Share, "a" holds its share
//!                              ... four holders later   Full::All
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A budget of octets. Holders that hold nothing are not remembered.
pub(super) struct Budget {
    most: usize,
    share: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    by: HashMap<Arc<str>, usize>,
}

/// Which bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The holder's own.
    Share,
    /// That of all.
    All,
}

impl Budget {
    /// Octets in all, and of one holder.
    pub(super) fn new(most: usize, share: usize) -> Arc<Self> {
        Arc::new(Self { most, share, held: Mutex::default() })
    }

    /// A lease of nothing yet.
    pub(super) fn lease(self: &Arc<Self>, holder: &Arc<str>) -> Lease {
        Lease { budget: self.clone(), holder: holder.clone(), octets: 0 }
    }

    fn take(&self, holder: &Arc<str>, octets: usize) -> Result<(), Full> {
        let mut held = self.held();
        let own = held.by.get(holder).copied().unwrap_or_default();
        if own.saturating_add(octets) > self.share {
            return Err(Full::Share);
        }
        if held.all.saturating_add(octets) > self.most {
            return Err(Full::All);
        }
        held.all += octets;
        held.by.insert(holder.clone(), own + octets);
        Ok(())
    }

    fn give_back(&self, holder: &Arc<str>, octets: usize) {
        let mut held = self.held();
        held.all -= octets;
        let own = held.by.get(holder).copied().unwrap_or_default();
        match own - octets {
            0 => held.by.remove(holder),
            rest => held.by.insert(holder.clone(), rest),
        };
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner) // additions and subtractions: whole after each
    }
}

/// What one holder holds in one place.
pub(super) struct Lease {
    budget: Arc<Budget>,
    holder: Arc<str>,
    octets: usize,
}

impl Lease {
    /// Holds `octets` from now on; fewer than before is no change.
    ///
    /// # Errors
    /// The bound that is reached. It goes on holding what it held.
    pub(super) fn grow(&mut self, octets: usize) -> Result<(), Full> {
        let more = octets.saturating_sub(self.octets);
        self.budget.take(&self.holder, more)?;
        self.octets += more;
        Ok(())
    }

    /// Holds nothing any more.
    pub(super) fn end(&mut self) {
        match std::mem::take(&mut self.octets) {
            0 => {}
            octets => self.budget.give_back(&self.holder, octets),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
impl Budget {
    /// Octets held in all, and how many holders hold some.
    pub(super) fn shown(&self) -> (usize, usize) {
        let held = self.held();
        (held.all, held.by.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_more_than_a_share_and_all_no_more_than_there_is() {
        let budget = Budget::new(10, 4);
        let [a, b, c] = ["a", "b", "c"].map(Arc::from);
        let (mut first, mut second) = (budget.lease(&a), budget.lease(&a));
        assert_eq!(first.grow(3), Ok(()));
        assert_eq!(second.grow(2), Err(Full::Share), "two places of one holder are one share");
        assert_eq!(second.grow(1), Ok(()));
        assert_eq!(first.grow(2), Ok(()), "less than it holds");
        assert_eq!(budget.shown(), (4, 1));
        let (mut third, mut fourth) = (budget.lease(&b), budget.lease(&c));
        assert_eq!(third.grow(4), Ok(()));
        assert_eq!(fourth.grow(3), Err(Full::All));
        assert_eq!(fourth.grow(2), Ok(()));
        assert_eq!(budget.shown(), (10, 3));
        drop(first);
        third.end();
        assert_eq!(budget.shown(), (3, 2));
        assert_eq!(fourth.grow(4), Ok(()), "what was given back can be had");
        drop((second, third, fourth));
        assert_eq!(budget.shown(), (0, 0), "no holder is remembered");
    }
}
