//! Validates the shape of a file into a [`Pack`]: every problem is collected before any is reported.
//!
//! Three steps: each part by itself, then what the parts say of each other (`across`), then parents (`family`).

mod across;
mod purposes;
mod values;

use qaqpa_proto::v1::Category;
use serde_saphyr::Spanned;

use super::document::{
    Clause, MinorRule, Minors, Operator, Reading, ReadingKind, Recipient, Residency, Source, Special, Terms, Why,
    Withdrawal,
};
use super::place::Place;
use super::problem::{PackProblem, ProblemKind as Kind};
use super::shape::{
    ClauseShape, MinorsShape, OperatorShape, PackShape, ReadingShape, RecipientShape, ResidencyShape, SourceShape,
    SpecialShape, TermsShape, WhyShape, WithdrawalShape, WithholdShape,
};
use super::{Pack, family};
use crate::identifier::Bin;
use crate::mechanism::Mechanism;
use crate::suggest::nearest;
use crate::unread;

const MAX_BYTES: usize = 1 << 20;
/// Longest term a pack may set, in days: a hundred years.
const MAX_DAYS: i64 = 36_500;

pub(super) fn pack(text: &str, file: &str) -> Result<Pack, Vec<PackProblem>> {
    let whole =
        |kind, word: &str, message: String| Err(vec![PackProblem::new(file, Place::default(), kind, word, message)]);
    if text.len() > MAX_BYTES {
        return whole(Kind::TooLarge, &MAX_BYTES.to_string(), format!("the pack is larger than {MAX_BYTES} bytes"));
    }
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return whole(Kind::Empty, file, "the pack is empty".to_owned());
    }
    let shape = read(text).map_err(|error| vec![unreadable(file, &error)])?;
    let mut check = Check { file, problems: Vec::new(), citations: Vec::new(), declared: Vec::new() };
    let pack = check.whole(shape, sha256_hex(text.as_bytes()));
    match pack {
        Some(pack) if check.problems.is_empty() => Ok(pack),
        _ => {
            check.problems.sort_by_key(|problem| (problem.line, problem.column));
            Err(check.problems)
        }
    }
}

/// No anchors, no merges, no second document: a pack is plain.
pub(super) fn read(text: &str) -> Result<PackShape, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 16, max_nodes: 50_000, max_aliases: 0, max_anchors: 0, max_documents: 1, max_merge_keys: 0 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
}

