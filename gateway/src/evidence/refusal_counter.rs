//! Flood protection of journal and log: refusals that others can cause at will are counted, not written one by one. Who is
//! turned away is counted here and its line is written here; `listen`, `serve` and `exchange` only tell of it.
//!
//! A known caller's refusals: the first of a kind (caller and code) have a line of their own at once, [`BURST`] of them and
//! one a second more; the others are counted into one line. Strangers (`residency.*` with evidence, `tls.<alert>`,
//! `connections.<bound>`, `caller.unknown`): only counted. The counts are written each second by `start/ticking.rs`, as [`TurnedAway`]:
//!
//! ```text
//! {"phase":"DENIED","ts":"2026-11-30T09:15:31Z","code":"tls.certificate_revoked","count":41}
//! ```
//!
//! So a caller causes at most [`LINES_OF_CALLER`] lines a second and all together [`LINES_IN_ALL`], half of them counts, and
//! no refusal is lost in count: what finds no room is counted with the next second's. The log says what the journal says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use qaqpa_journal::line::{Text, TurnedAway};
use qaqpa_journal::{Entry, Journal};
use qaqpa_proto::reason::Refusal;

use crate::clock::Clock;

/// Lines of one kind that may follow one another at once; after them, one a second. A caller that makes mistakes has each of
/// them on record, one that floods has not.
pub const BURST: u32 = 50;
/// Lines that one caller's refusals may cause in a second.
pub const LINES_OF_CALLER: u32 = 100;
/// Lines that all refusals together may cause in a second.
pub const LINES_IN_ALL: u32 = 1_000;

/// Counts of what was not written yet. Keys come from the configuration or from a fixed list.
pub struct RefusalCounter {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kinds: HashMap<Kind, Counts>,
    /// The second that `lines` and `of_caller` count, by the monotonic clock.
    second: u64,
    lines: u32,
    of_caller: HashMap<String, u32>,
}

/// The refusals that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Id of the caller; none where a handshake ended or nobody knows who it is.
    pub caller: Option<String>,
    /// `tls.` and the alert's word, or the code of the refusal.
    pub code: String,
}

#[derive(Default)]
struct Counts {
    /// When as many lines as may follow one another could follow again.
    rested: Duration,
    pending: u64,
    /// When the first of the pending ones came.
    since: Duration,
    evidence: Option<String>,
}

/// One line for several refusals of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose, and by which code.
    pub kind: Kind,
    /// Number of refusals.
    pub count: u64,
    /// Line of evidence of the first of them, where there is one.
    pub evidence: Option<String>,
}

impl RefusalCounter {
    /// Nothing is counted yet; seconds are those of the monotonic clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// True when a refusal of this caller has a line of its own; else it is counted.
    pub fn has_line(&self, code: &str, caller: &str) -> bool {
        let now = self.clock.elapsed();
        let mut state = self.state();
        state.turn(now.as_secs());
        let written = state.of_caller.get(caller).copied().unwrap_or_default();
        let room = state.lines < LINES_IN_ALL / 2 && written < LINES_OF_CALLER / 2;
        let counts = state.kinds.entry(Kind::of(code, Some(caller))).or_default();
        if !(room && counts.may_follow(now, burst(code))) {
            counts.add(now, || None);
            return false;
        }
        state.lines += 1;
        *state.of_caller.entry(caller.to_owned()).or_default() += 1;
        true
    }

    /// Counts one whose line the journal did not take.
    pub(crate) fn missed(&self, code: &str, caller: &str) {
        self.put_back(Counted { kind: Kind::of(code, Some(caller)), count: 1, evidence: None });
    }

    /// Counts one of a stranger, to be written with the others of its second.
    pub fn count(&self, code: &str) {
        self.count_evidenced(code, || None);
    }

    /// As [`RefusalCounter::count`], with a line of evidence, which is asked for and kept of the first that is not written yet.
    pub fn count_evidenced(&self, code: &str, evidence: impl FnOnce() -> Option<String>) {
        self.add(Kind::of(code, None), evidence);
    }

    fn add(&self, kind: Kind, evidence: impl FnOnce() -> Option<String>) {
        self.state().kinds.entry(kind).or_default().add(self.clock.elapsed(), evidence);
    }

