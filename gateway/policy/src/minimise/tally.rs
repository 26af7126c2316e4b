//! Counts of what a message lost and what was changed, in one allocation that does not grow with the message.

use crate::plan::Plan;

/// Withheld fields, one count an entry; unknown fields, one a table; transformed fields, one a transform.
#[derive(Clone)]
pub(super) struct Tally {
    counts: Vec<u32>,
    entries: usize,
    tables: usize,
}

impl Tally {
    pub(super) fn new(plan: &Plan) -> Self {
        let (entries, tables) = (plan.entries.len(), plan.tables.len());
        Self { counts: vec![0; entries + tables + plan.transforms.len()], entries, tables }
    }

    #[inline]
    pub(super) fn withhold(&mut self, slot: usize) {
        self.add(slot);
    }

    #[inline]
    pub(super) fn withhold_unknown(&mut self, table: usize) {
        self.add(self.entries + table);
    }

    pub(super) fn transform(&mut self, transform: usize) {
        self.add(self.entries + self.tables + transform);
    }

    #[inline]
    fn add(&mut self, position: usize) {
        if let Some(count) = self.counts.get_mut(position) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn entries(&self) -> &[u32] {
        self.counts.get(..self.entries).unwrap_or_default()
    }

    pub(super) fn unknown(&self) -> &[u32] {
        self.counts.get(self.entries..self.entries + self.tables).unwrap_or_default()
    }

    pub(super) fn transformed(&self) -> &[u32] {
        self.counts.get(self.entries + self.tables..).unwrap_or_default()
    }
}
