//! What a pack does to each field, in words: for `qaqpa policy explain`, and line by line for the reviewed files in
//! `tests/golden`.
//!
//! Decides nothing, and knows no value: paths, categories, clauses and reasons only.
//!
//! ```text
//! /qaqpa.avtoshkola.v1.Training/SyncStudents: state-exchange
//! Field               Category    Out    Back  Transform  Clause  Note
//! student.iin         iin         moves                   3       also gives away: birth_date, sex
//! student.birth_date  birth_date  moves        year       3
//! student.phone       phone       stays                   3(5)    A phone number is collected ...
//! ```

mod lines;

use qaqpa_policy::category;
use qaqpa_policy::pack::{ConsentRule, Purpose};
use qaqpa_policy::plan::{Direction, FieldFate, PlannedField, Plans};
use qaqpa_policy::transform::Transform;
use qaqpa_proto::language::{Language, Text, text};

use crate::printed::{Document, PrintedTable};

pub use lines::table;

/// What a reader wants to see; everything where nothing is named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'f> {
    /// `/package.Service/Method`, with or without the first `/`; or the method alone.
    pub operation: Option<&'f str>,
    /// Purpose id.
    pub purpose: Option<&'f str>,
}

impl Filter<'_> {
    fn takes_operation(self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        self.operation.is_none_or(|wanted| {
            let wanted = wanted.trim_start_matches('/');
            wanted == path || path.rsplit_once('/').is_some_and(|(_, method)| method == wanted)
        })
    }

    fn takes_purpose(self, purpose: &Purpose) -> bool {
        self.purpose.is_none_or(|wanted| wanted == purpose.id)
    }
}

/// A table for every operation and purpose that the filter takes, and one of the purposes themselves.
#[must_use]
pub fn document(plans: &Plans, filter: Filter<'_>, language: Language) -> Document {
    let pack = plans.pack();
    let purposes = || pack.purposes().iter().map(AsRef::as_ref).filter(|purpose| filter.takes_purpose(purpose));
    let mut tables: Vec<PrintedTable> = Vec::new();
    for operation in plans.operations().filter(|operation| filter.takes_operation(operation)) {
        tables.extend(purposes().filter_map(|purpose| fields(plans, operation, purpose, language)));
    }
    tables.push(conditions(plans, purposes(), language));
    let say = |words: Text| words.in_language(language);
    Document {
        title: pack.operator().name.in_language(language).to_owned(),
        facts: vec![
            (say(text("Саясат", "Политика", "Policy")).to_owned(), pack.source().title.clone()),
            (say(text("Редакциясы", "Редакция", "Edition")).to_owned(), pack.edition().to_owned()),
            (say(text("Пакет", "Пакет", "Pack")).to_owned(), format!("{} {}", pack.id(), pack.sha256())),
        ],
        tables,
    }
}

/// The fields of one operation for one purpose, requests first.
fn fields(plans: &Plans, operation: &str, purpose: &Purpose, language: Language) -> Option<PrintedTable> {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        format!("{operation}: {}", purpose.id),
        [
            text("Өріс", "Поле", "Field"),
            text("Санат", "Категория", "Category"),
            text("Барарда", "Туда", "Out"),
            text("Қайтарда", "Обратно", "Back"),
            text("Түрлендіру", "Преобразование", "Transform"),
            text("Тармақ", "Пункт", "Clause"),
            text("Ескерту", "Примечание", "Note"),
        ]
        .map(say),
    );
    if let Some(reason) = plans.not_offered(operation, &purpose.id) {
        let stays = say(text("берілмейді", "не передаётся", "stays")).to_owned();
        let note = say(text(
            "Мақсат қолжетімсіз: мемлекеттік жүйе саясат бермейтін деректі талап етеді",
            "Цель недоступна: государственная система требует то, что политика не передаёт",
            "Not offered: the state system demands what the policy withholds",
        ));
        let cells = [reason.path.as_str(), reason.category, &stays, "", "", "", note];
        table.rows.push(cells.map(str::to_owned).to_vec());
        return Some(table);
    }
    let plan = |direction| plans.plan(operation, &purpose.id, direction);
    for plan in [plan(Direction::Request)?, plan(Direction::Reply)?] {
        table.rows.extend(plan.fields().filter_map(|field| row(&field, plan.direction(), language)));
    }
    Some(table)
}

