//! Plans: contract x pack, compiled at start into flat tables, one per operation, purpose and direction.
//!
//! What a category list does not name is withheld. A purpose that would have to withhold what the state's schema
//! demands is not offered for that operation, with the field that stands in the way; half a message never leaves.
//!
//! ```text
//! plans.plan("/qaqpa.avtoshkola.v1.Training/SyncStudents", "state-exchange", Direction::Request)
//!     student.iin         iin         keep, format IIN      clause 3
//!     student.phone       phone       drop                  clause 3
//!     student.birth_date  birth_date  year                  clause 3
//! ```
//!
//! Paths are field names from the root, `.` between: `marks.value` is the value of the map `marks`, `extra.detail.code`
//! a field of the message `Detail` in the `Any` called `extra`. A message inside itself is named where it is outermost.

mod bits;
mod compile;
mod paths;
mod recipients;
mod rules;
mod shared;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;

use qaqpa_proto::v1::{Category, Format};

use crate::pack::{Operator, Pack, Purpose, Why};
use crate::transform::Transform;

pub(crate) use bits::{Bits, MAX_FIELDS};
pub(crate) use step::{Absent, Kind, Step};

/// Request or reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the state system.
    Request,
    /// Back to the caller.
    Reply,
}

/// All plans of one operator.
#[derive(Debug, Clone)]
pub struct Plans {
    pack: Arc<Pack>,
    /// By operation path, then purpose id.
    offers: BTreeMap<String, BTreeMap<String, Offer>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Offer {
    Offered { request: Arc<Plan>, reply: Arc<Plan> },
    NotOffered(NotOffered),
}

impl Plans {
    /// The pack these plans were made from.
    #[must_use]
    pub fn pack(&self) -> &Arc<Pack> {
        &self.pack
    }

    /// The operator whose plans these are.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        self.pack.operator()
    }

    /// The plan for an operation path (`/package.Service/Method`), if the purpose is offered there.
    #[must_use]
    pub fn plan(&self, operation: &str, purpose: &str, direction: Direction) -> Option<&Arc<Plan>> {
        match (self.offer(operation, purpose)?, direction) {
            (Offer::Offered { request, .. }, Direction::Request) => Some(request),
            (Offer::Offered { reply, .. }, Direction::Reply) => Some(reply),
            (Offer::NotOffered(_), _) => None,
        }
    }

    /// Why the pack's purpose is not offered for an operation, although it names it.
    #[must_use]
    pub fn not_offered(&self, operation: &str, purpose: &str) -> Option<&NotOffered> {
        match self.offer(operation, purpose)? {
            Offer::NotOffered(reason) => Some(reason),
            Offer::Offered { .. } => None,
        }
    }

    /// Purposes offered for an operation.
    pub fn purposes(&self, operation: &str) -> impl Iterator<Item = &Arc<Purpose>> {
        let offered = self.offers.get(operation);
        self.pack.purposes().iter().filter(move |purpose| {
            matches!(offered.and_then(|offers| offers.get(&purpose.id)), Some(Offer::Offered { .. }))
        })
    }

    /// Paths of all operations that some purpose of the pack names.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.offers.keys().map(String::as_str)
    }

    pub(crate) fn offer(&self, operation: &str, purpose: &str) -> Option<&Offer> {
        self.offers.get(operation)?.get(purpose)
    }
}

/// Why a purpose is not offered for an operation: the state's schema demands what the policy withholds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state system demands `{path}`, and the policy withholds its category `{category}` for this purpose")]
pub struct NotOffered {
    /// Path of the field in the request.
    pub path: String,
    /// Its category.
    pub category: &'static str,
}

