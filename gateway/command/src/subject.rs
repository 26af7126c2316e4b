//! `qaqpa subject`: a person's rights, exercised by the officer against a running gateway.
//!
//! A person's number is typed or piped in, never an argument, and printed nowhere.
//!
//! ```text
//! qaqpa subject report --iin --format html --language kk --output report.html
//! qaqpa subject restrict --iin --basis disputed          qaqpa subject erase --iin
//! ```

mod acts;
pub(super) mod connection;
mod markup;
pub(super) mod names;
pub(super) mod number;
mod page;
pub(super) mod period;
mod report;
mod rights;
mod terminal;
#[cfg(test)]
mod tests;
mod told;

use std::process::ExitCode;

use qaqpa_gateway::start::Environment;

use self::connection::ended;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write for a person what was exchanged about them
    Report(report::Arguments),
    /// Stop exchanges about a person, for one purpose or all
    Restrict(acts::Restrict),
    /// Lift a restriction or an objection
    Unrestrict(acts::Unrestrict),
    /// Record that a person objects to a purpose
    Object(acts::Object),
    /// Mark fields of a person as disputed, and find out who received them
    Correct(acts::Correct),
    /// Destroy a person's key and all that is sealed under it
    Erase(acts::Erase),
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    ended(match command {
        Command::Report(arguments) => report::run(&arguments, environment).await,
        Command::Restrict(arguments) => acts::restrict(&arguments, environment).await,
        Command::Unrestrict(arguments) => acts::unrestrict(&arguments, environment).await,
        Command::Object(arguments) => acts::object(&arguments, environment).await,
        Command::Correct(arguments) => acts::correct(&arguments, environment).await,
        Command::Erase(arguments) => acts::erase(&arguments, environment).await,
    })
}
