//! The matrix of a pack: every field of every operation against every purpose that uses it. What a reviewer reads in
//! the diff of a pack, and what the golden files hold.
//!
//! ```text
//! /qaqpa.avtoshkola.v1.Training/SyncStudents
//! Way  Field               Category    state-exchange  reporting
//! →    student.iin         iin         3               ·
//! →    student.birth_date  birth_date  year · 3        ·
//! →    student.phone       phone       ✗ 3(5)          ·
//! ```
//!
//! A cell is the clause by which a field moves, its transform before it; `✗` is what stays behind.

use qaqpa_policy::pack::Purpose;
use qaqpa_policy::plan::{Direction, FieldFate, Plan, PlannedField, Plans};
use qaqpa_proto::language::{Language, Text, text};

use crate::printed::{Document, PrintedTable};
use crate::words;

/// One field of one operation for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Operation, without leading slash.
    pub operation: String,
    /// Purpose id.
    pub purpose: String,
    /// To the state system or back.
    pub direction: Direction,
    /// Field names from the root.
    pub path: String,
    /// Lower-case category.
    pub category: &'static str,
    /// Whether it moves.
    pub moves: bool,
    /// Transform as packs write it; `keep` when it moves as it is, `drop` when it stays.
    pub transform: String,
    /// Clause of the policy; empty where none speaks.
    pub clause: String,
    /// Why it stays; empty when it moves.
    pub reason: String,
    /// What else a value that moves gives away: lower-case categories.
    pub derives: Vec<&'static str>,
}

/// All fields of one operation and purpose, requests first. Empty when the purpose is not offered there.
#[must_use]
pub fn cells(plans: &Plans, operation: &str, purpose: &Purpose, language: Language) -> Vec<Cell> {
    let plan = |direction| plans.plan(operation, &purpose.id, direction);
    let both = [Direction::Request, Direction::Reply].into_iter().filter_map(plan);
    both.flat_map(|plan| of_plan(plan, operation, purpose, language)).collect()
}

fn of_plan(plan: &Plan, operation: &str, purpose: &Purpose, language: Language) -> Vec<Cell> {
    plan.fields().filter_map(|field| cell(plan, &field, operation, purpose, language)).collect()
}

fn cell(plan: &Plan, field: &PlannedField<'_>, operation: &str, purpose: &Purpose, language: Language) -> Option<Cell> {
    let moves = match field.fate {
        FieldFate::Released => true,
        FieldFate::Withheld => false,
        FieldFate::Control | FieldFate::Structure => return None,
    };
    Some(Cell {
        operation: operation.trim_start_matches('/').to_owned(),
        purpose: purpose.id.clone(),
        direction: plan.direction(),
        path: field.path.to_owned(),
        category: field.category,
        moves,
        transform: match (moves, field.transform) {
            (false, _) => "drop".to_owned(),
            (true, None) => "keep".to_owned(),
            (true, Some(transform)) => transform.to_string(),
        },
        clause: field.clause.to_owned(),
        reason: if moves { String::new() } else { field.why.reason.in_language(language).to_owned() },
        derives: field.derives.iter().copied().filter(|_| moves).map(qaqpa_policy::category::name).collect(),
    })
}

/// Every cell of a pack, operation by operation: one line each in CSV and JSON.
#[must_use]
pub fn all(plans: &Plans, language: Language) -> Vec<Cell> {
    let operations: Vec<&str> = plans.operations().collect();
    let pairs =
        operations.iter().flat_map(|operation| plans.pack().purposes().iter().map(move |purpose| (operation, purpose)));
    pairs.flat_map(|(operation, purpose)| cells(plans, operation, purpose, language)).collect()
}

/// The cells one below the other.
#[must_use]
pub fn list(cells: &[Cell], language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        "",
        [
            text("Операция", "Операция", "Operation"),
            text("Мақсат", "Цель", "Purpose"),
            text("Бағыт", "Направление", "Way"),
            text("Өріс", "Поле", "Field"),
            text("Санат", "Категория", "Category"),
            text("Тағдыры", "Судьба", "Fate"),
            text("Тармақ", "Пункт", "Clause"),
            text("Ескерту", "Примечание", "Note"),
        ]
        .map(say),
    );
    table.rows = cells.iter().map(|cell| cell.row(language)).collect();
    table
}

impl Cell {
    fn row(&self, language: Language) -> Vec<String> {
        vec![
            self.operation.clone(),
            self.purpose.clone(),
            arrow(self.direction).to_owned(),
            self.path.clone(),
            self.category.to_owned(),
            self.transform.clone(),
            self.clause.clone(),
            self.note(language),
        ]
    }

    /// Why it stays, or what it gives away besides itself.
    #[must_use]
    pub fn note(&self, language: Language) -> String {
        match self.derives.as_slice() {
            [] => self.reason.clone(),
            derives => {
                let label = text("бұдан да білінеді:", "выдаёт также:", "also gives away:").in_language(language);
                format!("{label} {}", derives.join(", "))
            }
        }
    }

