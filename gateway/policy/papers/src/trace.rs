//! From clause to proof: every clause of a policy that speaks of data, the rules and mechanisms that keep it, and the
//! tests that show it; or the words "not enforceable here", and why.
//!
//! Refuses nothing by itself; a clause without keeper or without proof is a [`Gap`], and a test of this repository fails
//! on every gap of a committed pack.
//!
//! ```text
//! 3(5)   phone for contact and support only   withhold: phone    case: a student is registered without phone
//! 14     the operator may change the policy   not enforceable here: ...
//! ```

pub(crate) mod rules;

use qaqpa_policy::mechanism::Mechanism;
use qaqpa_policy::pack::{Clause, Pack};
use qaqpa_proto::language::{Language, Text, text};

use crate::cases::Cases;
use crate::printed::{Document, PrintedTable};
use crate::proof;

/// All clauses of a pack with what keeps and proves them.
#[derive(Debug)]
pub struct Trace<'p> {
    pack: &'p Pack,
    clauses: Vec<Traced<'p>>,
}

/// One clause.
#[derive(Debug)]
pub struct Traced<'p> {
    /// The clause.
    pub clause: &'p Clause,
    /// Rules of the pack that cite it, for people.
    pub rules: Vec<String>,
    /// What the clause names in `kept_by`, and what its rules need besides the plans.
    pub mechanisms: Vec<Mechanism>,
    /// Names of the policy cases that cite it.
    pub cases: Vec<String>,
}

/// What a clause lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// No rule, no mechanism, and no word on why not.
    #[error("nothing keeps this clause")]
    Unkept,
    /// Something keeps it, and no test shows that.
    #[error("nothing proves this clause")]
    Unproved,
}

impl<'p> Trace<'p> {
    /// Follows every clause; `cases` are those beside the pack, if there are any. Rules are told in `language`.
    #[must_use]
    pub fn of(pack: &'p Pack, cases: Option<&Cases>, language: Language) -> Self {
        let rules = rules::all(pack, language);
        let traced = |clause: &'p Clause| {
            let citing = || rules.iter().filter(|rule| rule.cites(&clause.number));
            let mut mechanisms = clause.kept_by.clone();
            for mechanism in citing().flat_map(|rule| rule.mechanisms) {
                if !mechanisms.contains(mechanism) {
                    mechanisms.push(*mechanism);
                }
            }
            let proving = cases.into_iter().flat_map(|cases| cases.citing(&clause.number));
            Traced {
                clause,
                rules: citing().map(|rule| rule.text.clone()).collect(),
                mechanisms,
                cases: proving.map(|case| case.name.clone()).collect(),
            }
        };
        Self { pack, clauses: pack.clauses().iter().map(traced).collect() }
    }

    /// In the order of the pack.
    #[must_use]
    pub fn clauses(&self) -> &[Traced<'p>] {
        &self.clauses
    }

    /// Every clause that lacks something.
    pub fn gaps(&self) -> impl Iterator<Item = (&Traced<'p>, Gap)> {
        self.clauses.iter().filter_map(|traced| traced.gap().map(|gap| (traced, gap)))
    }

    /// With files and functions, for those who check them.
    #[must_use]
    pub fn document(&self, language: Language) -> Document {
        let mut table = self.table(language, |traced| traced.tests(str::to_owned));
        table.columns.push(text("Код", "Код", "Code").in_language(language).to_owned());
        for (row, traced) in table.rows.iter_mut().zip(&self.clauses) {
            row.push(traced.code().join("\n"));
        }
        self.documented(table, language)
    }

    /// Tests as sentences and no files, for those who read it.
    #[must_use]
    pub fn summary(&self, language: Language) -> Document {
        self.documented(self.table(language, |traced| traced.tests(sentence)), language)
    }

    fn table(&self, language: Language, tests: impl Fn(&Traced<'_>) -> Vec<String>) -> PrintedTable {
        let say = |words: Text| words.in_language(language);
        let mut table = PrintedTable::new(
            "",
            [
                text("Тармақ", "Пункт", "Clause"),
                text("Не дейді", "Что говорит", "Says"),
                text("Не сақтайды", "Чем исполняется", "Kept by"),
                text("Дәлелі", "Чем доказано", "Proved by"),
            ]
            .map(say),
        );
        table.rows = self.clauses.iter().map(|traced| traced.row(language, tests(traced))).collect();
        table
    }

    fn documented(&self, table: PrintedTable, language: Language) -> Document {
        let say = |words: Text| words.in_language(language);
        let enforced = self.clauses.iter().filter(|traced| traced.clause.not_enforceable.is_none()).count();
        let counts = [
            (say(text("Барлық тармақ", "Всего пунктов", "Clauses")), self.clauses.len()),
            (say(text("Шлюз орындайды", "Исполняет шлюз", "Kept by the gateway")), enforced),
            (
                say(text("Мұнда орындалмайды", "Здесь не исполнимо", "Not enforceable here")),
                self.clauses.len() - enforced,
            ),
            (say(text("Олқылық", "Пробелы", "Gaps")), self.gaps().count()),
        ];
        let source = self.pack.source();
        let mut facts = vec![
            (say(text("Саясат", "Политика", "Policy")).to_owned(), source.title.clone()),
            (say(text("Редакциясы", "Редакция", "Edition")).to_owned(), source.edition.clone()),
        ];
        facts.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
        let title = format!(
            "{} {}",
            say(text("Тармақтан дәлелге дейін:", "От пункта до доказательства:", "From clause to proof:")),
            self.pack.operator().name.in_language(language)
        );
        Document { title, facts, tables: vec![table] }
    }
}

