//! Encoder: protobuf wire bytes to XML text, in the order of the schema whatever the order on the wire.
//!
//! The text is its own exclusive canonical form: no empty-element tags, canonical escapes, one attribute on the root.
//! Refused, by path and never by value: a required field that is missing, a singular field that stands twice, an enum value
//! without a text, a date that is none, a character that XML does not have, a field number the contract does not have.

use qaqpa_proto::v1::FillValue;
use qaqpa_proto::wire::{Malformed, Reader, Value};

use super::fills::Fills;
use super::lexical;
use super::table::{Kind, MAX_DEPTH, Shape, Slot, Step, Table};
use crate::xml::escape;

/// Why a message cannot be written. Unless stated the caller is at fault. Paths are field names of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The external schema demands it. For a path with `/` the gateway is at fault: a fill without a value.
    #[error("required field `{0}` is missing")]
    Missing(String),
    /// A singular field occurs twice.
    #[error("field `{0}` may stand only once")]
    Repeated(String),
    /// Not a date or date-time, or a number out of its type's range.
    #[error("the value of field `{0}` is not of its type")]
    Value(String),
    /// Unspecified, or a number without a text in the contract.
    #[error("the enum value of field `{0}` has no text in the external schema")]
    Enumeration(String),
    /// A character that XML 1.0 (section 2.2) does not allow.
    #[error("field `{0}` holds a character that XML does not have")]
    IllegalCharacter(String),
    /// A number that the contract does not have; the minimiser should have refused it.
    #[error("the message in `{path}` has a field {number} that the contract does not have")]
    Unknown {
        /// Path of the message, empty for the outermost.
        path: String,
        /// Field number.
        number: u32,
    },
    /// Not protobuf, not UTF-8, not the wire type of the field, or nested too deeply.
    #[error("the bytes in `{0}` are no message of the contract")]
    Malformed(String),
}

impl Table {
    /// Appends the whole document.
    ///
    /// # Errors
    /// The first field that cannot be written, by path. `out` is then as it was.
    pub fn write(&self, wire: &[u8], fills: &Fills<'_>, out: &mut String) -> Result<(), WriteError> {
        let before = out.len();
        out.push_str(&self.root_tags.0);
        self.write_children(wire, fills, out).inspect_err(|_| out.truncate(before))?;
        out.push_str(&self.root_tags.1);
        Ok(())
    }

    /// Appends the children of the document's root, for the payload shapes in which `data` itself is the root.
    ///
    /// # Errors
    /// The first field that cannot be written, by path. `out` is then as it was.
    pub fn write_children(&self, wire: &[u8], fills: &Fills<'_>, out: &mut String) -> Result<(), WriteError> {
        let before = out.len();
        let mut writer = Writer { table: self, out, entries: Vec::with_capacity(16), path: Vec::with_capacity(8) };
        let written = writer.fills(fills).and_then(|()| writer.message(0, wire));
        written.inspect_err(|_| out.truncate(before))
    }
}

/// A value and the slot it belongs to.
#[derive(Debug, Clone, Copy)]
struct Entry<'w> {
    slot: u16,
    value: Value<'w>,
}

struct Writer<'t, 'w, 'o> {
    table: &'t Table,
    out: &'o mut String,
    /// Index of the messages being written, the innermost last; each takes its part away when it is done.
    entries: Vec<Entry<'w>>,
    path: Vec<&'t str>,
}

