//! How a row is tried: what it declares, and what DNS says.

use qaqpa_residency::{Endpoint, Profile};

use crate::connect::{CONNECTED, URL, dial, here, ordinary, pinned};
use crate::listeners::{HOME_TEXT, Listeners};
use crate::names::Script;
use crate::scenarios::Scenario;

/// What is declared, and what DNS says.
pub(crate) enum Attempt {
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
    pub(crate) async fn make(&self, listeners: &Listeners) -> Result<String, String> {
        let home = Script::always(&[listeners.home()]);
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

/// The declared name, at the port where listeners are.
fn at_port(listeners: &Listeners) -> String {
    format!("https://api.egov.kz:{}/", listeners.witness.port)
}

fn production(listeners: &Listeners) -> Result<String, String> {
    let endpoint = Endpoint::parse(here(listeners.witness.port)).map_err(|refusal| refusal.to_string())?;
    let admitted = endpoint.admit(Profile::Production);
    Ok(admitted.map_or_else(|refusal| refusal.reason().code().to_owned(), |()| CONNECTED.to_owned()))
}
