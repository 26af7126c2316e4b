//! Protobuf's wire format, as far as contracts use it: varints and length-delimited fields.
//!
//! Groups and fixed-width values are refused, because no type that a contract may use has them.
//!
//! ```
//! use qaqpa_adapters::codec::scalar;
//! use qaqpa_proto::FieldPath;
//!
//! let path = FieldPath { text: "head.code".into(), numbers: vec![2, 1] };
//! assert_eq!(scalar(b"\x12\x07\x0a\x0500000", &path), Some("00000"));
//! ```

use qaqpa_proto::FieldPath;

/// The string that `path` leads to in a message, if exactly one stands there: two would be an invitation to read the wrong one.
#[must_use]
pub fn scalar<'w>(wire: &'w [u8], path: &FieldPath) -> Option<&'w str> {
    let found = path.numbers.iter().try_fold(wire, |here, number| only(here, *number))?;
    if path.numbers.is_empty() { None } else { std::str::from_utf8(found).ok() }
}

/// The content of the one length-delimited field with this number.
fn only(wire: &[u8], wanted: u32) -> Option<&[u8]> {
    let mut found = None;
    let mut fields = Fields::of(wire);
    while let Some((number, value)) = fields.next().ok()? {
        if number != wanted {
            continue;
        }
        match (value, found) {
            (Value::Bytes(bytes), None) => found = Some(bytes),
            _ => return None,
        }
    }
    found
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A value as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'w> {
    Varint(u64),
    Bytes(&'w [u8]),
}

/// Walks the fields of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'w> {
    rest: &'w [u8],
}

impl<'w> Fields<'w> {
    pub(super) fn of(wire: &'w [u8]) -> Self {
        Self { rest: wire }
    }

    /// The next field and its number.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'w>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = u32::try_from(self.varint()?).map_err(|_| Malformed)?;
        let value = match tag & 7 {
            VARINT => Value::Varint(self.varint()?),
            BYTES => Value::Bytes(self.bytes()?),
            _ => return Err(Malformed),
        };
        match tag >> 3 {
            0 => Err(Malformed),
            number => Ok(Some((number, value))),
        }
    }

    /// The next varint of a packed field.
    pub(super) fn next_packed(&mut self) -> Result<Option<u64>, Malformed> {
        if self.rest.is_empty() { Ok(None) } else { self.varint().map(Some) }
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for (at, byte) in self.rest.iter().copied().enumerate().take(10) {
            // The tenth byte has room for one bit of a 64-bit number.
            if at == 9 && byte > 1 {
                return Err(Malformed);
            }
            value |= u64::from(byte & 0x7F) << (7 * at);
            if byte < 0x80 {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn bytes(&mut self) -> Result<&'w [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }
}

/// Appends a varint.
pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_seven(value) | 0x80);
        value >>= 7;
    }
    out.push(low_seven(value));
}

/// Appends number and type of a varint field.
pub(super) fn push_varint_tag(out: &mut Vec<u8>, number: u32) {
    push_varint(out, u64::from(number) << 3 | u64::from(VARINT));
}

/// Appends number and type of a length-delimited field.
pub(super) fn push_bytes_tag(out: &mut Vec<u8>, number: u32) {
    push_varint(out, u64::from(number) << 3 | u64::from(BYTES));
}

/// Puts the length of all that follows `start` in front of it.
pub(super) fn insert_length(out: &mut Vec<u8>, start: usize) {
    let mut length = Vec::with_capacity(10);
    push_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
}

fn low_seven(value: u64) -> u8 {
    u8::try_from(value & 0x7F).unwrap_or_default()
}

const VARINT: u32 = 0;
const BYTES: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            push_varint(&mut out, value);
            assert_eq!(Fields::of(&out).next_packed(), Ok(Some(value)));
        }
    }

    #[test]
    fn what_is_no_message_is_malformed() {
        for wire in [
            &b"\x08"[..],
            b"\x08\x80",
            b"\x0a\x02a",
            b"\x00\x00",
            b"\x0b",
            b"\x0d\0\0\0\0",
            b"\x09\0\0\0\0\0\0\0\0",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",
        ] {
            let mut fields = Fields::of(wire);
            assert_eq!(fields.next(), Err(Malformed), "{wire:?}");
        }
    }

    #[test]
    fn a_scalar_is_found_only_if_it_stands_alone() {
        for (wanted, wire, numbers) in [
            (Some("ab"), &b"\x0a\x02ab"[..], vec![1]),
            (Some("ab"), b"\x08\x01\x12\x04\x0a\x02ab", vec![2, 1]),
            (None, b"\x0a\x02ab\x0a\x02cd", vec![1]),
            (None, b"\x12\x04\x0a\x02ab\x12\x04\x0a\x02cd", vec![2, 1]),
            (None, b"\x08\x01", vec![1]),
            (None, b"\x0a\x01\xff", vec![1]),
            (None, b"\x0a\x02ab\x0b", vec![1]),
            (None, b"", vec![1]),
            (None, b"ab", vec![]),
        ] {
            assert_eq!(scalar(wire, &FieldPath { text: String::new(), numbers }), wanted, "{wire:?}");
        }
    }
}
