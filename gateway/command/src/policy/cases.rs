//! `qaqpa policy test`: runs the cases beside the packs and shows what differs, line by line.
//!
//! ```text
//! ✓ 12 of 13   avtomektep
//!   ✗ a phone number stays behind   deploy/policies/tests/avtomektep.yaml:14   clause 3(5)
//!       withheld     - student.phone
//!                    + student.email
//! ```

use qaqpa_papers::cases::Verdict;
use qaqpa_papers::printed::{Document, PrintedTable};
use serde_json::{Value, json};

use super::packs::{Any, Found};
use super::print::print;
use super::{Contracts, Finding, Form, How};
use crate::say;
use qaqpa_proto::Contract;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    packs: Any,
    #[command(flatten)]
    contracts: Contracts,
    #[command(flatten)]
    how: How,
}

/// The cases of one pack.
struct Run {
    operator: String,
    file: String,
    verdicts: Vec<Verdict>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Finding, String> {
    let contract = arguments.contracts.load()?;
    let runs: Vec<Run> = arguments.packs.find()?.iter().map(|found| one(&contract, found)).collect::<Result<_, _>>()?;
    match arguments.how.format {
        Form::Text => say(&text(&runs)),
        Form::Md | Form::Csv | Form::Json => {
            print(arguments.how, &document(&runs), || runs.iter().map(Run::json).collect())
        }
    }
    Ok(Finding::when(runs.iter().flat_map(|run| &run.verdicts).any(|verdict| !verdict.holds())))
}

fn one(contract: &Contract, found: &Found) -> Result<Run, String> {
    let pack = found.pack()?;
    let operator = pack.id().to_owned();
    let Some((file, cases)) = found.cases(contract, &pack)? else {
        return Ok(Run { operator, file: String::new(), verdicts: Vec::new() });
    };
    let verdicts = cases.run(contract, &pack).map_err(|problems| {
        problems.iter().map(|problem| format!("{}: {problem}", found.file)).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Run { operator, file, verdicts })
}

fn text(runs: &[Run]) -> String {
    let mut lines = Vec::new();
    for run in runs {
        let held = run.verdicts.iter().filter(|verdict| verdict.holds()).count();
        let mark = if held == run.verdicts.len() { '✓' } else { '✗' };
        lines.push(format!("{mark} {held:>3} of {:<3} {}", run.verdicts.len(), run.operator));
        for verdict in run.verdicts.iter().filter(|verdict| !verdict.holds()) {
            lines.push(String::new());
            lines.push(format!("  ✗ {}", verdict.name));
            lines.push(format!("    {}:{}   clause {}", run.file, verdict.line, verdict.clauses.join(", ")));
            lines.push(format!("    {} for {}", verdict.operation, verdict.purpose));
            let mut before = "";
            for row in &verdict.differences {
                let key = if row.key == before { "" } else { row.key };
                lines.push(format!("      {key:<12} {} {}", row.sign, row.text));
                before = row.key;
            }
        }
    }
    lines.join("\n")
}

fn document(runs: &[Run]) -> Document {
    let mut table = PrintedTable::new("", ["Operator", "Case", "Clauses", "Operation", "Purpose", "Result"]);
    for run in runs {
        table.rows.extend(run.verdicts.iter().map(|verdict| {
            let differences: Vec<String> =
                verdict.differences.iter().map(|row| format!("{} {} {}", row.key, row.sign, row.text)).collect();
            let result = if verdict.holds() { "holds".to_owned() } else { differences.join("\n") };
            vec![
                run.operator.clone(),
                verdict.name.clone(),
                verdict.clauses.join(", "),
                verdict.operation.clone(),
                verdict.purpose.clone(),
                result,
            ]
        }));
    }
    Document { title: "Policy cases".to_owned(), facts: Vec::new(), tables: vec![table] }
}

impl Run {
    fn json(&self) -> Value {
        let cases = self.verdicts.iter().map(|verdict| {
            let differences = verdict
                .differences
                .iter()
                .map(|row| json!({ "key": row.key, "sign": row.sign.to_string(), "text": row.text }));
            json!({
                "name": verdict.name,
                "line": verdict.line,
                "clauses": verdict.clauses,
                "operation": verdict.operation,
                "purpose": verdict.purpose,
                "holds": verdict.holds(),
                "differences": differences.collect::<Vec<_>>(),
            })
        });
        json!({ "operator": self.operator, "file": self.file, "cases": cases.collect::<Vec<_>>() })
    }
}
