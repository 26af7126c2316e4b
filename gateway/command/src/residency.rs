//! `qaqpa residency`: where something may go and who may come, for people who want to see it for themselves.
//!
//! ```text
//! residency check https://api.egov.kz/ --address 195.12.113.29   each piece of evidence, the verdict, exit code 1 on refusal
//! residency show --config gateway.toml                          tables, endpoints, disagreements, what nobody can know
//! residency export --format nft --config gateway.toml           the same declaration as a second fence
//! residency prove                                               foreign and odd endpoints against local listeners
//! ```
//!
//! Only `check` asks anybody for anything: the declared DNS servers, or the one that is given. Nothing is dialled.

mod advice;
mod check;
mod declared;
mod dial_args;
mod export;
mod prove;
mod report;
mod show;
mod tables;
mod target;

use std::process::ExitCode;

use qaqpa_gateway::start::Environment;

pub use dial_args::DialArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Judge one endpoint or rule for peers, and show each piece of evidence
    Check(check::Arguments),
    /// Show the tables, what is declared, where the tables disagree, and what they cannot know
    Show(show::Arguments),
    /// Print the same declaration and tables as rules for nftables, systemd or Cilium
    Export(export::Arguments),
    /// Try foreign and odd endpoints through the real connector against local listeners
    Prove(prove::Arguments),
}

pub(super) async fn run(command: Command, environment: Environment) -> ExitCode {
    match command {
        Command::Check(arguments) => check::run(arguments, &environment).await,
        Command::Show(arguments) => show::run(&arguments, &environment),
        Command::Export(arguments) => export::run(&arguments, &environment),
        Command::Prove(arguments) => prove::run(&arguments, &environment).await,
    }
}
