//! `qaqpa policy coverage`: which purposes, operations and rules the journal shows in use, how often, and when last.
//!
//! Reads the leaf lines only: ids, paths and counts. No value is there to be read. A rule counts once for each exchange in
//! which a field of its category moved; exchanges under another edition of the pack are counted and told.
//!
//! ```text
//! Purpose         Way  Category    Clause  Times  Last
//! state-exchange  →    iin         3       200    2026-11-20T06:00:00Z
//! reporting       ←    technical   7       0      never
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use qaqpa_gateway::start::config::Config;
use qaqpa_journal::Leaf;
use qaqpa_journal::line::{Commitments, Intent, Outcome, Phase, Unreadable};
use qaqpa_papers::matrix::{self, Cell};
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_policy::{Direction, Plans};
use qaqpa_proto::language::{Language, Text, text};
use serde_json::{Value, json};

use super::packs::{self, Any, Found};
use super::print::print;
use super::{Contracts, Finding, How};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    packs: Any,
    /// Configuration file: its journal and its packs
    #[arg(long, value_name = "FILE", required_unless_present = "journal")]
    config: Option<PathBuf>,
    /// Journal directory, live or copied
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    contracts: Contracts,
    #[command(flatten)]
    how: How,
    /// Exit code 1 when something was never used
    #[arg(long)]
    strict: bool,
}

/// How often, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    times: u64,
    last: Option<Timestamp>,
}

impl Count {
    fn add(&mut self, at: Timestamp) {
        self.times += 1;
        self.last = self.last.max(Some(at));
    }
}

/// What one pack offers and what was used of it.
struct Coverage {
    operator: String,
    sha256: String,
    plans: Plans,
    /// Path to category and clause, by operation, purpose and direction.
    cells: BTreeMap<(String, String, bool), Vec<Cell>>,
    pairs: BTreeMap<(String, String), Count>,
    rules: BTreeMap<RuleKey, Count>,
    other_editions: u64,
}

