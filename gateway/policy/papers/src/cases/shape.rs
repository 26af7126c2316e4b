//! A case file as YAML spells it, each value with its place. Unknown, missing and repeated keys end the reading.
//!
//! ```yaml
//! cases:
//!   - { name: ..., clause: "3", operation: a.v1.S/M, purpose: p, given: { iin: "..." }, withheld: [phone] }
//! ```

use std::fmt;

use qaqpa_policy::plan::Direction;
use serde::Deserialize;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileShape {
    pub(super) cases: Vec<CaseShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseShape {
    pub(super) name: Spanned<String>,
    pub(super) clause: Spanned<String>,
    pub(super) operation: Spanned<String>,
    pub(super) purpose: Spanned<String>,
    #[serde(default)]
    pub(super) direction: DirectionShape,
    pub(super) mode: Option<ModeShape>,
    pub(super) today: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) consent: ConsentShape,
    pub(super) form: Option<Spanned<String>>,
    pub(super) held: Option<HeldShape>,
    #[serde(default)]
    pub(super) used: Vec<UseShape>,
    pub(super) given: Spanned<Node>,
    pub(super) moves: Option<Spanned<Node>>,
    pub(super) withheld: Option<Vec<Spanned<String>>>,
    pub(super) transformed: Option<Vec<Spanned<String>>>,
    pub(super) refused: Option<Spanned<String>>,
    pub(super) fields: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum DirectionShape {
    #[default]
    Request,
    Reply,
}

impl From<DirectionShape> for Direction {
    fn from(shape: DirectionShape) -> Self {
        match shape {
            DirectionShape::Request => Self::Request,
            DirectionShape::Reply => Self::Reply,
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModeShape {
    Strip,
    Strict,
}

/// What became of the consent that the exchange would rest on.
#[derive(Deserialize, Debug, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum ConsentShape {
    #[default]
    Given,
    Missing,
    Withdrawn,
    Expired,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum HeldShape {
    Restriction,
    Objection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UseShape {
    pub(super) purpose: Spanned<String>,
    pub(super) days_ago: u16,
}

/// A value before the contract has said what it must be.
pub(super) enum Node {
    Bool(bool),
    Number(i128),
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, true or false, a list or a mapping")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}
