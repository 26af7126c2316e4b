//! `qaqpa`: the table of contents is `lib.rs`. Here the process's clock is made, and nowhere else.

use std::process::ExitCode;

use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::start::Environment;

#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn main() -> ExitCode {
    let environment = Environment { clock: Clock::new(std::time::SystemTime::now), resolver: None };
    qaqpa::run(std::env::args_os(), environment)
}
