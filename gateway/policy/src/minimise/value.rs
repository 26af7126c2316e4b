//! One field's value under the contract's eyes: its wire type, whether it is there at all, whether it is as it must be.
//!
//! Empty texts and plain zeros count as absent, as proto3 has it, except in lists and in the entries of maps.

use qaqpa_proto::v1::Format;

use super::Flaw;
use crate::calendar;
use crate::identifier::{Bin, Iin, Phone};
use crate::plan::{Entry, Shape};
use crate::wire::{Fault, Reader, Tag, Value};

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

    /// The wire type must be the contract's; repeated numbers may come packed or one by one. Once, unless repeated.
    #[inline]
    pub(super) fn fits(&self, tag: Tag, first: bool) -> Result<(), Fault> {
        let wire_type = match self.entry.shape {
            Shape::Text(_) | Shape::Bytes | Shape::Message | Shape::Map | Shape::Any => 2,
            Shape::Fixed32 => 5,
            Shape::Fixed64 => 1,
            _ => 0,
        };
        let wire_type_fits = tag.wire_type == wire_type || (tag.wire_type == 2 && self.entry.repeated);
        match (wire_type_fits, first || self.entry.repeated) {
            (false, _) => Err(Fault::WrongType),
            (true, false) => Err(Fault::Twice),
            (true, true) => Ok(()),
        }
    }

    /// Empty texts are absent always, plain zeros where the contract gives no presence.
    #[inline]
    pub(super) fn is_absent(&self) -> bool {
        let entry = self.entry;
        if entry.counts_defaults {
            return false;
        }
        match (self.value, &entry.shape) {
            (_, Shape::Message | Shape::Map | Shape::Any) => false,
            (Value::Bytes(bytes), _) => bytes.is_empty(),
            (Value::Varint(number), shape) => number == 0 && (!entry.presence || matches!(shape, Shape::Enum(_))),
            (Value::Fixed, _) => !entry.presence && fixed_bits(self.raw, self.tag().len()) == 0,
        }
    }

    /// What is wrong with a value that moves as it came.
    #[inline]
    pub(super) fn flaw(&self) -> Result<Option<Flaw>, Fault> {
        match (&self.entry.shape, self.value) {
            (Shape::Text(format), Value::Bytes(bytes)) => {
                Ok(text_flaw(*format, std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?))
            }
            (_, Value::Varint(number)) => number_flaw(&self.entry.shape, number),
            (Shape::Bytes | Shape::Message | Shape::Map | Shape::Any, _) | (_, Value::Fixed) => Ok(None),
            (Shape::Fixed32, Value::Bytes(packed)) => whole(packed, 4),
            (Shape::Fixed64, Value::Bytes(packed)) => whole(packed, 8),
            (_, Value::Bytes(packed)) => packed_flaw(&self.entry.shape, packed),
        }
    }
}

/// The bits of a `fixed32` or `fixed64` field whose tag takes `tag` bytes.
pub(super) fn fixed_bits(raw: &[u8], tag: usize) -> u64 {
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
