//! Decoder: XML document to protobuf wire bytes, lenient in spelling, strict in meaning.
//!
//! Elements are matched by local name in any order. What the contract does not know is withheld, counted and named, never
//! handed on. Refused, by path and never by value: a value that is not of its type, and a singular element that stands twice
//! (whoever reads the other one is told something else about a person).

use std::borrow::Cow;

use qaqpa_proto::v1::FillValue;
use roxmltree::Node;

use super::drift::{Drift, note};
use super::lexical;
use super::table::{Kind, MAX_DEPTH, Shape, Slot, Table};
use super::wire::{insert_length, push_bytes_tag, push_varint, push_varint_tag};
use crate::xml::document;

/// Limits on the size of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements, known and unknown.
    pub elements: usize,
    /// Length of the message made from them, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    /// 100 000 elements, 16 MiB.
    fn default() -> Self {
        Self { elements: 100_000, bytes: 16 << 20 }
    }
}

/// A message read from a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Read {
    /// Protobuf wire bytes, fields in declaration order.
    pub wire: Vec<u8>,
    /// Differences between the document and the contract.
    pub drift: Drift,
    /// Values of the elements that a gateway fills; only a request has them.
    pub filled: Vec<(FillValue, String)>,
}

/// Prints no content: it is personal data.
impl std::fmt::Debug for Read {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (wire, drift) = (self.wire.len(), &self.drift);
        formatter.debug_struct("Read").field("wire", &wire).field("drift", drift).finish_non_exhaustive()
    }
}

/// Why a document is not read. The state system is at fault. Paths are field names of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Neither the root the contract names nor anything the contract knows in it.
    #[error("the document is not a `{0}`")]
    Root(String),
    /// The text is not of the field's type.
    #[error("the value of `{0}` is not of its type")]
    Value(String),
    /// A singular element stands twice.
    #[error("`{0}` stands twice")]
    Repeated(String),
    /// The document is nested deeper than 32 messages.
    #[error("the document is nested too deeply at `{0}`")]
    TooDeep(String),
    /// The document exceeds [`Limits`].
    #[error("the document is larger than the limits at `{0}`")]
    TooLarge(String),
}

impl Table {
    /// Reads a document. `root` is its root element; where SHEP's `data` is the root it must hold something that the contract knows.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self, root: Node<'_, '_>, limits: &Limits) -> Result<Read, ReadError> {
        if root.tag_name().name() != self.root && !self.knows_a_child_of(root) {
            return Err(ReadError::Root(self.root.clone()));
        }
        let (entries, path) = (Vec::with_capacity(16), Vec::with_capacity(8));
        let limits = *limits;
        let mut reader = Reader { table: self, limits, wire: Vec::new(), drift: Drift::default(), entries, path };
        reader.message(0, root)?;
        let (wire, drift) = (reader.wire, reader.drift);
        Ok(Read { wire, drift, filled: self.read_fills(root)? })
    }

    fn knows_a_child_of(&self, root: Node<'_, '_>) -> bool {
        document::elements(root).any(|element| {
            let local = element.tag_name().name();
            self.is_filled(local) || self.shape(0).is_some_and(|shape| shape.by_element(local).is_some())
        })
    }

    /// Whether this child of the root is the gateway's to write.
    fn is_filled(&self, local: &str) -> bool {
        self.fills.iter().any(|fill| fill.path.first().is_some_and(|first| first == local))
    }

    fn read_fills(&self, root: Node<'_, '_>) -> Result<Vec<(FillValue, String)>, ReadError> {
        let mut filled = Vec::new();
        for fill in &self.fills {
            let mut here = Some(root);
            for name in &fill.path {
                let Some(node) = here else { break };
                let mut found = document::children(node, name);
                here = found.next();
                if found.next().is_some() {
                    return Err(ReadError::Repeated(fill.path.join("/")));
                }
            }
            filled.extend(here.map(|node| (fill.value, lexical::trim(&document::text(node)).to_owned())));
        }
        Ok(filled)
    }
}

struct Reader<'t, 'a, 'input> {
    table: &'t Table,
    /// What is left of them.
    limits: Limits,
    wire: Vec<u8>,
    drift: Drift,
    /// Slots and elements of the messages being read, the innermost last.
    entries: Vec<(u16, Node<'a, 'input>)>,
    path: Vec<&'t Slot>,
}

