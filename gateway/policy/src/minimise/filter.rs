//! The minimisation pass over one message. Allocates the output, one tally, and nothing per field that is kept or
//! dropped. Ends where one more of a repeated field is more than a request may hold, and after the last flaw that is named.

use qaqpa_proto::wire::{Fault, MAX_DEPTH, MAX_REPEATED, Malformed, Reader, Tag, Value};

use super::key::Keys;
use super::output::Length;
use super::tally::Tally;
use super::value::{Known, fixed_bits, flaw};
use super::{Circumstances, Flaw, InvalidField, MAX_FLAWS};
use crate::plan::{Bits, Direction, Fate, Kind, Plan, Step, Table};

type Filtered = (Vec<u8>, Tally, Vec<InvalidField>);

pub(super) fn run(plan: &Plan, wire: &[u8], circumstances: &Circumstances) -> Result<Filtered, Malformed> {
    let mut filter = Filter {
        plan,
        circumstances,
        out: Vec::with_capacity(wire.len()),
        tally: Tally::new(plan),
        occurrences: if plan.repeats { vec![0; plan.entries.len()] } else { Vec::new() },
        repeated: 0,
        most_repeated: if plan.direction == Direction::Request { MAX_REPEATED } else { usize::MAX },
        flaws: Vec::new(),
    };
    filter.message(0, Reader::new(wire), 1)?;
    Ok((filter.out, filter.tally, filter.flaws))
}

pub(super) struct Filter<'p> {
    pub(super) plan: &'p Plan,
    pub(super) circumstances: &'p Circumstances,
    pub(super) out: Vec<u8>,
    pub(super) tally: Tally,
    /// How often a repeated entry has occurred in its message so far.
    occurrences: Vec<u32>,
    /// Values of repeated entries so far, in all, and how many there may be.
    repeated: usize,
    most_repeated: usize,
    flaws: Vec<InvalidField>,
}

impl<'p> Filter<'p> {
    /// Filters one message; the entries of it that moved.
    pub(super) fn message(&mut self, table: usize, mut reader: Reader<'_>, depth: usize) -> Result<Bits, Malformed> {
        if depth > MAX_DEPTH {
            return Err(reader.fault(Fault::Depth));
        }
        let Some(plan) = self.plan.tables.get(table) else { return Err(reader.fault(Fault::Depth)) };
        self.forget_occurrences(plan);
        let (mut seen, mut present) = (Bits::default(), Bits::default());
        let mut keys = Keys::new();
        let mut run = None; // where neighbours that move as they came begin
        while let Some((tag, value)) = reader.field()? {
            let step = self.plan.step(plan, tag.number);
            // A field that the contract does not know may hold anything: it never moves, under no plan.
            if step.kind == Kind::Unknown {
                self.flush(&mut run, reader, tag);
                self.tally.withhold_unknown(table);
                continue;
            }
            let (slot, local) = (step.slot as usize, usize::from(step.local));
            if let Err(fault) = step.fits(tag, seen.add(local)) {
                return Err(self.at(reader, fault, slot));
            }
            let absent = step.is_absent(value, || fixed_bits(reader.since(tag.start)));
            if step.kind == Kind::Keep && !absent {
                // A value that moves is looked at first: what is no text, date or number of its shape does not leave as
                // one.
                if !is_plain_ascii(step, value) {
                    self.judge(slot, value, reader)?;
                }
                run = run.or(Some(tag.start));
                present.add(local);
            } else {
                self.flush(&mut run, reader, tag);
                if step.kind == Kind::Drop && !absent {
                    self.tally.withhold(slot);
                } else if !absent && self.enter(slot, tag, value, reader, depth, &mut keys)? {
                    present.add(local);
                }
            }
            if step.repeated {
                self.count_occurrence(slot, values(step, value)).map_err(|fault| self.at(reader, fault, slot))?;
                // Nothing of it will move, and no further flaw will be named: the rest is not looked at.
                if self.flaws.len() >= MAX_FLAWS {
                    return Ok(present);
                }
            }
        }
        self.out.extend_from_slice(reader.between(run, reader.at()));
        // Two members of one choice: protobuf keeps the last one, other readers the first. Refused, not guessed.
        if plan.oneofs.iter().any(|oneof| oneof.meets_twice(seen)) {
            return Err(Malformed { path: plan.unknown_path.clone(), ..reader.fault(Fault::Choice) });
        }
        if !plan.required.is_within(present) {
            self.missing(plan, present);
        }
        Ok(present)
    }

    /// Copies the neighbours that move as they came, up to a field that does not.
    #[inline(always)]
    fn flush(&mut self, run: &mut Option<usize>, reader: Reader<'_>, tag: Tag) {
        if let Some(start) = run.take() {
            self.out.extend_from_slice(reader.between(Some(start), tag.start));
        }
    }

