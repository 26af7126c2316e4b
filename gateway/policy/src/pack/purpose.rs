//! Purposes of a pack: operations, rules of disclosure, consent.
//!
//! ```yaml
//! disclose:
//!   - { category: birth_date, transform: year, systems: [gbdfl], only: [person.birth_date], clause: "3" }
//! ```

use qaqpa_proto::language::Text;
use qaqpa_proto::v1::Category;

use super::place::Place;
use crate::consent::form::Form;
use crate::transform::Transform;

/// A purpose of processing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Stable id, claimed by callers.
    pub id: String,
    /// IRI in the Data Privacy Vocabulary.
    pub dpv: String,
    /// IRI of the legal basis.
    pub legal_basis: String,
    /// Clause of the policy; empty only for purposes the policy does not know and the pack prohibits.
    pub clause: String,
    /// Title for people.
    pub title: Text<String>,
    /// The purpose it is part of. Prohibitions and incompatibilities come down from there, grants never do.
    pub parent: Option<String>,
    /// Why the purpose is prohibited, by itself or by a parent; none: it may be claimed.
    pub prohibited: Option<Text<String>>,
    /// Purposes that may not meet this one about one person: its own, inherited and mirrored, in the order of the file.
    pub incompatible: Vec<Incompatible>,
    /// Present: every subject needs a consent in the ledger.
    pub consent: Option<ConsentRule>,
    /// Operations this purpose may use; empty for purposes that need no state system.
    pub operations: Vec<OperationPattern>,
    /// Those of them whose requests may hold nothing that would be withheld.
    pub strict: Vec<OperationPattern>,
    /// Rules for requests (disclosure).
    pub disclose: Vec<Rule>,
    /// Rules for replies (receipt).
    pub receive: Vec<Rule>,
    /// Of its id.
    pub place: Place,
}

impl Purpose {
    /// Whether an operation served at `/package.Service/Method` is used for this purpose.
    #[must_use]
    pub fn uses(&self, path: &str) -> bool {
        self.operations.iter().any(|pattern| pattern.covers(path))
    }
}

/// Another purpose that may not meet this one about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatible {
    /// Id of the other purpose.
    pub purpose: String,
    /// For how many days after an exchange for one, none may be made for the other.
    pub window_days: u16,
    /// Clause of the policy; empty where it is silent.
    pub clause: String,
}

/// Requirements for a consent of a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRule {
    /// Forms it may be given in; never empty.
    pub forms: Vec<Form>,
    /// Given for this purpose alone.
    pub separate: bool,
    /// Longest term in days.
    pub max_days: Option<u16>,
    /// Clause of the policy; empty where it is silent.
    pub clause: String,
}

/// `package.Service/Method`, or `package.Service/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPattern {
    /// The text in the pack.
    pub text: String,
    /// Line in the file, from 1.
    pub line: u64,
    /// Column in the file, from 1.
    pub column: u64,
}

impl OperationPattern {
    /// Whether it covers the operation served at `/package.Service/Method`.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else { return false };
        match self.text.strip_suffix("/*") {
            Some(service) => path.rsplit_once('/').is_some_and(|(found, _)| found == service),
            None => path == self.text,
        }
    }

    /// Whether some operation could be covered by both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let service = |pattern: &Self| pattern.text.strip_suffix("/*").map(str::to_owned);
        match (service(self), service(other)) {
            (Some(left), Some(right)) => left == right,
            (Some(_), None) => self.covers(&format!("/{}", other.text)),
            (None, Some(_)) => other.covers(&format!("/{}", self.text)),
            (None, None) => self.text == other.text,
        }
    }
}

/// One category that a purpose needs, and the clause that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Kind of datum.
    pub category: Category,
    /// The transform of its values.
    pub transform: Transform,
    /// Systems it holds for; empty: all.
    pub systems: Vec<String>,
    /// Field paths it holds for; empty: all.
    pub only: Vec<String>,
    /// Clause of the policy.
    pub clause: String,
    /// Of its category.
    pub place: Place,
}

impl Rule {
    /// Whether some field could fall under both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.category == other.category
            && (self.systems.is_empty()
                || other.systems.is_empty()
                || self.systems.iter().any(|system| other.systems.contains(system)))
            && (self.only.is_empty()
                || other.only.is_empty()
                || self.only.iter().any(|path| other.only.iter().any(|other| within(path, other))))
    }
}

/// Whether one path is the other, or leads to it.
fn within(left: &str, right: &str) -> bool {
    let leads = |above: &str, below: &str| below.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'));
    left == right || leads(left, right) || leads(right, left)
}
