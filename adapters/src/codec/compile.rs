//! Compiles a contract into a codec table. All that could go wrong with names is found here, at start, and not while an
//! exchange waits.
//!
//! Refused: names that are no XML names, two fields with one element, formats that do not fit their type, enumerations with
//! one text twice, a namespace that would need escaping, types that are not written as XML (maps, `Any`, floats).

use std::collections::{BTreeMap, BTreeSet};

use qaqpa_proto::v1::{Category, Format};
use qaqpa_proto::{Contract, Enumeration, Field, FieldKind, Filled, Message, MessageIndex};

use super::fills;
use super::problem::CodecProblem;
use super::table::{Kind, Shape, Slot, Table};

impl Table {
    /// Compiles the table of a message whose document has this root element.
    ///
    /// # Errors
    /// The first thing in the contract that cannot be written as XML.
    pub fn compile(
        contract: &Contract,
        message: MessageIndex,
        root: &str,
        namespace: &str,
    ) -> Result<Self, CodecProblem> {
        let mut reached = Reached::default();
        reached.place(message);
        let mut shapes = Vec::new();
        while let Some(next) = reached.queue.get(shapes.len()).copied() {
            shapes.push(shape(contract.message(next), &mut reached)?);
        }
        let texts = reached.enumerations.iter().map(|at| texts(contract.enumeration(*at))).collect::<Result<_, _>>()?;
        Ok(Self {
            root: element_name(root)?.to_owned(),
            root_tags: root_tags(root, namespace)?,
            shapes,
            texts,
            fills: Vec::new(),
            fill_steps: Vec::new(),
        })
    }

    /// The same table with elements that the gateway writes before all fields.
    ///
    /// # Errors
    /// Names that are none, and fills that contradict a field or each other.
    pub fn filled(mut self, fills: &[Filled]) -> Result<Self, CodecProblem> {
        for fill in fills {
            for name in &fill.path {
                element_name(name)?;
            }
            let top = fill.path.first().map(String::as_str).unwrap_or_default();
            if self.shape(0).is_some_and(|shape| shape.by_element(top).is_some()) {
                return Err(CodecProblem::Twice { message: self.root, element: top.to_owned() });
            }
        }
        self.fill_steps = fills::steps(fills)?;
        self.fills = fills.to_vec();
        Ok(self)
    }
}

/// The messages and enumerations met so far, in the order of their places.
#[derive(Default)]
struct Reached {
    places: BTreeMap<MessageIndex, usize>,
    queue: Vec<MessageIndex>,
    enumerations: Vec<usize>,
}

impl Reached {
    fn place(&mut self, message: MessageIndex) -> usize {
        *self.places.entry(message).or_insert_with(|| {
            self.queue.push(message);
            self.queue.len() - 1
        })
    }

    fn enumeration(&mut self, index: usize) -> usize {
        self.enumerations.iter().position(|known| *known == index).unwrap_or_else(|| {
            self.enumerations.push(index);
            self.enumerations.len() - 1
        })
    }
}

fn shape(message: &Message, reached: &mut Reached) -> Result<Shape, CodecProblem> {
    let (mut slots, mut by_number, mut by_element) = (Vec::new(), Vec::new(), Vec::new());
    for field in &message.fields {
        if field.category == Category::Control || field.local {
            by_number.push((field.number, None));
            continue;
        }
        let at = u16::try_from(slots.len()).map_err(|_| CodecProblem::TooWide(message.name.clone()))?;
        slots.push(slot(message, field, reached)?);
        by_number.push((field.number, Some(at)));
        by_element.push((field.element.clone(), at));
    }
    by_number.sort_unstable();
    by_element.sort_unstable();
    for pair in by_element.windows(2) {
        if let [(first, _), (second, _)] = pair
            && first == second
        {
            return Err(CodecProblem::Twice { message: message.name.clone(), element: first.clone() });
        }
    }
    Ok(Shape { slots, by_number, by_element })
}

