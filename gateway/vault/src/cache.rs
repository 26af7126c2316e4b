//! The subjects met lately, in bounded memory: two generations, of which the older is dropped whole when the younger is full.
//!
//! Only the writer thread adds and purges, in the order of its commits, so that an erased subject can never come back into it.
//! It refuses to grow: at most two times [`GENERATION`] subjects are held.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::subject::{Lookup, Subject};

/// The keys of persons met lately, in bounded memory.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Lookup, Subject>,
    old: HashMap<Lookup, Subject>,
}

impl Cache {
    pub(crate) fn find(&self, lookup: &Lookup) -> Option<Subject> {
        let mut generations = self.lock();
        if let Some(subject) = generations.young.get(lookup) {
            return Some(subject.clone());
        }
        let subject = generations.old.remove(lookup)?;
        generations.add(subject.clone());
        Some(subject)
    }

    pub(crate) fn add(&self, subject: Subject) {
        self.lock().add(subject);
    }

    pub(crate) fn purge(&self, lookup: &Lookup) {
        let mut generations = self.lock();
        generations.young.remove(lookup);
        generations.old.remove(lookup);
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Generations::default();
    }

    /// Both maps are whole after every statement that can panic.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn add(&mut self, subject: Subject) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(subject.lookup(), subject);
    }
}

/// About well over a kilobyte each, with the key that seals prepared; met again later, one costs a read.
const GENERATION: usize = 2_048;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::subject::Keys;

    #[test]
    fn it_forgets_the_oldest_keeps_the_used_and_stays_bounded() {
        let cache = Cache::default();
        let lookup = |n: usize| Lookup(std::array::from_fn(|at| (n >> (8 * at.min(7))) as u8));
        for n in 0..3 * GENERATION {
            cache.add(Subject(Arc::new(Keys::new(1, lookup(n), &[1; 32]).unwrap())));
            assert!(cache.find(&lookup(0)).is_some(), "used all the time, gone at {n}");
        }
        let generations = cache.lock();
        let held = generations.young.len() + generations.old.len();
        drop(generations);
        assert!(held <= 2 * GENERATION, "{held}");
        assert!(cache.find(&lookup(1)).is_none());
        cache.purge(&lookup(0));
        assert!(cache.find(&lookup(0)).is_none());
    }
}
