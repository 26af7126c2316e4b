//! The commands of `qaqpa`. Each file is one; this one is the table of contents.

mod audit;
mod certs;
mod check;
pub mod client;
mod consent;
mod demo;
pub mod development;
mod language;
mod mock;
mod not_done;
mod policy;
mod residency;
mod retention;
mod serve;
mod subject;
mod sync;
mod vault;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};
use qaqpa_gateway::start::Environment;

pub use residency::DialArgs;

use self::subject::number;

/// A gateway through which Kazakhstan organisations exchange personal data with state systems: only the fields that
/// the declared purpose needs, only to endpoints in Kazakhstan, and every exchange leaves evidence.
#[derive(Debug, Parser)]
#[command(name = "qaqpa", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    Serve(serve::Arguments),
    /// Check a configuration and everything it names; all problems at once
    Check(check::Arguments),
    /// Do the main job on loopback with synthetic data, and show every promise being kept
    Demo(demo::Arguments),
    /// Send a file of students to a gateway
    Sync(sync::Arguments),
    /// Stand in for the state
    #[command(subcommand)]
    Mock(mock::Command),
    /// Export the journal, or verify what was exported
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look at policy packs: lint, explain, matrix, trace, register, diff, test, coverage, shadow
    #[command(subcommand)]
    Policy(policy::Command),
    /// Judge where something may go and who may come: check, show, export, prove
    #[command(subcommand)]
    Residency(residency::Command),
    /// Exercise a person's rights: report, restrict, object, correct, erase
    #[command(subcommand)]
    Subject(subject::Command),
    /// Record, withdraw, show and watch consents
    #[command(subcommand)]
    Consent(consent::Command),
    /// See what is destroyed at the end of its term
    #[command(subcommand)]
    Retention(retention::Command),
    /// Restore the vault after a loss or from a backup, while no gateway runs
    #[command(subcommand)]
    Vault(vault::Command),
    /// Make development certificates, or look into one
    #[command(subcommand)]
    Certs(certs::Command),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Usage errors, sysexits.h `EX_USAGE`.
const USAGE: u8 = 64;
/// The configuration cannot be used, `EX_CONFIG`.
const CONFIGURATION: u8 = 78;
/// The input cannot be used, `EX_DATAERR`.
const INPUT: u8 = 65;

/// Runs the command line and says how it went: 0 done, 1 the answer is no, 2 a person's number among the arguments, 64
/// wrong usage, 65 unusable input, 69 the gateway does not answer, 74 the journal failed, 78 unusable configuration.
/// `audit verify` has its own four codes, `policy` its own three; `residency prove` ends with 2 where not all can be shown.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>, environment: Environment) -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = arguments.into_iter().collect();
    if number::in_arguments(&arguments) {
        return failed(number::refusal(&arguments), number::IN_ARGUMENTS);
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(USAGE) };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime does not start: {error}"), 71),
    };
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(arguments) => serve::run(arguments, environment).await,
            Command::Check(arguments) => check::run(&arguments, &environment),
            Command::Demo(arguments) => demo::run(arguments, environment).await,
            Command::Sync(arguments) => sync::run(arguments, environment).await,
            Command::Mock(command) => mock::run(command, environment).await,
            Command::Audit(command) => audit::run(command, &environment).await,
            Command::Policy(command) => policy::run(command, &environment).await,
            Command::Residency(command) => residency::run(command, environment).await,
            Command::Subject(command) => subject::run(command, &environment).await,
            Command::Consent(command) => consent::run(command, &environment).await,
            Command::Retention(command) => retention::run(command, &environment).await,
            Command::Vault(command) => vault::run(command, &environment).await,
            Command::Certs(command) => certs::run(command, &environment),
        }
    })
}

/// Writes a line to standard output; a closed pipe is no error of ours.
fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Writes a line to standard error.
fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn failed(text: &str, code: u8) -> ExitCode {
    tell(&format!("qaqpa: {text}"));
    ExitCode::from(code)
}

/// Where the configuration is.
#[derive(Debug, Clone, clap::Args)]
struct ConfigFile {
    /// Configuration file; every key is documented in deploy/gateway.toml
    #[arg(long = "config", value_name = "FILE")]
    path: PathBuf,
}
