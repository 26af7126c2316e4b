//! `qaqpa`: the table of contents is `command/mod.rs`. Here the process's clock and resolver are made, and nowhere else.

use std::process::ExitCode;
use std::sync::Arc;

use qaqpa::clock::Clock;
use qaqpa::dial::SystemResolver;
use qaqpa::gateway::Surroundings;

#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn main() -> ExitCode {
    let surroundings =
        Surroundings { clock: Clock::new(std::time::SystemTime::now), resolver: Arc::new(SystemResolver) };
    qaqpa::command::run(std::env::args_os(), surroundings)
}
