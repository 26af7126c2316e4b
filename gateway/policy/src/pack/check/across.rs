//! Checks across the parts of a pack: clauses and their citations, recipients, special categories, purposes.

use super::{Check, Kind};
use crate::pack::document::{Clause, Recipient, Special};
use crate::pack::place::Place;
use crate::pack::problem::PackProblem;
use crate::pack::purpose::{Purpose, Rule};
use crate::suggest::nearest;

impl Check<'_> {
    /// Checks citations: every citation names an existing clause, and every clause is kept by a mechanism or declared
    /// out of reach.
    pub(super) fn clauses_and_citations(&mut self, clauses: &[Clause]) {
        if clauses.is_empty() {
            self.add(Place::default(), Kind::Empty, "clauses", "a pack needs at least one clause", None);
        }
        let numbers = || clauses.iter().map(|clause| clause.number.as_str());
        for (index, clause) in clauses.iter().enumerate() {
            let number = &clause.number;
            if numbers().take(index).any(|earlier| earlier == number) {
                self.add(clause.place, Kind::Twice, number, format!("clause `{number}` is there twice"), None);
            }
            let is_kept =
                !clause.kept_by.is_empty() || self.citations.iter().any(|cited| cited.keeps && cited.number == *number);
            if !is_kept && clause.not_enforceable.is_none() {
                let message = format!(
                    "nothing keeps clause `{number}`: no rule cites it, and it has neither `kept_by` nor `not_enforceable`"
                );
                self.add(clause.place, Kind::UncoveredClause, number, message, None);
            }
        }
        for cited in std::mem::take(&mut self.citations) {
            if !numbers().any(|number| number == cited.number) {
                let meant = nearest(&cited.number, numbers());
                let message = format!("unknown clause `{}`", cited.number);
                self.add(cited.place, Kind::UnknownClause, &cited.number, message, meant);
            }
        }
    }

    pub(super) fn recipients_are_known(&mut self, recipients: &[(Recipient, Place)], purposes: &[Purpose]) {
        let systems = || recipients.iter().map(|(recipient, _)| recipient.system.as_str());
        for (index, (recipient, place)) in recipients.iter().enumerate() {
            let system = &recipient.system;
            if systems().take(index).any(|earlier| earlier == system) {
                self.add(*place, Kind::Twice, system, format!("recipient `{system}` is there twice"), None);
            }
        }
        for rule in purposes.iter().flat_map(rules) {
            for system in rule.systems.iter().filter(|system| !systems().any(|known| known == system.as_str())) {
                let message = format!("a rule names the system `{system}`, which is no recipient");
                self.add(rule.place, Kind::Recipient, system, message, nearest(system, systems()));
            }
        }
    }

    pub(super) fn specials_stay_in_their_purpose(&mut self, specials: &[(Special, Place)], purposes: &[Purpose]) {
        for (index, (special, place)) in specials.iter().enumerate() {
            let earlier = || specials.iter().take(index).flat_map(|(earlier, _)| &earlier.categories);
            for category in special.categories.iter().filter(|category| earlier().any(|known| known == *category)) {
                let name = crate::category::name(*category);
                let message = format!("special category `{name}` has two purposes");
                self.add(*place, Kind::TwoRules, name, message, None);
            }
            self.special_purpose(special, *place, purposes);
            for purpose in purposes.iter().filter(|purpose| purpose.id != special.purpose) {
                for rule in rules(purpose).filter(|rule| special.categories.contains(&rule.category)) {
                    let name = crate::category::name(rule.category);
                    let message = format!(
                        "special category `{name}` moves for the purpose `{}` only, not for `{}`",
                        special.purpose, purpose.id
                    );
                    self.add(rule.place, Kind::Special, name, message, None);
                }
            }
        }
    }

    fn special_purpose(&mut self, special: &Special, place: Place, purposes: &[Purpose]) {
        let id = &special.purpose;
        match purposes.iter().find(|purpose| purpose.id == *id) {
            None => {
                let meant = nearest(id, purposes.iter().map(|purpose| purpose.id.as_str()));
                self.add(place, Kind::UnknownPurpose, id, format!("unknown purpose `{id}`"), meant);
            }
            Some(purpose)
                if purpose.prohibited.is_some() || purpose.consent.as_ref().is_some_and(|rule| rule.separate) => {}
            Some(_) => {
                let message = format!("the purpose `{id}` of a special category needs `consent` with `separate: true`");
                self.add(place, Kind::Special, id, message, None);
            }
        }
    }

    /// After parents: what is prohibited grants nothing, what moves has a rule, what rests on consent asks for it.
    pub(super) fn purposes_agree_with_themselves(&mut self, purposes: &[Purpose]) {
        if purposes.is_empty() {
            self.add(Place::default(), Kind::Empty, "purposes", "a pack needs at least one purpose", None);
        }
        for (index, purpose) in purposes.iter().enumerate() {
            let id = &purpose.id;
            if purposes.iter().take(index).any(|earlier| earlier.id == *id) {
                self.add(purpose.place, Kind::Twice, id, format!("two purposes are called `{id}`"), None);
            }
            if let Some((kind, message)) = contradiction(purpose) {
                self.add(purpose.place, kind, id, message, None);
            }
            for strict in
                purpose.strict.iter().filter(|strict| !purpose.operations.iter().any(|used| used.overlaps(strict)))
            {
                let place = Place { line: strict.line, column: strict.column };
                let message = format!("`strict` names `{}`, which the purpose does not use", strict.text);
                let meant = nearest(&strict.text, purpose.operations.iter().map(|used| used.text.as_str()));
                self.add(place, Kind::Operation, &strict.text, message, meant);
            }
        }
    }

    pub(super) fn add(
        &mut self,
        place: Place,
        kind: Kind,
        word: &str,
        message: impl Into<String>,
        meant: Option<&str>,
    ) {
        self.problems.push(PackProblem::new(self.file, place, kind, word, message).suggesting(meant));
    }
}

fn contradiction(purpose: &Purpose) -> Option<(Kind, &'static str)> {
    let has_rules = rules(purpose).next().is_some();
    let has_operations = !purpose.operations.is_empty();
    if purpose.prohibited.is_some() && (has_operations || has_rules || purpose.consent.is_some()) {
        Some((Kind::Prohibited, "a prohibited purpose has no operations, no rules and no consent"))
    } else if has_rules && !has_operations {
        Some((Kind::Operation, "a purpose without operations cannot disclose or receive anything"))
    } else if has_operations && !has_rules {
        Some((Kind::Operation, "a purpose with operations needs a rule on what it discloses or receives"))
    } else if has_operations && purpose.legal_basis.ends_with("Consent") && purpose.consent.is_none() {
        Some((Kind::ConsentRule, "the legal basis is consent, and `consent` does not say of what kind"))
    } else {
        None
    }
}

fn rules(purpose: &Purpose) -> impl Iterator<Item = &Rule> {
    purpose.disclose.iter().chain(&purpose.receive)
}
