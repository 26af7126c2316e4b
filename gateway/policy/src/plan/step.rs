//! Steps: what the minimisation pass needs of every field, in twelve bytes; an entry with its texts is far larger, and
//! looking it up for each field was measured to cost a third of the pass.

use qaqpa_proto::v1::Format;

use super::{Entry, Fate, Plan, Shape, Table};

/// One field of one message, as the pass sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Position in `Plan::entries`.
    pub(crate) slot: u32,
    /// Position within the table.
    pub(crate) local: u16,
    pub(crate) kind: Kind,
    pub(crate) wire_type: u8,
    pub(crate) repeated: bool,
    pub(crate) absent: Absent,
    /// A text of no format: all that is asked of it is that it be UTF-8.
    pub(crate) plain_text: bool,
}

/// The treatment of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unknown,
    Keep,
    Drop,
    /// Everything else; its entry says what.
    Enter,
}

/// When a value that is written counts as none: empty texts and plain zeros, as proto3 has it, but neither in lists nor
/// in the entries of maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    Never,
    Empty,
    Zero,
}

impl Step {
    const UNKNOWN: Self = Self {
        slot: 0,
        local: 0,
        kind: Kind::Unknown,
        wire_type: 0,
        repeated: false,
        absent: Absent::Never,
        plain_text: false,
    };

    fn of(entry: &Entry, slot: usize, local: usize) -> Self {
        let (wire_type, absent) = match entry.shape {
            Shape::Text(_) | Shape::Bytes => (2, Absent::Empty),
            Shape::Message | Shape::Map | Shape::Any => (2, Absent::Never),
            Shape::Fixed32 => (5, Absent::Zero),
            Shape::Fixed64 => (1, Absent::Zero),
            _ => (0, Absent::Zero),
        };
        let zero_counts = entry.presence && !matches!(entry.shape, Shape::Enum(_));
        let counts = entry.counts_defaults || (absent == Absent::Zero && zero_counts);
        Self {
            slot: u32::try_from(slot).unwrap_or_default(),   // at most MAX_ENTRIES
            local: u16::try_from(local).unwrap_or_default(), // at most MAX_FIELDS
            kind: match entry.fate {
                Fate::Keep => Kind::Keep,
                Fate::Drop => Kind::Drop,
                _ => Kind::Enter,
            },
            wire_type,
            repeated: entry.repeated,
            absent: if counts { Absent::Never } else { absent },
            plain_text: entry.shape == Shape::Text(Format::Unspecified),
        }
    }
}

impl Plan {
    /// Makes the steps of all tables, once every fate is known.
    pub(super) fn number_steps(&mut self) {
        for table in &mut self.tables {
            let near = 0..u32::try_from(table.by_number.len()).unwrap_or_default();
            table.steps = near.map(|number| table.slow_step(&self.entries, number)).collect();
        }
    }

    /// The step of a field; of kind [`Kind::Unknown`] where the contract has none.
    #[inline(always)] // one load where it is called
    pub(crate) fn step(&self, table: &Table, number: u32) -> Step {
        match table.steps.get(number as usize) {
            Some(step) => *step,
            None => table.slow_step(&self.entries, number),
        }
    }
}

impl Table {
    #[inline(never)]
    fn slow_step(&self, entries: &[Entry], number: u32) -> Step {
        let Some(local) = self.local(number) else { return Step::UNKNOWN };
        let slot = self.first + local;
        entries.get(slot).map_or(Step::UNKNOWN, |entry| Step::of(entry, slot, local))
    }
}