    /// Looks at a value that moves.
    fn judge(&mut self, slot: usize, value: Value<'_>, reader: Reader<'_>) -> Result<(), Malformed> {
        let Some(entry) = self.plan.entries.get(slot) else { return Ok(()) };
        match flaw(&entry.shape, value) {
            Ok(None) => Ok(()),
            Ok(Some(flaw)) => {
                self.flawed(slot, flaw);
                Ok(())
            }
            Err(fault) => Err(self.at(reader, fault, slot)),
        }
    }

    /// What neither moves as it came nor is dropped; true when something of it moves.
    fn enter<'w>(
        &mut self,
        slot: usize,
        tag: Tag,
        value: Value<'w>,
        reader: Reader<'w>,
        depth: usize,
        keys: &mut Keys<'w>,
    ) -> Result<bool, Malformed> {
        let Some(entry) = self.plan.entries.get(slot) else { return Ok(false) };
        let known = Known { entry, slot, value, raw: reader.since(tag.start) };
        match entry.fate {
            Fate::Descend(table) => self.inside(&known, table, reader, depth).map(|_| true),
            Fate::Transform(position) => {
                self.transformed(&known, position).map_err(|fault| self.at(reader, fault, slot))
            }
            Fate::Entry(table) => self.entry(&known, table, reader, depth, keys),
            Fate::Any(choices) => self.any(&known, choices, reader, depth),
            Fate::Control | Fate::Drop | Fate::Keep => Ok(false),
        }
    }

    #[inline]
    fn count_occurrence(&mut self, slot: usize, values: usize) -> Result<(), Fault> {
        self.repeated = self.repeated.saturating_add(values);
        let (Some(count), Some(entry)) = (self.occurrences.get_mut(slot), self.plan.entries.get(slot)) else {
            return Ok(());
        };
        *count = count.saturating_add(u32::try_from(values).unwrap_or(u32::MAX));
        let too_many = *count as usize > entry.most || self.repeated > self.most_repeated;
        if too_many { Err(Fault::TooMany) } else { Ok(()) }
    }

    /// Filters a message within a message and sets its new length before it.
    pub(super) fn inside(
        &mut self,
        known: &Known<'_, '_>,
        table: usize,
        reader: Reader<'_>,
        depth: usize,
    ) -> Result<Bits, Malformed> {
        let Value::Bytes(body) = known.value else { return Err(self.at(reader, Fault::WrongType, known.slot)) };
        self.out.extend(known.tag()); // a byte or two
        let length = Length::reserve(&mut self.out, body.len());
        let present = self.message(table, reader.inner(body), depth + 1)?;
        length.set(&mut self.out);
        Ok(present)
    }

    fn forget_occurrences(&mut self, table: &Table) {
        if let Some(mine) = self.occurrences.get_mut(table.first..table.first + table.count) {
            mine.fill(0);
        }
    }

    #[cold]
    fn missing(&mut self, table: &Table, present: Bits) {
        for local in table.required.without(present) {
            self.flawed(table.first + local, Flaw::Missing);
        }
    }

    #[cold]
    fn flawed(&mut self, slot: usize, flaw: Flaw) {
        if self.flaws.len() < MAX_FLAWS {
            let path = self.place(slot, flaw == Flaw::Missing);
            self.flaws.push(InvalidField { path, flaw });
        }
    }

    /// The path of an entry, with the positions of the repeated fields on the way.
    fn place(&self, slot: usize, missing: bool) -> String {
        let mut steps = Vec::new();
        let mut here = Some(slot);
        while let Some((slot, entry)) = here.and_then(|slot| Some((slot, self.plan.entries.get(slot)?))) {
            let position = self.occurrences.get(slot).copied().unwrap_or_default();
            let itself_missing = missing && steps.is_empty();
            steps.push(match entry.repeated && !itself_missing {
                true => format!("{}[{position}]", entry.name),
                false => entry.name.to_string(),
            });
            here = entry.parent;
        }
        steps.reverse();
        steps.join(".")
    }

    #[cold]
    pub(super) fn at(&self, reader: Reader<'_>, fault: Fault, slot: usize) -> Malformed {
        let path = self.plan.entries.get(slot).map(|entry| entry.path.to_string()).unwrap_or_default();
        Malformed { path, ..reader.fault(fault) }
    }
}

/// How many values one occurrence of a repeated field holds: one, or as many as are packed.
fn values(step: Step, value: Value<'_>) -> usize {
    match (value, step.wire_type) {
        (Value::Bytes(packed), 0) => packed.iter().filter(|byte| **byte < 0x80).count(),
        (Value::Bytes(packed), 1) => packed.len() / 8,
        (Value::Bytes(packed), 5) => packed.len() / 4,
        _ => 1,
    }
}

/// The commonest value of all, of which nothing is left to ask.
#[inline(always)]
fn is_plain_ascii(step: Step, value: Value<'_>) -> bool {
    matches!(value, Value::Bytes(bytes) if step.plain_text && bytes.is_ascii())
}
