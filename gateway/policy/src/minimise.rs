//! Data minimisation: filters the wire bytes of a message down to what a purpose needs, in one pass and undecoded.
//!
//! Refuses malformed bytes, values that do not look as the contract says, and, of a request, missing fields that the
//! state demands. In [`Mode::Strict`] a field that would be withheld is an error too. All flaws are named at once,
//! by path and code, never by value.
//!
//! ```text
//! { iin, surname, birth_date, photo } --plan of `state-exchange`--> { iin, surname, birth_date: "2008" }
//!     withheld: student.photo (clause 8) x1      transformed: student.birth_date (year, clause 3) x1
//! ```

mod any;
mod entry;
mod filter;
mod key;
mod output;
mod released;
mod tally;
mod transformed;
mod value;

use std::sync::Arc;

use qaqpa_proto::language::{Language, Text, text};
use qaqpa_proto::reason::{Failure, Reason, Refusal};
use qaqpa_proto::wire::Malformed;

use crate::category;
use crate::identifier::InvalidIdentifier;
use crate::pack::Purpose;
use crate::plan::{Direction, Entry, Fate, Plan};
use crate::transform::Transform;

pub use released::Released;

pub use crate::circumstances::Circumstances;
pub use crate::pseudonym::PseudonymKey;

/// How fields are treated that the purpose does not need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Withholds them, counted and listed in the receipt.
    #[default]
    Strip,
    /// Refuses the request and names them; for callers that mean to send no more than they may.
    Strict,
}

impl Mode {
    /// The mode of a purpose's requests to the operation at this path; replies are always stripped.
    #[must_use]
    pub fn of(purpose: &Purpose, operation: &str) -> Self {
        if purpose.strict.iter().any(|pattern| pattern.covers(operation)) { Self::Strict } else { Self::Strip }
    }
}

/// Evidence that bytes hold nothing but what one plan lets move.
#[derive(Clone)]
pub struct Minimised {
    plan: Arc<Plan>,
    bytes: Vec<u8>,
    tally: tally::Tally,
}

impl Plan {
    /// Filters one message.
    ///
    /// # Errors
    /// See [`NotMinimised`]; the one who wrote the message is at fault.
    pub fn minimise(
        self: &Arc<Self>,
        wire: &[u8],
        mode: Mode,
        circumstances: &Circumstances,
    ) -> Result<Minimised, NotMinimised> {
        let direction = self.direction;
        let (bytes, tally, mut flaws) =
            filter::run(self, wire, circumstances).map_err(|problem| NotMinimised::Malformed { direction, problem })?;
        let minimised = Minimised { plan: Arc::clone(self), bytes, tally };
        if mode == Mode::Strict {
            let path = |withheld: Withheld<'_>| InvalidField { path: withheld.path.to_owned(), flaw: Flaw::Withheld };
            flaws.extend(minimised.withheld().map(path));
        }
        if flaws.is_empty() { Ok(minimised) } else { Err(NotMinimised::Invalid { direction, fields: flaws }) }
    }
}

impl Minimised {
    /// The filtered message, protobuf wire format.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this is a request or a reply.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.plan.direction
    }

    /// What was withheld, in the contract's order; unknown fields after the known fields.
    pub fn withheld(&self) -> impl Iterator<Item = Withheld<'_>> {
        let known = self.plan.entries.iter().zip(self.tally.entries()).filter(|(_, count)| **count > 0);
        let unknown = self.plan.tables.iter().zip(self.tally.unknown()).filter(|(_, count)| **count > 0);
        let known = known.map(|(entry, count)| Withheld {
            path: &entry.path,
            category: category::name(entry.category),
            clause: &entry.why.clause,
            reason: WithheldFor::of(entry),
            count: *count,
        });
        let unknown = unknown.map(|(table, count)| Withheld {
            path: &table.unknown_path,
            category: category::UNKNOWN,
            clause: "",
            reason: WithheldFor::UnknownField,
            count: *count,
        });
        known.chain(unknown)
    }

    /// What moved as a transform made it, in the contract's order; each is among the released fields too.
    pub fn transformed(&self) -> impl Iterator<Item = Transformed<'_>> {
        self.plan.entries.iter().filter_map(|entry| {
            let Fate::Transform(position) = entry.fate else { return None };
            let count = self.tally.transformed().get(position).copied().filter(|count| *count > 0)?;
            let transform = self.plan.transforms.get(position)?;
            let (category, clause) = (category::name(entry.category), entry.why.clause.as_str());
            Some(Transformed { path: &entry.path, category, transform, clause, count })
        })
    }

    /// How many fields were withheld, unknown ones included.
    #[must_use]
    pub fn withheld_count(&self) -> u32 {
        self.withheld().fold(0, |sum, withheld| sum.saturating_add(withheld.count))
    }

    /// The scalar fields that move, with their values, for the journal's commitments.
    #[must_use]
    pub fn released(&self) -> Vec<Released<'_>> {
        released::walk(&self.plan, &self.bytes)
    }
}

impl std::fmt::Debug for Minimised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Minimised({} bytes, {} withheld)", self.bytes.len(), self.withheld_count())
    }
}

/// One field that stayed behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld<'m> {
    /// Field names from the root; repeated fields are named once.
    pub path: &'m str,
    /// Lower-case category, or `unknown`.
    pub category: &'static str,
    /// Clause of the policy; empty where none speaks.
    pub clause: &'m str,
    reason: WithheldFor<'m>,
    /// How many times it occurred.
    pub count: u32,
}

