//! `qaqpa residency prove`: the real connector is told to go to foreign and odd places, and listeners there count what
//! arrives. Nothing does.
//!
//! It runs itself again in a network namespace where every address is this machine ([`super::namespace`]), so that a
//! foreign address has a listener too, and judges by tables that it makes for the day: neither what is installed nor the
//! date changes the result. Zero means something, because each run also shows that the listeners hear: an endpoint at
//! home is reached by the same connector, and a client that asks nobody is heard at the very addresses that are not.
//!
//! Exit code 0: all rows hold. 1: one does not. 2: no namespace is permitted here, and only what loopback can show was
//! shown.

mod attempts;
mod connect;
mod listeners;
mod naive;
mod names;
mod rows;
mod scenarios;
mod told;
mod witness;
mod world;

use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;

use qaqpa_gateway::start::Environment;

use self::listeners::{Listeners, PORTS};
use self::told::{Proof, Shown};
use self::witness::Witness;
use super::namespace::{self, Namespace};
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
    let landed = match (arguments.inside, namespace::permitted()) {
        (true, _) => match Namespace::landed() {
            Ok(namespace) => Ok(namespace),
            Err(why) => return failed(&why, INPUT),
        },
        (false, Ok(())) => return leave(arguments),
        (false, Err(why)) => Err(why),
    };
    let rows = match listeners(landed.as_ref().ok().copied(), environment).await {
        Ok(listeners) => prove(&listeners).await,
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

/// Runs again inside, with an environment that names proxies, collectors and databases abroad.
fn leave(arguments: &Arguments) -> ExitCode {
    let format = if arguments.format == Format::Json { "json" } else { "text" };
    let words = ["residency", "prove", "--inside", "--format", format].map(OsString::from);
    let done = std::env::current_exe()
        .map_err(|error| error.to_string())
        .and_then(|program| namespace::again(&program, &words, &rows::ENVIRONMENT));
    done.unwrap_or_else(|why| failed(&why, INPUT))
}

/// Listeners everywhere that a row may lead to.
async fn listeners(namespace: Option<Namespace>, environment: &Environment) -> Result<Listeners, String> {
    let witness = match namespace {
        Some(_) => Witness::listen(Ipv6Addr::UNSPECIFIED.into(), &PORTS).await,
        None => Witness::listen(Ipv4Addr::LOCALHOST.into(), &[0]).await,
    };
    let witness = witness.map_err(|error| format!("no listener: {error}"))?;
    Listeners::new(witness, namespace, environment.clock.today())
}

/// Every row, one after the other; whatever arrives anywhere meanwhile is the row's.
async fn prove(listeners: &Listeners) -> Vec<Shown> {
    let mut shown = Vec::new();
    for row in rows::all() {
        if row.needs_namespace && listeners.namespace.is_none() {
            shown.push(Shown::not(&row));
            continue;
        }
        let before = listeners.witness.heard().await;
        let code = row.make(listeners).await;
        let arrived = listeners.witness.heard().await.since(&before);
        shown.push(Shown::new(&row, code, &arrived));
    }
    shown
}

const NOT_ALL_SHOWN: u8 = 2;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_loopback_can_show_holds_and_the_rest_is_marked() {
        let witness = Witness::listen(Ipv4Addr::LOCALHOST.into(), &[0]).await.unwrap();
        let listeners = Listeners::new(witness, None, date(2031, 2, 28)).unwrap();
        let rows = prove(&listeners).await;
        let proof = Proof { rows, not_permitted: Some("a test".to_owned()) };
        assert!(proof.holds(), "{proof}");
        let value: serde_json::Value = serde_json::from_str(&proof.json()).unwrap();
        let rows = value["rows"].as_array().unwrap();
        let shown = rows.iter().filter(|row| row["ok"] == true).count();
        assert!(rows.len() >= 60 && shown >= 20 && shown < rows.len(), "{shown} of {}", rows.len());
        assert!(rows.iter().any(|row| row["ok"].is_null() && row["wanted"] == "residency.foreign"));
        assert!(rows.iter().any(|row| row["ok"] == true && row["wanted"] == "reached"), "the listeners hear");
    }

    #[test]
    fn this_machine_is_no_island() {
        // Where tests run there may be no network at all; only a way out must never be taken for none.
        let interfaces = std::fs::read_to_string("/proc/self/net/dev").unwrap();
        assert_eq!(Namespace::landed().is_ok(), interfaces.lines().skip(2).all(|line| line.trim().starts_with("lo:")));
    }
}
