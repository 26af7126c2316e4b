//! `qaqpa`: the table of contents is `command/mod.rs`. Here the process's clock is made, and nowhere else.

use std::process::ExitCode;

use qaqpa::clock::Clock;
use qaqpa::gateway::Surroundings;

#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn main() -> ExitCode {
    let surroundings = Surroundings { clock: Clock::new(std::time::SystemTime::now), resolver: None };
    qaqpa::command::run(std::env::args_os(), surroundings)
}
