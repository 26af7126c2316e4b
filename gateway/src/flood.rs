//! Refusals that strangers can cause at will are counted, not written one by one: a flood must not fill the disk.
//!
//! The first of a kind within a second is recorded at once; the others are counted into one line when the second is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Counts of what was not written yet. Keys come from the configuration or from a fixed list.
#[derive(Debug, Default)]
pub struct Flood(Mutex<HashMap<String, (i64, u64)>>);

impl Flood {
    /// True for the first of this kind in this second; false, and counted, for every other.
    pub fn first_this_second(&self, kind: &str, now: Timestamp) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, pending) = kinds.entry(kind.to_owned()).or_insert((i64::MIN, 0));
        let first = *second != now.as_second();
        if first {
            *second = now.as_second();
        } else {
            *pending += 1;
        }
        first
    }

    /// Counts one that will be written with the others of its second. True for the first of its kind in this second.
    pub fn count(&self, kind: &str, now: Timestamp) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, pending) = kinds.entry(kind.to_owned()).or_insert((i64::MIN, 0));
        *pending += 1;
        std::mem::replace(second, now.as_second()) != now.as_second()
    }

    /// Takes all counts; kinds that have been quiet are forgotten.
    pub fn drain(&self) -> Vec<(String, u64)> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = kinds
            .iter_mut()
            .filter(|(_, (_, pending))| *pending > 0)
            .map(|(kind, (_, pending))| (kind.clone(), std::mem::take(pending)))
            .collect();
        if kinds.len() > 1024 {
            kinds.clear();
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_and_no_refusal_forgotten() {
        let flood = Flood::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(flood.first_this_second("a", at(1)));
        assert!(!flood.first_this_second("a", at(1)));
        assert!(!flood.first_this_second("a", at(1)));
        assert!(flood.first_this_second("b", at(1)));
        assert!(flood.first_this_second("a", at(2)));
        assert_eq!(flood.drain(), [("a".to_owned(), 2)]);
        assert_eq!(flood.drain(), []);
        assert!(flood.count("c", at(2)));
        assert!(!flood.count("c", at(2)));
        assert!(flood.count("c", at(3)));
        assert_eq!(flood.drain(), [("c".to_owned(), 3)]);
    }
}