impl<'t, 'w> Writer<'t, 'w, '_> {
    fn message(&mut self, shape: usize, wire: &'w [u8]) -> Result<(), WriteError> {
        let shape = self.table.shape(shape).ok_or_else(|| self.fail(WriteError::Malformed))?;
        if self.path.len() > MAX_DEPTH {
            return Err(self.fail(WriteError::Malformed));
        }
        let base = self.entries.len();
        self.index(shape, wire)?;
        let end = self.entries.len();
        let mut next = base;
        for (at, slot) in shape.slots.iter().enumerate() {
            let first = next;
            while next < end && self.entries.get(next).is_some_and(|entry| usize::from(entry.slot) == at) {
                next += 1;
            }
            self.path.push(&slot.name);
            self.slot(slot, first, next)?;
            self.path.pop();
        }
        self.entries.truncate(base);
        Ok(())
    }

    /// One pass over the wire; what is never written falls away, the rest is put in the order of the schema.
    fn index(&mut self, shape: &'t Shape, wire: &'w [u8]) -> Result<(), WriteError> {
        let base = self.entries.len();
        let mut fields = Reader::new(wire);
        while let Some((tag, value)) = self.sound(fields.field())? {
            if matches!(value, Value::Fixed) {
                return Err(self.fail(WriteError::Malformed)); // no type of a contract has fixed width
            }
            let number = tag.number;
            let slot =
                shape.by_number(number).map_err(|_| WriteError::Unknown { path: self.path.join("."), number })?;
            let Some(slot) = slot else { continue };
            match (value, shape.slots.get(usize::from(slot))) {
                (Value::Bytes(packed), Some(to)) if to.repeated && to.kind.is_varint() => self.unpack(slot, packed)?,
                _ => self.entries.push(Entry { slot, value }),
            }
        }
        let own = self.entries.get_mut(base..).unwrap_or_default();
        own.sort_by_key(|entry| entry.slot);
        Ok(())
    }

    fn unpack(&mut self, slot: u16, packed: &'w [u8]) -> Result<(), WriteError> {
        let mut numbers = Reader::new(packed);
        while !numbers.is_at_end() {
            let value = Value::Varint(self.sound(numbers.varint())?);
            self.entries.push(Entry { slot, value });
        }
        Ok(())
    }

    /// The values of a slot are `entries[first..end]`.
    fn slot(&mut self, slot: &'t Slot, first: usize, end: usize) -> Result<(), WriteError> {
        if end - first > 1 && !slot.repeated {
            return Err(self.fail(WriteError::Repeated));
        }
        let mut written = false;
        for at in first..end {
            let Some(Entry { value, .. }) = self.entries.get(at).copied() else { break };
            if slot.implicit && is_default(value) {
                continue;
            }
            self.element(slot, value)?;
            written = true;
        }
        if written || !slot.required { Ok(()) } else { self.absent(slot) }
    }

    /// A required field that the wire does not have: protobuf leaves out zero and false, the schema wants to see them.
    fn absent(&mut self, slot: &'t Slot) -> Result<(), WriteError> {
        let default = match slot.kind {
            Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 if slot.implicit => Value::Varint(0),
            _ => return Err(self.fail(WriteError::Missing)),
        };
        self.element(slot, default)
    }

    fn element(&mut self, slot: &'t Slot, value: Value<'w>) -> Result<(), WriteError> {
        self.open(&slot.element);
        match value {
            Value::Bytes(bytes) => self.bytes(slot.kind, bytes)?,
            Value::Varint(number) => self.varint(slot.kind, number)?,
            Value::Fixed => return Err(self.fail(WriteError::Malformed)),
        }
        self.close(&slot.element);
        Ok(())
    }

    fn bytes(&mut self, kind: Kind, bytes: &'w [u8]) -> Result<(), WriteError> {
        match kind {
            Kind::Message(shape) => return self.message(shape, bytes),
            Kind::Base64 => lexical::push_base64(self.out, bytes),
            Kind::Hex => lexical::push_hex(self.out, bytes),
            Kind::Text | Kind::Token | Kind::Date | Kind::DateTime => {
                let text = std::str::from_utf8(bytes).map_err(|_| self.fail(WriteError::Malformed))?;
                return self.text(kind, text);
            }
            Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Enum(_) => {
                return Err(self.fail(WriteError::Malformed));
            }
        }
        Ok(())
    }

    fn text(&mut self, kind: Kind, text: &str) -> Result<(), WriteError> {
        match kind {
            Kind::DateTime => {
                let instant = lexical::date_time(text).ok_or_else(|| self.fail(WriteError::Value))?;
                lexical::push_date_time(self.out, instant);
            }
            Kind::Date if !lexical::is_date(text) => return Err(self.fail(WriteError::Value)),
            _ if escape::illegal(text).is_some() => return Err(self.fail(WriteError::IllegalCharacter)),
            _ => escape::text(text, self.out),
        }
        Ok(())
    }

    fn varint(&mut self, kind: Kind, value: u64) -> Result<(), WriteError> {
        let signed = value.cast_signed();
        let decimal = match kind {
            Kind::Bool => {
                self.out.push_str(if value == 0 { "false" } else { "true" });
                return Ok(());
            }
            Kind::Enum(enumeration) => {
                let text = i32::try_from(signed).ok().and_then(|number| self.table.text_of(enumeration, number));
                let text = text.ok_or_else(|| self.fail(WriteError::Enumeration))?;
                return self.text(Kind::Text, text);
            }
            Kind::Int32 => i32::try_from(signed).ok().map(|number| number.to_string()),
            Kind::Int64 => Some(signed.to_string()),
            Kind::Uint32 => u32::try_from(value).ok().map(|number| number.to_string()),
            Kind::Uint64 => Some(value.to_string()),
            _ => return Err(self.fail(WriteError::Malformed)),
        };
        self.out.push_str(&decimal.ok_or_else(|| self.fail(WriteError::Value))?);
        Ok(())
    }

    fn fills(&mut self, fills: &Fills<'_>) -> Result<(), WriteError> {
        for step in &self.table.fill_steps {
            match step {
                Step::Open(element) => self.open(element),
                Step::Close(element) => self.close(element),
                Step::Value { element, path, value } => {
                    self.path.push(path);
                    self.open(element);
                    self.fill(*value, fills)?;
                    self.close(element);
                    self.path.pop();
                }
            }
        }
        Ok(())
    }

    fn fill(&mut self, value: FillValue, fills: &Fills<'_>) -> Result<(), WriteError> {
        let text = match value {
            FillValue::RequestId => fills.request_id,
            FillValue::RequestorBin => fills.requestor_bin,
            FillValue::OperatorBin => fills.operator_bin,
            FillValue::SenderCode => fills.sender_code,
            FillValue::Unspecified => None,
            FillValue::RequestDate => {
                let instant = fills.request_date.ok_or_else(|| self.fail(WriteError::Missing))?;
                lexical::push_date_time(self.out, instant);
                return Ok(());
            }
        };
        self.text(Kind::Text, text.ok_or_else(|| self.fail(WriteError::Missing))?)
    }

    fn open(&mut self, element: &str) {
        self.out.push('<');
        self.out.push_str(element);
        self.out.push('>');
    }

    fn close(&mut self, element: &str) {
        self.out.push_str("</");
        self.out.push_str(element);
        self.out.push('>');
    }

    fn sound<T>(&self, read: Result<T, Malformed>) -> Result<T, WriteError> {
        read.map_err(|_| self.fail(WriteError::Malformed))
    }

    fn fail(&self, error: fn(String) -> WriteError) -> WriteError {
        error(self.path.join("."))
    }
}

/// The value that protobuf does not tell from absence, where the field has no presence of its own.
fn is_default(value: Value<'_>) -> bool {
    match value {
        Value::Varint(number) => number == 0,
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Fixed => false,
    }
}
