//! One field's value under the contract's eyes: whether it is there at all, and whether it is as it must be.

use qaqpa_proto::v1::Format;
use qaqpa_proto::wire::{Fault, Reader, Tag, Value};

use super::Flaw;
use crate::calendar;
use crate::identifier::{Bin, Iin, Phone};
use crate::plan::{Absent, Entry, Shape, Step};

/// A field that the contract knows, while it is looked at.
pub(super) struct Known<'p, 'w> {
    pub(super) entry: &'p Entry,
    pub(super) slot: usize,
    pub(super) value: Value<'w>,
    /// Tag and value as they came.
    pub(super) raw: &'w [u8],
}

impl<'w> Known<'_, 'w> {
    /// The tag as it came.
    pub(super) fn tag(&self) -> &'w [u8] {
        let length = self.raw.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        self.raw.get(..length).unwrap_or_default()
    }
}

impl Step {
    /// The wire type must be the contract's; repeated numbers may come packed or one by one. Once, unless repeated.
    #[inline(always)]
    pub(super) fn fits(self, tag: Tag, first: bool) -> Result<(), Fault> {
        let wire_type_fits = tag.wire_type == self.wire_type || (tag.wire_type == 2 && self.repeated);
        match (wire_type_fits, first || self.repeated) {
            (true, true) => Ok(()),
            (true, false) => Err(Fault::Twice),
            (false, _) => Err(Fault::WrongType),
        }
    }

    #[inline(always)]
    pub(super) fn is_absent(self, value: Value<'_>, raw: impl FnOnce() -> u64) -> bool {
        match (self.absent, value) {
            (Absent::Empty, Value::Bytes(bytes)) => bytes.is_empty(),
            (Absent::Zero, Value::Varint(number)) => number == 0,
            (Absent::Zero, Value::Fixed) => raw() == 0,
            (Absent::Never | Absent::Empty | Absent::Zero, _) => false,
        }
    }
}

/// What is wrong with a value that moves as it came.
#[inline]
pub(super) fn flaw(shape: &Shape, value: Value<'_>) -> Result<Option<Flaw>, Fault> {
    match (shape, value) {
        (Shape::Text(format), Value::Bytes(bytes)) => {
            Ok(text_flaw(*format, std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?))
        }
        (shape, Value::Varint(number)) => number_flaw(shape, number),
        (Shape::Bytes | Shape::Message | Shape::Map | Shape::Any, _) | (_, Value::Fixed) => Ok(None),
        (Shape::Fixed32, Value::Bytes(packed)) => whole(packed, 4),
        (Shape::Fixed64, Value::Bytes(packed)) => whole(packed, 8),
        (shape, Value::Bytes(packed)) => packed_flaw(shape, packed),
    }
}

/// The bits of a `fixed32` or `fixed64` field, tag included.
pub(super) fn fixed_bits(raw: &[u8]) -> u64 {
    let tag = raw.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    raw.iter().skip(tag).rev().fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
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
pub(super) fn number_flaw(shape: &Shape, number: u64) -> Result<Option<Flaw>, Fault> {
    let int32 = || i32::try_from(number as i64).map_err(|_| Fault::Range);
    match shape {
        Shape::Bool if number > 1 => Err(Fault::Range),
        Shape::Uint32 | Shape::Sint32 if number > u64::from(u32::MAX) => Err(Fault::Range),
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

fn whole(packed: &[u8], width: usize) -> Result<Option<Flaw>, Fault> {
    if packed.len().is_multiple_of(width) { Ok(None) } else { Err(Fault::Truncated) }
}