/// Contradictions between contract and policy pack. The author of the pack or of the contract is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// A purpose names an operation that no contract has.
    #[error("line {line}: purpose `{purpose}` names the unknown operation `{operation}`{}",
        suggestion.as_ref().map(|word| format!("; did you mean `{word}`?")).unwrap_or_default())]
    UnknownOperation {
        /// Purpose id.
        purpose: String,
        /// The text in the pack.
        operation: String,
        /// Line in the pack, from 1.
        line: u64,
        /// The nearest known word, if one is near.
        suggestion: Option<String>,
    },
    /// A purpose reaches a system that the pack does not list.
    #[error("line {line}: purpose `{purpose}` reaches the system `{system}` through `{operation}`, and the pack does not \
        list it as a recipient{}",
        suggestion.as_ref().map(|word| format!("; did you mean `{word}`?")).unwrap_or_default())]
    NotARecipient {
        /// Purpose id.
        purpose: String,
        /// The text in the pack.
        operation: String,
        /// Id of the system.
        system: String,
        /// Line in the pack, from 1.
        line: u64,
        /// The nearest known word, if one is near.
        suggestion: Option<String>,
    },
    /// A rule names a field that none of its purpose's operations has, or one of another category.
    #[error("line {line}: purpose `{purpose}` has a rule only for `{path}`, {problem}{}",
        suggestion.as_ref().map(|word| format!("; did you mean `{word}`?")).unwrap_or_default())]
    RulePath {
        /// Purpose id.
        purpose: String,
        /// The text in the pack.
        path: String,
        /// Line in the pack, from 1.
        line: u64,
        /// In words.
        problem: &'static str,
        /// The nearest known word, if one is near.
        suggestion: Option<String>,
    },
    /// A transform that a field cannot have.
    #[error("line {line}: `{transform}` does not fit `{path}` of operation `{operation}`: {problem}")]
    TransformUnfit {
        /// Operation path.
        operation: String,
        /// Field names from the root.
        path: String,
        /// With its parameters.
        transform: String,
        /// Line in the pack, from 1.
        line: u64,
        /// In words.
        problem: &'static str,
    },
    /// A contract whose subject cannot be read per person.
    #[error("operation `{operation}`: the subject's paths must start from the same message as its `iin`")]
    SubjectPaths {
        /// Operation path.
        operation: String,
    },
    /// More fields than a table holds.
    #[error("operation `{operation}`: message `{message}` makes the plan too large")]
    TooLarge {
        /// Operation path.
        operation: String,
        /// Full name of the message.
        message: String,
    },
}

impl PlanProblem {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOperation { .. } => "policy.unknown_operation",
            Self::NotARecipient { .. } => "policy.recipient",
            Self::RulePath { .. } => "policy.rule_path",
            Self::TransformUnfit { .. } => "policy.transform_unfit",
            Self::SubjectPaths { .. } => "policy.subject_paths",
            Self::TooLarge { .. } => "policy.too_large",
        }
    }
}

/// The minimisation plan of one message for one purpose.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) direction: Direction,
    pub(crate) tables: Vec<Table>,
    /// Entries of all tables; a table's entries stand together.
    pub(crate) entries: Vec<Entry>,
    /// Whether any entry is repeated.
    pub(crate) repeats: bool,
    /// One for each entry that is transformed.
    pub(crate) transforms: Vec<Transform>,
    /// One for each `Any` that moves: what it may hold.
    pub(crate) choices: Vec<Vec<Choice>>,
}

/// A message that an `Any` may hold.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The only spelling that is understood.
    pub(crate) type_url: String,
    pub(crate) table: usize,
}

/// One message at one place: its entries by field number.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Position of the first entry in `Plan::entries`.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// Field number to position within the table plus one; 0 for unknown numbers.
    pub(crate) by_number: Box<[u16]>,
    /// What the pass asks of a field, by the same numbers as `by_number`.
    pub(crate) steps: Box<[Step]>,
    /// Field numbers beyond `by_number`.
    pub(crate) far: Vec<(u32, u16)>,
    /// Entries that must be present when the message is.
    pub(crate) required: Bits,
    /// Entries of which at most one may be present, a set for each `oneof`.
    pub(crate) oneofs: Vec<Bits>,
    /// Path that unknown fields of this message are reported under.
    pub(crate) unknown_path: String,
}

impl Table {
    /// Position within the table of the field with this number.
    #[inline]
    pub(crate) fn local(&self, number: u32) -> Option<usize> {
        let near = self.by_number.get(number as usize).copied();
        let found = near.unwrap_or_else(|| self.far(number));
        usize::from(found).checked_sub(1)
    }

    fn far(&self, number: u32) -> u16 {
        self.far.iter().find(|(far, _)| *far == number).map_or(0, |(_, found)| *found)
    }
}

