//! `google.protobuf.Any`: a message that names its own type. Only the types that the contract lists for the field move,
//! each filtered by its own table; every other type stays behind and is counted.
//!
//! Refused: an `Any` without a type, and one that holds more than a type and a value. The one spelling of a type URL that
//! is understood is `type.googleapis.com/` and the full name: two spellings could mean two messages to two readers.

use qaqpa_proto::wire::{Fault, Malformed, Reader, Value};

use super::filter::Filter;
use super::output::{Length, write_varint};
use super::value::Known;

const TYPE_URL: u32 = 1;
const VALUE: u32 = 2;

impl Filter<'_> {
    /// Filters what an `Any` holds; true when it moves.
    pub(super) fn any(
        &mut self,
        known: &Known<'_, '_>,
        choices: usize,
        reader: Reader<'_>,
        depth: usize,
    ) -> Result<bool, Malformed> {
        let Value::Bytes(body) = known.value else { return Err(self.at(reader, Fault::WrongType, known.slot)) };
        let (type_url, value) = parts(reader.inner(body)).map_err(|malformed| match malformed.fault {
            Fault::Any | Fault::Twice => self.at(reader, malformed.fault, known.slot),
            _ => malformed,
        })?;
        let choice = self.plan.choices.get(choices).into_iter().flatten();
        let Some(choice) = choice.into_iter().find(|choice| choice.type_url.as_bytes() == type_url) else {
            self.tally.withhold(known.slot);
            return Ok(false);
        };
        self.out.extend_from_slice(known.tag());
        let whole = Length::reserve(&mut self.out, body.len());
        self.out.push(TYPE_URL as u8 * 8 + 2);
        write_varint(&mut self.out, type_url.len() as u64);
        self.out.extend_from_slice(type_url);
        let before = self.out.len();
        self.out.push(VALUE as u8 * 8 + 2);
        let inner = Length::reserve(&mut self.out, value.remaining());
        self.message(choice.table, value, depth + 2)?;
        if inner.is_empty(&self.out) {
            self.out.truncate(before);
        } else {
            inner.set(&mut self.out);
        }
        whole.set(&mut self.out);
        Ok(true)
    }
}

/// The type and a reader of the value.
pub(super) fn parts<'w>(mut reader: Reader<'w>) -> Result<(&'w [u8], Reader<'w>), Malformed> {
    let (mut type_url, mut value): (Option<&[u8]>, Option<Reader<'w>>) = (None, None);
    while let Some(tag) = reader.tag()? {
        let Value::Bytes(bytes) = reader.value(tag)? else { return Err(reader.fault(Fault::Any)) };
        let again = match tag.number {
            TYPE_URL => type_url.replace(bytes).is_some(),
            VALUE => value.replace(reader.inner(bytes)).is_some(),
            _ => return Err(reader.fault(Fault::Any)),
        };
        if again {
            return Err(reader.fault(Fault::Twice));
        }
    }
    match type_url {
        None | Some([]) => Err(reader.fault(Fault::Any)),
        Some(type_url) => Ok((type_url, value.unwrap_or_else(|| reader.inner(&[])))),
    }
}
