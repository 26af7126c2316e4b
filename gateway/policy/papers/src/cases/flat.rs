//! A message as lines, `student[0].iin = "..."`, so that two messages compare and print line by line.
//!
//! Only for cases, whose persons are synthetic: nothing else may print values.

use qaqpa_proto::v1::Category;
use qaqpa_proto::wire::{MAX_DEPTH, Malformed, Reader, Value};
use qaqpa_proto::{Contract, Field, FieldKind, MessageIndex};

/// Path with positions, and the value as people write it.
pub(super) type Lines = Vec<(String, String)>;

/// All scalars of a message in the contract's order, and messages that hold none as `{}`.
pub(super) fn lines(contract: &Contract, index: MessageIndex, wire: &[u8]) -> Result<Lines, Malformed> {
    let mut lines = Lines::new();
    walk(contract, index, Reader::new(wire), "", 0, &mut lines)?;
    Ok(lines)
}

fn walk(
    contract: &Contract,
    index: MessageIndex,
    reader: Reader<'_>,
    above: &str,
    depth: usize,
    lines: &mut Lines,
) -> Result<(), Malformed> {
    for field in contract.message(index).fields.iter().filter(|field| field.category != Category::Control) {
        let path = if above.is_empty() { field.name.clone() } else { format!("{above}.{}", field.name) };
        for (position, value) in values(field, reader)?.into_iter().enumerate() {
            let path = if field.repeated { format!("{path}[{position}]") } else { path.clone() };
            let before = lines.len();
            match (field.kind, value) {
                (FieldKind::Message(inner) | FieldKind::Map(inner), Value::Bytes(bytes)) if depth < MAX_DEPTH => {
                    walk(contract, inner, Reader::new(bytes), &path, depth + 1, lines)?;
                    if lines.len() == before {
                        lines.push((path, "{}".to_owned()));
                    }
                }
                (FieldKind::Any, Value::Bytes(bytes)) if depth < MAX_DEPTH => {
                    any(contract, field, bytes, &path, depth, lines)?;
                }
                (_, value) => lines.push((path, shown(contract, field, value))),
            }
        }
    }
    Ok(())
}

/// What an `Any` holds, under the short name of its message.
fn any(
    contract: &Contract,
    field: &Field,
    bytes: &[u8],
    path: &str,
    depth: usize,
    lines: &mut Lines,
) -> Result<(), Malformed> {
    let (mut url, mut value) = (&b""[..], &b""[..]);
    let mut reader = Reader::new(bytes);
    while let Some(tag) = reader.tag()? {
        match (tag.number, reader.value(tag)?) {
            (1, Value::Bytes(bytes)) => url = bytes,
            (2, Value::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    match field.any.iter().find(|packed| packed.type_url().as_bytes() == url) {
        Some(packed) => {
            let path = format!("{path}.{}", packed.short);
            walk(contract, packed.message, Reader::new(value), &path, depth + 1, lines)
        }
        None => {
            lines.push((path.to_owned(), format!("hex {}", hex::encode(bytes))));
            Ok(())
        }
    }
}

/// All values of one field; packed numbers one by one.
fn values<'a>(field: &Field, mut reader: Reader<'a>) -> Result<Vec<Value<'a>>, Malformed> {
    let mut found = Vec::new();
    while let Some(tag) = reader.tag()? {
        let value = reader.value(tag)?;
        if tag.number != field.number {
            continue;
        }
        match (field.kind, value) {
            (
                FieldKind::String | FieldKind::Bytes | FieldKind::Message(_) | FieldKind::Map(_) | FieldKind::Any,
                value,
            ) => {
                found.push(value);
            }
            (_, Value::Bytes(packed)) => {
                let mut packed = reader.inner(packed);
                while !packed.is_at_end() {
                    found.push(Value::Varint(packed.varint()?));
                }
            }
            (_, value) => found.push(value),
        }
    }
    Ok(found)
}

fn shown(contract: &Contract, field: &Field, value: Value<'_>) -> String {
    match (field.kind, value) {
        (FieldKind::String, Value::Bytes(text)) => format!("{:?}", String::from_utf8_lossy(text)),
        (_, Value::Bytes(bytes)) => format!("hex {}", hex::encode(bytes)),
        (FieldKind::Bool, Value::Varint(value)) => (value != 0).to_string(),
        (FieldKind::Enum(index), Value::Varint(value)) => {
            let values = &contract.enumeration(index).values;
            let named = values.iter().find(|(number, ..)| u64::try_from(*number) == Ok(value));
            named.map_or_else(|| value.to_string(), |(_, name, _)| name.clone())
        }
        (FieldKind::Int32 | FieldKind::Int64, Value::Varint(value)) => {
            i64::from_ne_bytes(value.to_ne_bytes()).to_string()
        }
        (FieldKind::Sint32 | FieldKind::Sint64, Value::Varint(value)) => {
            let half = i64::from_ne_bytes((value >> 1).to_ne_bytes());
            (if value & 1 == 0 { half } else { !half }).to_string()
        }
        (_, Value::Varint(value)) => value.to_string(),
        (_, Value::Fixed) => "(fixed)".to_owned(),
    }
}

/// Lines that one side has and the other has not, in order: what was expected first.
pub(super) fn difference(expected: &Lines, found: &Lines) -> Vec<(char, String)> {
    let mut rows = Vec::new();
    for (path, value) in expected {
        match found.iter().find(|(other, _)| other == path) {
            Some((_, other)) if agrees(value, other) => {}
            Some((_, other)) => {
                rows.push(('-', format!("{path} = {value}")));
                rows.push(('+', format!("{path} = {other}")));
            }
            None => rows.push(('-', format!("{path} = {value}"))),
        }
    }
    let more = found.iter().filter(|(path, _)| !expected.iter().any(|(other, _)| other == path));
    rows.extend(more.map(|(path, value)| ('+', format!("{path} = {value}"))));
    rows
}

/// What a case writes for a value that is keyed and therefore not known beforehand.
const ANY_PSEUDONYM: &str = "\"<pseudonym>\"";

/// `p` and 26 characters of base32.
fn agrees(expected: &str, found: &str) -> bool {
    let pseudonym = || {
        let inner = found.strip_prefix("\"p").and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        inner.len() == 26
            && inner.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_uppercase() || ('2'..='7').contains(&c))
    };
    expected == found || (expected == ANY_PSEUDONYM && pseudonym())
}
