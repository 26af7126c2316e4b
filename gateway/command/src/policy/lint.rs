//! `qaqpa policy lint`: findings in packs, worst first. Exit code 1 when there is an error, or a warning with `--strict`.

use qaqpa_papers::lint::{self, Finding as Found, Severity};
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_proto::language::{Language, Text, text};
use serde_json::{Value, json};

use super::packs::Any;
use super::print::print;
use super::{Contracts, Finding, Form, How};
use qaqpa_proto::{Contract, NoContract};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    packs: Any,
    #[command(flatten)]
    contracts: Contracts,
    #[command(flatten)]
    how: How,
    /// Warnings count too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Finding, String> {
    let mut findings: Vec<Found> = Vec::new();
    match contract(&arguments.contracts) {
        Ok(contract) => {
            for found in arguments.packs.find()? {
                findings.extend(lint::text(&contract, &found.text, &found.file));
            }
        }
        Err(no) => findings.extend(no.0.iter().map(|error| lint::of_contract(error, "contracts"))),
    }
    print(arguments.how, &document(&findings, arguments.how), || findings.iter().map(json_of).collect());
    let worst = if arguments.strict { Severity::Warning } else { Severity::Error };
    Ok(Finding::when(findings.iter().any(|finding| finding.severity <= worst)))
}

/// The contract, or why it does not load: a field without category first of all.
fn contract(from: &Contracts) -> Result<Contract, NoContract> {
    qaqpa_proto::with_added(&from.contracts).map(|(_, contract)| contract)
}

/// A table for each file; one for all in CSV.
fn document(findings: &[Found], how: How) -> Document {
    let say = |words: Text| words.in_language(how.language);
    let tables = match how.format {
        Form::Csv => vec![list(findings)],
        Form::Text | Form::Md | Form::Json => {
            let mut files: Vec<&str> = findings.iter().map(|finding| finding.file.as_str()).collect();
            files.dedup();
            files.into_iter().map(|file| of_file(findings, file, how.language)).collect()
        }
    };
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let title = format!(
        "{} {}, {} {}, {} {}",
        say(text("Қателер:", "Ошибок:", "Errors:")),
        count(Severity::Error),
        say(text("ескертулер:", "предупреждений:", "warnings:")),
        count(Severity::Warning),
        say(text("белгілер:", "заметок:", "notes:")),
        count(Severity::Note)
    );
    Document { title, facts: Vec::new(), tables }
}

fn of_file(findings: &[Found], file: &str, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let columns = [
        text("Жол", "Строка", "Line"),
        text("Дәрежесі", "Степень", "Severity"),
        text("Коды", "Код", "Code"),
        text("Не табылды", "Что найдено", "Finding"),
    ]
    .map(say);
    let mut table = PrintedTable::new(file, columns);
    for finding in findings.iter().filter(|finding| finding.file == file) {
        let told = match finding.suggestion.as_str() {
            "" => finding.message.clone(),
            suggestion => format!("{}\n→ {suggestion}", finding.message),
        };
        let line = finding.place.line.to_string();
        table.rows.push(vec![line, finding.severity.name().to_owned(), finding.code.to_owned(), told]);
    }
    table
}

fn list(findings: &[Found]) -> PrintedTable {
    let mut table = PrintedTable::new("", ["severity", "code", "file", "line", "message", "suggestion"]);
    for finding in findings {
        let line = finding.place.line.to_string();
        let cells =
            [finding.severity.name(), finding.code, &finding.file, &line, &finding.message, &finding.suggestion];
        table.rows.push(cells.map(str::to_owned).to_vec());
    }
    table
}

fn json_of(finding: &Found) -> Value {
    json!({
        "severity": finding.severity.name(),
        "code": finding.code,
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "suggestion": finding.suggestion,
    })
}
