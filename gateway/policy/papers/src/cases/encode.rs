//! From a case's mapping to protobuf bytes, by the contract's tables.
//!
//! Refuses fields that the contract does not know (with a suggestion), values of another kind, and the gateway's own
//! fields (`context`, `receipt`), which a case leaves out. Formats are not judged here: that is what a case shows.
//!
//! ```text
//! { iin: "991231500006", category: DRIVING_CATEGORY_B }  ->  0a 0c 39 39 ... 28 04
//! ```

use qaqpa_policy::suggest::nearest;
use qaqpa_proto::v1::Category;
use qaqpa_proto::{Contract, Field, FieldKind, Message, MessageIndex};
use serde_saphyr::Spanned;

use super::shape::Node;

/// What is wrong, where, and what was perhaps meant.
pub(super) struct Unwritable {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

/// Writes a message.
pub(super) fn message(
    contract: &Contract,
    index: MessageIndex,
    node: &Spanned<Node>,
) -> Result<Vec<u8>, Vec<Unwritable>> {
    let mut writer = Writer { contract, problems: Vec::new() };
    let bytes = writer.message(contract.message(index), node);
    if writer.problems.is_empty() { Ok(bytes) } else { Err(writer.problems) }
}

struct Writer<'c> {
    contract: &'c Contract,
    problems: Vec<Unwritable>,
}

impl Writer<'_> {
    fn message(&mut self, message: &Message, node: &Spanned<Node>) -> Vec<u8> {
        let Node::Map(pairs) = &node.value else {
            self.at(node, format!("`{}` is a message, so a mapping is expected", message.name), None);
            return Vec::new();
        };
        let mut bytes = Vec::new();
        for (name, value) in pairs {
            match message.fields.iter().find(|field| field.name == name.value) {
                None => self.unknown(message, name),
                Some(field) if field.category == Category::Control => {
                    self.at(name, format!("`{}` is the gateway's own; leave it out", name.value), None);
                }
                Some(field) => self.field(field, value, &mut bytes),
            }
        }
        bytes
    }

    fn field(&mut self, field: &Field, node: &Spanned<Node>, bytes: &mut Vec<u8>) {
        if !field.repeated {
            return self.value(field, node, bytes);
        }
        match (field.kind, &node.value) {
            (FieldKind::Map(entry), Node::Map(pairs)) => {
                self.entries(field, self.contract.message(entry), pairs, bytes)
            }
            (FieldKind::Map(_), _) => {
                self.at(node, format!("`{}` is a map, so a mapping is expected", field.name), None)
            }
            (_, Node::List(items)) => items.iter().for_each(|item| self.value(field, item, bytes)),
            _ => self.at(node, format!("`{}` is repeated, so a list is expected", field.name), None),
        }
    }

    fn value(&mut self, field: &Field, node: &Spanned<Node>, bytes: &mut Vec<u8>) {
        match (field.kind, &node.value) {
            (FieldKind::String, Node::Text(text)) => length_delimited(field, text.as_bytes(), bytes),
            (FieldKind::Bytes, Node::Text(text)) => match from_base64(text) {
                Some(value) => length_delimited(field, &value, bytes),
                None => self.at(node, format!("`{}` is bytes, so base64 is expected", field.name), None),
            },
            (FieldKind::Message(inner), _) => {
                let inner = self.message(self.contract.message(inner), node);
                length_delimited(field, &inner, bytes);
            }
            (FieldKind::Any, _) => self.any(field, node, bytes),
            (FieldKind::Enum(index), Node::Text(name)) => self.enumerated(field, index, node, name, bytes),
            (FieldKind::Bool, Node::Bool(value)) => number(field, u64::from(*value), bytes),
            (kind, Node::Number(value)) => match as_varint(kind, *value) {
                Some(value) => number(field, value, bytes),
                None => self.expected(field, node),
            },
            _ => self.expected(field, node),
        }
    }

    /// Keys are texts or whole numbers, as the contract has it.
    fn entries(
        &mut self,
        field: &Field,
        entry: &Message,
        pairs: &[(Spanned<String>, Spanned<Node>)],
        bytes: &mut Vec<u8>,
    ) {
        let (Some(key), Some(value)) = (entry.field(1), entry.field(2)) else { return };
        for (name, node) in pairs {
            let mut inner = Vec::new();
            match (key.kind, name.value.parse()) {
                (FieldKind::String, _) => length_delimited(key, name.value.as_bytes(), &mut inner),
                (kind, Ok(written)) => match as_varint(kind, written) {
                    Some(written) => number(key, written, &mut inner),
                    None => self.at(name, format!("`{}` is no key of `{}`", name.value, field.name), None),
                },
                (_, Err(_)) => self.at(name, format!("`{}` is no key of `{}`", name.value, field.name), None),
            }
            self.value(value, node, &mut inner);
            length_delimited(field, &inner, bytes);
        }
    }

    /// `{ Detail: { ... } }`: the short name of what it holds, and its fields.
    fn any(&mut self, field: &Field, node: &Spanned<Node>, bytes: &mut Vec<u8>) {
        let Node::Map(pairs) = &node.value else { return self.expected(field, node) };
        let [(name, value)] = pairs.as_slice() else { return self.expected(field, node) };
        let Some(packed) = field.any.iter().find(|packed| packed.short == name.value) else {
            let near = nearest(&name.value, field.any.iter().map(|packed| packed.short.as_str()));
            return self.at(name, format!("`{}` may not hold a `{}`", field.name, name.value), near);
        };
        let inner = self.message(self.contract.message(packed.message), value);
        let mut whole = Vec::new();
        tagged(1, packed.type_url().as_bytes(), &mut whole);
        tagged(2, &inner, &mut whole);
        length_delimited(field, &whole, bytes);
    }

    fn enumerated(&mut self, field: &Field, index: usize, node: &Spanned<Node>, name: &str, bytes: &mut Vec<u8>) {
        let values = &self.contract.enumeration(index).values;
        match values.iter().find(|(_, known, _)| known == name) {
            Some((value, ..)) => number(field, sign_extended(i64::from(*value)), bytes),
            None => {
                let near = nearest(name, values.iter().map(|(_, known, _)| known.as_str()));
                self.at(node, format!("`{name}` is no value of `{}`", field.name), near);
            }
        }
    }

    fn expected(&mut self, field: &Field, node: &Spanned<Node>) {
        let wanted = match field.kind {
            FieldKind::String => "a text is expected; put numbers and dates in quotes",
            FieldKind::Bytes => "base64 in quotes is expected",
            FieldKind::Bool => "true or false is expected",
            FieldKind::Enum(_) => "the name of an enum value is expected",
            FieldKind::Message(_) | FieldKind::Map(_) => "a mapping is expected",
            FieldKind::Any => "a mapping from the name of one message to its fields is expected",
            FieldKind::Fixed32
            | FieldKind::Fixed64
            | FieldKind::Sfixed32
            | FieldKind::Sfixed64
            | FieldKind::Float
            | FieldKind::Double => "a case cannot write this type",
            _ => "a whole number within its type is expected",
        };
        self.at(node, format!("`{}`: {wanted}", field.name), None);
    }

    fn unknown(&mut self, message: &Message, name: &Spanned<String>) {
        let near = nearest(&name.value, message.fields.iter().map(|field| field.name.as_str()));
        self.at(name, format!("`{}` has no field `{}`", message.name, name.value), near);
    }

    fn at<T>(&mut self, place: &Spanned<T>, message: String, suggestion: Option<&str>) {
        let (line, column) = (place.referenced.line(), place.referenced.column());
        self.problems.push(Unwritable { line, column, message, suggestion: suggestion.map(str::to_owned) });
    }
}

