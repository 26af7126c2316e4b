//! Strict reading of one leaf line: what the line says about itself, and nothing that two readers could read differently.
//!
//! Example: `{"v":1,"lane":"gw/2026","seq":7,"phase":"INTENT","txn":"0191…","ts":1795199000000000000}`.
//! Refused: bytes that are not UTF-8, anything but one JSON object, and a name that occurs twice in an object at any depth
//! (one reader takes the first, another the last: RFC 8259 section 4).

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::line::{Phase, Text};

/// Why a line is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Bytes that are not UTF-8.
    #[error("the line is not utf-8")]
    Utf8,
    /// Not exactly one JSON object, or a duplicate name; the place is a column, the content is not repeated.
    #[error("the line is not one json object with distinct names (column {column})")]
    Json {
        /// Where reading stopped, counted from 1.
        column: usize,
    },
}

/// The members of a line that the journal itself understands. Other kinds of value count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) v: Option<u64>,
    pub(crate) lane: Option<Cow<'a, str>>,
    pub(crate) seq: Option<u64>,
    pub(crate) phase: Option<Phase>,
    pub(crate) txn: Option<Cow<'a, str>>,
    pub(crate) ts: Option<Seen<'a>>,
    /// One of `v`, `lane`, `seq` is there, whatever its kind: a body must not bring them.
    pub(crate) has_head: bool,
    /// The object has no members.
    pub(crate) empty: bool,
}

/// What was seen of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen<'a> {
    Text(Cow<'a, str>),
    Whole(u64),
    Other,
}

/// Reads one line.
pub(crate) fn read(line: &[u8]) -> Result<Line<'_>, LineFault> {
    let line = std::str::from_utf8(line).map_err(|_| LineFault::Utf8)?;
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let read = deserializer
        .deserialize_map(TopVisitor(&mut Names::default()))
        .and_then(|line| deserializer.end().map(|()| line));
    read.map_err(|error| LineFault::Json { column: error.column() })
}

/// Names of the objects that are being read, the outermost first: one list for all of a line.
type Names<'de> = Vec<Text<'de>>;

struct TopVisitor<'n, 'de>(&'n mut Names<'de>);

impl<'de> Visitor<'de> for TopVisitor<'_, 'de> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let mut line = Line { empty: true, ..Line::default() };
        members(&mut map, self.0, |name, value| {
            line.empty = false;
            line.has_head |= matches!(name, "v" | "lane" | "seq");
            match (name, value) {
                ("v", Seen::Whole(number)) => line.v = Some(number),
                ("seq", Seen::Whole(number)) => line.seq = Some(number),
                ("lane", Seen::Text(text)) => line.lane = Some(text),
                ("phase", Seen::Text(name)) => line.phase = Phase::named(&name),
                ("txn", Seen::Text(text)) => line.txn = Some(text),
                ("ts", value) => line.ts = Some(value),
                _ => {}
            }
        })?;
        Ok(line)
    }
}

/// Reads the members of an object and refuses a name that comes again.
fn members<'de, A: MapAccess<'de>>(
    map: &mut A,
    names: &mut Names<'de>,
    mut each: impl FnMut(&str, Seen<'de>),
) -> Result<(), A::Error> {
    let above = names.len();
    while let Some(name) = map.next_key::<Text<'de>>()? {
        let value = map.next_value_seed(AnyValue(names))?;
        each(&name, value);
        names.push(name);
    }
    let own = names.get_mut(above..).unwrap_or_default();
    // By length first: most names differ in it, and few are compared letter by letter.
    own.sort_unstable_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    let is_twice = own.windows(2).any(|pair| matches!(pair, [one, next] if one == next));
    names.truncate(above);
    if is_twice { Err(A::Error::custom("a name occurs twice")) } else { Ok(()) }
}

struct AnyValue<'n, 'de>(&'n mut Names<'de>);

impl<'de> DeserializeSeed<'de> for AnyValue<'_, 'de> {
    type Value = Seen<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_, 'de> {
    type Value = Seen<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a json value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Seen<'de>, E> {
        Ok(Seen::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seen<'de>, E> {
        Ok(Seen::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Seen<'de>, E> {
        Ok(Seen::Whole(number))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Seen<'de>, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Seen<'de>, E> {
        Ok(Seen::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Seen<'de>, E> {
        Ok(Seen::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Seen<'de>, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seen<'de>, A::Error> {
        while items.next_element_seed(AnyValue(self.0))?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen<'de>, A::Error> {
        members(&mut map, self.0, |_, _| {})?;
        Ok(Seen::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_with_distinct_names() {
        let rows: [(bool, &[u8]); 10] = [
            (true, br#"{"v":1,"seq":7}"#),
            (true, br#"{"a":{"x":1},"b":{"x":1}}"#),
            (true, br#"{"a":[1,-2,3.5,null,true,"\u0041"]}"#),
            (false, br#"{"a":1,"a":1}"#),
            (false, br#"{"a":1,"\u0061":1}"#),
            (false, br#"{"a":[{"x":1,"x":2}]}"#),
            (false, br#"{"a":1}{"a":1}"#),
            (false, br"[1]"),
            (false, b"{\"a\":\"\xff\"}"),
            (false, b""),
        ];
        for (accepted, line) in rows {
            assert_eq!(read(line).is_ok(), accepted, "{}", String::from_utf8_lossy(line));
        }
    }
}
