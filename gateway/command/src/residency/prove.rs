//! `qaqpa residency prove`: the real connector is told to go to foreign and odd places, and listeners there count what
//! arrives. Nothing does.
//!
//! It runs itself again in a network namespace where every address is this machine; what is tried there, and why zero
//! means something, is told in [`qaqpa_prove`].
//!
//! Exit code 0: all rows hold. 1: one does not. 2: no namespace is permitted here, and only what loopback can show was
//! shown.

mod print;

use std::ffi::OsString;
use std::process::ExitCode;

use qaqpa_gateway::start::Environment;
use qaqpa_prove::Namespace;

use self::print::Proof;
use crate::{Format, INPUT, failed, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Be the run inside the namespace
    #[arg(long, hide = true)]
    inside: bool,
}

pub(super) async fn run(arguments: &Arguments, environment: &Environment) -> ExitCode {
    let landed = match (arguments.inside, qaqpa_prove::permitted()) {
        (true, _) => match Namespace::landed() {
            Ok(namespace) => Ok(namespace),
            Err(why) => return failed(&why, INPUT),
        },
        (false, Ok(())) => return leave(arguments),
        (false, Err(why)) => Err(why),
    };
    let rows = match qaqpa_prove::prove(landed.as_ref().ok().copied(), environment.clock.today()).await {
        Ok(rows) => rows,
        Err(why) => return failed(&why, INPUT),
    };
    let proof = Proof { rows, not_permitted: landed.err() };
    match arguments.format {
        Format::Json => say(&proof.json()),
        Format::Text => say(&proof.to_string()),
    }
    match (proof.holds(), proof.not_permitted.is_some()) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(NOT_ALL_SHOWN),
        (true, false) => ExitCode::SUCCESS,
    }
}

/// Runs again inside.
fn leave(arguments: &Arguments) -> ExitCode {
    let format = if arguments.format == Format::Json { "json" } else { "text" };
    let words = ["residency", "prove", "--inside", "--format", format].map(OsString::from);
    let done = std::env::current_exe()
        .map_err(|error| error.to_string())
        .and_then(|program| qaqpa_prove::again(&program, &words));
    done.unwrap_or_else(|why| failed(&why, INPUT))
}

const NOT_ALL_SHOWN: u8 = 2;