impl<'m> Withheld<'m> {
    /// The reason, for people.
    #[must_use]
    pub fn reason(&self, language: Language) -> &'m str {
        let reason = match self.reason {
            WithheldFor::Policy(text) => return text.in_language(language),
            WithheldFor::UnknownField => UNKNOWN_FIELD,
            WithheldFor::UnknownType => UNKNOWN_TYPE,
            WithheldFor::Unreadable => UNREADABLE,
        };
        reason.in_language(language)
    }
}

const UNKNOWN_FIELD: Text =
    text("Келісімшарт бұл өрісті білмейді", "Контракт не знает этого поля", "The contract does not know this field");
const UNKNOWN_TYPE: Text = text(
    "Келісімшарт мұндай түрдегі хабарламаны білмейді",
    "Контракт не знает сообщения такого типа",
    "The contract does not know a message of this type",
);
const UNREADABLE: Text = text(
    "Мәнді саясат талап еткендей жалпылау мүмкін болмады",
    "Значение не удалось обобщить так, как требует политика",
    "The value could not be generalised as the policy demands",
);

/// Why a field stayed behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WithheldFor<'m> {
    Policy(&'m Text<String>),
    UnknownField,
    UnknownType,
    Unreadable,
}

impl<'m> WithheldFor<'m> {
    fn of(entry: &'m Entry) -> Self {
        match entry.fate {
            Fate::Transform(_) => Self::Unreadable,
            Fate::Any(_) => Self::UnknownType,
            Fate::Control | Fate::Drop | Fate::Keep | Fate::Descend(_) | Fate::Entry(_) => {
                Self::Policy(&entry.why.reason)
            }
        }
    }
}

/// One field that moved as a transform made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transformed<'m> {
    /// Field names from the root; repeated fields are named once.
    pub path: &'m str,
    /// Lower-case category.
    pub category: &'static str,
    /// The transform that was applied.
    pub transform: &'m Transform,
    /// Clause of the policy.
    pub clause: &'m str,
    /// How many times it occurred.
    pub count: u32,
}

/// Why a message was not accepted. Holds paths and codes, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMinimised {
    /// The bytes are no acceptable protobuf.
    #[error("the message is malformed: {problem}")]
    Malformed {
        /// Request: the caller is at fault. Reply: the state system.
        direction: Direction,
        /// The fault and its place.
        problem: Malformed,
    },
    /// Fields are flawed.
    #[error("{} field(s) are not acceptable", fields.len())]
    Invalid {
        /// Request: the caller is at fault. Reply: the state system.
        direction: Direction,
        /// All of them, up to [`MAX_FLAWS`].
        fields: Vec<InvalidField>,
    },
}

impl NotMinimised {
    /// Row of the table: a request is refused, a reply that is not what the contract says has failed.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Malformed { direction: Direction::Request, problem } => problem.reason().into(),
            Self::Invalid { direction: Direction::Request, .. } => Refusal::RequestInvalid.into(),
            Self::Malformed { direction: Direction::Reply, .. } | Self::Invalid { direction: Direction::Reply, .. } => {
                Failure::ReplyMalformed.into()
            }
        }
    }

    /// The flawed fields; empty when the bytes themselves are malformed.
    #[must_use]
    pub fn fields(&self) -> &[InvalidField] {
        match self {
            Self::Malformed { .. } => &[],
            Self::Invalid { fields, .. } => fields,
        }
    }
}

/// Flaws named at most, and looked for: one message of many bad records must not become as many sentences.
pub const MAX_FLAWS: usize = 100;

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// Field names from the root, with the position of repeated fields: `student[3].iin`.
    pub path: String,
    /// The flaw.
    pub flaw: Flaw,
}

/// Flaws of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The text is no IIN.
    #[error("not an IIN: {0}")]
    Iin(InvalidIdentifier),
    /// The text is no BIN.
    #[error("not a BIN: {0}")]
    Bin(InvalidIdentifier),
    /// The text is no phone number.
    #[error("not a phone number of the form +7XXXXXXXXXX")]
    Phone,
    /// The text is no calendar date.
    #[error("not a date of the form YYYY-MM-DD")]
    Date,
    /// The text is no RFC 3339 moment.
    #[error("not an RFC 3339 date-time")]
    DateTime,
    /// No mark.
    #[error("not a mark from 2 to 5")]
    Grade,
    /// A number that the enumeration does not know.
    #[error("not a value of the enumeration")]
    Enumeration,
    /// Not there, and the state system demands it.
    #[error("missing, and the state system demands it")]
    Missing,
    /// Would be withheld, in strict mode.
    #[error("not needed for this purpose, and strict mode refuses it")]
    Withheld,
}

impl Flaw {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Iin(InvalidIdentifier::CheckDigit) => "iin_check_digit",
            Self::Iin(_) => "iin",
            Self::Bin(InvalidIdentifier::CheckDigit) => "bin_check_digit",
            Self::Bin(_) => "bin",
            Self::Phone => "phone",
            Self::Date => "date",
            Self::DateTime => "date_time",
            Self::Grade => "grade",
            Self::Enumeration => "enumeration",
            Self::Missing => "missing",
            Self::Withheld => "withheld",
        }
    }
}
