//! Single values of a pack: categories, numbers within bounds, ids, terms, texts, and the clauses they cite.

use qaqpa_proto::language::{Language, Text};
use qaqpa_proto::v1::Category;
use serde_saphyr::Spanned;

use super::{Check, Citation, Kind, place};
use crate::category;
use crate::pack::problem::PackProblem;
use crate::suggest::nearest;

impl Check<'_> {
    pub(super) fn category(&mut self, text: &Spanned<String>) -> Option<Category> {
        let found = category::ruled(&text.value);
        if found.is_none() {
            let meant = nearest(&text.value, category::RULED.into_iter().map(category::name));
            let message = match text.value.as_str() {
                "control" | "structure" => format!("category `{}` needs no rule", text.value),
                _ => format!("unknown category `{}`", text.value),
            };
            self.suggest(text, Kind::UnknownCategory, message, meant);
        }
        found
    }

    /// One of a few words that may stand at `what`.
    pub(super) fn word<T: Copy>(&mut self, text: &Spanned<String>, what: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == text.value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let meant = nearest(&text.value, words.iter().copied());
            let message = format!("{what} is one of {}, not `{}`", words.join(", "), text.value);
            self.suggest(text, Kind::UnknownWord, message, meant);
        }
        found
    }

    pub(super) fn bounded(&mut self, number: &Spanned<i64>, what: &str, low: i64, high: i64) -> Option<i64> {
        let fits = (low..=high).contains(&number.value);
        if !fits {
            let message = format!("`{what}` is {low} to {high}, not {}", number.value);
            self.at(number, Kind::Bounds, &format!("{what}: {low}–{high}"), message);
        }
        fits.then_some(number.value)
    }

    pub(super) fn id(&mut self, text: &Spanned<String>) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.value.is_empty() || text.value.len() > 64 || !text.value.chars().all(plain) {
            self.at(text, Kind::Id, &text.value, "an id is 1 to 64 lower-case letters, digits and hyphens");
        }
    }

    pub(super) fn iri(&mut self, text: &Spanned<String>) {
        let known = ["dpv:", "https://w3id.org/dpv"];
        if !known.iter().any(|prefix| text.value.strip_prefix(prefix).is_some_and(|term| !term.is_empty())) {
            let message = "must be a term of the Data Privacy Vocabulary, `dpv:...` or `https://w3id.org/dpv...`";
            self.at(text, Kind::Term, &text.value, message);
        }
    }

    pub(super) fn written(&mut self, text: &Spanned<String>, what: &str) {
        if text.value.trim().is_empty() {
            self.at(text, Kind::Empty, what, format!("`{what}` is empty"));
        }
    }

    pub(super) fn text(&mut self, text: Spanned<Text<String>>) -> Text<String> {
        for language in Language::ALL {
            if text.value.in_language(language).trim().is_empty() {
                self.at(&text, Kind::Empty, language.tag(), format!("the text in `{language}` is empty"));
            }
        }
        text.value
    }

    /// Notes the clauses that a rule keeps.
    pub(super) fn keeps(&mut self, clause: &Spanned<String>) {
        self.cite(clause, true);
    }

    /// Notes the clauses that a reading explains.
    pub(super) fn explains(&mut self, clause: &Spanned<String>) {
        self.cite(clause, false);
    }

    pub(super) fn cite(&mut self, clause: &Spanned<String>, keeps: bool) {
        if clause.value.trim().is_empty() {
            return;
        }
        let place = place(clause);
        let numbers = clause.value.split(", ").map(|number| Citation { number: number.to_owned(), place, keeps });
        self.citations.extend(numbers);
    }

    pub(super) fn at<T>(&mut self, at: &Spanned<T>, kind: Kind, word: &str, message: impl Into<String>) {
        self.problems.push(PackProblem::new(self.file, place(at), kind, word, message));
    }

    pub(super) fn suggest(&mut self, at: &Spanned<String>, kind: Kind, message: String, meant: Option<&str>) {
        self.problems.push(PackProblem::new(self.file, place(at), kind, &at.value, message).suggesting(meant));
    }
}
