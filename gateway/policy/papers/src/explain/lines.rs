//! The whole matrix of a pack, one line per field at fixed columns: a change of the pack changes the lines it moves and
//! no others, so that a reviewer sees it in the diff.
//!
//! ```text
//! ## /qaqpa.avtoshkola.v1.Training/SyncStudents for `state-exchange`
//!   request  moves       student.iin    iin    clause 3    also gives away: birth_date, sex
//!   request  year        student.born   ...
//!   request  stays       student.phone  phone  clause 3(5) A phone number is collected ...
//! ```

use std::fmt::{self, Write};

use qaqpa_policy::pack::Purpose;
use qaqpa_policy::plan::{Direction, FieldFate, Plan, PlannedField, Plans};
use qaqpa_proto::language::Language;

use super::{conditions_of, note};

/// Every operation and purpose of a pack, reasons in `language`.
#[must_use]
pub fn table(plans: &Plans, language: Language) -> String {
    let mut out = String::new();
    let pack = plans.pack();
    let _infallible = writeln!(out, "# {} ({})", pack.operator().name.in_language(language), pack.edition());
    for operation in plans.operations() {
        for purpose in pack.purposes() {
            let _infallible = section(&mut out, plans, operation, purpose, language);
        }
    }
    let _infallible = writeln!(out, "\n## Purposes");
    for purpose in pack.purposes() {
        let conditions = conditions_of(plans, purpose, language).join("; ");
        let clause = clause(&purpose.clause);
        let row = format!("  {:<28}  {:<28}  clause {clause:<24}  {conditions}", purpose.id, purpose.legal_basis);
        let _infallible = writeln!(out, "{}", row.trim_end());
    }
    out
}

fn section(out: &mut String, plans: &Plans, operation: &str, purpose: &Purpose, language: Language) -> fmt::Result {
    if let Some(reason) = plans.not_offered(operation, &purpose.id) {
        return writeln!(out, "\n## {operation} for `{}`\n  not offered: {reason}", purpose.id);
    }
    let plan = |direction| plans.plan(operation, &purpose.id, direction);
    let (Some(request), Some(reply)) = (plan(Direction::Request), plan(Direction::Reply)) else { return Ok(()) };
    writeln!(out, "\n## {operation} for `{}`", purpose.id)?;
    rows(out, "request", request, language)?;
    rows(out, "reply", reply, language)
}

fn rows(out: &mut String, direction: &str, plan: &Plan, language: Language) -> fmt::Result {
    plan.fields().try_for_each(|field| {
        let verdict = match (field.fate, field.transform) {
            (FieldFate::Released, None) => "moves".to_owned(),
            (FieldFate::Released, Some(transform)) => transform.to_string(),
            (FieldFate::Withheld, _) => "stays".to_owned(),
            (FieldFate::Control | FieldFate::Structure, _) => return Ok(()),
        };
        let PlannedField { path, category, .. } = field;
        let (clause, note) = (clause(field.clause), note(&field, language));
        let row = format!("  {direction:<7}  {verdict:<11}  {path:<52}  {category:<17}  clause {clause:<12}  {note}");
        writeln!(out, "{}", row.trim_end())
    })
}

fn clause(number: &str) -> &str {
    if number.is_empty() { "-" } else { number }
}
