//! The policy pack: an operator's privacy policy as data, every rule with the clause it comes from.
//!
//! Refuses, all at once: unknown categories, two rules for one category, two purposes of one id, purposes that name
//! no operation yet release something, texts that lack a language, any key it does not know. There is no key that
//! weakens a check: residency can only be `forbidden` to cross the border.
//!
//! ```yaml
//! purposes:
//!   - id: state-exchange
//!     dpv: dpv:LegalCompliance
//!     legal_basis: dpv:LegalObligation
//!     clause: "3, 6, 7"
//!     title: { kk: ..., ru: ..., en: ... }
//!     operations: [qaqpa.avtoshkola.v1.Training/*]
//!     disclose: [{ category: iin, clause: "3" }]
//!     receive: [{ category: technical, clause: "7" }]
//! ```

mod check;
mod shape;

use std::fmt;
use std::sync::Arc;

use qaqpa_proto::v1::Category;

use crate::identifier::Bin;

/// A pack that has passed every check which needs no contract; the rest is checked by [`crate::Plans::compile`].
#[derive(Debug, Clone)]
pub struct Pack {
    operator: Operator,
    source: Source,
    minors: Minors,
    residency_clause: String,
    retention: Why,
    purposes: Vec<Arc<Purpose>>,
    withhold: Vec<(Category, Why)>,
    withhold_otherwise: Why,
    sha256: String,
}

impl Pack {
    /// Reads a pack file of at most 1 MiB; `file_name` is only for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it; the author of the pack is at fault.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Vec<PackProblem>> {
        check::pack(text, file_name)
    }

    /// The operator's id, also the pack's.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.operator.id
    }

    /// Edition of the operator's policy.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.source.edition
    }

    /// SHA-256 of the pack's file, lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whose policy this is.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Where the policy is published.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// From which age a person decides alone.
    #[must_use]
    pub fn minors(&self) -> &Minors {
        &self.minors
    }

    /// Clause that forbids the data to cross the border.
    #[must_use]
    pub fn residency_clause(&self) -> &str {
        &self.residency_clause
    }

    /// How long the operator keeps data; recorded, not enforced here.
    #[must_use]
    pub fn retention(&self) -> &Why {
        &self.retention
    }

    /// All purposes, in the order of the file.
    #[must_use]
    pub fn purposes(&self) -> &[Arc<Purpose>] {
        &self.purposes
    }

    /// The purpose of that id.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Arc<Purpose>> {
        self.purposes.iter().find(|purpose| purpose.id == id)
    }

    /// Why a category stays behind where a purpose does not list it, if the pack says so expressly.
    #[must_use]
    pub fn withholds(&self, category: Category) -> Option<&Why> {
        self.withhold.iter().find(|(withheld, _)| *withheld == category).map(|(_, why)| why)
    }

    /// Why everything else stays behind.
    #[must_use]
    pub fn withholds_otherwise(&self) -> &Why {
        &self.withhold_otherwise
    }
}

/// Whose policy a pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Stable id.
    pub id: String,
    /// As published.
    pub bin: Bin,
    /// For people.
    pub name: Text,
}

/// The published document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its title.
    pub title: String,
    /// Where it is published.
    pub url: String,
    /// Date or other mark of the edition.
    pub edition: String,
}

/// Who needs a guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minors {
    /// Full years from which a person is no minor.
    pub age: u8,
    /// Clause of the policy.
    pub clause: String,
}

/// Why data may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Stable id, claimed by callers.
    pub id: String,
    /// IRI in the Data Privacy Vocabulary.
    pub dpv: String,
    /// IRI of the legal basis.
    pub legal_basis: String,
    /// Clause of the policy.
    pub clause: String,
    /// For people.
    pub title: Text,
    /// Operations this purpose may use; empty for purposes that need no state system.
    pub operations: Vec<OperationPattern>,
    /// What a request may carry.
    pub disclose: Vec<Rule>,
    /// What a reply may carry.
    pub receive: Vec<Rule>,
}

/// `package.Service/Method`, or `package.Service/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPattern {
    /// As written.
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
}

/// One category that a purpose needs, and the clause that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Kind of datum.
    pub category: Category,
    /// Clause of the policy.
    pub clause: String,
}

/// A clause, or none where the policy is silent, and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Clause of the policy; empty where no clause speaks.
    pub clause: String,
    /// For people.
    pub reason: Text,
}

/// A text in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in `kk` or `ru`, English for everything else.
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "kk" => &self.kk,
            "ru" => &self.ru,
            _ => &self.en,
        }
    }
}

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    /// Name of the file.
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: u64,
    /// From 1; 0 when it concerns the whole file.
    pub column: u64,
    /// One sentence.
    pub message: String,
    /// What was perhaps meant.
    pub suggestion: Option<String>,
}

impl PackProblem {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "policy.pack"
    }
}

impl fmt::Display for PackProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PackProblem {}