fn row(field: &PlannedField<'_>, direction: Direction, language: Language) -> Option<Vec<String>> {
    let fate = match field.fate {
        FieldFate::Released => text("беріледі", "передаётся", "moves").in_language(language),
        FieldFate::Withheld => text("берілмейді", "не передаётся", "stays").in_language(language),
        FieldFate::Control | FieldFate::Structure => return None,
    };
    let (out, back) = match direction {
        Direction::Request => (fate, ""),
        Direction::Reply => ("", fate),
    };
    let transform = field.transform.map(ToString::to_string).unwrap_or_default();
    let note = note(field, language);
    let cells = [field.path, field.category, out, back, &transform, field.clause, &note];
    Some(cells.map(str::to_owned).to_vec())
}

/// Why it stays, or what it gives away besides itself. Of the transforms only a prefix still does: an IIN begins with
/// the birth date and ends in a number that says nothing.
fn note(field: &PlannedField<'_>, language: Language) -> String {
    match (field.fate, field.derives, field.transform) {
        (FieldFate::Withheld, _, _) => field.why.reason.in_language(language).to_owned(),
        (_, [], _) => String::new(),
        (_, derives, None | Some(Transform::Prefix(_))) => {
            let names: Vec<&str> = derives.iter().copied().map(category::name).collect();
            let also = text("бұдан да білінеді", "выдаёт также", "also gives away").in_language(language);
            format!("{also}: {}", names.join(", "))
        }
        (_, _, Some(_)) => String::new(),
    }
}

/// What has to be so before anything moves: each purpose's consent, prohibition and incompatible purposes.
fn conditions<'p>(plans: &Plans, purposes: impl Iterator<Item = &'p Purpose>, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text("Мақсаттар", "Цели", "Purposes")),
        [
            text("Мақсат", "Цель", "Purpose"),
            text("Атауы", "Название", "Title"),
            text("Тармақ", "Пункт", "Clause"),
            text("Негізі", "Основание", "Basis"),
            text("Шарттар", "Условия", "Conditions"),
        ]
        .map(say),
    );
    table.rows = purposes
        .map(|purpose| {
            let title = purpose.title.in_language(language);
            let conditions = conditions_of(plans, purpose, language).join("; ");
            [&purpose.id, title, &purpose.clause, &purpose.legal_basis, &conditions].map(ToString::to_string).to_vec()
        })
        .collect();
    table
}

fn conditions_of(plans: &Plans, purpose: &Purpose, language: Language) -> Vec<String> {
    let say = |words: Text| words.in_language(language);
    let prohibited = purpose.prohibited.as_ref().map(|reason| {
        format!("{}: {}", say(text("тыйым салынған", "запрещена", "prohibited")), reason.in_language(language))
    });
    let idle = (prohibited.is_none() && purpose.operations.is_empty())
        .then(|| say(text("мемлекеттік жүйесіз", "без государственных систем", "uses no state system")).to_owned());
    let special = plans.pack().specials().iter().find(|special| special.purpose == purpose.id).map(|special| {
        let names: Vec<&str> = special.categories.iter().copied().map(category::name).collect();
        format!(
            "{}: {}",
            say(text("тек осы мақсатпен", "только для этой цели", "for this purpose only")),
            names.join(", ")
        )
    });
    let strict = (!purpose.strict.is_empty()).then(|| {
        let patterns: Vec<&str> = purpose.strict.iter().map(|pattern| pattern.text.as_str()).collect();
        format!(
            "{}: {}",
            say(text("артығы қабылданбайды", "лишнее отвергается", "refuses more than it needs")),
            patterns.join(", ")
        )
    });
    let others = purpose.incompatible.iter().map(|other| {
        let days = say(text("тәулік", "дней", "days"));
        let apart = say(text("үйлеспейді", "несовместима с", "incompatible with"));
        format!("{apart} `{}`, {} {days}{}", other.purpose, other.window_days, clause(&other.clause, language))
    });
    let consent = purpose.consent.as_ref().map(|rule| consent(rule, language));
    prohibited.into_iter().chain(idle).chain(consent).chain(special).chain(strict).chain(others).collect()
}

fn consent(rule: &ConsentRule, language: Language) -> String {
    let say = |words: Text| words.in_language(language);
    let kind = if rule.separate {
        say(text("жеке келісім", "отдельное согласие", "separate consent"))
    } else {
        say(text("келісім", "согласие", "consent"))
    };
    let forms: Vec<&str> = rule.forms.iter().map(|form| form.name()).collect();
    let days =
        rule.max_days.map(|days| format!(", {days} {}", say(text("тәулік", "дней", "days")))).unwrap_or_default();
    format!("{kind} ({}{days}){}", forms.join(", "), clause(&rule.clause, language))
}

fn clause(number: &str, language: Language) -> String {
    match number {
        "" => String::new(),
        number => format!(" [{} {number}]", text("тармақ", "пункт", "clause").in_language(language)),
    }
}
