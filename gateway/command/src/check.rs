//! `qaqpa check`: everything `serve` would refuse, all at once, without opening anything; and declared addresses that would
//! be turned away whenever they are asked for. Beside them warnings: what will turn callers away, or stop exchanges, later.

use std::process::ExitCode;

use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::{Config, Problem, Source};
use qaqpa_gateway::start::process::{self, OpenFiles};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_residency::{Answer, ResidencyRefusal, examine};

use super::{CONFIGURATION, ConfigFile, Format, say};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, environment: &Environment) -> ExitCode {
    process::raise_open_files(); // as `serve` does
    let mut files = None;
    let (problems, warnings) = Config::read(&arguments.config.path)
        .and_then(|(config, source)| {
            files = Some(OpenFiles::now(config.listen.bounds()));
            let setup = Setup::check(&config, &source, environment)?;
            Ok((turned_away(&config, &source, &setup, environment), setup.warnings().to_vec()))
        })
        .unwrap_or_else(|problems| (problems, Vec::new()));
    match arguments.format {
        Format::Json => say(&json(&problems, &warnings, files)),
        Format::Text => {
            problems.iter().for_each(|problem| say(&problem.to_string()));
            warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
            if problems.is_empty() {
                say("no problems found");
            }
        }
    }
    if let (Format::Text, Some(files)) = (arguments.format, files)
        && problems.is_empty()
    {
        say(&files.to_string());
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CONFIGURATION) }
}

/// Addresses that are declared in place of DNS and do not pass. A gateway starts with them, because tables change, and sends
/// nothing there. How old the tables may be is said by `[residency]`, and a second one that is missing is told of already.
fn turned_away(config: &Config, source: &Source, setup: &Setup, environment: &Environment) -> Vec<Problem> {
    let (tables, today) = (setup.door().tables(), environment.clock.today());
    let mut problems = Vec::new();
    for endpoint in setup.door().endpoints() {
        let Some(declared) = config.endpoints.get(endpoint.name()) else { continue };
        let answer = Answer { addresses: declared.addresses.clone(), aliases: Vec::new() };
        for refusal in examine(endpoint, &answer, &tables, today).into_iter().filter_map(|found| found.verdict.err()) {
            if !matches!(refusal, ResidencyRefusal::Stale { .. } | ResidencyRefusal::Unconfirmed(_)) {
                let key = format!("endpoints.{}.addresses", endpoint.name());
                problems.push(source.problem(&key, format!("{}: {refusal}", refusal.reason().code())));
            }
        }
    }
    problems
}

fn json(problems: &[Problem], warnings: &[Problem], files: Option<OpenFiles>) -> String {
    let row = |problem: &Problem| serde_json::json!({ "file": problem.file, "line": problem.line, "message": problem.message });
    let rows = |problems: &[Problem]| problems.iter().map(row).collect::<Vec<_>>();
    let files = files.map(|files| {
        serde_json::json!({ "limit": files.limit(), "connections": files.bounds().all, "enough": files.are_enough() })
    });
    serde_json::json!({ "problems": rows(problems), "warnings": rows(warnings), "open_files": files }).to_string()
}
