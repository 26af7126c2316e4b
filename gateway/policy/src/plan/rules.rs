//! The rules of one purpose for one operation and direction: which of them speaks of a field, and what that means.
//!
//! A rule covers the fields of its category, in its systems, at its paths: `only: [person.address]` covers the message
//! and all that is in it. A map moves only when its keys do. A field that no rule covers stays behind.

use std::sync::Arc;

use qaqpa_proto::language::{Text, text};
use qaqpa_proto::v1::{Category, Format};
use qaqpa_proto::{Contract, Field, FieldKind, MessageIndex, Operation};

use super::{Direction, NotOffered};
use crate::category;
use crate::pack::{Pack, Purpose, Rule, Why};
use crate::transform::Transform;

pub(super) struct Rules<'a> {
    contract: &'a Contract,
    pack: &'a Pack,
    purpose: &'a Purpose,
    pub(super) direction: Direction,
    rules: Vec<&'a Rule>,
}

/// Whether a field moves, by which clause and which rule.
pub(super) enum Ruling<'a> {
    Control,
    Moves(Arc<Why>, Option<&'a Rule>),
    Stays(Arc<Why>),
}

impl<'a> Rules<'a> {
    pub(super) fn new(
        contract: &'a Contract,
        pack: &'a Pack,
        purpose: &'a Purpose,
        operation: &Operation,
        direction: Direction,
    ) -> Self {
        let rules = match direction {
            Direction::Request => &purpose.disclose,
            Direction::Reply => &purpose.receive,
        };
        let rules = rules.iter().filter(|rule| concerns(rule, operation)).collect();
        Self { contract, pack, purpose, direction, rules }
    }

