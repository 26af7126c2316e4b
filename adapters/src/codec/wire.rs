//! Protobuf's wire format, as far as contracts use it: varints and length-delimited fields. Bytes are read by the one
//! reader that the minimiser has too, [`qaqpa_proto::wire`]; here is what is found at a path, and what writes.
//!
//! Fixed-width values are refused as well, because no type that a contract may use has them.
//!
//! ```
//! use qaqpa_adapters::codec::scalar;
//! use qaqpa_proto::FieldPath;
//!
//! let path = FieldPath { text: "head.code".into(), numbers: vec![2, 1] };
//! assert_eq!(scalar(b"\x12\x07\x0a\x0500000", &path), Some("00000"));
//! ```

use qaqpa_proto::FieldPath;
use qaqpa_proto::wire::{Reader, Value};

/// The string that `path` leads to in a message, if exactly one stands there: two would be an invitation to read the wrong one.
#[must_use]
pub fn scalar<'w>(wire: &'w [u8], path: &FieldPath) -> Option<&'w str> {
    let found = path.numbers.iter().try_fold(wire, |here, number| only(here, *number))?;
    if path.numbers.is_empty() { None } else { std::str::from_utf8(found).ok() }
}

/// The content of the one length-delimited field with this number.
fn only(wire: &[u8], wanted: u32) -> Option<&[u8]> {
    let mut found = None;
    let mut fields = Reader::new(wire);
    while let Some((tag, value)) = fields.field().ok()? {
        match (value, found) {
            (Value::Fixed, _) => return None,
            _ if tag.number != wanted => {}
            (Value::Bytes(bytes), None) => found = Some(bytes),
            _ => return None,
        }
    }
    found
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
            assert_eq!(Reader::new(&out).varint(), Ok(value));
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
            (None, b"\x0a\x02ab\x15\0\0\0\0", vec![1]),
            (None, b"\x0a\x02ab\x10\x80\0", vec![1]),
            (None, b"", vec![1]),
            (None, b"ab", vec![]),
        ] {
            assert_eq!(scalar(wire, &FieldPath { text: String::new(), numbers }), wanted, "{wire:?}");
        }
    }
}
