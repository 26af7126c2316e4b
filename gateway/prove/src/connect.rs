//! An endpoint is declared, and the real door is told to connect to it. What came of it is one word: the code of the
//! refusal, or what happened instead.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use qaqpa_gateway::dial::{Names, Stream};
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, Tables, Tunnel};
use tokio::io::AsyncWriteExt as _;

use crate::listeners::Listeners;
use crate::names::Script;

/// Declares the endpoint and connects to it, if that may be.
pub(crate) async fn dial(
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
pub(crate) async fn speak(connected: io::Result<Stream>) -> String {
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
pub(crate) fn code(error: &(dyn std::error::Error + 'static)) -> String {
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
pub(crate) fn ordinary(url: &str) -> EndpointRule {
    EndpointRule::internet("shep", url, Plane::Upstream)
}

/// As [`ordinary`], pinned to one address.
pub(crate) fn pinned(url: &str, address: &str) -> EndpointRule {
    let pins = address.parse::<IpAddr>().map(Into::into).into_iter().collect();
    EndpointRule { pins, ..ordinary(url) }
}

/// Plain http in a closed network.
pub(crate) fn closed(address: &str, tunnel: &str) -> EndpointRule {
    let rule = pinned(&format!("http://{address}/"), address);
    EndpointRule { kind: EndpointKind::ClosedNetwork, tunnel: Tunnel::parse(tunnel), ..rule }
}

/// This machine.
pub(crate) fn here(port: u16) -> EndpointRule {
    EndpointRule { kind: EndpointKind::DevelopmentLoopback, ..ordinary(&format!("http://localhost:{port}/")) }
}

/// The declared endpoint.
pub(crate) const URL: &str = "https://api.egov.kz/";
/// Something arrived where it should.
pub(crate) const REACHED: &str = "reached";
/// Somebody who called was answered.
pub(crate) const ANSWERED: &str = "answered";
/// Somebody was reached who speaks the same language.
pub(crate) const CONNECTED: &str = "connected";
/// The network failed, or who was reached said nothing that could be understood.
const NETWORK: &str = "network";