/// What ended the reading: the first mistake of the file's form, which hides all others.
fn unreadable(file: &str, error: &serde_saphyr::Error) -> PackProblem {
    use serde_saphyr::Error as Yaml;
    let error = error.without_snippet();
    let place = error.location().map_or_else(Place::default, |at| Place { line: at.line(), column: at.column() });
    match error {
        Yaml::SerdeUnknownField { field, expected, .. } => {
            let field = unread::key(field);
            PackProblem::new(file, place, Kind::UnknownKey, field, format!("unknown key `{field}`"))
                .suggesting(nearest(field, expected.iter().copied()))
        }
        Yaml::SerdeMissingField { field, .. } => {
            PackProblem::new(file, place, Kind::MissingKey, field, format!("the key `{field}` is missing"))
        }
        Yaml::DuplicateMappingKey { key, .. } => {
            let key = unread::key(key.as_deref().unwrap_or_default());
            PackProblem::new(file, place, Kind::DuplicateKey, key, format!("the key `{key}` is there twice"))
        }
        _ => {
            let message = unread::yaml(error);
            PackProblem::new(file, place, Kind::Yaml, &message, &message)
        }
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

struct Check<'f> {
    file: &'f str,
    problems: Vec<PackProblem>,
    /// Every clause that some `clause` key cites.
    citations: Vec<Citation>,
    /// Incompatible purposes as written.
    declared: Vec<family::Declared>,
}

/// One clause cited at one place.
struct Citation {
    number: String,
    place: Place,
    /// Whether the citing key keeps the clause; a reading only explains it.
    keeps: bool,
}

impl Check<'_> {
    fn whole(&mut self, shape: PackShape, sha256: String) -> Option<Pack> {
        let operator = self.operator(shape.operator);
        let source = self.source(shape.source);
        let clauses: Vec<Clause> = shape.clauses.into_iter().map(|clause| self.clause(clause)).collect();
        let readings = shape.readings.into_iter().filter_map(|reading| self.reading(reading)).collect();
        let minors = self.minors(shape.minors);
        let residency = self.residency(shape.residency);
        let withdrawal = self.withdrawal(shape.withdrawal);
        let terms = self.terms(shape.retention.terms);
        let retention = self.why(WhyShape { clause: shape.retention.clause, reason: shape.retention.reason });
        let recipients: Vec<(Recipient, Place)> =
            shape.recipients.into_iter().map(|recipient| self.recipient(recipient)).collect();
        let specials: Vec<(Special, Place)> = shape.special.into_iter().map(|special| self.special(special)).collect();
        let mut purposes = self.purposes(shape.purposes);
        let withhold = self.withhold(shape.withhold);
        let withhold_otherwise = self.why(shape.withhold_otherwise);
        self.clauses_and_citations(&clauses);
        self.recipients_are_known(&recipients, &purposes);
        self.specials_stay_in_their_purpose(&specials, &purposes);
        family::resolve(&mut purposes, &self.declared, self.file, &mut self.problems);
        self.purposes_agree_with_themselves(&purposes);
        Some(Pack {
            operator: operator?,
            source,
            clauses,
            readings,
            minors: minors?,
            residency: residency?,
            withdrawal,
            retention,
            terms,
            recipients: recipients.into_iter().map(|(recipient, _)| recipient).collect(),
            specials: specials.into_iter().map(|(special, _)| special).collect(),
            purposes: purposes.into_iter().map(std::sync::Arc::new).collect(),
            withhold,
            withhold_otherwise,
            sha256,
        })
    }

    fn operator(&mut self, shape: OperatorShape) -> Option<Operator> {
        self.id(&shape.id);
        let name = self.text(shape.name);
        let bin = match shape.bin {
            None => None,
            Some(written) => match Bin::parse(&written.value) {
                Ok(bin) => Some(bin),
                Err(problem) => {
                    self.at(&written, Kind::Bin, &written.value, format!("`operator.bin` is no BIN: {problem}"));
                    return None;
                }
            },
        };
        Some(Operator { id: shape.id.value, bin, name })
    }

    fn source(&mut self, shape: SourceShape) -> Source {
        for (what, text) in
            [("source.title", &shape.title), ("source.url", &shape.url), ("source.edition", &shape.edition)]
        {
            self.written(text, what);
        }
        Source { title: shape.title.value, url: shape.url.value, edition: shape.edition.value }
    }

    fn clause(&mut self, shape: ClauseShape) -> Clause {
        let number = &shape.number;
        self.written(number, "number");
        if number.value.contains(", ") || number.value.trim() != number.value {
            self.at(number, Kind::Id, &number.value, "a clause's number holds no `, ` and no outer space");
        }
        let kept_by: Vec<Mechanism> = shape.kept_by.iter().filter_map(|word| self.mechanism(word)).collect();
        let mut seen = Vec::new();
        for word in &shape.kept_by {
            if seen.contains(&word.value) {
                self.at(word, Kind::Twice, &word.value, format!("`{}` is there twice", word.value));
            }
            seen.push(word.value.clone());
        }
        if !shape.kept_by.is_empty() && shape.not_enforceable.is_some() {
            let message = format!("clause `{}` has both `kept_by` and `not_enforceable`", number.value);
            self.at(number, Kind::Clause, &number.value, message);
        }
        let place = place(number);
        let says = self.text(shape.says);
        let not_enforceable = shape.not_enforceable.map(|text| self.text(text));
        Clause { number: shape.number.value, says, kept_by, not_enforceable, place }
    }

    fn mechanism(&mut self, word: &Spanned<String>) -> Option<Mechanism> {
        let found = Mechanism::parse(&word.value);
        if found.is_none() {
            let meant = nearest(&word.value, Mechanism::ALL.into_iter().map(Mechanism::name));
            self.suggest(word, Kind::UnknownMechanism, format!("unknown mechanism `{}`", word.value), meant);
        }
        found
    }

    /// Of a silent policy a reading may cite nothing.
    fn reading(&mut self, shape: ReadingShape) -> Option<Reading> {
        let kinds = ReadingKind::ALL;
        let kind = self.word(&shape.kind, "`kind`", &kinds.map(|kind| (kind.name(), kind)));
        let reading = self.text(shape.reading);
        self.explains(&shape.clause);
        if kind.is_some_and(|kind| kind != ReadingKind::Silent) {
            self.written(&shape.clause, "clause");
        }
        Some(Reading { clause: shape.clause.value, kind: kind?, reading })
    }

    fn minors(&mut self, shape: MinorsShape) -> Option<Minors> {
        self.keeps(&shape.clause);
        let age = self.bounded(&shape.age, "minors.age", 14, 21).and_then(|age| u8::try_from(age).ok());
        let rules = MinorRule::ALL.map(|rule| (rule.name(), rule));
        let rule = match &shape.rule {
            None => Some(MinorRule::GuardianConsent),
            Some(word) => self.word(word, "`minors.rule`", &rules),
        };
        Some(Minors { age: age?, rule: rule?, clause: shape.clause.value })
    }

    fn residency(&mut self, shape: ResidencyShape) -> Option<Residency> {
        self.keeps(&shape.clause);
        let words = [("forbidden", false), ("allowed", true)];
        let allowed = self.word(&shape.cross_border, "`residency.cross_border`", &words)?;
        Some(Residency { cross_border_allowed_by_policy: allowed, clause: shape.clause.value })
    }

    fn withdrawal(&mut self, shape: Option<WithdrawalShape>) -> Withdrawal {
        let Some(shape) = shape else {
            return Withdrawal { destroy_within_working_days: 1, clause: String::new() };
        };
        self.keeps(&shape.clause);
        let days = &shape.destroy_within_working_days;
        let days = self.bounded(days, "withdrawal.destroy_within_working_days", 1, 30);
        let days = days.and_then(|days| u8::try_from(days).ok()).unwrap_or(1);
        Withdrawal { destroy_within_working_days: days, clause: shape.clause.value }
    }

    fn terms(&mut self, shape: TermsShape) -> Terms {
        let mut days = |term: Option<Spanned<i64>>, what: &str| {
            let days = self.bounded(&term?, what, 1, MAX_DAYS)?;
            u16::try_from(days).ok()
        };
        Terms {
            salts_days: days(shape.salts_days, "retention.terms.salts_days"),
            consents_days: days(shape.consents_days, "retention.terms.consents_days"),
            requests_days: days(shape.requests_days, "retention.terms.requests_days"),
        }
    }

    fn recipient(&mut self, shape: RecipientShape) -> (Recipient, Place) {
        self.id(&shape.system);
        self.written(&shape.clause, "clause");
        self.keeps(&shape.clause);
        let name = self.text(shape.name);
        let place = place(&shape.system);
        (Recipient { system: shape.system.value, name, clause: shape.clause.value }, place)
    }

    fn special(&mut self, shape: SpecialShape) -> (Special, Place) {
        self.written(&shape.clause, "clause");
        self.keeps(&shape.clause);
        if shape.categories.is_empty() {
            self.at(&shape.purpose, Kind::Empty, "categories", "`categories` of a special rule is empty");
        }
        let categories = shape.categories.iter().filter_map(|word| self.category(word)).collect();
        let place = place(&shape.purpose);
        (Special { categories, purpose: shape.purpose.value, clause: shape.clause.value }, place)
    }

    fn withhold(&mut self, shapes: Vec<WithholdShape>) -> Vec<(Category, Why)> {
        let mut withhold: Vec<(Category, Why)> = Vec::new();
        for shape in shapes {
            let why = self.why(WhyShape { clause: shape.clause, reason: shape.reason });
            let Some(category) = self.category(&shape.category) else { continue };
            if withhold.iter().any(|(known, _)| *known == category) {
                let word = &shape.category.value;
                self.at(&shape.category, Kind::TwoRules, word, format!("second rule for category `{word}`"));
            }
            withhold.push((category, why));
        }
        withhold
    }

    fn why(&mut self, shape: WhyShape) -> Why {
        self.keeps(&shape.clause);
        Why { clause: shape.clause.value, reason: self.text(shape.reason) }
    }
}

fn place<T>(at: &Spanned<T>) -> Place {
    Place { line: at.referenced.line(), column: at.referenced.column() }
}