/// A value on its way to the wire.
enum Scalar<'a> {
    Number(u64),
    Bytes(Cow<'a, [u8]>),
}

impl<'t, 'a, 'input> Reader<'t, 'a, 'input> {
    fn message(&mut self, shape: usize, node: Node<'a, 'input>) -> Result<(), ReadError> {
        if self.path.len() > MAX_DEPTH {
            return Err(self.fail(ReadError::TooDeep));
        }
        let Some(shape) = self.table.shape(shape) else { return Ok(()) };
        let base = self.entries.len();
        self.index(shape, node)?;
        let end = self.entries.len();
        let mut next = base;
        for (at, slot) in shape.slots.iter().enumerate() {
            let first = next;
            while next < end && self.entries.get(next).is_some_and(|(to, _)| usize::from(*to) == at) {
                next += 1;
            }
            self.path.push(slot);
            self.slot(slot, first, next)?;
            self.path.pop();
        }
        self.entries.truncate(base);
        Ok(())
    }

    /// One pass over the children; what the contract does not know falls away, the rest is put in the order of the schema.
    fn index(&mut self, shape: &'t Shape, node: Node<'a, 'input>) -> Result<(), ReadError> {
        let base = self.entries.len();
        for child in node.children() {
            // Text between elements is no field: it falls away, and is counted as drift.
            if child.is_text() && !lexical::trim(child.text().unwrap_or_default()).is_empty() {
                self.withhold("");
            }
            if !child.is_element() {
                continue;
            }
            self.limits.elements = self.limits.elements.checked_sub(1).ok_or_else(|| self.fail(ReadError::TooLarge))?;
            let local = child.tag_name().name();
            match shape.by_element(local) {
                // Nil is absence, also where the schema does not allow nil: no empty value may appear for it.
                Some(_) if is_nil(child) => {}
                Some(slot) => self.entries.push((slot, child)),
                None if self.path.is_empty() && (self.table.is_filled(local) || is_closing_signature(child)) => {}
                None => self.withhold(local),
            }
        }
        let own = self.entries.get_mut(base..).unwrap_or_default();
        own.sort_by_key(|(slot, _)| *slot);
        Ok(())
    }

    /// The elements of a slot are `entries[first..end]`.
    fn slot(&mut self, slot: &'t Slot, first: usize, end: usize) -> Result<(), ReadError> {
        // Refused, not chosen: readers differ on whether the first or the last one counts.
        if end - first > 1 && !slot.repeated {
            return Err(self.fail(ReadError::Repeated));
        }
        if slot.packed {
            return self.packed(slot, first, end);
        }
        let mut present = false;
        for at in first..end {
            let Some((_, node)) = self.entries.get(at).copied() else { break };
            present |= match slot.kind {
                Kind::Message(shape) => self.nested(slot, shape, node)?,
                _ => self.single(slot, node)?,
            };
        }
        self.note_missing(slot, present);
        self.within_bytes()
    }

    fn nested(&mut self, slot: &Slot, shape: usize, node: Node<'a, 'input>) -> Result<bool, ReadError> {
        push_bytes_tag(&mut self.wire, slot.number);
        let start = self.wire.len();
        self.message(shape, node)?;
        insert_length(&mut self.wire, start);
        Ok(true)
    }

    fn single(&mut self, slot: &Slot, node: Node<'a, 'input>) -> Result<bool, ReadError> {
        // An empty element of a type without empty values is absence, as unknown words of an enum are.
        let Some(scalar) = self.scalar(slot, node)? else { return Ok(false) };
        match scalar {
            Scalar::Number(0) if slot.implicit => {}
            Scalar::Number(number) => {
                push_varint_tag(&mut self.wire, slot.number);
                push_varint(&mut self.wire, number);
            }
            Scalar::Bytes(bytes) => {
                push_bytes_tag(&mut self.wire, slot.number);
                push_varint(&mut self.wire, bytes.len() as u64);
                self.wire.extend_from_slice(&bytes);
            }
        }
        Ok(true)
    }

    fn packed(&mut self, slot: &'t Slot, first: usize, end: usize) -> Result<(), ReadError> {
        let before = self.wire.len();
        push_bytes_tag(&mut self.wire, slot.number);
        let start = self.wire.len();
        for at in first..end {
            let Some((_, node)) = self.entries.get(at).copied() else { break };
            if let Some(Scalar::Number(number)) = self.scalar(slot, node)? {
                push_varint(&mut self.wire, number);
            }
        }
        let present = self.wire.len() > start;
        if present {
            insert_length(&mut self.wire, start)
        } else {
            self.wire.truncate(before)
        }
        self.note_missing(slot, present);
        self.within_bytes()
    }