fn slot(message: &Message, field: &Field, reached: &mut Reached) -> Result<Slot, CodecProblem> {
    let kind = match (field.kind, field.format) {
        (FieldKind::Message(index), Format::Unspecified) => Kind::Message(reached.place(index)),
        (FieldKind::Enum(index), Format::Unspecified) => Kind::Enum(reached.enumeration(index)),
        (FieldKind::String, Format::Unspecified) => Kind::Text,
        (FieldKind::String, Format::Iin | Format::Bin | Format::Phone | Format::Grade) => Kind::Token,
        (FieldKind::String, Format::Date) => Kind::Date,
        (FieldKind::String, Format::DateTime) => Kind::DateTime,
        (FieldKind::Bytes, Format::Unspecified) => Kind::Base64,
        (FieldKind::Bytes, Format::Hex) => Kind::Hex,
        (FieldKind::Bool, Format::Unspecified) => Kind::Bool,
        (FieldKind::Int32, Format::Unspecified | Format::Grade) => Kind::Int32,
        (FieldKind::Int64, Format::Unspecified | Format::Grade) => Kind::Int64,
        (FieldKind::Uint32, Format::Unspecified | Format::Grade) => Kind::Uint32,
        (FieldKind::Uint64, Format::Unspecified | Format::Grade) => Kind::Uint64,
        (
            FieldKind::Map(_)
            | FieldKind::Any
            | FieldKind::Sint32
            | FieldKind::Sint64
            | FieldKind::Fixed32
            | FieldKind::Fixed64
            | FieldKind::Sfixed32
            | FieldKind::Sfixed64
            | FieldKind::Float
            | FieldKind::Double,
            _,
        ) => return Err(CodecProblem::Type { message: message.name.clone(), field: field.name.clone() }),
        _ => return Err(CodecProblem::Format { message: message.name.clone(), field: field.name.clone() }),
    };
    Ok(Slot {
        name: field.name.clone(),
        number: field.number,
        element: element_name(&field.element)?.to_owned(),
        kind,
        repeated: field.repeated,
        packed: field.packed && field.repeated && kind.is_varint(),
        required: field.required,
        implicit: !field.presence && !field.repeated,
    })
}

fn texts(enumeration: &Enumeration) -> Result<Vec<(i32, String)>, CodecProblem> {
    let spelt: Vec<(i32, String)> = enumeration
        .values
        .iter()
        .filter(|(_, _, text)| !text.is_empty())
        .map(|(number, _, text)| (*number, text.clone()))
        .collect();
    let distinct: BTreeSet<&str> = spelt.iter().map(|(_, text)| text.as_str()).collect();
    if distinct.len() != spelt.len() {
        return Err(CodecProblem::Enumeration(enumeration.name.clone()));
    }
    Ok(spelt)
}

/// The root alone is qualified: the schemas of this country have elementFormDefault unqualified (kz-protocols 1.2).
fn root_tags(root: &str, namespace: &str) -> Result<(String, String), CodecProblem> {
    if namespace.is_empty() {
        return Ok((format!("<{root}>"), format!("</{root}>")));
    }
    if namespace
        .chars()
        .any(|character| character.is_whitespace() || character.is_control() || "<&\"".contains(character))
    {
        return Err(CodecProblem::Namespace(namespace.to_owned()));
    }
    Ok((format!("<a:{root} xmlns:a=\"{namespace}\">"), format!("</a:{root}>")))
}

fn element_name(name: &str) -> Result<&str, CodecProblem> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on_well = name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.'));
    if starts_well && goes_on_well { Ok(name) } else { Err(CodecProblem::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qaqpa_proto::v1::FillValue;

    #[test]
    fn names_that_would_need_escaping_are_refused() {
        let contract = Contract::embedded().unwrap();
        let message = contract.operations()[0].request;
        for (wanted, root, namespace) in [
            (None, "ok-1.x", "urn:x"),
            (None, "ok", ""),
            (Some(CodecProblem::Name("a:b".into())), "a:b", "urn:x"),
            (Some(CodecProblem::Name(String::new())), "", "urn:x"),
            (Some(CodecProblem::Name("1a".into())), "1a", "urn:x"),
            (Some(CodecProblem::Namespace("urn:\"x".into())), "a", "urn:\"x"),
        ] {
            assert_eq!(Table::compile(&contract, message, root, namespace).err(), wanted);
        }
    }

    #[test]
    fn a_fill_must_not_be_a_field() {
        let contract = Contract::embedded().unwrap();
        let table = Table::compile(&contract, contract.operations()[0].request, "r", "urn:x").unwrap();
        let fill = Filled { path: vec!["schoolBin".into()], value: FillValue::RequestId };
        assert!(matches!(table.filled(&[fill]), Err(CodecProblem::Twice { .. })));
    }
}