/// One field at one place.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Arc<str>,
    /// Field names from the root, `.` between.
    pub(crate) path: Arc<str>,
    /// Entry of the message field this stands in.
    pub(crate) parent: Option<usize>,
    pub(crate) category: Category,
    pub(crate) fate: Fate,
    pub(crate) shape: Shape,
    pub(crate) repeated: bool,
    /// How many may be in its message: in a request what the contract says, in a reply as many as there are.
    pub(crate) most: usize,
    pub(crate) presence: bool,
    /// A default value is a value here: in lists, and in the entries of maps.
    pub(crate) counts_defaults: bool,
    pub(crate) derives: Box<[Category]>,
    pub(crate) why: Arc<Why>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The gateway's own; dropped and not counted.
    Control,
    Drop,
    Keep,
    /// Moves as this one of the plan's transforms makes it.
    Transform(usize),
    /// Goes on with this table.
    Descend(usize),
    /// An entry of a map, whose table this is.
    Entry(usize),
    /// Goes on with one of these choices.
    Any(usize),
}

/// Wire type and what the value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Text(Format),
    Bytes,
    Bool,
    Int32(Format),
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    /// `fixed32`, `sfixed32`, `float`
    Fixed32,
    /// `fixed64`, `sfixed64`, `double`
    Fixed64,
    /// Known numbers, 0 excluded.
    Enum(Arc<[i32]>),
    Message,
    Map,
    Any,
}

/// What a plan says of one field, for documents and for `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedField<'p> {
    /// Field names from the root, `.` between.
    pub path: &'p str,
    /// Lower-case category.
    pub category: &'static str,
    /// Whether it moves.
    pub fate: FieldFate,
    /// Clause that lets it move or keeps it; empty where none speaks.
    pub clause: &'p str,
    /// Why it is withheld; for released fields the purpose's own title.
    pub why: &'p Why,
    /// Categories that can be derived from the value.
    pub derives: &'p [Category],
    /// What it becomes on the way; `None` for what moves as it is or does not move.
    pub transform: Option<&'p Transform>,
}

/// Whether a field moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFate {
    /// Between caller and gateway only.
    Control,
    /// Stays behind.
    Withheld,
    /// Moves, whole or transformed.
    Released,
    /// A message; its fields are judged one by one.
    Structure,
}

impl Plan {
    /// Request or reply.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Every field, parents before children.
    pub fn fields(&self) -> impl Iterator<Item = PlannedField<'_>> {
        let mut entries: Vec<&Entry> = Vec::with_capacity(self.entries.len());
        self.collect(0, &mut entries, 0);
        entries.into_iter().map(|entry| PlannedField {
            path: &entry.path,
            category: crate::category::name(entry.category),
            fate: match entry.fate {
                Fate::Control => FieldFate::Control,
                Fate::Drop => FieldFate::Withheld,
                Fate::Keep | Fate::Transform(_) => FieldFate::Released,
                Fate::Descend(_) | Fate::Entry(_) | Fate::Any(_) => FieldFate::Structure,
            },
            clause: &entry.why.clause,
            why: &entry.why,
            derives: &entry.derives,
            transform: match entry.fate {
                Fate::Transform(position) => self.transforms.get(position),
                _ => None,
            },
        })
    }

    /// Whether minimising without a [`crate::PseudonymKey`] would keep something back that the policy lets move.
    #[must_use]
    pub fn needs_pseudonym_key(&self) -> bool {
        self.transforms.contains(&Transform::Pseudonym)
    }

    /// A field path with the positions of its repeated messages: `student.iin`, `[3]` to `student[3].iin`.
    pub(crate) fn place(&self, path: &str, positions: &[u32]) -> String {
        let mut above = String::new();
        let mut steps = Vec::new();
        for (depth, name) in path.split('.').enumerate() {
            above = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
            let repeated = self.entries.iter().any(|entry| entry.repeated && *entry.path == above);
            steps.push(match positions.get(depth) {
                Some(position) if repeated => format!("{name}[{position}]"),
                _ => name.to_owned(),
            });
        }
        steps.join(".")
    }

    fn collect<'p>(&'p self, table: usize, into: &mut Vec<&'p Entry>, from: usize) {
        let Some(table) = self.tables.get(table) else { return };
        for entry in self.entries.iter().skip(table.first).take(table.count) {
            into.push(entry);
            let inner: Vec<usize> = match entry.fate {
                Fate::Descend(inner) | Fate::Entry(inner) => vec![inner],
                Fate::Any(choices) => {
                    self.choices.get(choices).into_iter().flatten().map(|choice| choice.table).collect()
                }
                Fate::Control | Fate::Drop | Fate::Keep | Fate::Transform(_) => Vec::new(),
            };
            for inner in inner.into_iter().filter(|inner| *inner > from) {
                self.collect(inner, into, inner); // a recursive message stands once
            }
        }
    }
}
