//! What is known of persons, in one place: the gate that lets exchanges about them leave, the ledger of their consents, the
//! holds on their data; all over one vault.

pub mod gate;
pub(crate) mod giving;
pub mod holds;
mod index;
pub mod ledger;
pub mod pseudonyms;
pub mod retention;
mod settle;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use qaqpa_journal::Journal;
use qaqpa_policy::Iin;
use qaqpa_policy::working_days::Calendar;
use qaqpa_vault::{Options, Vault, VaultKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::persons::gate::SubjectGate;
use crate::persons::holds::Holds;
use crate::persons::ledger::Ledger;
use crate::persons::pseudonyms::Epoch;

/// `[vault]`
#[derive(Debug, Clone, Deserialize)]
pub struct VaultFiles {
    /// SQLite file.
    pub file: PathBuf,
    /// Key file.
    pub key: PathBuf,
    /// How often pseudonyms change.
    #[serde(default)]
    pub pseudonyms: Epoch,
}

/// All that is known of persons. Cheap to clone.
#[derive(Clone)]
pub struct Persons {
    /// Lets exchanges leave.
    pub gate: Arc<SubjectGate>,
    /// Their consents.
    pub ledger: Arc<Ledger>,
    /// Restrictions and objections.
    pub holds: Arc<Holds>,
}

impl Persons {
    /// Opens the vault that a configuration names.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(config: &VaultFiles, journal: &Journal, clock: &Clock, calendar: &Calendar) -> Result<Self, String> {
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", config.key.display());
        let key = std::fs::read_to_string(&config.key).map(Zeroizing::new).map_err(|error| at(&error))?;
        let key = VaultKey::parse(key.trim()).map_err(|error| at(&error))?;
        if let Some(directory) = config.file.parent() {
            std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        let options = Options { file: config.file.clone(), key };
        let (vault, contents) = Vault::open(options).map_err(|error| error.to_string())?;
        let (consents, held) = (contents.consents.clone(), contents.holds.clone());
        let gate = SubjectGate::new(vault, contents, clock.clone());
        let ledger = Ledger::new(gate.clone(), journal.clone(), clock.clone(), calendar.clone(), consents);
        let holds = Holds::new(gate.clone(), journal.clone(), clock.clone(), held);
        Ok(Self { gate, ledger, holds })
    }

    /// The vault behind all of it.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        self.gate.vault()
    }
}

/// What the vault knows a person by at one operator. Each operator has its own key, consents and holds of a person: what one
/// of them erases or blocks is nobody else's, and nobody can tell that two of them know the same person.
#[must_use]
pub fn named(operator: &str, iin: &Iin) -> Zeroizing<String> {
    Zeroizing::new(format!("{operator}/{}", iin.as_str()))
}
