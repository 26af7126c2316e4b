//! `qaqpa policy`: an operator's policy pack, looked at from every side a lawyer, an inspector or a reviewer has.
//!
//! Writes no file, and only `shadow` opens a socket, to a running gateway. Exit codes: 0 all is well, 1 something was
//! found, 2 what was given cannot be read.
//!
//! ```text
//! qaqpa policy trace --operator avtomektep --language ru
//! qaqpa policy diff deploy/policies/cpm.yaml cpm-2027.yaml
//! ```

mod cases;
mod coverage;
mod diff;
mod lint;
mod packs;
mod print;
mod shadow;
mod views;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use qaqpa_gateway::start::Environment;
use qaqpa_proto::language::Language;

use crate::language;

/// Something was found.
const FOUND: u8 = 1;
/// What was given cannot be read.
const UNREADABLE: u8 = 2;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Find what is allowed in a pack and yet probably not meant
    Lint(lint::Arguments),
    /// Say for every field of an operation whether it moves, how, and by which clause
    Explain(views::Explain),
    /// Show every field of every operation against every purpose
    Matrix(views::Plain),
    /// Follow every clause of the published policy to the rules that keep it and the tests that prove it
    Trace(views::Trace),
    /// Write the record of processing activities that an inspector asks for
    Register(views::Plain),
    /// Compare two editions of a pack; exit code 1 when anything widens
    Diff(diff::Arguments),
    /// Run the cases written beside the packs
    Test(cases::Arguments),
    /// Show from the journal which purposes, operations and rules are used, and when last
    Coverage(coverage::Arguments),
    /// Run a pending pack beside the live one of a gateway; exit code 1 when anything widens
    Shadow(shadow::Arguments),
}

/// How it is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
struct How {
    /// text: aligned, for a terminal. md: for a wiki. csv: for a spreadsheet, the first table. json: for programs, with
    /// keys that stay the same in every language
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// Language of texts and headings
    #[arg(long, value_parser = language::tag(), default_value_t)]
    language: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Md,
    Csv,
    Json,
}

/// Where the contracts come from.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Contracts {
    /// Folder of .proto files, or descriptor set, beside the compiled-in contracts (may be given again)
    #[arg(long, value_name = "PATH")]
    pub(super) contracts: Vec<PathBuf>,
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    let done = match command {
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Explain(arguments) => views::explain(&arguments),
        Command::Matrix(arguments) => views::matrix(&arguments),
        Command::Trace(arguments) => views::trace(&arguments),
        Command::Register(arguments) => views::register(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Test(arguments) => cases::run(&arguments),
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::Shadow(arguments) => match shadow::run(&arguments, environment).await {
            Ok(finding) => Ok(finding),
            Err(failure) => {
                failure.end();
                return ExitCode::from(UNREADABLE);
            }
        },
    };
    match done {
        Ok(Finding::None) => ExitCode::SUCCESS,
        Ok(Finding::Some) => ExitCode::from(FOUND),
        Err(error) => super::failed(&error, UNREADABLE),
    }
}

/// What a command answers besides what it printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    None,
    Some,
}

impl Finding {
    fn when(found: bool) -> Self {
        if found { Self::Some } else { Self::None }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    #[test]
    fn a_pack_is_named_by_file_or_by_operator_and_never_by_both() {
        for (taken, line) in [
            (true, "explain --operator cpm --rpc GetPerson --purpose verification --format csv"),
            (true, "explain cpm.yaml"),
            (false, "explain"),
            (false, "explain cpm.yaml --operator cpm"),
            (true, "matrix --operator cpm --policies packs --language kk"),
            (true, "trace --operator cpm --format json"),
            (true, "register cpm.yaml --format md --language ru"),
            (false, "register --operator cpm --language fr"),
            (true, "lint"),
            (true, "lint cpm.yaml --strict --contracts contracts.binpb"),
            (true, "test --operator cpm"),
            (true, "diff old.yaml new.yaml"),
            (false, "diff old.yaml"),
            (true, "coverage --config gateway.toml"),
            (true, "coverage --journal journal --operator cpm"),
            (false, "coverage"),
            (false, "coverage --config gateway.toml --journal journal"),
        ] {
            let words = std::iter::once("policy").chain(line.split(' '));
            assert_eq!(Line::try_parse_from(words).is_ok(), taken, "{line}");
        }
    }
}
