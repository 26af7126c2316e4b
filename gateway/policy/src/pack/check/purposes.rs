//! Purposes and their rules, each by itself: ids, terms, transforms, consent, two rules for one field.

use serde_saphyr::Spanned;

use super::{Check, Kind, MAX_DAYS, place};
use crate::consent::form::Form;
use crate::pack::family::Declared;
use crate::pack::purpose::{ConsentRule, OperationPattern, Purpose, Rule};
use crate::pack::shape::{ConsentShape, IncompatibleShape, PurposeShape, RuleShape, TransformShape};
use crate::suggest::nearest;
use crate::transform::{NotATransform, Transform};

/// Purposes of one pack, at most.
const MAX_PURPOSES: usize = 256;
impl Check<'_> {
    /// Incompatible purposes are noted aside, until all purposes are known.
    pub(super) fn purposes(&mut self, shapes: Vec<PurposeShape>) -> Vec<Purpose> {
        if let (Some(first), true) = (shapes.first(), shapes.len() > MAX_PURPOSES) {
            let message = format!("a pack has at most {MAX_PURPOSES} purposes");
            self.at(&first.id, Kind::Bounds, "purposes", message);
            return Vec::new();
        }
        shapes.into_iter().enumerate().map(|(index, shape)| self.purpose(index, shape)).collect()
    }

    fn purpose(&mut self, index: usize, shape: PurposeShape) -> Purpose {
        self.id(&shape.id);
        self.iri(&shape.dpv);
        self.iri(&shape.legal_basis);
        if shape.prohibited.is_none() {
            self.written(&shape.clause, "clause");
        }
        self.keeps(&shape.clause);
        let at = place(&shape.id);
        for incompatible in shape.incompatible {
            self.declare(index, incompatible);
        }
        Purpose {
            title: self.text(shape.title),
            prohibited: shape.prohibited.map(|reason| self.text(reason)),
            consent: shape.consent.map(|consent| self.consent(consent)),
            operations: shape.operations.into_iter().map(|operation| self.pattern(operation)).collect(),
            strict: shape.strict.into_iter().map(|operation| self.pattern(operation)).collect(),
            disclose: self.rules(shape.disclose),
            receive: self.rules(shape.receive),
            parent: shape.parent.map(|parent| parent.value),
            incompatible: Vec::new(),
            id: shape.id.value,
            dpv: shape.dpv.value,
            legal_basis: shape.legal_basis.value,
            clause: shape.clause.value,
            place: at,
        }
    }

    fn declare(&mut self, owner: usize, shape: IncompatibleShape) {
        self.keeps(&shape.clause);
        let days = self.bounded(&shape.window_days, "window_days", 1, MAX_DAYS);
        self.declared.push(Declared {
            owner,
            target: shape.purpose.value.clone(),
            window_days: days.and_then(|days| u16::try_from(days).ok()).unwrap_or_default(),
            clause: shape.clause.value,
            place: place(&shape.purpose),
        });
    }

    fn consent(&mut self, shape: ConsentShape) -> ConsentRule {
        self.keeps(&shape.clause);
        let max_days = shape.max_days.and_then(|days| self.bounded(&days, "consent.max_days", 1, MAX_DAYS));
        let forms = match shape.forms {
            None => Form::ALL.to_vec(),
            Some(forms) => self.forms(forms),
        };
        ConsentRule {
            forms,
            separate: shape.separate,
            max_days: max_days.and_then(|days| u16::try_from(days).ok()),
            clause: shape.clause.value,
        }
    }

    fn forms(&mut self, words: Spanned<Vec<Spanned<String>>>) -> Vec<Form> {
        if words.value.is_empty() {
            self.at(&words, Kind::Empty, "forms", "`forms` is empty: no consent could be given");
        }
        let mut forms = Vec::new();
        for word in &words.value {
            let Some(form) = self.word(word, "a form", &Form::ALL.map(|form| (form.name(), form))) else { continue };
            if forms.contains(&form) {
                self.at(word, Kind::Twice, form.name(), format!("the form `{form}` is there twice"));
            }
            forms.push(form);
        }
        forms
    }

    fn rules(&mut self, shapes: Vec<RuleShape>) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for shape in shapes {
            self.written(&shape.clause, "clause");
            self.keeps(&shape.clause);
            for system in &shape.systems {
                self.id(system);
            }
            for path in &shape.only {
                self.path(path);
            }
            let transform = shape.transform.map_or(Transform::Keep, |transform| self.transform(&transform));
            let Some(category) = self.category(&shape.category) else { continue };
            let rule = Rule {
                category,
                transform,
                systems: shape.systems.into_iter().map(|system| system.value).collect(),
                only: shape.only.into_iter().map(|path| path.value).collect(),
                clause: shape.clause.value,
                place: place(&shape.category),
            };
            if rules.iter().any(|earlier| earlier.overlaps(&rule)) {
                let word = &shape.category.value;
                self.at(&shape.category, Kind::TwoRules, word, format!("second rule for category `{word}`"));
            }
            rules.push(rule);
        }
        rules
    }

    /// A field path is names with dots between, as `person.birth_date`.
    fn path(&mut self, path: &Spanned<String>) {
        let name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !path.value.split('.').all(name) {
            self.at(path, Kind::Id, &path.value, "a field path is written `message.field`");
        }
    }

    fn transform(&mut self, written: &Spanned<TransformShape>) -> Transform {
        let TransformShape { word, numbers } = &written.value;
        // A negative number is out of every transform's bounds, as the largest is.
        let numbers: Vec<u64> = numbers.iter().map(|number| u64::try_from(*number).unwrap_or(u64::MAX)).collect();
        match Transform::parse(word, &numbers) {
            Ok(transform) => return transform,
            Err(NotATransform::Unknown) => {
                let message = format!("unknown transform `{word}`");
                self.add(place(written), Kind::UnknownWord, word, message, nearest(word, Transform::NAMES));
            }
            Err(problem) => self.at(written, Kind::Bounds, word, problem.to_string()),
        }
        Transform::Drop
    }

    fn pattern(&mut self, text: Spanned<String>) -> OperationPattern {
        let parts = text.value.split_once('/');
        if !parts.is_some_and(|(service, method)| service.contains('.') && !method.is_empty() && !method.contains('/'))
        {
            let message = "an operation is written `package.Service/Method` or `package.Service/*`";
            self.at(&text, Kind::Operation, &text.value, message);
        }
        let (line, column) = (text.referenced.line(), text.referenced.column());
        OperationPattern { text: text.value, line, column }
    }
}
