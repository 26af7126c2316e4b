//! Reads the persons (data subjects) of a message by the contract's subject paths: one entry a person.
//!
//! Refuses a value that stands twice, and more persons than the contract lets a request name. Values that are no IIN or no date are kept as such, since it is the filter's
//! task to name them all; nothing here is ever printed.

use std::fmt;

use jiff::civil::Date;
use qaqpa_proto::wire::{Fault, Malformed, Reader, Value};
use qaqpa_proto::{FieldPath, Operation};

use crate::calendar;
use crate::identifier::Iin;

/// All persons of one request.
#[derive(Clone, Default)]
pub struct Subjects {
    persons: Vec<Person>,
    paths: Paths,
    /// How many there may be.
    most: usize,
}

/// Field paths of one person's values, as the contract spells them; empty where it has none.
#[derive(Clone, Default)]
pub(crate) struct Paths {
    pub(crate) iin: String,
    pub(crate) birth_date: String,
    pub(crate) guardian: String,
    pub(crate) consent: String,
}

/// One person, as the request describes them.
#[derive(Clone, Default)]
pub struct Person {
    /// Position of each message on the way down.
    pub(crate) positions: Vec<u32>,
    pub(crate) iin: Option<Iin>,
    pub(crate) birth_date: Option<Date>,
    pub(crate) guardian: Option<Iin>,
    pub(crate) consent: Option<String>,
}

impl Subjects {
    /// Reads the persons of a request's wire bytes.
    ///
    /// # Errors
    /// Bytes that are no protobuf, a person's field that stands twice, one person too many.
    pub fn read(operation: &Operation, wire: &[u8]) -> Result<Self, Malformed> {
        let subject = &operation.subject;
        let Some(iin) = &subject.iin else { return Ok(Self::default()) };
        let Some((last, parents)) = iin.numbers.split_last() else { return Ok(Self::default()) };
        let leaf = |path: &Option<FieldPath>| path.as_ref().and_then(|path| path.numbers.last().copied());
        let text = |path: &Option<FieldPath>| path.as_ref().map(|path| path.text.clone()).unwrap_or_default();
        let leaves = Leaves {
            iin: *last,
            birth_date: leaf(&subject.birth_date),
            guardian: leaf(&subject.guardian),
            consent: leaf(&subject.consent),
        };
        let paths = Paths {
            iin: iin.text.clone(),
            birth_date: text(&subject.birth_date),
            guardian: text(&subject.guardian),
            consent: text(&subject.consent),
        };
        let mut subjects = Self { persons: Vec::new(), paths, most: subject.most };
        subjects.collect(Reader::new(wire), parents, &mut Vec::new(), &leaves)?;
        Ok(subjects)
    }

    /// The persons, in the order of the request.
    #[must_use]
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// Every valid IIN, in the order of the request; a person may be named twice.
    pub fn iins(&self) -> impl Iterator<Item = &Iin> {
        self.persons.iter().filter_map(Person::iin)
    }

    /// Whether the contract says where the birth date stands.
    #[must_use]
    pub fn tells_birth_date(&self) -> bool {
        !self.paths.birth_date.is_empty()
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Follows the parents' numbers down; every occurrence of the last parent is one person.
    fn collect(
        &mut self,
        mut reader: Reader<'_>,
        parents: &[u32],
        positions: &mut Vec<u32>,
        leaves: &Leaves,
    ) -> Result<(), Malformed> {
        let Some((parent, inner)) = parents.split_first() else {
            if self.persons.len() >= self.most {
                return Err(reader.fault(Fault::TooMany));
            }
            self.persons.push(person(reader, positions, leaves)?);
            return Ok(());
        };
        let mut position = 0;
        while let Some(tag) = reader.tag()? {
            let value = reader.value(tag)?;
            if tag.number != *parent {
                continue;
            }
            let Value::Bytes(bytes) = value else { return Err(reader.fault(Fault::WrongType)) };
            positions.push(position);
            self.collect(reader.inner(bytes), inner, positions, leaves)?;
            positions.pop();
            position += 1;
        }
        Ok(())
    }
}

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subjects({})", self.persons.len())
    }
}

impl Person {
    /// The IIN, when it is one.
    #[must_use]
    pub fn iin(&self) -> Option<&Iin> {
        self.iin.as_ref()
    }

    /// The guardian that the request names, when it is an IIN.
    #[must_use]
    pub fn guardian(&self) -> Option<&Iin> {
        self.guardian.as_ref()
    }

    /// The consent that the request cites for the person.
    #[must_use]
    pub fn consent(&self) -> Option<&str> {
        self.consent.as_deref()
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// Field numbers within the person's message.
struct Leaves {
    iin: u32,
    birth_date: Option<u32>,
    guardian: Option<u32>,
    consent: Option<u32>,
}

fn person(mut reader: Reader<'_>, positions: &[u32], leaves: &Leaves) -> Result<Person, Malformed> {
    let wanted = [Some(leaves.iin), leaves.birth_date, leaves.guardian, leaves.consent];
    let mut texts: [Option<&str>; 4] = [None; 4];
    while let Some(tag) = reader.tag()? {
        let value = reader.value(tag)?;
        for (number, text) in wanted.iter().zip(&mut texts) {
            if *number != Some(tag.number) {
                continue;
            }
            let Value::Bytes(bytes) = value else { return Err(reader.fault(Fault::WrongType)) };
            let found = std::str::from_utf8(bytes).map_err(|_| reader.fault(Fault::Utf8))?;
            if text.replace(found).is_some() {
                return Err(reader.fault(Fault::Twice));
            }
        }
    }
    let [iin, birth_date, guardian, consent] = texts;
    Ok(Person {
        positions: positions.to_vec(),
        iin: iin.and_then(|text| Iin::parse(text).ok()),
        birth_date: birth_date.and_then(calendar::date),
        guardian: guardian.and_then(|text| Iin::parse(text).ok()),
        consent: consent.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
    })
}

/// Every text at a path of field numbers, through repeated messages.
pub(crate) fn texts<'w>(wire: &'w [u8], numbers: &[u32]) -> Result<Vec<&'w str>, Malformed> {
    let mut found = Vec::new();
    collect_texts(Reader::new(wire), numbers, &mut found)?;
    Ok(found)
}

fn collect_texts<'w>(mut reader: Reader<'w>, numbers: &[u32], found: &mut Vec<&'w str>) -> Result<(), Malformed> {
    let Some((number, inner)) = numbers.split_first() else { return Ok(()) };
    while let Some(tag) = reader.tag()? {
        let value = reader.value(tag)?;
        if tag.number != *number {
            continue;
        }
        let Value::Bytes(bytes) = value else { return Err(reader.fault(Fault::WrongType)) };
        match inner {
            [] => found.push(std::str::from_utf8(bytes).map_err(|_| reader.fault(Fault::Utf8))?),
            _ => collect_texts(reader.inner(bytes), inner, found)?,
        }
    }
    Ok(())
}
