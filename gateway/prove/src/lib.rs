//! Tries foreign and odd endpoints through the real connector, and counts what arrives where nothing may.
//!
//! It is for a network namespace where every address is this machine ([`Namespace`]), so that a foreign address has a
//! listener too, and judges by tables that it makes for the day: neither what is installed nor the date changes the result.
//! Zero means something, because each run also shows that the listeners hear: an endpoint at home is reached by the same
//! connector, and a client that asks nobody is heard at the very addresses that are not. Without a namespace only what
//! loopback can show is tried.
//!
//! ```text
//! an address abroad      wanted residency.foreign   code residency.foreign   0 connections, 0 bytes
//! ```
//!
//! It runs in no gateway: `qaqpa residency prove` calls it and prints what it found.

mod attempts;
mod connect;
mod listeners;
mod naive;
mod names;
mod namespace;
mod rows;
mod scenarios;
mod shown;
mod witness;
mod world;

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::civil::Date;

use crate::listeners::{Listeners, PORTS};
pub use crate::namespace::{Namespace, again, permitted};
pub use crate::shown::Shown;
use crate::witness::Witness;

/// Tries every row, one after the other; whatever arrives anywhere meanwhile is the row's. Tables are made as of `today`.
///
/// # Errors
/// When there are no listeners or no tables to try anything with, in words.
pub async fn prove(namespace: Option<Namespace>, today: Date) -> Result<Vec<Shown>, String> {
    let listeners = listeners(namespace, today).await?;
    let mut shown = Vec::new();
    for row in rows::all() {
        if row.needs_namespace && listeners.namespace.is_none() {
            shown.push(Shown::not(&row));
            continue;
        }
        let before = listeners.witness.heard().await;
        let code = row.make(&listeners).await;
        let arrived = listeners.witness.heard().await.since(&before);
        shown.push(Shown::new(&row, code, &arrived));
    }
    Ok(shown)
}

/// Listeners everywhere that a row may lead to.
async fn listeners(namespace: Option<Namespace>, today: Date) -> Result<Listeners, String> {
    let witness = match namespace {
        Some(_) => Witness::listen(Ipv6Addr::UNSPECIFIED.into(), &PORTS).await,
        None => Witness::listen(Ipv4Addr::LOCALHOST.into(), &[0]).await,
    };
    let witness = witness.map_err(|error| format!("no listener: {error}"))?;
    Listeners::new(witness, namespace, today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_loopback_can_show_holds_and_the_rest_is_marked() {
        let rows = prove(None, date(2031, 2, 28)).await.unwrap();
        let failed: Vec<&Shown> = rows.iter().filter(|row| row.ok == Some(false)).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        let shown = rows.iter().filter(|row| row.ok == Some(true)).count();
        assert!(rows.len() >= 60 && shown >= 20 && shown < rows.len(), "{shown} of {}", rows.len());
        assert!(rows.iter().any(|row| row.ok.is_none() && row.wanted == "residency.foreign"));
        assert!(rows.iter().any(|row| row.ok == Some(true) && row.wanted == "reached"), "the listeners hear");
    }
}
