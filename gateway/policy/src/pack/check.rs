//! From the file's shape to a [`Pack`]: every problem is collected before any is reported.

use std::sync::Arc;

use qaqpa_proto::v1::Category;
use serde_saphyr::Spanned;

use super::shape::{OperatorShape, PackShape, PurposeShape, RuleShape, WhyShape, WithholdShape};
use super::{Minors, OperationPattern, Operator, Pack, PackProblem, Purpose, Rule, Source, Text, Why};
use crate::category;
use crate::identifier::Bin;
use crate::suggest::nearest;

const MAX_BYTES: usize = 1 << 20;

pub(super) fn pack(text: &str, file: &str) -> Result<Pack, Vec<PackProblem>> {
    let mut check = Check { file, problems: Vec::new() };
    if text.len() > MAX_BYTES {
        check.at_file(format!("the pack is larger than {MAX_BYTES} bytes"));
        return Err(check.problems);
    }
    let shape = match read(text) {
        Ok(shape) => shape,
        Err(error) => return Err(vec![check.unreadable(&error)]),
    };
    let pack = check.whole(shape, sha256_hex(text.as_bytes()));
    match pack {
        Some(pack) if check.problems.is_empty() => Ok(pack),
        _ => Err(check.problems),
    }
}

/// No anchors, no merges, no second document: a pack is plain.
fn read(text: &str) -> Result<PackShape, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 16, max_nodes: 50_000, max_aliases: 0, max_anchors: 0, max_documents: 1, max_merge_keys: 0 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

struct Check<'f> {
    file: &'f str,
    problems: Vec<PackProblem>,
}

