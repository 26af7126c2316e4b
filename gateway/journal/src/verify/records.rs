//! Checks leaf lines one after another: their hashes, their numbers, their form, and that exchanges begin before they end.
//!
//! A line is found by its hash, not by what it says: so one altered record is one finding, and a deleted, doubled or moved one
//! is named as that instead of making every later line wrong.
//! Times are compared where they can be; a clock that went back is a remark, not a finding: records queue, clocks are set,
//! and what was signed is not altered by either.
//!
//! Example: `record 17 (line 18): its bytes are not those that were logged`.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use super::report::{Check, Report};
use crate::entry::MAX_LEAF;
use crate::line::Phase;
use crate::line::moment::Moment;
use crate::line::strict::{self, Line};
use crate::tree::{Hash, leaf_hash};

/// A line whose hash is not the one that `hashes.bin` has for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Altered {
    pub(crate) index: u64,
    pub(crate) line: u64,
    pub(crate) hash: Hash,
}

/// The running check of one input.
pub(crate) struct Records<'a> {
    report: &'a mut Report,
    /// The leaf hashes to compare with, of the whole log; `None` if the input has none.
    claimed: Option<&'a [Hash]>,
    lane: Option<String>,
    from: u64,
    expected: u64,
    open: HashMap<String, u64>,
    last_ts: Option<Moment>,
    clock_back: Option<u64>,
    begun_again: Option<u64>,
    /// The hash of each line, in order of the input.
    pub(crate) own: Vec<Hash>,
    pub(crate) altered: Vec<Altered>,
}

impl<'a> Records<'a> {
    /// `from`: the number that the first line must have. `lane`: the lane that each must name; `None` takes the first one's.
    pub(crate) fn new(report: &'a mut Report, lane: Option<&str>, from: u64, claimed: Option<&'a [Hash]>) -> Self {
        let lane = lane.map(str::to_owned);
        let (open, own, altered) = Default::default();
        Self {
            report,
            claimed,
            lane,
            from,
            expected: from,
            open,
            last_ts: None,
            clock_back: None,
            begun_again: None,
            own,
            altered,
        }
    }

    /// Checks every line of `input`. An error is one of reading, or a line longer than any leaf.
    pub(crate) fn read(&mut self, mut input: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = input.by_ref().take(MAX_LEAF as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(());
            }
            if line.pop_if(|last| *last == b'\n').is_none() {
                self.wrong(Check::Line, self.expected, "the line does not end, or is longer than a leaf can be");
            }
            self.line(&line);
        }
    }

    /// Checks one leaf.
    pub(crate) fn line(&mut self, leaf: &[u8]) {
        self.report.records += 1;
        let hash = leaf_hash(leaf);
        self.own.push(hash);
        let line = strict::read(leaf);
        let said = line.as_ref().ok().and_then(|line| line.seq);
        let index = self.place(hash, said);
        match line {
            Err(fault) => self.wrong(Check::Line, index, &fault.to_string()),
            Ok(line) => self.content(index, &line),
        }
        self.expected = index.saturating_add(1);
    }

    /// Says what is missing at the end (`to`: the number that a next record must have, if known) and which exchanges are open.
    pub(crate) fn finish(self, to: Option<u64>) -> (Vec<Hash>, Vec<Altered>) {
        let (expected, to) = (self.expected, to.unwrap_or(self.expected));
        if expected < to {
            self.report.find(Check::Order, format!("the records {expected} to {} are missing at the end", to - 1));
        } else if expected > to {
            self.report.find(Check::Order, format!("there are records behind {to}, where they must end"));
        }
        if let Some(index) = self.clock_back {
            self.report
                .remarks
                .push(format!("the recorded time goes back at record {index} (and perhaps again later)"));
        }
        if let Some(index) = self.begun_again {
            self.report.remarks.push(format!("the exchange of record {index} had begun before (and perhaps others)"));
        }
        let mut open: Vec<_> = self.open.into_iter().collect();
        open.sort_unstable_by_key(|(_, index)| *index);
        self.report.open_intents = open.into_iter().map(|(txn, _)| txn).collect();
        (self.own, self.altered)
    }

    /// Which record this line is. Findings: moved, doubled, missing before it, or altered.
    fn place(&mut self, hash: Hash, said: Option<u64>) -> u64 {
        let Some(claimed) = self.claimed else { return self.place_by_word(said) };
        let is = |index: u64| usize::try_from(index).ok().and_then(|index| claimed.get(index)) == Some(&hash);
        match said {
            _ if is(self.expected) => self.expected,
            Some(said) if is(said) => self.out_of_order(said),
            _ => {
                self.altered.push(Altered { index: self.expected, line: self.report.records, hash });
                self.expected
            }
        }
    }

    fn place_by_word(&mut self, said: Option<u64>) -> u64 {
        match said {
            Some(said) if said != self.expected => self.out_of_order(said),
            _ => self.expected,
        }
    }

    fn out_of_order(&mut self, said: u64) -> u64 {
        let expected = self.expected;
        let text = if said > expected {
            format!("record {said} stands where {expected} must; what is between them is missing or moved")
        } else {
            format!("record {said} stands where {expected} must; it is doubled or moved")
        };
        self.wrong(Check::Order, expected, &text);
        said
    }

    fn content(&mut self, index: u64, line: &Line<'_>) {
        let lane = self.lane.get_or_insert_with(|| line.lane.as_deref().unwrap_or_default().to_owned());
        if line.lane.as_deref() != Some(lane) || line.seq != Some(index) || line.v != Some(1) {
            self.wrong(Check::Line, index, "it names another version, lane or number");
        }
        self.pair(index, line);
        let Some(moment) = line.ts.as_ref().and_then(Moment::of) else { return };
        if self.last_ts.as_ref().is_some_and(|last| moment.well_before(last)) {
            self.clock_back.get_or_insert(index);
        }
        self.last_ts = Some(moment);
    }

    fn pair(&mut self, index: u64, line: &Line<'_>) {
        match (line.phase, line.txn.as_deref()) {
            (Some(Phase::Intent | Phase::Outcome), None) => {
                self.wrong(Check::Pairing, index, "it belongs to an exchange but does not say to which");
            }
            (Some(Phase::Intent), Some(txn)) if self.open.insert(txn.to_owned(), index).is_some() => {
                self.begun_again.get_or_insert(index);
            }
            // The beginning of an exchange may lie before the range.
            (Some(Phase::Outcome), Some(txn)) if self.open.remove(txn).is_none() && self.from == 0 => {
                self.wrong(Check::Pairing, index, "an exchange ends here that never began");
            }
            _ => {}
        }
    }

    fn wrong(&mut self, check: Check, index: u64, text: &str) {
        let line = self.report.records.max(1);
        self.report.find_at(check, index, line, text);
    }
}
