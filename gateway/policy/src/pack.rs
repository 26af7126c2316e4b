//! The policy pack: an operator's privacy policy as data, every rule with the clause it comes from.
//!
//! Refuses, all at once: unknown clauses, categories, purposes and mechanisms, two rules for one field, cycles of
//! parents, rules for systems that are no recipients, special categories outside their purpose, consent as a basis
//! without a rule on consent, clauses that nothing keeps, texts that lack a language, any key it does not know.
//! There is no key that weakens a check: what a policy says of the border is recorded, and the gateway refuses either way.
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
mod document;
mod family;
mod place;
mod problem;
mod purpose;
#[cfg(test)]
mod schema;
mod shape;

use std::sync::Arc;

use qaqpa_proto::v1::Category;

use crate::identifier::Bin;

pub use document::{
    Clause, MinorRule, Minors, Operator, Reading, ReadingKind, Recipient, Residency, Source, Special, Terms, Why,
    Withdrawal, cited,
};
pub use place::Place;
pub use problem::{PackProblem, ProblemKind};
pub use purpose::{ConsentRule, Incompatible, OperationPattern, Purpose, Rule};

/// A pack that has passed every check which needs no contract; the rest is checked by [`crate::Plans::compile`].
#[derive(Debug, Clone)]
pub struct Pack {
    operator: Operator,
    source: Source,
    clauses: Vec<Clause>,
    readings: Vec<Reading>,
    minors: Minors,
    residency: Residency,
    withdrawal: Withdrawal,
    retention: Why,
    terms: Terms,
    recipients: Vec<Recipient>,
    specials: Vec<Special>,
    purposes: Vec<Arc<Purpose>>,
    withhold: Vec<(Category, Why)>,
    withhold_otherwise: Why,
    sha256: String,
}

/// Two BINs for one operator. Who configured the gateway is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operator's BIN differs from the one in its policy pack")]
pub struct OtherBin;

impl Pack {
    /// Reads a pack file of at most 1 MiB; `file_name` is only for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it; the author of the pack is at fault.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Vec<PackProblem>> {
        check::pack(text, file_name)
    }

    /// The same pack of an operator whose policy publishes no BIN.
    ///
    /// # Errors
    /// The pack names another one.
    pub fn with_bin(mut self, bin: Bin) -> Result<Self, OtherBin> {
        match self.operator.bin {
            Some(published) if published != bin => Err(OtherBin),
            Some(_) | None => {
                self.operator.bin = Some(bin);
                Ok(self)
            }
        }
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

    /// The operator of this policy.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Where the policy is published.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Every clause that speaks of personal data, in the order of the file.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The clause of that number.
    #[must_use]
    pub fn clause(&self, number: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.number == number)
    }

    /// Readings: places where the policy leaves a choice, and the choice made.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// The rule for minors: the age from which a person decides alone, and what holds below it.
    #[must_use]
    pub fn minors(&self) -> &Minors {
        &self.minors
    }

    /// The clause about cross-border transfer.
    #[must_use]
    pub fn residency(&self) -> &Residency {
        &self.residency
    }

    /// Term of destruction after a withdrawal.
    #[must_use]
    pub fn withdrawal(&self) -> &Withdrawal {
        &self.withdrawal
    }

    /// How long the operator keeps data, in words.
    #[must_use]
    pub fn retention(&self) -> &Why {
        &self.retention
    }

    /// Retention terms of the gateway, in days.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The recipients: organisations and systems that may receive data or be asked.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The recipient behind a system's id.
    #[must_use]
    pub fn recipient(&self, system: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.system == system)
    }

    /// Categories that move for one purpose only, by a consent of their own.
    #[must_use]
    pub fn specials(&self) -> &[Special] {
        &self.specials
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

    /// Categories that stay behind for a reason of their own, in the order of the file.
    pub fn withheld(&self) -> impl Iterator<Item = (Category, &Why)> {
        self.withhold.iter().map(|(category, why)| (*category, why))
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
