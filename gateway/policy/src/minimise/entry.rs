//! Minimisation of protobuf maps. On the wire a map is a list of small messages, `key = 1` and `value = 2`, and a
//! reader takes the last of two entries with one key. Refused: two entries with one key, a key that stands twice, an
//! empty text as key.
//!
//! An entry whose key or value stays behind stays behind whole: half an entry would read as a key with a default value.

use qaqpa_proto::wire::{Fault, Malformed, Reader, Value};

use super::filter::Filter;
use super::key::{Key, Keys};
use super::value::{Known, fixed_bits};
use crate::plan::Shape;

/// What an entry has on the wire.
struct Parts<'w> {
    key: Option<Key<'w>>,
    has_value: bool,
}

impl Filter<'_> {
    /// Filters one entry of a map; true when it moves.
    pub(super) fn entry<'w>(
        &mut self,
        known: &Known<'_, 'w>,
        table: usize,
        reader: Reader<'w>,
        depth: usize,
        keys: &mut Keys<'w>,
    ) -> Result<bool, Malformed> {
        let Value::Bytes(body) = known.value else { return Err(self.at(reader, Fault::WrongType, known.slot)) };
        let parts = parts(reader.inner(body))?;
        let key = self.key(table, parts.key).map_err(|fault| self.at(reader, fault, known.slot))?;
        if !keys.insert((known.slot, key)) {
            return Err(self.at(reader, Fault::Twice, known.slot));
        }
        let start = self.out.len();
        let present = self.inside(known, table, reader, depth)?;
        let whole = (present.has(0) || parts.key.is_none()) && (present.has(1) || !parts.has_value);
        if !whole {
            self.out.truncate(start);
        }
        Ok(whole)
    }

    /// A key that is not written is the default of its type.
    fn key<'w>(&self, table: usize, written: Option<Key<'w>>) -> Result<Key<'w>, Fault> {
        let entry = self.plan.tables.get(table).and_then(|table| self.plan.entries.get(table.first));
        let is_text = entry.is_some_and(|entry| matches!(entry.shape, Shape::Text(_)));
        match written {
            None if is_text => Err(Fault::EmptyKey),
            Some(Key::Text([])) => Err(Fault::EmptyKey),
            None => Ok(Key::Number(0)),
            Some(key) => Ok(key),
        }
    }
}

fn parts(mut reader: Reader<'_>) -> Result<Parts<'_>, Malformed> {
    let mut parts = Parts { key: None, has_value: false };
    while let Some(tag) = reader.tag()? {
        let value = reader.value(tag)?;
        match (tag.number, value) {
            (1, Value::Varint(number)) => parts.key = Some(Key::Number(number)),
            (1, Value::Bytes(text)) => parts.key = Some(Key::Text(text)),
            (1, Value::Fixed) => parts.key = Some(Key::Number(fixed_bits(reader.since(tag.start)))),
            (2, _) => parts.has_value = true,
            _ => {}
        }
    }
    Ok(parts)
}
