//! The single pass. Allocates the output, one tally, and nothing per field that is kept or dropped.

use super::entry::Keys;
use super::output::Length;
use super::tally::Tally;
use super::value::Known;
use super::{Circumstances, Flaw, InvalidField, MAX_FLAWS};
use crate::plan::{Bits, Entry, Fate, Plan, Table};
use crate::wire::{Fault, MAX_DEPTH, Malformed, Reader, Tag, Value};

type Filtered = (Vec<u8>, Tally, Vec<InvalidField>);

pub(super) fn run(plan: &Plan, wire: &[u8], circumstances: &Circumstances) -> Result<Filtered, Malformed> {
    let mut filter = Filter {
        plan,
        circumstances,
        out: Vec::with_capacity(wire.len()),
        tally: Tally::new(plan),
        occurrences: if plan.repeats { vec![0; plan.entries.len()] } else { Vec::new() },
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
    /// How often a repeated entry has occurred in its message so far; only read to name a flaw.
    occurrences: Vec<u32>,
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
        while let Some(tag) = reader.tag()? {
            let value = reader.value(tag)?;
            let local = plan.local(tag.number);
            let known = local.and_then(|local| self.known(plan.first + local, tag, value, &reader));
            let (Some(local), Some(known)) = (local, known) else {
                self.out.extend_from_slice(reader.between(run.take(), tag.start));
                self.tally.withhold_unknown(table);
                continue;
            };
            known.fits(tag, seen.add(local)).map_err(|fault| self.at(&reader, fault, known.entry))?;
            if known.entry.fate == Fate::Keep && !known.is_absent() {
                self.judge(&known, &reader)?;
                run = run.or(Some(tag.start));
                present.add(local);
            } else {
                self.out.extend_from_slice(reader.between(run.take(), tag.start));
                if self.enter_or_drop(&known, &reader, depth, &mut keys)? {
                    present.add(local);
                }
            }
            self.count_occurrence(&known);
        }
        self.out.extend_from_slice(reader.between(run, reader.at()));
        if plan.oneofs.iter().any(|oneof| oneof.meets_twice(seen)) {
            return Err(Malformed { path: plan.unknown_path.clone(), ..reader.fault(Fault::Choice) });
        }
        if !plan.required.is_within(present) {
            self.missing(plan, present);
        }
        Ok(present)
    }

    #[inline]
    fn known<'w>(&self, slot: usize, tag: Tag, value: Value<'w>, reader: &Reader<'w>) -> Option<Known<'p, 'w>> {
        let entry = self.plan.entries.get(slot)?;
        Some(Known { entry, slot, value, raw: reader.since(tag.start) })
    }

    /// Looks at a value that moves.
    #[inline]
    fn judge(&mut self, known: &Known<'_, '_>, reader: &Reader<'_>) -> Result<(), Malformed> {
        match known.flaw() {
            Ok(None) => Ok(()),
            Ok(Some(flaw)) => {
                self.flawed(known.slot, flaw);
                Ok(())
            }
            Err(fault) => Err(self.at(reader, fault, known.entry)),
        }
    }

    /// What does not move as it came; true when something of it moves.
    #[inline]
    fn enter_or_drop<'w>(
        &mut self,
        known: &Known<'_, 'w>,
        reader: &Reader<'w>,
        depth: usize,
        keys: &mut Keys<'w>,
    ) -> Result<bool, Malformed> {
        match known.entry.fate {
            Fate::Drop if !known.is_absent() => self.tally.withhold(known.slot),
            Fate::Descend(table) => return self.inside(known, table, reader, depth).map(|_| true),
            Fate::Transform(position) if !known.is_absent() => {
                return self.transformed(known, position).map_err(|fault| self.at(reader, fault, known.entry));
            }
            Fate::Entry(table) => return self.entry(known, table, reader, depth, keys),
            Fate::Any(choices) => return self.any(known, choices, reader, depth),
            Fate::Drop | Fate::Transform(_) | Fate::Control | Fate::Keep => {}
        }
        Ok(false)
    }

    #[inline]
    fn count_occurrence(&mut self, known: &Known<'_, '_>) {
        if known.entry.repeated
            && let Some(count) = self.occurrences.get_mut(known.slot)
        {
            *count += 1;
        }
    }

    /// Filters a message within a message and sets its new length before it.
    pub(super) fn inside(
        &mut self,
        known: &Known<'_, '_>,
        table: usize,
        reader: &Reader<'_>,
        depth: usize,
    ) -> Result<Bits, Malformed> {
        let Value::Bytes(body) = known.value else { return Err(self.at(reader, Fault::WrongType, known.entry)) };
        self.out.extend_from_slice(known.tag());
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
                false => entry.name.clone(),
            });
            here = entry.parent;
        }
        steps.reverse();
        steps.join(".")
    }

    #[cold]
    pub(super) fn at(&self, reader: &Reader<'_>, fault: Fault, entry: &Entry) -> Malformed {
        Malformed { path: entry.path.clone(), ..reader.fault(fault) }
    }
}
