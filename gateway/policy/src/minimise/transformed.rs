//! Values that move as a transform makes them. What the transform cannot read stays behind and is counted as withheld.

use std::borrow::Cow;

use qaqpa_proto::wire::{Fault, Reader, Value};

use super::filter::Filter;
use super::output::{Length, write_varint};
use super::value::{Known, number_flaw};
use crate::plan::Shape;
use crate::transform::Transform;

impl Filter<'_> {
    /// Writes what a transform makes of a value; true when something moves.
    pub(super) fn transformed(&mut self, known: &Known<'_, '_>, position: usize) -> Result<bool, Fault> {
        let Some(transform) = self.plan.transforms.get(position) else { return Ok(false) };
        let category = known.entry.category;
        let moves = match (&known.entry.shape, known.value) {
            (Shape::Text(_), Value::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?;
                let text = transform.text(text, category, self.circumstances);
                self.write_bytes(
                    known,
                    text.map(|text| match text {
                        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                    }),
                )
            }
            (Shape::Bytes, Value::Bytes(bytes)) => {
                self.write_bytes(known, transform.bytes(bytes, category, self.circumstances))
            }
            (shape, Value::Varint(number)) => {
                let number = coarser(transform, shape, number)?;
                self.write_number(known, number)
            }
            (shape, Value::Bytes(packed)) => self.write_packed(known, transform, shape, packed)?,
            (_, Value::Fixed) => false,
        };
        if moves {
            self.tally.transform(position)
        } else {
            self.tally.withhold(known.slot)
        }
        Ok(moves)
    }

    fn write_bytes(&mut self, known: &Known<'_, '_>, value: Option<Cow<'_, [u8]>>) -> bool {
        let Some(value) = value else { return false };
        self.out.extend_from_slice(known.tag());
        write_varint(&mut self.out, value.len() as u64);
        self.out.extend_from_slice(&value);
        true
    }

    /// A zero where the contract gives no presence is not written: proto3 spells it by absence.
    fn write_number(&mut self, known: &Known<'_, '_>, number: Option<u64>) -> bool {
        let Some(number) = number else { return false };
        if number != 0 || known.entry.presence || known.entry.counts_defaults {
            self.out.extend_from_slice(known.tag());
            write_varint(&mut self.out, number);
        }
        true
    }

    /// Elements that the transform cannot give are left out.
    fn write_packed(
        &mut self,
        known: &Known<'_, '_>,
        transform: &Transform,
        shape: &Shape,
        packed: &[u8],
    ) -> Result<bool, Fault> {
        self.out.extend_from_slice(known.tag());
        let length = Length::reserve(&mut self.out, packed.len());
        let mut reader = Reader::new(packed);
        while !reader.is_at_end() {
            let number = reader.varint().map_err(|malformed| malformed.fault)?;
            match coarser(transform, shape, number)? {
                Some(number) => write_varint(&mut self.out, number),
                None => self.tally.withhold(known.slot),
            }
        }
        length.set(&mut self.out);
        Ok(true)
    }
}

/// The transformed number, both as varints of this shape; `None` when it does not fit the type.
fn coarser(transform: &Transform, shape: &Shape, number: u64) -> Result<Option<u64>, Fault> {
    number_flaw(shape, number)?;
    Ok(transform.number(value(shape, number)).and_then(|value| varint(shape, value)))
}

fn value(shape: &Shape, number: u64) -> i128 {
    match shape {
        Shape::Int32(_) | Shape::Int64 => i128::from(number as i64),
        Shape::Sint32 | Shape::Sint64 => i128::from((number >> 1) as i64 ^ -((number & 1) as i64)),
        _ => i128::from(number),
    }
}

fn varint(shape: &Shape, value: i128) -> Option<u64> {
    let signed = i64::try_from(value);
    match shape {
        Shape::Int32(_) => i32::try_from(value).ok().map(|value| i64::from(value) as u64),
        Shape::Int64 => signed.ok().map(|value| value as u64),
        Shape::Sint32 => i32::try_from(value).ok().map(|value| zigzag(i64::from(value))),
        Shape::Sint64 => signed.ok().map(zigzag),
        Shape::Uint32 => u32::try_from(value).ok().map(u64::from),
        Shape::Uint64 => u64::try_from(value).ok(),
        _ => None,
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
