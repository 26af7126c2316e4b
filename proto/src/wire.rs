//! Reads protobuf's wire format, field by field, without knowing any message.
//!
//! Refuses what two parsers might read differently: groups, overlong or too long varints, field number 0,
//! lengths beyond the end. Borrows, never allocates. Values are never part of an error.

use crate::reason::Refusal;

/// Why bytes are no acceptable message. Who wrote them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {at}{}", if path.is_empty() { String::new() } else { format!(" (field `{path}`)") })]
pub struct Malformed {
    /// The fault.
    pub fault: Fault,
    /// Byte offset in the message.
    pub at: usize,
    /// Field path, where the contract knows it.
    pub path: String,
}

impl Malformed {
    /// Row of the table, of a request.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        match self.fault {
            Fault::TooMany => Refusal::RequestTooLarge,
            _ => Refusal::RequestMalformed,
        }
    }
}

/// Faults in the bytes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The message ends inside a value.
    #[error("the message is cut off")]
    Truncated,
    /// A varint of more than ten bytes, beyond 64 bits, or longer than it needs to be.
    #[error("a varint is not in its one form")]
    Varint,
    /// A field number of 0 or above 2^29-1.
    #[error("a field number is out of range")]
    FieldNumber,
    /// Wire types 3 and 4 (groups), 6 and 7 (undefined).
    #[error("groups and undefined wire types are refused")]
    WireType,
    /// More than [`MAX_DEPTH`] messages inside each other.
    #[error("messages are nested too deeply")]
    Depth,
    /// The contract gives this field another wire type.
    #[error("a field has a wire type that the contract does not give it")]
    WrongType,
    /// A field that may stand once stands twice; each half could be judged apart.
    #[error("a field stands twice")]
    Twice,
    /// A string that is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// Two fields of one `oneof`; one reader takes the first, another the last.
    #[error("two fields of one choice are present")]
    Choice,
    /// An entry of a map whose key is an empty text or missing.
    #[error("an entry of a map has no key")]
    EmptyKey,
    /// An `Any` whose type is missing, or which holds more than a type and a value.
    #[error("an Any does not say what it holds")]
    Any,
    /// A number beyond its type, which a decoder would silently cut.
    #[error("a number does not fit its type")]
    Range,
    /// More of a repeated field than the contract lets a request hold, or more than [`MAX_REPEATED`] in all.
    #[error("a field is repeated more often than the contract allows")]
    TooMany,
}

/// Messages inside each other, at most.
pub const MAX_DEPTH: usize = 32;

/// Values of repeated fields in one request, at most, whatever its contract says of each field. A message of two octets costs
/// as much to judge as a whole one: it is bounded by number, since the longest message bounds octets alone.
pub const MAX_REPEATED: usize = 10_000;

const MAX_FIELD_NUMBER: u64 = (1 << 29) - 1;

/// A field's number and wire type, and where it starts.
#[derive(Debug, Clone, Copy)]
pub struct Tag {
    /// Number of the field, 1 to 2^29-1.
    pub number: u32,
    /// 0, 1, 2 or 5; others are refused with the value.
    pub wire_type: u8,
    /// Position of the tag in the reader's bytes.
    pub start: usize,
}

/// A field's value.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// `fixed32` and `fixed64`; their bytes stand behind the tag.
    Fixed,
    /// Wire type 2: a text, bytes, a message, packed numbers.
    Bytes(&'a [u8]),
}

/// A reader of the fields of one message. Small and copied, never lent, by the pass: whatever is lent lives in memory,
/// and where it has come to is needed at every byte.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Offset of `bytes` in the outermost message.
    base: usize,
}