    /// As [`RefusalCounter::count`], of a caller too, where the configuration knows it.
    pub(crate) fn count_of(&self, code: &str, caller: Option<&str>) {
        self.add(Kind::of(code, caller), || None);
    }

    /// A handshake that ended in an alert.
    pub(crate) fn alert(&self, word: &str) {
        self.count(&format!("tls.{word}"));
    }

    /// Once a second, and at the end all that is left: a line for each kind that was counted.
    pub(crate) async fn write(&self, journal: &Journal, ts: Timestamp, all: bool) {
        let counted = if all { self.state().drain(u32::MAX, u32::MAX) } else { self.drain() };
        // Together: each would wait for the disk alone.
        join_all(counted.into_iter().map(|counted| self.write_one(journal, ts, counted))).await;
    }

    async fn write_one(&self, journal: &Journal, ts: Timestamp, counted: Counted) {
        let Counted { kind: Kind { caller, code }, count, evidence } = &counted;
        let (caller, evidence) = (caller.as_deref(), evidence.as_deref());
        tracing::info!(decision = "refused", reason = code, caller, count, evidence, "counted");
        if code.starts_with("tls.revocation_list") {
            // Missing or over, it is of an authority, not of one caller.
            tracing::error!(reason = code, "every caller of an authority is turned away: look at [listen] crl");
        }
        let (caller, evidence) = (caller.map(Text::from), evidence.map(Text::from));
        let line = TurnedAway { ts, code: (&**code).into(), caller, evidence, count: *count };
        let Ok(entry) = Entry::of(&line, None) else { return }; // a code, an id and a line of evidence are no 64 KiB
        // A journal that fails shows in health; the count waits for it. A crash in this await loses one second's.
        if journal.append(entry).await.is_err() {
            self.put_back(counted);
        }
    }

    fn put_back(&self, Counted { kind, count, evidence }: Counted) {
        let now = self.clock.elapsed();
        let mut state = self.state();
        let counts = state.kinds.entry(kind).or_default();
        counts.since = if counts.pending == 0 { now } else { counts.since };
        counts.pending = counts.pending.saturating_add(count);
        counts.evidence = evidence.or(counts.evidence.take());
    }

    /// Takes the counts that may be written in one second, those first that have waited longest.
    pub fn drain(&self) -> Vec<Counted> {
        self.state().drain(LINES_IN_ALL / 2, LINES_OF_CALLER / 2)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // numbers, whole after each change
    }
}

impl Kind {
    fn of(code: &str, caller: Option<&str>) -> Self {
        Self { caller: caller.map(str::to_owned), code: code.to_owned() }
    }
}

impl State {
    fn turn(&mut self, second: u64) {
        if self.second != second {
            (self.second, self.lines) = (second, 0);
            self.of_caller.clear();
        }
    }

    fn drain(&mut self, most: u32, of_caller: u32) -> Vec<Counted> {
        let mut waiting: Vec<(&Kind, &mut Counts)> = self.kinds.iter_mut().filter(|(_, it)| it.pending > 0).collect();
        waiting.sort_by_key(|(_, counts)| counts.since);
        let mut taken: HashMap<Option<&str>, u32> = HashMap::new();
        waiting.retain(|(kind, _)| {
            let taken = taken.entry(kind.caller.as_deref()).or_default();
            *taken += 1;
            *taken <= of_caller
        });
        waiting.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        let counted = waiting.into_iter().map(|(kind, counts)| Counted {
            kind: kind.clone(),
            count: std::mem::take(&mut counts.pending),
            evidence: counts.evidence.take(),
        });
        let counted = counted.collect();
        if self.kinds.len() > REMEMBERED {
            self.kinds.retain(|_, counts| counts.pending > 0);
        }
        counted
    }
}

impl Counts {
    /// Whether one more may have a line of its own: `burst` at once, and one a second (GCRA).
    fn may_follow(&mut self, now: Duration, burst: u32) -> bool {
        let rested = self.rested.max(now);
        let free = rested - now <= SECOND * burst.saturating_sub(1);
        if free {
            self.rested = rested + SECOND;
        }
        free
    }

    fn add(&mut self, now: Duration, evidence: impl FnOnce() -> Option<String>) {
        if self.pending == 0 {
            (self.since, self.evidence) = (now, evidence());
        }
        self.pending = self.pending.saturating_add(1);
    }
}