/// The varint of a number, when it fits its type.
fn as_varint(kind: FieldKind, value: i128) -> Option<u64> {
    match kind {
        FieldKind::Int32 => i32::try_from(value).ok().map(|value| sign_extended(value.into())),
        FieldKind::Int64 => i64::try_from(value).ok().map(sign_extended),
        FieldKind::Sint32 => i32::try_from(value).ok().map(|value| zigzag(value.into())),
        FieldKind::Sint64 => i64::try_from(value).ok().map(zigzag),
        FieldKind::Uint32 => u32::try_from(value).ok().map(u64::from),
        FieldKind::Uint64 => u64::try_from(value).ok(),
        _ => None,
    }
}

fn sign_extended(value: i64) -> u64 {
    u64::from_ne_bytes(value.to_ne_bytes())
}

fn zigzag(value: i64) -> u64 {
    sign_extended(value << 1 ^ value >> 63)
}

fn number(field: &Field, value: u64, bytes: &mut Vec<u8>) {
    varint(u64::from(field.number) << 3, bytes);
    varint(value, bytes);
}

fn length_delimited(field: &Field, value: &[u8], bytes: &mut Vec<u8>) {
    tagged(field.number, value, bytes);
}

fn tagged(number: u32, value: &[u8], bytes: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | 2, bytes);
    varint(value.len() as u64, bytes);
    bytes.extend_from_slice(value);
}

/// Least significant seven bits first.
pub(super) fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// RFC 4648 section 4, padding as it must be.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