impl Check<'_> {
    fn whole(&mut self, shape: PackShape, sha256: String) -> Option<Pack> {
        let operator = self.operator(shape.operator);
        for (what, text) in [
            ("source.title", &shape.source.title),
            ("source.url", &shape.source.url),
            ("source.edition", &shape.source.edition),
            ("minors.clause", &shape.minors.clause),
            ("residency.clause", &shape.residency.clause),
        ] {
            self.written(text, what);
        }
        if !(14..=21).contains(&shape.minors.age.value) {
            self.at(&shape.minors.age, "`minors.age` is the age in years from which no guardian is needed, 14 to 21");
        }
        let purposes: Vec<Arc<Purpose>> =
            shape.purposes.into_iter().map(|purpose| Arc::new(self.purpose(purpose))).collect();
        if purposes.is_empty() {
            self.at_file("a pack needs at least one purpose".to_owned());
        }
        self.purpose_ids_are_unique(&purposes);
        let pack = Pack {
            operator: operator?,
            source: Source {
                title: shape.source.title.value,
                url: shape.source.url.value,
                edition: shape.source.edition.value,
            },
            minors: Minors { age: shape.minors.age.value, clause: shape.minors.clause.value },
            residency_clause: shape.residency.clause.value,
            retention: self.why(shape.retention),
            purposes,
            withhold: self.withhold(shape.withhold),
            withhold_otherwise: self.why(shape.withhold_otherwise),
            sha256,
        };
        Some(pack)
    }

    fn operator(&mut self, shape: OperatorShape) -> Option<Operator> {
        self.id(&shape.id);
        let name = self.text(shape.name);
        let bin = Bin::parse(&shape.bin.value);
        if let Err(problem) = bin {
            self.at(&shape.bin, format!("`operator.bin` is no BIN: {problem}"));
        }
        Some(Operator { id: shape.id.value, bin: bin.ok()?, name })
    }

    fn purpose(&mut self, shape: PurposeShape) -> Purpose {
        self.id(&shape.id);
        self.iri(&shape.dpv);
        self.iri(&shape.legal_basis);
        self.written(&shape.clause, "clause");
        if shape.operations.is_empty() && !(shape.disclose.is_empty() && shape.receive.is_empty()) {
            self.at(&shape.id, "a purpose without operations cannot disclose or receive anything");
        }
        if !shape.operations.is_empty() && shape.disclose.is_empty() && shape.receive.is_empty() {
            self.at(&shape.id, "a purpose with operations needs a rule on what it discloses or receives");
        }
        Purpose {
            id: shape.id.value,
            dpv: shape.dpv.value,
            legal_basis: shape.legal_basis.value,
            clause: shape.clause.value,
            title: self.text(shape.title),
            operations: shape.operations.into_iter().map(|operation| self.pattern(operation)).collect(),
            disclose: self.rules(shape.disclose),
            receive: self.rules(shape.receive),
        }
    }

    fn rules(&mut self, shapes: Vec<RuleShape>) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for shape in shapes {
            self.written(&shape.clause, "clause");
            let Some(category) = self.category(&shape.category) else { continue };
            if rules.iter().any(|rule| rule.category == category) {
                self.at(&shape.category, format!("second rule for category `{}`", shape.category.value));
            }
            rules.push(Rule { category, clause: shape.clause.value });
        }
        rules
    }

    fn withhold(&mut self, shapes: Vec<WithholdShape>) -> Vec<(Category, Why)> {
        let mut withhold: Vec<(Category, Why)> = Vec::new();
        for shape in shapes {
            let reason = self.text(shape.reason);
            let Some(category) = self.category(&shape.category) else { continue };
            if withhold.iter().any(|(known, _)| *known == category) {
                self.at(&shape.category, format!("second rule for category `{}`", shape.category.value));
            }
            withhold.push((category, Why { clause: shape.clause, reason }));
        }
        withhold
    }

    fn why(&mut self, shape: WhyShape) -> Why {
        Why { clause: shape.clause, reason: self.text(shape.reason) }
    }

    fn category(&mut self, text: &Spanned<String>) -> Option<Category> {
        let found = category::ruled(&text.value);
        if found.is_none() {
            let known = category::RULED.into_iter().map(category::name);
            let suggestion = nearest(&text.value, known).map(str::to_owned);
            let message = match text.value.as_str() {
                "control" | "structure" => format!("category `{}` needs no rule", text.value),
                _ => format!("unknown category `{}`", text.value),
            };
            self.problem(text, message, suggestion);
        }
        found
    }

    fn pattern(&mut self, text: Spanned<String>) -> OperationPattern {
        let parts = text.value.split_once('/');
        if !parts.is_some_and(|(service, method)| service.contains('.') && !method.is_empty() && !method.contains('/'))
        {
            self.at(&text, "an operation is written `package.Service/Method` or `package.Service/*`");
        }
        let (line, column) = (text.referenced.line(), text.referenced.column());
        OperationPattern { text: text.value, line, column }
    }

    fn purpose_ids_are_unique(&mut self, purposes: &[Arc<Purpose>]) {
        for (index, purpose) in purposes.iter().enumerate() {
            if purposes.iter().take(index).any(|earlier| earlier.id == purpose.id) {
                self.at_file(format!("two purposes are called `{}`", purpose.id));
            }
        }
    }

    fn id(&mut self, text: &Spanned<String>) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.value.is_empty() || text.value.len() > 64 || !text.value.chars().all(plain) {
            self.at(text, "an id is 1 to 64 lower-case letters, digits and hyphens");
        }
    }

    fn iri(&mut self, text: &Spanned<String>) {
        let known = ["dpv:", "https://w3id.org/dpv"];
        if !known.iter().any(|prefix| text.value.strip_prefix(prefix).is_some_and(|term| !term.is_empty())) {
            self.at(text, "must be a term of the Data Privacy Vocabulary, `dpv:...` or `https://w3id.org/dpv...`");
        }
    }

    fn written(&mut self, text: &Spanned<String>, what: &str) {
        if text.value.trim().is_empty() {
            self.at(text, format!("`{what}` is empty"));
        }
    }

    fn text(&mut self, text: Spanned<Text>) -> Text {
        for (language, words) in [("kk", &text.value.kk), ("ru", &text.value.ru), ("en", &text.value.en)] {
            if words.trim().is_empty() {
                self.at(&text, format!("the text in `{language}` is empty"));
            }
        }
        text.value
    }

    fn at<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        self.problem(place, message.into(), None);
    }

    fn at_file(&mut self, message: String) {
        self.problems.push(PackProblem { file: self.file.to_owned(), line: 0, column: 0, message, suggestion: None });
    }

    fn problem<T>(&mut self, place: &Spanned<T>, message: String, suggestion: Option<String>) {
        let (line, column) = (place.referenced.line(), place.referenced.column());
        self.problems.push(PackProblem { file: self.file.to_owned(), line, column, message, suggestion });
    }

    fn unreadable(&self, error: &serde_saphyr::Error) -> PackProblem {
        let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
        PackProblem {
            file: self.file.to_owned(),
            line,
            column,
            message: error.without_snippet().to_string(),
            suggestion: None,
        }
    }
}
