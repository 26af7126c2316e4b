//! `qaqpa check`: everything `serve` would refuse, all at once, without opening anything.

use std::process::ExitCode;

use super::{CONFIGURATION, ConfigFile, Format, say};
use crate::blueprint::Blueprint;
use crate::config::{Config, Problem};
use crate::gateway::Surroundings;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, surroundings: &Surroundings) -> ExitCode {
    let problems = Config::read(&arguments.config.path)
        .and_then(|(config, source)| Blueprint::draw(&config, &source, surroundings))
        .err()
        .unwrap_or_default();
    match arguments.format {
        Format::Json => say(&json(&problems)),
        Format::Text if problems.is_empty() => say("no problems found"),
        Format::Text => problems.iter().for_each(|problem| say(&problem.to_string())),
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CONFIGURATION) }
}

fn json(problems: &[Problem]) -> String {
    let rows: Vec<_> = problems
        .iter()
        .map(|problem| serde_json::json!({ "file": problem.file, "line": problem.line, "message": problem.message }))
        .collect();
    serde_json::json!({ "problems": rows }).to_string()
}
