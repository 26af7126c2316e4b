//! The matrix of a pack as text: what moves, what stays, by which clause. For reviewers and `qaqpa policy explain`.
//!
//! ```text
//! ## /qaqpa.avtoshkola.v1.Training/SyncStudents for `state-exchange`
//!   request  moves  student.iin    iin    clause 3    also gives away: birth_date, sex
//!   request  stays  student.phone  phone  clause 3    A phone number is collected ...
//! ```

use std::fmt::{self, Write};

use crate::category;
use crate::pack::Purpose;
use crate::plan::{Direction, FieldFate, Plan, PlannedField, Plans};

/// Every operation and purpose of a pack, reasons in `language`.
#[must_use]
pub fn table(plans: &Plans, language: &str) -> String {
    let mut out = String::new();
    let pack = plans.pack();
    let _infallible = writeln!(out, "# {} ({})", pack.operator().name.in_language(language), pack.edition());
    for operation in plans.operations() {
        for purpose in pack.purposes() {
            let _infallible = section(&mut out, plans, operation, purpose, language);
        }
    }
    for purpose in pack.purposes().iter().filter(|purpose| purpose.operations.is_empty()) {
        let title = purpose.title.in_language(language);
        let _infallible = writeln!(out, "\n## `{}` has no operation: {title}", purpose.id);
    }
    out
}

fn section(out: &mut String, plans: &Plans, operation: &str, purpose: &Purpose, language: &str) -> fmt::Result {
    if let Some(reason) = plans.not_offered(operation, &purpose.id) {
        return writeln!(out, "\n## {operation} for `{}`\n  not offered: {reason}", purpose.id);
    }
    let plan = |direction| plans.plan(operation, &purpose.id, direction);
    let (Some(request), Some(reply)) = (plan(Direction::Request), plan(Direction::Reply)) else { return Ok(()) };
    writeln!(out, "\n## {operation} for `{}`", purpose.id)?;
    rows(out, "request", request, language)?;
    rows(out, "reply", reply, language)
}

fn rows(out: &mut String, direction: &str, plan: &Plan, language: &str) -> fmt::Result {
    plan.fields().try_for_each(|field| {
        let verdict = match field.fate {
            FieldFate::Released => "moves",
            FieldFate::Withheld => "stays",
            FieldFate::Control | FieldFate::Structure => return Ok(()),
        };
        let clause = if field.clause.is_empty() { "-" } else { field.clause };
        let PlannedField { path, category, .. } = field;
        let note = note(&field, language);
        let row = format!("  {direction:<7}  {verdict}  {path:<32}  {category:<17}  clause {clause:<7}  {note}");
        writeln!(out, "{}", row.trim_end())
    })
}

/// Why it stays, or what it gives away besides itself.
fn note(field: &PlannedField<'_>, language: &str) -> String {
    match (field.fate, field.derives) {
        (FieldFate::Withheld, _) => field.why.reason.in_language(language).to_owned(),
        (_, []) => String::new(),
        (_, derives) => {
            let names: Vec<&str> = derives.iter().copied().map(category::name).collect();
            format!("also gives away: {}", names.join(", "))
        }
    }
}