    pub(super) fn ruling(&self, field: &Field, path: &str) -> Ruling<'a> {
        match self.own(field, path) {
            Ruling::Moves(why, rule) => match self.entry_stays(field, path) {
                Some(why) => Ruling::Stays(why),
                None => Ruling::Moves(why, rule),
            },
            other => other,
        }
    }

    /// The ruling on a field without what is in it.
    fn own(&self, field: &Field, path: &str) -> Ruling<'a> {
        let rule = self.rules.iter().copied().find(|rule| covers(rule, field, path));
        match (field.category, rule) {
            (Category::Control, _) => Ruling::Control,
            (_, Some(_)) if field.local => Ruling::Stays(Arc::new(Why { clause: String::new(), reason: no_place() })),
            (category, Some(rule)) if rule.transform == Transform::Drop => {
                Ruling::Stays(Arc::new(Why { clause: rule.clause.clone(), ..self.withheld(category, false) }))
            }
            (_, Some(rule)) => Ruling::Moves(self.released(&rule.clause), Some(rule)),
            (Category::Structure, None) if !field.local => Ruling::Moves(self.released(""), None),
            (category, None) => Ruling::Stays(Arc::new(self.withheld(category, field.local))),
        }
    }

    /// Why the entries of a map stay behind: their key or their value does.
    fn entry_stays(&self, field: &Field, path: &str) -> Option<Arc<Why>> {
        let FieldKind::Map(entry) = field.kind else { return None };
        self.contract.message(entry).fields.iter().find_map(|part| match self.own(part, &join(path, &part.name)) {
            Ruling::Stays(why) => Some(why),
            Ruling::Control | Ruling::Moves(..) => None,
        })
    }

    /// What a rule's transform does to a value, `None` where the rule has none.
    ///
    /// # Errors
    /// Why it cannot be, in words.
    pub(super) fn transform(
        &self,
        rule: Option<&'a Rule>,
        field: &Field,
        path: &str,
        is_key: bool,
    ) -> Result<Option<&'a Transform>, &'static str> {
        let Some(rule) = rule.filter(|rule| rule.transform != Transform::Keep) else { return Ok(None) };
        if is_structured(field.kind) {
            let reaches = leads_only_inside(rule, path) || self.leaves_are(rule.category, field, &mut Vec::new());
            return if reaches { Ok(None) } else { Err("the message holds values of other categories too") };
        }
        rule.transform.fits(field)?;
        if is_key && rule.transform != Transform::Pseudonym {
            return Err("the keys of a map must stay distinct; only `pseudonym` keeps them so");
        }
        if self.direction == Direction::Request && field.format != Format::Unspecified {
            return Err("the state system demands a format that the result does not have");
        }
        Ok(Some(&rule.transform))
    }

    /// Whether every value within a message has this category, so that the rule reaches each of them.
    fn leaves_are(&self, category: Category, field: &Field, open: &mut Vec<MessageIndex>) -> bool {
        if field.category == Category::Control || field.local {
            return true;
        }
        let inner = match field.kind {
            FieldKind::Message(inner) => vec![inner],
            FieldKind::Any => field.any.iter().map(|packed| packed.message).collect(),
            FieldKind::Map(entry) => {
                let value = self.contract.message(entry).field(2);
                return value.is_some_and(|value| self.leaves_are(category, value, open));
            }
            _ => return field.category == category,
        };
        inner.into_iter().all(|inner| {
            if open.contains(&inner) {
                return true;
            }
            open.push(inner);
            self.contract.message(inner).fields.iter().all(|field| self.leaves_are(category, field, open))
        })
    }

    /// Why an optional message of a request stays behind whole: without a withheld field the schema refuses it.
    pub(super) fn unsendable(&self, field: &Field, path: &str) -> Option<Arc<Why>> {
        let inner = self.message_in(field)?;
        if self.direction == Direction::Reply || field.required {
            return None;
        }
        let missing = self.missing(inner, path, &mut Vec::new())?;
        let why = category::ruled(missing.category).map(|category| self.withheld(category, false));
        Some(Arc::new(why.unwrap_or_else(|| self.pack.withholds_otherwise().clone())))
    }

    /// The first field that a message must have and this purpose withholds.
    pub(super) fn missing(&self, index: MessageIndex, above: &str, open: &mut Vec<MessageIndex>) -> Option<NotOffered> {
        if open.contains(&index) {
            return None;
        }
        open.push(index);
        let message = self.contract.message(index);
        let found = message.fields.iter().filter(|field| field.required).find_map(|field| {
            let path = join(above, &field.name);
            match self.ruling(field, &path) {
                Ruling::Stays(_) => Some(NotOffered { path, category: category::name(field.category) }),
                Ruling::Moves(..) => self.message_in(field).and_then(|inner| self.missing(inner, &path, open)),
                Ruling::Control => None,
            }
        });
        open.pop();
        found
    }

    /// The message in a field, or in the values of a map.
    fn message_in(&self, field: &Field) -> Option<MessageIndex> {
        match field.kind {
            FieldKind::Message(inner) => Some(inner),
            FieldKind::Map(entry) => match self.contract.message(entry).field(2)?.kind {
                FieldKind::Message(inner) => Some(inner),
                _ => None,
            },
            _ => None,
        }
    }

    fn released(&self, clause: &str) -> Arc<Why> {
        Arc::new(Why { clause: clause.to_owned(), reason: self.purpose.title.clone() })
    }

    /// The policy's own reason goes before the schema's.
    fn withheld(&self, category: Category, local: bool) -> Why {
        match self.pack.withholds(category) {
            Some(why) => why.clone(),
            None if local => Why { clause: String::new(), reason: no_place() },
            None => self.pack.withholds_otherwise().clone(),
        }
    }
}

/// Whether a rule holds for the system that answers an operation.
pub(super) fn concerns(rule: &Rule, operation: &Operation) -> bool {
    rule.systems.is_empty() || rule.systems.contains(&operation.system.id)
}

fn covers(rule: &Rule, field: &Field, path: &str) -> bool {
    let at = |only: &String| only == path || leads(only, path) || (is_structured(field.kind) && leads(path, only));
    rule.category == field.category && (rule.only.is_empty() || rule.only.iter().any(at))
}

/// Whether a rule names fields within this message, and not the message.
fn leads_only_inside(rule: &Rule, path: &str) -> bool {
    !rule.only.is_empty() && !rule.only.iter().any(|only| only == path || leads(only, path))
}

/// Whether `below` is a path within `above`.
fn leads(above: &str, below: &str) -> bool {
    below.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

pub(super) fn is_structured(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Message(_) | FieldKind::Map(_) | FieldKind::Any)
}

/// `above.name`, or whichever of the two there is.
pub(super) fn join(above: &str, name: &str) -> String {
    match (above, name) {
        ("", only) | (only, "") => only.to_owned(),
        (above, name) => format!("{above}.{name}"),
    }
}

/// Reason for a field of the caller's own record.
fn no_place() -> Text<String> {
    text(
        "Мемлекеттік жүйеде бұл дерекке орын жоқ",
        "Во внешней системе нет места для этих данных",
        "The external system has no place for it",
    )
    .owned()
}
