//! Released fields: the journal commits to each of these.

use qaqpa_proto::wire::{Reader, Value};

use super::any;
use crate::category;
use crate::plan::{Entry, Fate, Plan};

/// One scalar field of a filtered message.
#[derive(Clone, PartialEq, Eq)]
pub struct Released<'m> {
    /// Field names from the root, with the position of repeated fields: `student[3].iin`. An entry of a map is named
    /// by its position too, since its key may be personal: `marks[0].value`.
    pub path: String,
    /// Lower-case category.
    pub category: &'static str,
    /// The value as it stands on the wire: text, bytes, varint or fixed number, without tag and length. Of a transformed
    /// field it is what moves, not what came.
    pub value: &'m [u8],
}

impl std::fmt::Debug for Released<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Released({}, {})", self.path, self.category)
    }
}

/// Walks bytes that the filter has written.
pub(super) fn walk<'m>(plan: &Plan, bytes: &'m [u8]) -> Vec<Released<'m>> {
    let mut released = Vec::new();
    inside(plan, 0, Reader::new(bytes), "", &mut released);
    released
}

fn inside<'m>(plan: &Plan, table: usize, mut reader: Reader<'m>, above: &str, released: &mut Vec<Released<'m>>) {
    let Some(table) = plan.tables.get(table) else { return };
    let mut occurrences = vec![0_u32; table.count];
    while let Ok(Some(tag)) = reader.tag() {
        let Ok(value) = reader.value(tag) else { return };
        let Some(local) = table.local(tag.number) else { continue };
        let Some(entry) = plan.entries.get(table.first + local) else { continue };
        let occurrence = occurrences.get_mut(local).map(|count| std::mem::replace(count, *count + 1));
        let path = place(above, entry, occurrence.unwrap_or_default());
        match (entry.fate, value) {
            (Fate::Descend(inner) | Fate::Entry(inner), Value::Bytes(body)) => {
                inside(plan, inner, reader.inner(body), &path, released);
            }
            (Fate::Any(choices), Value::Bytes(body)) => held(plan, choices, reader.inner(body), &path, released),
            (_, Value::Bytes(value)) => {
                released.push(Released { path, category: category::name(entry.category), value });
            }
            (_, Value::Varint(_) | Value::Fixed) => {
                let value = number(reader.since(tag.start));
                released.push(Released { path, category: category::name(entry.category), value });
            }
        }
    }
}

/// What an `Any` holds; the names of its fields begin with the name of its type.
fn held<'m>(plan: &Plan, choices: usize, reader: Reader<'m>, above: &str, released: &mut Vec<Released<'m>>) {
    let Ok((type_url, value)) = any::parts(reader) else { return };
    let mut choices = plan.choices.get(choices).into_iter().flatten();
    if let Some(choice) = choices.find(|choice| choice.type_url.as_bytes() == type_url) {
        inside(plan, choice.table, value, above, released);
    }
}

fn place(above: &str, entry: &Entry, occurrence: u32) -> String {
    let dot = if above.is_empty() { "" } else { "." };
    match entry.repeated {
        true => format!("{above}{dot}{}[{occurrence}]", entry.name),
        false => format!("{above}{dot}{}", entry.name),
    }
}

/// The number behind a tag.
fn number(field: &[u8]) -> &[u8] {
    let tag = field.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    field.get(tag..).unwrap_or_default()
}
