//! Two editions of a pack, compared by what they let move: field by field for every operation, then rule by rule.
//!
//! Refuses to call a change harmless that it cannot compare: two transforms of which neither is coarser count as wider.
//! Texts, readings and the order of rules are no changes.
//!
//! ```text
//! wider     state-exchange → avtoshkola   phone               clause 3(5)   newly given: student.phone
//! narrower  reporting                     consent             clause 9      now needed
//! ```

mod coarser;
mod terms;

use std::collections::BTreeMap;

use qaqpa_policy::pack::Pack;
use qaqpa_policy::plan::{Direction, Plan, Plans};
use qaqpa_policy::transform::Transform;
use qaqpa_proto::Contract;
use qaqpa_proto::language::{Language, Text, text};

use crate::matrix::{self, Cell};
use crate::printed::{Document, PrintedTable};
use coarser::Order;

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// More data, to more people, for longer, or with fewer conditions.
    Wider,
    /// Less.
    Narrower,
    /// Neither, yet worth knowing.
    Other,
}

impl Way {
    /// For people.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Wider => text("кеңейеді", "шире", "wider").in_language(language),
            Self::Narrower => text("тарылады", "уже", "narrower").in_language(language),
            Self::Other => text("өзгереді", "иначе", "changed").in_language(language),
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which way it goes.
    pub way: Way,
    /// Stable code.
    pub code: &'static str,
    /// Purpose id; empty when it concerns all.
    pub purpose: String,
    /// `→ system` or `← system`; empty when it concerns no data.
    pub flow: String,
    /// Category, or the part of the pack.
    pub what: String,
    /// Clause of the newer pack, or of the older where the newer has none.
    pub clause: String,
    /// What was, what is, and where.
    pub detail: String,
}

/// Everything that differs, widest first.
#[must_use]
pub fn compare(contract: &Contract, old: &Plans, new: &Plans, language: Language) -> Vec<Change> {
    let mut changes = fields(contract, old, new, language);
    changes.extend(terms::compare(old.pack(), new.pack(), language));
    changes.sort_by_key(|change| change.way);
    changes
}

/// For people.
#[must_use]
pub fn document(old: &Pack, new: &Pack, changes: &[Change], language: Language) -> Document {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        "",
        [
            text("Қалай", "Как", "Way"),
            text("Мақсат", "Цель", "Purpose"),
            text("Кімге", "Кому", "To whom"),
            text("Не", "Что", "What"),
            text("Тармақ", "Пункт", "Clause"),
            text("Өзгеріс", "Изменение", "Change"),
        ]
        .map(say),
    );
    table.rows = changes
        .iter()
        .map(|change| {
            let way = change.way.name(language).to_owned();
            [&way, &change.purpose, &change.flow, &change.what, &change.clause, &change.detail]
                .map(Clone::clone)
                .to_vec()
        })
        .collect();
    let count = |way| changes.iter().filter(|change| change.way == way).count().to_string();
    let facts = [
        (say(text("Бұрынғы", "Было", "Old")).to_owned(), format!("{} ({})", old.edition(), old.sha256())),
        (say(text("Жаңа", "Стало", "New")).to_owned(), format!("{} ({})", new.edition(), new.sha256())),
        (Way::Wider.name(language).to_owned(), count(Way::Wider)),
        (Way::Narrower.name(language).to_owned(), count(Way::Narrower)),
    ];
    let title = format!(
        "{} {}",
        say(text("Не өзгереді:", "Что меняется:", "What changes:")),
        new.operator().name.in_language(language)
    );
    Document { title, facts: facts.to_vec(), tables: vec![table] }
}

/// What one field was and is.
struct Moved<'c> {
    old: Option<&'c Cell>,
    new: Option<&'c Cell>,
}

