//! The single pass. Allocates the output, one tally, and nothing per field.
//!
//! Empty texts and plain zeros count as absent, as proto3 has it: they are neither written nor counted.

use qaqpa_proto::v1::Format;

use super::{Flaw, InvalidField, MAX_FLAWS};
use crate::calendar;
use crate::identifier::{Bin, Iin, Phone};
use crate::plan::{Bits, Entry, Fate, Plan, Shape, Table};
use crate::wire::{Fault, MAX_DEPTH, Malformed, Reader, Tag, Value};

/// Counts of withheld fields, one an entry, and of unknown fields, one a table.
#[derive(Clone)]
pub(super) struct Tally {
    counts: Vec<u32>,
    entries: usize,
}

impl Tally {
    fn new(plan: &Plan) -> Self {
        let entries = plan.entries.len();
        Self { counts: vec![0; entries + plan.tables.len()], entries }
    }

    fn add(&mut self, position: usize) {
        if let Some(count) = self.counts.get_mut(position) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn entries(&self) -> &[u32] {
        self.counts.get(..self.entries).unwrap_or_default()
    }

    pub(super) fn unknown(&self) -> &[u32] {
        self.counts.get(self.entries..).unwrap_or_default()
    }
}

type Filtered = (Vec<u8>, Tally, Vec<InvalidField>);

pub(super) fn run(plan: &Plan, wire: &[u8]) -> Result<Filtered, Malformed> {
    let mut filter = Filter {
        plan,
        out: Vec::with_capacity(wire.len()),
        tally: Tally::new(plan),
        occurrences: if plan.repeats { vec![0; plan.entries.len()] } else { Vec::new() },
        flaws: Vec::new(),
    };
    filter.message(0, Reader::new(wire), 1)?;
    Ok((filter.out, filter.tally, filter.flaws))
}

struct Filter<'p> {
    plan: &'p Plan,
    out: Vec<u8>,
    tally: Tally,
    /// How often a repeated entry has occurred in its message so far; only read to name a flaw.
    occurrences: Vec<u32>,
    flaws: Vec<InvalidField>,
}

/// A field that the contract knows, while it is looked at.
struct Known<'p, 'w> {
    entry: &'p Entry,
    slot: usize,
    value: Value<'w>,
    /// Tag and value as they came.
    raw: &'w [u8],
}