    /// The value of an element, nothing for one that is empty or whose enum text is unknown.
    fn scalar(&mut self, slot: &Slot, node: Node<'a, 'input>) -> Result<Option<Scalar<'a>>, ReadError> {
        for element in document::elements(node) {
            self.withhold(element.tag_name().name());
        }
        let text = document::text(node);
        if slot.kind == Kind::Text {
            let absent = text.is_empty() && slot.implicit;
            return Ok(if absent { None } else { Some(Scalar::Bytes(into_bytes(text))) });
        }
        let text = lexical::trim(&text);
        if text.is_empty() {
            return Ok(None);
        }
        if let Kind::Enum(enumeration) = slot.kind {
            let number = self.table.number_of(enumeration, text);
            if number.is_none() {
                let path = self.field_path();
                note(&mut self.drift.unknown_texts, &path);
            }
            return Ok(number.map(|number| Scalar::Number(i64::from(number).cast_unsigned())));
        }
        parse(slot.kind, text).map(Some).ok_or_else(|| self.fail(ReadError::Value))
    }

    fn note_missing(&mut self, slot: &Slot, present: bool) {
        if slot.required && !present {
            let path = self.field_path();
            note(&mut self.drift.missing, &path);
        }
    }

    fn withhold(&mut self, local: &str) {
        self.drift.count += 1;
        let mut names: Vec<&str> = self.path.iter().map(|slot| slot.element.as_str()).collect();
        names.extend(Some(local).filter(|local| !local.is_empty()));
        note(&mut self.drift.names, &names.join("."));
    }

    fn within_bytes(&self) -> Result<(), ReadError> {
        if self.wire.len() > self.limits.bytes { Err(self.fail(ReadError::TooLarge)) } else { Ok(()) }
    }

    fn field_path(&self) -> String {
        self.path.iter().map(|slot| slot.name.as_str()).collect::<Vec<_>>().join(".")
    }

    fn fail(&self, error: fn(String) -> ReadError) -> ReadError {
        error(self.field_path())
    }
}

/// Everything but free text, enums and messages.
fn parse<'a>(kind: Kind, text: &str) -> Option<Scalar<'a>> {
    let owned = |text: &str| Scalar::Bytes(Cow::Owned(text.as_bytes().to_vec()));
    match kind {
        Kind::Text | Kind::Token => Some(owned(text)),
        Kind::Date => lexical::date(text).map(owned),
        Kind::DateTime => {
            let mut normalised = String::new();
            lexical::push_date_time(&mut normalised, lexical::date_time(text)?);
            Some(Scalar::Bytes(Cow::Owned(normalised.into_bytes())))
        }
        Kind::Base64 => lexical::base64(text).map(|bytes| Scalar::Bytes(Cow::Owned(bytes))),
        Kind::Hex => lexical::hex(text).map(|bytes| Scalar::Bytes(Cow::Owned(bytes))),
        Kind::Bool => lexical::boolean(text).map(|value| Scalar::Number(value.into())),
        Kind::Int32 => text.parse::<i32>().ok().map(|value| Scalar::Number(i64::from(value).cast_unsigned())),
        Kind::Int64 => text.parse::<i64>().ok().map(|value| Scalar::Number(value.cast_unsigned())),
        Kind::Uint32 => text.parse::<u32>().ok().map(|value| Scalar::Number(value.into())),
        Kind::Uint64 => text.parse::<u64>().ok().map(Scalar::Number),
        Kind::Enum(_) | Kind::Message(_) => None,
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// `xsi:nil` says that an element is not there (XML Schema part 1, 2.6.2).
pub(crate) fn is_nil(node: Node<'_, '_>) -> bool {
    node.attribute((XSI, "nil")).and_then(|text| lexical::boolean(lexical::trim(text))).unwrap_or_default()
}

/// The inner signature is appended as the last child of the root (kz-protocols 1.7).
fn is_closing_signature(node: Node<'_, '_>) -> bool {
    node.has_tag_name((DS, "Signature")) && node.next_sibling_element().is_none()
}

/// Namespace of `xsi:type` and `xsi:nil`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