/// Changes of one kind, of one category, for one purpose and system, are one row with all its fields.
type Groups = BTreeMap<(Way, &'static str, String, String, String, String, String), Vec<String>>;

fn fields(contract: &Contract, old: &Plans, new: &Plans, language: Language) -> Vec<Change> {
    let mut groups = Groups::new();
    for operation in contract.operations() {
        let path = operation.path.as_str();
        for purpose in purposes(old.pack(), new.pack()) {
            let of = |plans: &Plans| {
                plans
                    .pack()
                    .purpose(purpose)
                    .map(|purpose| matrix::cells(plans, path, purpose, language))
                    .unwrap_or_default()
            };
            let (before, after) = (of(old), of(new));
            for direction in [Direction::Request, Direction::Reply] {
                let flow = format!("{} {}", matrix::arrow(direction), operation.system.id);
                let transforms = (old.plan(path, purpose, direction), new.plan(path, purpose, direction));
                for moved in pairs(&before, &after, direction) {
                    moved.judge(transforms, &flow, language, &mut groups);
                }
            }
        }
    }
    groups
        .into_iter()
        .map(|((way, code, purpose, flow, what, clause, text), mut paths)| {
            paths.sort_unstable();
            paths.dedup();
            Change { way, code, purpose, flow, what, clause, detail: format!("{text}: {}", paths.join(", ")) }
        })
        .collect()
}

/// Ids of both packs, each once.
fn purposes<'p>(old: &'p Pack, new: &'p Pack) -> Vec<&'p str> {
    let mut ids: Vec<&str> = new.purposes().iter().chain(old.purposes()).map(|purpose| purpose.id.as_str()).collect();
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    ids
}

fn pairs<'c>(before: &'c [Cell], after: &'c [Cell], direction: Direction) -> Vec<Moved<'c>> {
    let of = |cells: &'c [Cell], path: &str| {
        cells.iter().find(|cell| cell.direction == direction && cell.path == path && cell.moves)
    };
    let mut paths: Vec<&str> = after
        .iter()
        .chain(before)
        .filter(|cell| cell.direction == direction && cell.moves)
        .map(|cell| cell.path.as_str())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(*path));
    paths.into_iter().map(|path| Moved { old: of(before, path), new: of(after, path) }).collect()
}

impl Moved<'_> {
    fn judge(
        &self,
        plans: (Option<&std::sync::Arc<Plan>>, Option<&std::sync::Arc<Plan>>),
        flow: &str,
        language: Language,
        groups: &mut Groups,
    ) {
        let Some(cell) = self.new.or(self.old) else { return };
        let (way, code, text) = match (self.old, self.new) {
            (None, Some(new)) => (Way::Wider, "field.new", newly(new, language)),
            (Some(_), None) => {
                let gone = text("енді берілмейді", "больше не передаётся", "no longer moves").in_language(language);
                (Way::Narrower, "field.gone", gone.to_owned())
            }
            (Some(old), Some(new)) => {
                let of = |plan: Option<&std::sync::Arc<Plan>>| plan.and_then(|plan| transform(plan, &cell.path));
                let (way, code) = match coarser::order(&of(plans.0), &of(plans.1)) {
                    Order::Same => return,
                    Order::Finer => (Way::Wider, "field.finer"),
                    Order::Coarser => (Way::Narrower, "field.coarser"),
                    Order::Unlike => (Way::Wider, "field.unlike"),
                };
                (way, code, format!("{} ⇒ {}", old.transform, new.transform))
            }
            (None, None) => return,
        };
        let key =
            (way, code, cell.purpose.clone(), flow.to_owned(), cell.category.to_owned(), cell.clause.clone(), text);
        groups.entry(key).or_default().push(cell.path.clone());
    }
}

fn newly(cell: &Cell, language: Language) -> String {
    let words = match cell.direction {
        Direction::Request => text("жаңадан беріледі", "передаётся впервые", "newly given"),
        Direction::Reply => text("жаңадан алынады", "получается впервые", "newly received"),
    };
    match cell.transform.as_str() {
        "keep" => words.in_language(language).to_owned(),
        transform => format!("{} ({transform})", words.in_language(language)),
    }
}

/// The transform of a field that moves; `keep` when it has none.
fn transform(plan: &Plan, path: &str) -> Option<Transform> {
    let field = plan.fields().find(|field| field.path == path)?;
    Some(field.transform.cloned().unwrap_or(Transform::Keep))
}
