//! How a row is tried: an endpoint is declared as the row says, and the real door is told to connect to it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use qaqpa_gateway::dial::{Names, Stream};
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, Profile, Tables, Tunnel};
use tokio::io::AsyncWriteExt as _;

use super::listeners::Listeners;
use super::names::Script;
use super::scenarios::Scenario;

/// What is declared, and what DNS says.
pub(super) enum Attempt {
    /// The declared name leads to these addresses.
    Answers(&'static [&'static str]),
    /// The endpoint is written so; its name leads home.
    Url(&'static str),
    /// The name leads home by way of this one.
    Alias(&'static str),
    /// An address, pinned.
    Pinned(&'static str),
    /// The name leads home, but not to where it is pinned.
    BesidePins,
    /// The name leads home by old tables.
    Stale,
    /// The name leads home by one table only.
    Alone,
    /// Loopback in production.
    Production,
    /// A longer story.
    Scenario(Scenario),
}

impl Attempt {
    /// The code of the refusal, or what happened instead.
    pub(super) async fn make(&self, listeners: &Listeners) -> Result<String, String> {
        let home = Script::always(&[home(listeners)]);
        match self {
            Self::Answers(addresses) => {
                dial(listeners, ordinary(&at_port(listeners)), Script::always(addresses), &listeners.tables).await
            }
            Self::Url(url) => {
                let url = url.replace("{port}", &listeners.witness.port.to_string());
                dial(listeners, ordinary(&url), home, &listeners.tables).await
            }
            Self::Alias(alias) => {
                dial(listeners, ordinary(URL), Script::alias(alias, HOME_TEXT), &listeners.tables).await
            }
            Self::Pinned(address) => {
                dial(listeners, pinned(&format!("https://{address}/"), address), home, &listeners.tables).await
            }
            Self::BesidePins => dial(listeners, pinned(URL, "195.12.113.79"), home, &listeners.tables).await,
            Self::Stale => dial(listeners, ordinary(URL), home, &listeners.stale).await,
            Self::Alone => dial(listeners, ordinary(URL), home, &listeners.alone).await,
            Self::Production => production(listeners),
            Self::Scenario(scenario) => scenario.play(listeners).await,
        }
    }
}

/// Declares the endpoint and connects to it, if that may be.
pub(super) async fn dial(
    listeners: &Listeners,
    rule: EndpointRule,
    names: Script,
    tables: &Arc<Tables>,
) -> Result<String, String> {
    let endpoint = match Endpoint::parse(rule) {
        Ok(endpoint) => endpoint,
        Err(refusal) => return Ok(refusal.reason().code().to_owned()),
    };
    let name = endpoint.name().to_owned();
    let door = listeners.door(vec![endpoint], Names::Given(Arc::new(names)), tables)?;
    Ok(speak(door.connect(&name).await).await)
}

/// Whoever is connected says something, so that a leak is heard.
pub(super) async fn speak(connected: io::Result<Stream>) -> String {
    match connected {
        Ok(mut stream) => {
            let said = stream.write_all(b"personal data").await;
            let _ = stream.flush().await;
            said.map_or_else(|error| code(&error), |()| CONNECTED.to_owned())
        }
        Err(error) => code(&error),
    }
}

/// The code in an error, wherever it stands among its causes; a failure of the network has none.
pub(super) fn code(error: &(dyn std::error::Error + 'static)) -> String {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if text.starts_with("residency.") {
            return text;
        }
        next = error.source();
    }
    NETWORK.to_owned()
}

/// An endpoint on the Internet that lets DNS say where it is.
pub(super) fn ordinary(url: &str) -> EndpointRule {
    EndpointRule {
        name: "shep".to_owned(),
        url: url.to_owned(),
        plane: Plane::Upstream,
        kind: EndpointKind::Internet,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    }
}

/// As [`ordinary`], pinned to one address.
pub(super) fn pinned(url: &str, address: &str) -> EndpointRule {
    let pins = address.parse::<IpAddr>().map(Into::into).into_iter().collect();
    EndpointRule { pins, ..ordinary(url) }
}

/// Plain http in a closed network.
pub(super) fn closed(address: &str, tunnel: &str) -> EndpointRule {
    let rule = pinned(&format!("http://{address}/"), address);
    EndpointRule { kind: EndpointKind::ClosedNetwork, tunnel: Tunnel::parse(tunnel), ..rule }
}

/// This machine.
pub(super) fn here(port: u16) -> EndpointRule {
    EndpointRule { kind: EndpointKind::DevelopmentLoopback, ..ordinary(&format!("http://localhost:{port}/")) }
}

/// The declared name, at the port where listeners are.
fn at_port(listeners: &Listeners) -> String {
    format!("https://api.egov.kz:{}/", listeners.witness.port)
}

fn production(listeners: &Listeners) -> Result<String, String> {
    let endpoint = Endpoint::parse(here(listeners.witness.port)).map_err(|refusal| refusal.to_string())?;
    let admitted = endpoint.admit(Profile::Production);
    Ok(admitted.map_or_else(|refusal| refusal.reason().code().to_owned(), |()| CONNECTED.to_owned()))
}

/// Home; where there are no listeners abroad nothing may lead off this machine, not even if a row fails.
pub(super) fn home(listeners: &Listeners) -> &'static str {
    if listeners.namespace.is_some() { HOME_TEXT } else { "127.0.0.1" }
}

/// The declared endpoint.
pub(super) const URL: &str = "https://api.egov.kz/";
pub(super) const HOME_TEXT: &str = "195.12.113.29";
/// Somebody was reached who speaks the same language.
const CONNECTED: &str = "connected";
/// The network failed, or who was reached said nothing that could be understood.
const NETWORK: &str = "network";