impl<'p> Filter<'p> {
    fn message(&mut self, table: usize, mut reader: Reader<'_>, depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(reader.fault(Fault::Depth));
        }
        let Some(plan) = self.plan.tables.get(table) else { return Err(reader.fault(Fault::Depth)) };
        self.forget_occurrences(plan);
        let (mut seen, mut present) = (Bits::default(), Bits::default());
        let mut run = None; // where neighbours that move as they came begin
        while let Some(tag) = reader.tag()? {
            let value = reader.value(tag)?;
            let local = plan.local(tag.number);
            let known = local.and_then(|local| self.known(plan.first + local, tag, value, &reader));
            let (Some(local), Some(known)) = (local, known) else {
                self.out.extend_from_slice(reader.between(run.take(), tag.start));
                self.tally.add(self.plan.entries.len() + table);
                continue;
            };
            fits(&known, tag, seen.add(local)).map_err(|fault| located(&reader, fault, known.entry))?;
            if known.entry.fate == Fate::Keep && !is_absent(&known) {
                self.judge(&known, &reader)?;
                run = run.or(Some(tag.start));
                present.add(local);
            } else {
                self.out.extend_from_slice(reader.between(run.take(), tag.start));
                if self.enter_or_drop(&known, &reader, depth)? {
                    present.add(local);
                }
            }
            self.count_occurrence(&known);
        }
        self.out.extend_from_slice(reader.between(run, reader.at()));
        if !plan.required.is_within(present) {
            self.missing(plan, present);
        }
        Ok(())
    }

    #[inline]
    fn known<'w>(&self, slot: usize, tag: Tag, value: Value<'w>, reader: &Reader<'w>) -> Option<Known<'p, 'w>> {
        let entry = self.plan.entries.get(slot)?;
        Some(Known { entry, slot, value, raw: reader.since(tag.start) })
    }

    /// Looks at a value that moves.
    #[inline]
    fn judge(&mut self, known: &Known<'_, '_>, reader: &Reader<'_>) -> Result<(), Malformed> {
        match flaw(known) {
            Ok(None) => Ok(()),
            Ok(Some(flaw)) => {
                self.flawed(known.slot, flaw);
                Ok(())
            }
            Err(fault) => Err(located(reader, fault, known.entry)),
        }
    }

    /// What does not move as it came; true when something of it moves.
    #[inline]
    fn enter_or_drop(&mut self, known: &Known<'_, '_>, reader: &Reader<'_>, depth: usize) -> Result<bool, Malformed> {
        match known.entry.fate {
            Fate::Drop if !is_absent(known) => self.tally.add(known.slot),
            Fate::Descend(table) => return self.inside(known, table, reader, depth).map(|()| true),
            Fate::Drop | Fate::Control | Fate::Keep => {}
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
    fn inside(
        &mut self,
        known: &Known<'_, '_>,
        table: usize,
        reader: &Reader<'_>,
        depth: usize,
    ) -> Result<(), Malformed> {
        let Value::Bytes(body) = known.value else { return Err(located(reader, Fault::WrongType, known.entry)) };
        let length_bytes = varint_length(body.len() as u64);
        let tag = known.raw.get(..known.raw.len() - body.len() - length_bytes).unwrap_or_default();
        self.out.extend_from_slice(tag);
        let length_at = self.out.len();
        self.out.resize(length_at + length_bytes, 0);
        self.message(table, reader.inner(body), depth + 1)?;
        set_length(&mut self.out, length_at, length_bytes);
        Ok(())
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
}

/// Varint for numbers, bytes for the rest; repeated numbers may come packed or one by one. Once, unless repeated.
#[inline]
fn fits(known: &Known<'_, '_>, tag: Tag, first: bool) -> Result<(), Fault> {
    let entry = known.entry;
    let wire_type_fits = match entry.shape {
        Shape::Text(_) | Shape::Bytes | Shape::Message => tag.wire_type == 2,
        _ => tag.wire_type == 0 || (tag.wire_type == 2 && entry.repeated),
    };
    match (wire_type_fits, first || entry.repeated) {
        (false, _) => Err(Fault::WrongType),
        (true, false) => Err(Fault::Twice),
        (true, true) => Ok(()),
    }
}

/// Empty texts are absent always, plain zeros where the contract gives no presence.
#[inline]
fn is_absent(known: &Known<'_, '_>) -> bool {
    let Known { entry, value, .. } = known;
    if entry.repeated || entry.shape == Shape::Message {
        return false;
    }
    match value {
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Varint(number) => *number == 0 && (!entry.presence || matches!(entry.shape, Shape::Enum(_))),
        Value::Fixed => false,
    }
}

/// What is wrong with a kept value.
#[inline]
fn flaw(known: &Known<'_, '_>) -> Result<Option<Flaw>, Fault> {
    match (&known.entry.shape, known.value) {
        (Shape::Text(format), Value::Bytes(bytes)) => {
            Ok(text_flaw(*format, std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?))
        }
        (_, Value::Varint(number)) => number_flaw(&known.entry.shape, number),
        (Shape::Bytes | Shape::Message, _) | (_, Value::Fixed) => Ok(None),
        (_, Value::Bytes(packed)) => packed_flaw(&known.entry.shape, packed),
    }
}

fn text_flaw(format: Format, text: &str) -> Option<Flaw> {
    match format {
        Format::Iin => Iin::parse(text).err().map(Flaw::Iin),
        Format::Bin => Bin::parse(text).err().map(Flaw::Bin),
        Format::Phone => Phone::parse(text).err().map(|_| Flaw::Phone),
        Format::Date => calendar::date(text).is_none().then_some(Flaw::Date),
        Format::DateTime => (!calendar::is_date_time(text)).then_some(Flaw::DateTime),
        Format::Grade => (!matches!(text, "2" | "3" | "4" | "5")).then_some(Flaw::Grade),
        Format::Unspecified | Format::Hex => None, // hex is how bytes are written in XML
    }
}

/// Numbers must fit their type: a decoder would cut them, and two readers would see two values.
fn number_flaw(shape: &Shape, number: u64) -> Result<Option<Flaw>, Fault> {
    let int32 = || i32::try_from(number as i64).map_err(|_| Fault::Range);
    match shape {
        Shape::Bool if number > 1 => Err(Fault::Range),
        Shape::Uint32 if number > u64::from(u32::MAX) => Err(Fault::Range),
        Shape::Int32(Format::Grade) => Ok((!(2..=5).contains(&int32()?)).then_some(Flaw::Grade)),
        Shape::Int32(_) => int32().map(|_| None),
        Shape::Enum(known) => Ok((!known.contains(&int32()?)).then_some(Flaw::Enumeration)),
        _ => Ok(None),
    }
}

fn packed_flaw(shape: &Shape, packed: &[u8]) -> Result<Option<Flaw>, Fault> {
    let mut reader = Reader::new(packed);
    let mut found = None;
    while !reader.is_at_end() {
        let number = reader.varint().map_err(|malformed| malformed.fault)?;
        found = found.or(number_flaw(shape, number)?);
    }
    Ok(found)
}

#[cold]
fn located(reader: &Reader<'_>, fault: Fault, entry: &Entry) -> Malformed {
    Malformed { path: entry.path.clone(), ..reader.fault(fault) }
}

fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Writes the length of what follows the `reserved` bytes at `at`; it never needs more bytes than the input's did.
fn set_length(out: &mut Vec<u8>, at: usize, reserved: usize) {
    let mut body = out.len() - at - reserved;
    let needed = varint_length(body as u64);
    out.drain(at..at + (reserved - needed));
    for (position, byte) in out.iter_mut().skip(at).take(needed).enumerate() {
        let more = if position + 1 < needed { 0x80 } else { 0 };
        *byte = (body & 0x7f) as u8 | more;
        body >>= 7;
    }
}