impl Traced<'_> {
    /// What it lacks, if anything.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        if self.clause.not_enforceable.is_some() {
            return None;
        }
        if self.rules.is_empty() && self.mechanisms.is_empty() {
            return Some(Gap::Unkept);
        }
        let proved = !self.cases.is_empty() || self.mechanisms.iter().any(|by| !proof::of(*by).tests.is_empty());
        (!proved).then_some(Gap::Unproved)
    }

    fn row(&self, language: Language, tests: Vec<String>) -> Vec<String> {
        let mut kept_by = self.rules.clone();
        kept_by.extend(self.mechanisms.iter().map(|by| proof::title(*by, language).to_owned()));
        let case = text("мысал", "пример", "case").in_language(language);
        let mut proved_by: Vec<String> = self.cases.iter().map(|name| format!("{case}: {name}")).collect();
        proved_by.extend(tests);
        if let Some(why) = &self.clause.not_enforceable {
            let words = text("мұнда орындалмайды", "здесь не исполнимо", "not enforceable here").in_language(language);
            kept_by.push(format!("{words}: {}", why.in_language(language)));
        }
        if let Some(gap) = self.gap() {
            proved_by.push(format!("! {gap}"));
        }
        let says = self.clause.says.in_language(language).to_owned();
        vec![self.clause.number.clone(), says, kept_by.join("\n"), proved_by.join("\n")]
    }

    fn tests(&self, written: impl Fn(&'static str) -> String) -> Vec<String> {
        self.evidence(|by| &proof::of(by).tests).map(written).collect()
    }

    /// Files that keep it: those of its mechanisms, and the two that every rule goes through.
    fn code(&self) -> Vec<&'static str> {
        let rules = [Mechanism::Minimisation, Mechanism::PurposeBinding];
        let by_rule =
            rules.into_iter().filter(|_| !self.rules.is_empty()).flat_map(|by| &proof::of(by).code).map(String::as_str);
        let mut code: Vec<&'static str> = self.evidence(|by| &proof::of(by).code).collect();
        if code.is_empty() {
            code.extend(by_rule);
        }
        let mut seen = std::collections::BTreeSet::new();
        code.retain(|file| seen.insert(*file));
        code
    }

    fn evidence<'s>(
        &'s self,
        of: impl Fn(Mechanism) -> &'static [String] + 's,
    ) -> impl Iterator<Item = &'static str> + 's {
        let mut seen = std::collections::BTreeSet::new();
        self.mechanisms.iter().flat_map(move |by| of(*by)).map(String::as_str).filter(move |item| seen.insert(*item))
    }
}

/// `a_minor_needs_a_guardian` as people say it.
fn sentence(test: &'static str) -> String {
    let function = test.rsplit("::").next().unwrap_or(test);
    format!("test: {}", function.replace('_', " "))
}
