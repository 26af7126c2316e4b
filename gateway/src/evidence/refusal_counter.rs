//! Flood protection of the journal: refusals that strangers can cause at will are counted, not written one by one. Who
//! is turned away is counted here and its line is written here; `listen`, `serve` and `exchange` only tell of it.
//!
//! A known caller's refusals: the first of a kind within a second has a line of its own at once, the others are counted into one
//! line. Strangers (`residency.*` with evidence, `tls.<alert>`, `caller.unknown`): only counted. The counts are written each
//! second by `start/ticking.rs`, as [`TurnedAway`]:
//!
//! ```text
//! {"phase":"DENIED","ts":"2026-11-30T09:15:31Z","code":"tls.certificate_revoked","count":41}
//! ```

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use qaqpa_journal::line::{Text, TurnedAway};
use qaqpa_journal::{Entry, Journal};

/// Counts of what was not written yet. Keys come from the configuration or from a fixed list.
#[derive(Debug, Default)]
pub struct RefusalCounter(Mutex<HashMap<String, Kind>>);

#[derive(Debug)]
struct Kind {
    /// The last second in which there was one.
    second: i64,
    pending: u64,
    evidence: Option<String>,
}

impl Default for Kind {
    fn default() -> Self {
        Self { second: i64::MIN, pending: 0, evidence: None }
    }
}

/// One line for several refusals of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// Code of the refusal, and behind `/` the caller where one is known.
    pub kind: String,
    /// Number of refusals.
    pub count: u64,
    /// Line of evidence of the first of them, where there is one.
    pub evidence: Option<String>,
}

impl RefusalCounter {
    /// True for the first of this kind in this second; false, and counted, for every other.
    pub fn first_this_second(&self, kind: &str, now: Timestamp) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kinds.entry(kind.to_owned()).or_default();
        let first = known.second != now.as_second();
        if first {
            known.second = now.as_second();
        } else {
            known.pending += 1;
        }
        first
    }

    /// As [`RefusalCounter::first_this_second`], of one caller's refusals by one code.
    pub(crate) fn first_of_caller(&self, code: &str, caller: &str, now: Timestamp) -> bool {
        self.first_this_second(&format!("{code}/{caller}"), now)
    }

    /// Counts one that will be written with the others of its second. True for the first of its kind in this second.
    pub fn count(&self, kind: &str, now: Timestamp) -> bool {
        self.count_evidenced(kind, now, || None)
    }

    /// As [`RefusalCounter::count`], with a line of evidence, which is asked for and kept of the first that is not written yet.
    pub fn count_evidenced(&self, kind: &str, now: Timestamp, evidence: impl FnOnce() -> Option<String>) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kinds.entry(kind.to_owned()).or_default();
        if known.pending == 0 {
            known.evidence = evidence();
        }
        known.pending += 1;
        std::mem::replace(&mut known.second, now.as_second()) != now.as_second()
    }

    /// A handshake that ended in an alert.
    pub(crate) fn alert(&self, word: &str, now: Timestamp) {
        self.count(&format!("tls.{word}"), now);
    }

    /// Once a second: a line for each kind that was counted. A journal that fails shows in health.
    pub(crate) async fn write(&self, journal: &Journal, ts: Timestamp) {
        for Counted { kind, count, evidence } in self.drain() {
            // A caller that the configuration knows stands behind the code.
            let (code, caller) = kind.split_once('/').map_or((&*kind, None), |(code, id)| (code, Some(id)));
            let (caller, evidence) = (caller.map(Text::from), evidence.map(Text::from));
            if let Ok(entry) = Entry::of(&TurnedAway { ts, code: code.into(), caller, evidence, count }, None) {
                // Taken out already: where the journal fails, these counts are lost, and health says why.
                let _ = journal.append(entry).await;
            }
        }
    }

    /// Takes all counts; kinds that have been quiet are forgotten.
    pub fn drain(&self) -> Vec<Counted> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = kinds
            .iter_mut()
            .filter(|(_, known)| known.pending > 0)
            .map(|(kind, known)| Counted {
                kind: kind.clone(),
                count: std::mem::take(&mut known.pending),
                evidence: known.evidence.take(),
            })
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
        let refusal_counter = RefusalCounter::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(refusal_counter.first_this_second("a", at(1)));
        assert!(!refusal_counter.first_this_second("a", at(1)));
        assert!(!refusal_counter.first_this_second("a", at(1)));
        assert!(refusal_counter.first_this_second("b", at(1)));
        assert!(refusal_counter.first_this_second("a", at(2)));
        let counted = |kind: &str, count, evidence: Option<&str>| Counted {
            kind: kind.to_owned(),
            count,
            evidence: evidence.map(str::to_owned),
        };
        assert_eq!(refusal_counter.drain(), [counted("a", 2, None)]);
        assert_eq!(refusal_counter.drain(), []);
        assert!(refusal_counter.count("c", at(2)));
        assert!(!refusal_counter.count("c", at(2)));
        assert!(refusal_counter.count("c", at(3)));
        assert_eq!(refusal_counter.drain(), [counted("c", 3, None)]);
        let line = |text: &str| Some(text.to_owned());
        assert!(refusal_counter.count_evidenced("d", at(3), || line("first")));
        assert!(!refusal_counter.count_evidenced("d", at(3), || line("second")));
        assert_eq!(refusal_counter.drain(), [counted("d", 2, Some("first"))]);
        assert!(refusal_counter.count_evidenced("d", at(4), || line("third")));
        assert_eq!(refusal_counter.drain(), [counted("d", 1, Some("third"))]);
    }
}
