//! Parts of a policy pack beside its purposes: operator, clauses, terms, recipients, special categories. Plain values,
//! made by the reading of a pack only once they are checked.
//!
//! ```yaml
//! clauses:
//!   - number: "10"
//!     says: { kk: ..., ru: ..., en: "encryption, access control and an audit trail" }
//!     kept_by: [mutual-tls, vault-encryption, journal]
//! ```

use qaqpa_proto::language::Text;
use qaqpa_proto::v1::Category;

use super::place::Place;
use crate::identifier::Bin;
use crate::mechanism::Mechanism;

/// The operator of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Stable id.
    pub id: String,
    /// As published, or as configured where the policy names none.
    pub bin: Option<Bin>,
    /// Text for people.
    pub name: Text<String>,
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

/// One clause of the published policy that speaks of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The policy's own numbering, such as `3(5)`.
    pub number: String,
    /// In short, in our own words.
    pub says: Text<String>,
    /// Mechanisms that keep it; may be empty where rules cite it.
    pub kept_by: Vec<Mechanism>,
    /// Why a gateway cannot keep it.
    pub not_enforceable: Option<Text<String>>,
    /// Of its number.
    pub place: Place,
}

/// The single clauses of a `clause` key: `3, 6` is two.
pub fn cited(clause: &str) -> impl Iterator<Item = &str> {
    clause.split(", ").filter(|number| !number.is_empty())
}

/// A choice that the policy left open; the stricter reading is always taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Clause in question; empty where the whole policy is silent.
    pub clause: String,
    /// The reason for the choice.
    pub kind: ReadingKind,
    /// The reading that was chosen.
    pub reading: Text<String>,
}

/// Reasons why a policy leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadingKind {
    /// The policy does not say.
    Silent,
    /// The policy contradicts itself.
    Conflict,
    /// It can be read in more than one way.
    Vague,
}

impl ReadingKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Silent, Self::Conflict, Self::Vague];

    /// As packs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Conflict => "conflict",
            Self::Vague => "vague",
        }
    }
}

/// The rule for minors: age of majority and what happens below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minors {
    /// Full years from which a person is no minor.
    pub age: u8,
    /// What holds below that age.
    pub rule: MinorRule,
    /// Clause of the policy; empty where it is silent.
    pub clause: String,
}

/// Treatment of exchanges about a minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MinorRule {
    /// A guardian must consent.
    GuardianConsent,
    /// Exchanges about minors are refused.
    Refuse,
}

impl MinorRule {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::GuardianConsent, Self::Refuse];

    /// As packs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GuardianConsent => "guardian-consent",
            Self::Refuse => "refuse",
        }
    }
}

/// The clause about cross-border transfer. Recorded: the gateway refuses either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residency {
    /// Whether the policy allows what the gateway does not.
    pub cross_border_allowed_by_policy: bool,
    /// Clause of the policy; empty where it is silent.
    pub clause: String,
}

/// Term of destruction after a consent is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Working days, 1 to 30.
    pub destroy_within_working_days: u8,
    /// Clause of the policy; empty where it is silent.
    pub clause: String,
}

/// How long the gateway keeps what it keeps; absent means the gateway's own default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Salts of journal records.
    pub salts_days: Option<u16>,
    /// Consents, after their end.
    pub consents_days: Option<u16>,
    /// A subject's requests, after their end.
    pub requests_days: Option<u16>,
}

/// A recipient: an organisation or system that may receive data or be asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Id of the system in the contracts.
    pub system: String,
    /// Text for people.
    pub name: Text<String>,
    /// Clause of the policy.
    pub clause: String,
}

/// Categories that move for one purpose only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Special {
    /// Kinds of data.
    pub categories: Vec<Category>,
    /// The one purpose, which has a consent of its own.
    pub purpose: String,
    /// Clause of the policy.
    pub clause: String,
}

/// A clause, or none where the policy is silent, and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Why {
    /// Clause of the policy; empty where no clause speaks.
    pub clause: String,
    /// Text for people.
    pub reason: Text<String>,
}