/// What costs a caller nothing, not even its quota, has one line a second from the first.
fn burst(code: &str) -> u32 {
    let free = [Refusal::QuotaCaller, Refusal::CallerUnknown].iter().any(|refusal| refusal.code() == code);
    if free { 1 } else { BURST }
}

const SECOND: Duration = Duration::from_secs(1);
/// Kinds that are kept although they are quiet.
const REMEMBERED: usize = 1_024;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    use super::*;

    /// A counter, and its clock in milliseconds.
    fn counter() -> (RefusalCounter, Arc<AtomicU64>) {
        let passed = Arc::new(AtomicU64::new(0));
        let read = passed.clone();
        let elapsed = move || Duration::from_millis(read.load(Ordering::Relaxed));
        (RefusalCounter::new(Clock::of(|| SystemTime::UNIX_EPOCH, elapsed)), passed)
    }

    fn counted(caller: Option<&str>, code: &str, count: u64, evidence: Option<&str>) -> Counted {
        Counted { kind: Kind::of(code, caller), count, evidence: evidence.map(str::to_owned) }
    }

    #[test]
    fn a_caller_beyond_its_quota_has_one_line_a_second_and_no_refusal_forgotten() {
        let (counter, passed) = counter();
        let line = || counter.has_line("quota.caller", "a");
        assert_eq!([line(), line(), line()], [true, false, false]);
        assert!(counter.has_line("quota.caller", "b"), "another caller has its own");
        passed.store(1_000, Ordering::Relaxed);
        assert_eq!([line(), line()], [true, false]);
        assert_eq!(counter.drain(), [counted(Some("a"), "quota.caller", 3, None)]);
        assert_eq!(counter.drain(), []);
    }

    #[test]
    fn mistakes_have_a_line_each_and_a_flood_one_a_second() {
        let (counter, passed) = counter();
        let mut lines = 0;
        for second in 0..10 {
            passed.store(second * 1_000, Ordering::Relaxed);
            lines += (0..200).filter(|_| counter.has_line("purpose.unknown", "a")).count();
        }
        assert_eq!(lines, 50 + 9);
        assert_eq!(counter.drain(), [counted(Some("a"), "purpose.unknown", 10 * 200 - 59, None)]);
    }

    #[test]
    fn neither_a_caller_nor_all_together_cause_more_lines_than_they_may() {
        let (counter, _) = counter();
        let written = |caller: &str| (0..200).filter(|at| counter.has_line(&format!("code.{at}"), caller)).count();
        let of_callers: Vec<usize> = (0..20).map(|number| written(&format!("caller-{number}"))).collect();
        assert_eq!(of_callers[..10], [50; 10], "half of a caller's lines");
        assert_eq!(of_callers[10..], [0; 10], "half of all lines are used up");
        let (mut drained, mut most) = (Vec::new(), Vec::new());
        loop {
            let counts = counter.drain();
            if counts.is_empty() {
                break;
            }
            let of = |number| counts.iter().filter(|it| it.kind.caller == Some(format!("caller-{number}"))).count();
            most.push((counts.len(), (0..20).map(of).max().unwrap()));
            drained.extend(counts);
        }
        assert!(most.iter().all(|(all, of_one)| *all <= 500 && *of_one <= 50), "{most:?}");
        assert_eq!(drained.iter().map(|counted| counted.count).sum::<u64>(), 20 * 200 - 500, "none is lost");
    }

    #[test]
    fn strangers_are_only_counted_with_the_evidence_of_the_first() {
        let (counter, _) = counter();
        let line = |text: &str| Some(text.to_owned());
        counter.count("c");
        counter.count("c");
        assert_eq!(counter.drain(), [counted(None, "c", 2, None)]);
        counter.count_evidenced("d", || line("first"));
        counter.count_evidenced("d", || line("second"));
        assert_eq!(counter.drain(), [counted(None, "d", 2, Some("first"))]);
        counter.count_evidenced("d", || line("third"));
        let back = counter.drain();
        assert_eq!(back, [counted(None, "d", 1, Some("third"))]);
        counter.count_evidenced("d", || line("fourth"));
        back.into_iter().for_each(|counted| counter.put_back(counted));
        assert_eq!(counter.drain(), [counted(None, "d", 2, Some("third"))], "the journal did not take it");
    }
}