impl<'a> Reader<'a> {
    /// A walk from the first byte of a message.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, base: 0 }
    }

    /// Reader of a value that was read last.
    #[inline]
    #[must_use]
    pub fn inner(&self, value: &'a [u8]) -> Self {
        Self { bytes: value, at: 0, base: self.base + self.at - value.len() }
    }

    /// The next field, or `None` at the end. What most fields are, a short text with a low number, takes one step.
    ///
    /// # Errors
    /// See [`tag`](Self::tag) and [`value`](Self::value).
    #[inline(always)]
    pub fn field(&mut self) -> Result<Option<(Tag, Value<'a>)>, Malformed> {
        if let Some([key @ 8..0x80, length @ 0..0x80, rest @ ..]) = self.bytes.get(self.at..)
            && key & 7 == 2
            && let Some(value) = rest.get(..usize::from(*length))
        {
            let tag = Tag { number: u32::from(key >> 3), wire_type: 2, start: self.at };
            self.at += 2 + value.len();
            return Ok(Some((tag, Value::Bytes(value))));
        }
        let Some(tag) = self.tag()? else { return Ok(None) };
        Ok(Some((tag, self.value(tag)?)))
    }

    /// The next field's tag, or `None` at the end.
    ///
    /// # Errors
    /// A tag that is cut off, not in its shortest form, or out of range.
    #[inline(always)] // inlined, an error with its path costs nothing on the way that has none; measured
    pub fn tag(&mut self) -> Result<Option<Tag>, Malformed> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let start = self.at;
        let key = self.varint()?;
        match key >> 3 {
            0 => Err(self.fault(Fault::FieldNumber)),
            number if number > MAX_FIELD_NUMBER => Err(self.fault(Fault::FieldNumber)),
            number => Ok(Some(Tag { number: number as u32, wire_type: (key & 7) as u8, start })),
        }
    }

    /// The value behind a tag just read.
    ///
    /// # Errors
    /// A value that is cut off, not in its shortest form, or of a wire type that is refused.
    #[inline(always)]
    pub fn value(&mut self, tag: Tag) -> Result<Value<'a>, Malformed> {
        if tag.wire_type == 2 {
            let length = self.varint()?;
            let length = usize::try_from(length).map_err(|_| self.fault(Fault::Truncated))?;
            return self.take(length).map(Value::Bytes);
        }
        match tag.wire_type {
            0 => self.varint().map(Value::Varint),
            1 => self.take(8).map(|_| Value::Fixed),
            5 => self.take(4).map(|_| Value::Fixed),
            _ => Err(self.fault(Fault::WireType)),
        }
    }

    /// The next varint, at most ten bytes, in its shortest form.
    ///
    /// # Errors
    /// Anything else.
    #[inline(always)]
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        match self.bytes.get(self.at..) {
            Some([byte @ 0..0x80, ..]) => {
                self.at += 1;
                Ok(u64::from(*byte))
            }
            Some([low, high @ 1..0x80, ..]) => {
                self.at += 2;
                Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
            }
            _ => {
                let (read, at) = long_varint(self.bytes, self.at);
                self.at = at;
                read.map_err(|fault| self.fault(fault))
            }
        }
    }

    #[inline(always)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(length).ok_or_else(|| self.fault(Fault::Truncated))?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.fault(Fault::Truncated))?;
        self.at = end;
        Ok(taken)
    }

    /// Bytes from `start` up to here, tag included.
    #[inline]
    #[must_use]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Bytes from `start`, if any, to `end`; what neighbours that stay together are copied by.
    #[inline]
    #[must_use]
    pub fn between(&self, start: Option<usize>, end: usize) -> &'a [u8] {
        start.and_then(|start| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// Current offset, in bytes.
    #[inline]
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    #[inline]
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether nothing is left.
    #[inline]
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The error `fault` at the current offset.
    #[inline(always)]
    #[must_use]
    pub fn fault(&self, fault: Fault) -> Malformed {
        Malformed { fault, at: self.base + self.at, path: String::new() }
    }
}

/// The number, and how far it went.
fn long_varint(bytes: &[u8], mut at: usize) -> (Result<u64, Fault>, usize) {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let Some(byte) = bytes.get(at).copied() else { return (Err(Fault::Truncated), at) };
        at += 1;
        if shift == 63 && byte > 1 {
            return (Err(Fault::Varint), at);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let overlong = byte == 0 && shift > 0;
            return (if overlong { Err(Fault::Varint) } else { Ok(value) }, at);
        }
    }
    (Err(Fault::Varint), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> Result<usize, Fault> {
        let mut reader = Reader::new(bytes);
        let mut fields = 0;
        while let Some(tag) = reader.tag().map_err(|malformed| malformed.fault)? {
            reader.value(tag).map_err(|malformed| malformed.fault)?;
            fields += 1;
        }
        Ok(fields)
    }

    #[test]
    fn protobuf_wire_has_one_form_only() {
        use Fault::{FieldNumber, Truncated, Varint, WireType};
        let minus_one = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let rows: [(Result<usize, Fault>, &[u8], &str); 18] = [
            (Ok(0), &[], "empty"),
            (Ok(1), &[0x08, 0x01], "varint"),
            (Ok(1), &minus_one, "ten bytes are legal for a negative number"),
            (Ok(1), &[0x12, 0x02, 1, 2], "bytes"),
            (Ok(2), &[0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x0d, 1, 2, 3, 4], "fixed"),
            (Err(Truncated), &[0x08], "no value"),
            (Err(Truncated), &[0x08, 0x80], "half a varint"),
            (Err(Truncated), &[0x12, 0x03, 1, 2], "length beyond the end"),
            (Err(Truncated), &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "length overflow"),
            (Err(Truncated), &[0x0d, 1, 2, 3], "half a fixed32"),
            (Err(Varint), &[0x08, 0x80, 0x00], "overlong zero"),
            (Err(Varint), &[0x88, 0x00, 0x01], "overlong tag"),
            (Err(Varint), &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "beyond 64 bits"),
            (Err(Varint), &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "eleven bytes"),
            (Err(FieldNumber), &[0x00, 0x01], "number 0"),
            (Err(FieldNumber), &[0x80, 0x80, 0x80, 0x80, 0x10, 0x01], "number 2^29"),
            (Err(WireType), &[0x0b, 0x0c], "group"),
            (Err(WireType), &[0x0e, 0x00], "wire type 6"),
        ];
        for (wanted, bytes, why) in rows {
            assert_eq!(walk(bytes), wanted, "{why}");
        }
    }
}