    fn short(&self) -> String {
        let clause = if self.clause.is_empty() { "—" } else { &self.clause };
        match (self.moves, self.transform.as_str()) {
            (false, _) => format!("✗ {clause}"),
            (true, "keep") => clause.to_owned(),
            (true, transform) => format!("{transform} · {clause}"),
        }
    }
}

/// `→` to the state system, `←` back to the caller.
#[must_use]
pub fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "→",
        Direction::Reply => "←",
    }
}

/// The matrix for people: a table for each operation, a column for each purpose that uses it.
#[must_use]
pub fn document(plans: &Plans, language: Language) -> Document {
    let pack = plans.pack();
    let say = |words: Text| words.in_language(language);
    let mut tables: Vec<PrintedTable> =
        plans.operations().map(|operation| of_operation(plans, operation, language)).collect();
    tables.push(without_exchange(plans, language));
    Document {
        title: format!(
            "{} {}",
            say(text("Матрица:", "Матрица:", "Matrix:")),
            pack.operator().name.in_language(language)
        ),
        facts: vec![
            (say(text("Саясат", "Политика", "Policy")).to_owned(), pack.source().title.clone()),
            (say(text("Редакциясы", "Редакция", "Edition")).to_owned(), pack.edition().to_owned()),
            (
                say(text("Ұяшық", "Ячейка", "Cell")).to_owned(),
                say(text(
                    "дерек берілетін тармақ, алдында түрлендіруі; ✗ берілмейді",
                    "пункт, по которому поле передаётся, перед ним преобразование; ✗ не передаётся",
                    "the clause by which a field moves, its transform before it; ✗ stays behind",
                ))
                .to_owned(),
            ),
        ],
        tables,
    }
}

fn of_operation(plans: &Plans, operation: &str, language: Language) -> PrintedTable {
    let pack = plans.pack();
    let purposes: Vec<&Purpose> =
        pack.purposes().iter().map(AsRef::as_ref).filter(|purpose: &&Purpose| purpose.uses(operation)).collect();
    let columns: Vec<Vec<Cell>> = purposes.iter().map(|purpose| cells(plans, operation, purpose, language)).collect();
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        operation,
        [text("Бағыт", "Куда", "Way"), text("Өріс", "Поле", "Field"), text("Санат", "Категория", "Category")].map(say),
    );
    table.columns.extend(purposes.iter().map(|purpose| purpose.id.clone()));
    for row in rows(&columns) {
        let mut cells = vec![arrow(row.direction).to_owned(), row.path.clone(), row.category.to_owned()];
        cells.extend(columns.iter().map(|column| {
            let found = column.iter().find(|cell| cell.direction == row.direction && cell.path == row.path);
            found.map_or_else(|| "·".to_owned(), Cell::short)
        }));
        table.rows.push(cells);
    }
    for (at, purpose) in purposes.iter().enumerate() {
        let Some(reason) = plans.not_offered(operation, &purpose.id) else { continue };
        let mut cells = vec![String::new(); purposes.len() + 3];
        let shown = format!("✗ {}: {reason}", say(text("ұсынылмайды", "не предоставляется", "not offered")));
        if let Some(cell) = cells.get_mut(at + 3) {
            *cell = shown;
        }
        table.rows.push(cells);
    }
    table
}

/// Every field that some column has, in the contract's order.
fn rows(columns: &[Vec<Cell>]) -> Vec<&Cell> {
    let mut rows: Vec<&Cell> = Vec::new();
    for column in columns {
        let mut at = 0;
        for cell in column {
            match rows.iter().position(|row| row.direction == cell.direction && row.path == cell.path) {
                Some(found) => at = found + 1,
                None => {
                    rows.insert(at.min(rows.len()), cell);
                    at += 1;
                }
            }
        }
    }
    rows
}

fn without_exchange(plans: &Plans, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text("Алмасусыз мақсаттар", "Цели без обмена", "Purposes without exchange")),
        [
            text("Мақсат", "Цель", "Purpose"),
            text("Атауы", "Название", "Title"),
            text("Негізі", "Основание", "Basis"),
            text("Тармақ", "Пункт", "Clause"),
        ]
        .map(say),
    );
    let idle = plans.pack().purposes().iter().filter(|purpose| purpose.operations.is_empty());
    table.rows = idle
        .map(|purpose| {
            let basis = match &purpose.prohibited {
                Some(why) => {
                    format!("{}: {}", say(text("тыйым салынған", "запрещена", "prohibited")), why.in_language(language))
                }
                None => words::legal_basis(&purpose.legal_basis, language).to_owned(),
            };
            vec![purpose.id.clone(), purpose.title.in_language(language).to_owned(), basis, purpose.clause.clone()]
        })
        .collect();
    table
}