/// Purpose, whether it comes back, category, clause.
type RuleKey = (String, bool, &'static str, String);

pub(super) fn run(arguments: &Arguments) -> Result<Finding, String> {
    let contract = arguments.contracts.load()?;
    let (directory, found) = sources(arguments)?;
    let mut coverages = Vec::new();
    for found in &found {
        coverages.push(Coverage::of(found.plans(&contract)?));
    }
    read(&directory, &mut coverages)?;
    let document = document(&coverages, arguments.how.language);
    print(arguments.how, &document, || coverages.iter().map(Coverage::json).collect());
    let unused = coverages.iter().any(|coverage| coverage.rules.values().any(|count| count.times == 0));
    Ok(Finding::when(arguments.strict && unused))
}

/// The journal and the packs: those of the configuration unless others are named.
fn sources(arguments: &Arguments) -> Result<(PathBuf, Vec<Found>), String> {
    let Some(file) = &arguments.config else {
        let directory = arguments.journal.clone().unwrap_or_default();
        return Ok((directory, arguments.packs.find()?));
    };
    let (config, _) = Config::read(file)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let found = match arguments.packs.is_named() {
        true => arguments.packs.find()?,
        false => config.operators.iter().map(|operator| packs::at(&operator.policy)).collect::<Result<_, _>>()?,
    };
    Ok((config.journal.directory, found))
}

/// An exchange whose outcome has not been read yet: which pack, operation and purpose.
type Open = BTreeMap<String, (usize, String, String)>;

fn read(directory: &Path, coverages: &mut [Coverage]) -> Result<(), String> {
    let mut open = Open::new();
    let unreadable = |error: qaqpa_journal::Error| format!("{}: {error}", directory.display());
    for leaf in qaqpa_journal::lines(directory).map_err(unreadable)? {
        let leaf = leaf.map_err(unreadable)?;
        take(&leaf, coverages, &mut open).map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    Ok(())
}

fn take(leaf: &Leaf, coverages: &mut [Coverage], open: &mut Open) -> Result<(), Unreadable> {
    match leaf.phase {
        Some(Phase::Intent) => began(&leaf.read()?, coverages, open),
        Some(Phase::Outcome) if leaf.txn.as_ref().is_some_and(|txn| open.contains_key(txn)) => {
            ended(&leaf.read()?, coverages, open);
        }
        _ => {}
    }
    Ok(())
}

fn began(intent: &Intent<'_>, coverages: &mut [Coverage], open: &mut Open) {
    let found = coverages.iter_mut().enumerate().find(|(_, coverage)| coverage.operator == *intent.who.operator);
    let Some((position, coverage)) = found else { return };
    let (method, purpose) = (intent.method.trim_start_matches('/').to_owned(), intent.why.purpose.to_string());
    coverage.other_editions += u64::from(coverage.sha256 != *intent.why.policy_sha256);
    coverage.pairs.entry((method.clone(), purpose.clone())).or_default().add(intent.ts);
    coverage.moved(&method, &purpose, Direction::Request, &intent.commitments, intent.ts);
    open.insert(intent.txn.to_string(), (position, method, purpose));
}

fn ended(outcome: &Outcome<'_>, coverages: &mut [Coverage], open: &mut Open) {
    let Some((position, method, purpose)) = open.remove(&*outcome.txn) else { return };
    let Some(coverage) = coverages.get_mut(position) else { return };
    coverage.moved(&method, &purpose, Direction::Reply, &outcome.commitments, outcome.ts);
}

impl Coverage {
    fn of(plans: Plans) -> Self {
        let pack = plans.pack();
        let mut coverage = Self {
            operator: pack.id().to_owned(),
            sha256: pack.sha256().to_owned(),
            cells: BTreeMap::new(),
            pairs: BTreeMap::new(),
            rules: BTreeMap::new(),
            other_editions: 0,
            plans: plans.clone(),
        };
        for operation in plans.operations() {
            for purpose in plans.purposes(operation) {
                coverage.pairs.entry((operation.trim_start_matches('/').to_owned(), purpose.id.clone())).or_default();
            }
        }
        for cell in matrix::all(&plans, Language::En).into_iter().filter(|cell| cell.moves) {
            coverage.rules.entry(key(&cell)).or_default();
            let out = cell.direction == Direction::Request;
            let at = (cell.operation.clone(), cell.purpose.clone(), out);
            coverage.cells.entry(at).or_default().push(cell);
        }
        coverage
    }

    /// Counts each rule once for an exchange.
    fn moved(&mut self, method: &str, purpose: &str, direction: Direction, released: &Commitments<'_>, at: Timestamp) {
        let place = (method.to_owned(), purpose.to_owned(), direction == Direction::Request);
        let Some(cells) = self.cells.get(&place) else { return };
        let used: BTreeSet<RuleKey> =
            released.keys().filter_map(|path| cells.iter().find(|cell| cell.path == **path)).map(key).collect();
        for rule in used {
            self.rules.entry(rule).or_default().add(at);
        }
    }

    fn json(&self) -> Value {
        let operations = self.pairs.iter().map(|((operation, purpose), count)| {
            json!({ "operation": operation, "purpose": purpose, "times": count.times, "last": count.last })
        });
        let rules = self.rules.iter().map(|((purpose, back, category, clause), count)| {
            json!({
                "purpose": purpose,
                "direction": if *back { "reply" } else { "request" },
                "category": category,
                "clause": clause,
                "times": count.times,
                "last": count.last,
            })
        });
        json!({
            "operator": self.operator,
            "pack_sha256": self.sha256,
            "exchanges_under_other_editions": self.other_editions,
            "operations": operations.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
        })
    }
}

fn key(cell: &Cell) -> RuleKey {
    (cell.purpose.clone(), cell.direction == Direction::Reply, cell.category, cell.clause.clone())
}

fn document(coverages: &[Coverage], language: Language) -> Document {
    let say = |words: Text| words.in_language(language);
    let never = say(text("ешқашан", "никогда", "never"));
    let last = |count: &Count| count.last.map_or_else(|| never.to_owned(), |last| format!("{last:.0}"));
    let (purpose, operation) = (say(text("Мақсат", "Цель", "Purpose")), say(text("Операция", "Операция", "Operation")));
    let (times, when) = (say(text("Рет", "Раз", "Times")), say(text("Соңғы рет", "Последний раз", "Last")));
    let operator = say(text("Оператор", "Оператор", "Operator"));
    let mut rules = PrintedTable::new(
        say(text("Ережелер", "Правила", "Rules")),
        [
            operator,
            purpose,
            say(text("Бағыт", "Куда", "Way")),
            say(text("Санат", "Категория", "Category")),
            say(text("Тармақ", "Пункт", "Clause")),
            times,
            when,
        ],
    );
    let mut operations = PrintedTable::new(
        say(text("Операциялар", "Операции", "Operations")),
        [operator, purpose, operation, times, when],
    );
    let mut idle = PrintedTable::new(
        say(text("Алмасусыз мақсаттар", "Цели без обмена", "Purposes without exchange")),
        [operator, purpose],
    );
    let mut facts = Vec::new();
    for coverage in coverages {
        for ((purpose, back, category, clause), count) in &coverage.rules {
            let way = matrix::arrow(if *back { Direction::Reply } else { Direction::Request });
            let cells = [&coverage.operator, purpose, way, *category, clause, &count.times.to_string(), &last(count)];
            rules.rows.push(cells.map(str::to_owned).to_vec());
        }
        for ((operation, purpose), count) in &coverage.pairs {
            let cells = [&coverage.operator, purpose, operation, &count.times.to_string(), &last(count)];
            operations.rows.push(cells.map(Clone::clone).to_vec());
        }
        for purpose in coverage.plans.pack().purposes().iter().filter(|purpose| purpose.operations.is_empty()) {
            idle.rows.push(vec![coverage.operator.clone(), purpose.id.clone()]);
        }
        let used = coverage.rules.values().filter(|count| count.times > 0).count();
        let text = format!(
            "{used} / {} {}; {} {}",
            coverage.rules.len(),
            say(text("ереже қолданылған", "правил применено", "rules used")),
            say(text(
                "пакеттің басқа редакциясымен:",
                "обменов по другой редакции пакета:",
                "exchanges under other editions of the pack:"
            )),
            coverage.other_editions
        );
        facts.push((coverage.operator.clone(), text));
    }
    let title = say(text(
        "Журнал бойынша ережелердің қолданылуы",
        "Применение правил по журналу",
        "Rules in use, by the journal",
    ));
    Document { title: title.to_owned(), facts, tables: vec![rules, operations, idle] }
}

#[cfg(test)]
mod tests {
    use qaqpa_policy::Pack;
    use qaqpa_proto::Contract;

    use super::*;
    use crate::development::PACKS;

    const GET_SCHOOL: &str = "qaqpa.avtoshkola.v1.Training/GetSchool";

    fn coverage() -> Coverage {
        let (id, text) = PACKS[0];
        let pack = Pack::parse(text, id).unwrap();
        Coverage::of(Plans::compile(&Contract::embedded().unwrap(), &pack).unwrap())
    }

    fn intent(operator: &str, sha256: &str, txn: &str) -> String {
        let who = format!(r#"{{"caller":"c","operator":"{operator}"}}"#);
        let why = format!(r#"{{"purpose":"reporting","policy_sha256":"{sha256}"}}"#);
        let head = format!(r#""phase":"INTENT","txn":"{txn}","ts":"2026-11-20T06:00:00Z","method":"/{GET_SCHOOL}""#);
        let what = r#""system":"avtoshkola","subjects":{},"commitments":{"school_bin":"x","no.such.field":"y"}"#;
        format!(r#"{{{head},"who":{who},"why":{why},{what}}}"#)
    }

    fn times(coverage: &Coverage, back: bool, category: &str) -> (u64, Option<String>) {
        let rule = |key: &RuleKey| key.0 == "reporting" && key.1 == back && key.2 == category;
        let (_, count) = coverage.rules.iter().find(|(key, _)| rule(key)).unwrap();
        (count.times, count.last.map(|last| last.to_string()))
    }

    #[test]
    fn a_rule_counts_once_for_each_exchange_in_which_its_category_moved() {
        let mut coverages = [coverage()];
        let sha256 = coverages[0].sha256.clone();
        let moved = r#""result":"answered","commitments":{"school.bin":"x","school.kato":"y","head.request_id":"z"}"#;
        let outcome = format!(r#"{{"phase":"OUTCOME","txn":"a","ts":"2026-11-20T06:00:01Z",{moved}}}"#);
        let denied = r#"{"phase":"DENIED","ts":"2026-11-20T06:00:02Z","code":"tls.alert","count":3}"#;
        let mut open = Open::new();
        for line in [
            intent("avtomektep", &sha256, "a"),
            outcome.clone(),
            outcome, // its exchange is over
            intent("avtomektep", "of another edition", "b"),
            intent("somebody-else", &sha256, "c"),
            denied.to_owned(),
        ] {
            take(&Leaf::of(line.into_bytes()).unwrap(), &mut coverages, &mut open).unwrap();
        }
        let [coverage] = coverages;
        let at = |seconds: u8| Some(format!("2026-11-20T06:00:0{seconds}Z"));
        assert_eq!(times(&coverage, false, "organisation"), (2, at(0)));
        assert_eq!(times(&coverage, true, "organisation"), (1, at(1)), "two fields, one exchange");
        assert_eq!(times(&coverage, true, "technical"), (1, at(1)));
        assert_eq!(times(&coverage, false, "iin"), (0, None));
        assert_eq!(coverage.pairs[&(GET_SCHOOL.to_owned(), "reporting".to_owned())].times, 2);
        assert_eq!(coverage.other_editions, 1);
        assert_eq!(open.len(), 1, "one exchange has no outcome yet");
        let text = document(&[coverage], Language::Ru).text();
        assert!(text.contains("никогда") && text.contains("2026-11-20T06:00:01Z"), "{text}");
    }
}
