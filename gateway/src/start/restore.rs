//! `qaqpa vault restore`: opens lane and vault while no gateway runs, applies to the vault what the lane says, and binds the two.
//!
//! Refused: a lane that a gateway writes; a vault that is missing (unless a new one is asked for), or of another lane.
//!
//! Example of its line: `{"phase":"RECOVERY","event":"vault_restored","facts":{"withdrawn":"3","held":"1",...}}`.

use std::path::Path;

use qaqpa_journal::line::{Event, Phase};
use qaqpa_journal::{Entry, Journal};
use qaqpa_vault::{Bond, Vault};

use crate::persons::bond::BEING_RESTORED;
use crate::persons::not_opened::NotOpened;
use crate::persons::restore::{Restored, apply};
use crate::persons::said::{self, Said};
use crate::start::Environment;
use crate::start::config::Config;
use crate::start::not_started::NotStarted;
use crate::start::recovery::open_journal;

/// Restores the vault that a configuration names: the copy that lies there, or, if `new`, one in which nobody is known.
///
/// # Errors
/// [`NotStarted`]; what was applied until then stays applied, and the gateway does not start before this has gone through.
pub async fn restore(config: &Config, new: bool, environment: &Environment) -> Result<Restored, NotStarted> {
    let (journal, _) = open_journal(&config.journal)?;
    let said = Said::read(&journal).await?;
    if new && config.vault.file.exists() {
        return Err(NotOpened::Present(config.vault.file.clone()).into());
    }
    let (vault, contents) = config.vault.open(new)?;
    let bond = vault.bond().await.map_err(NotOpened::from)?;
    let name = name(&said, &bond, new, &config.vault.file)?;
    // Until all of it is applied no gateway takes this vault: what is applied counts, and would make it look as new as the lane.
    let name = vault.bind(BEING_RESTORED, name, 0).await.map_err(NotOpened::from)?.name;
    let restored = apply(&vault, &contents, &said, environment.clock.now()).await?;
    let done = bind(&journal, &vault, (&said, name, &restored), environment).await;
    vault.close();
    journal.close();
    done.map(|()| restored)
}

/// The name that the vault will bear: an older copy of the lane's vault takes its place; a new one gets one of its own.
fn name(said: &Said, bond: &Bond, new: bool, file: &Path) -> Result<Option<String>, NotOpened> {
    match (&said.vault, &bond.name) {
        (Some((lane_s, _)), Some(own)) if lane_s != own && bond.lane.as_deref() != Some(BEING_RESTORED) => {
            Err(NotOpened::Foreign(file.to_owned()))
        }
        (Some((lane_s, _)), None) if !new => Ok(Some(lane_s.clone())),
        _ => Ok(None),
    }
}

async fn bind(
    journal: &Journal,
    vault: &Vault,
    (said, name, restored): (&Said, Option<String>, &Restored),
    environment: &Environment,
) -> Result<(), NotStarted> {
    let counter = said.vault.as_ref().map_or(0, |(_, counter)| *counter);
    // A crash behind this leaves a vault that is restored and bound, and no line that says so; run again, the line is written.
    let bond = vault.bind(&journal.vkey().to_string(), name, counter).await.map_err(NotOpened::from)?;
    let facts = [
        ("withdrawn", restored.withdrawn),
        ("destroyed", restored.destroyed),
        ("held", restored.held),
        ("erased", restored.erased),
        ("unknown_holds", restored.unknown_holds.len() as u64),
        ("unknown_erasures", restored.unknown_erasures.len() as u64),
        ("unknown_consents", restored.unknown_consents.len() as u64),
    ];
    let facts = facts.map(|(name, count)| (name, count.to_string())).into_iter().chain(said::facts(&bond));
    let event = Event::new(Phase::Recovery, environment.clock.now(), "vault_restored", facts);
    journal.append(Entry::of(&event, None).map_err(qaqpa_journal::Error::from)?).await?;
    Ok(())
}
