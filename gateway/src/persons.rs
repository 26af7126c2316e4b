//! Consents, restrictions, objections and erasure: the gate before a message leaves, the ledger of consents, the holds;
//! all over one vault.

pub mod gate;
pub(crate) mod giving;
pub mod holds;
mod index;
pub mod ledger;
pub mod not_opened;
pub mod not_settled;
pub mod pseudonyms;
pub(crate) mod reach;
pub mod retention;
pub mod settle;
#[cfg(test)]
mod tests;
pub(crate) mod vault_error;
pub(crate) mod watch;
mod watched_event;

use std::path::{Path, PathBuf};
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
use crate::persons::not_opened::NotOpened;
use crate::persons::pseudonyms::Epoch;

/// `[vault]`: the file of consents, holds and keys of persons.
#[derive(Debug, Clone, Deserialize)]
pub struct VaultFiles {
    /// SQLite file of the vault, made at first start.
    pub file: PathBuf,
    /// File with the 32-byte vault key in text form.
    pub key: PathBuf,
    /// When pseudonyms change: `monthly`, `quarterly` or `yearly` (default).
    #[serde(default)]
    pub pseudonyms: Epoch,
}

/// Handle to gate, ledger and holds over one vault. Cheap to clone.
#[derive(Clone)]
pub struct Persons {
    /// The gate that has the last word before a message leaves.
    pub gate: Arc<SubjectGate>,
    /// The ledger of consents.
    pub ledger: Arc<Ledger>,
    /// Restrictions and objections.
    pub holds: Arc<Holds>,
}

impl Persons {
    /// Opens the vault that a configuration names.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(config: &VaultFiles, journal: &Journal, clock: &Clock, calendar: &Calendar) -> Result<Self, NotOpened> {
        let file = |path: &Path| {
            let path = path.to_owned();
            move |error| NotOpened::File { path, error }
        };
        let key = std::fs::read_to_string(&config.key).map(Zeroizing::new).map_err(file(&config.key))?;
        let key = VaultKey::parse(key.trim()).map_err(|error| NotOpened::Key { path: config.key.clone(), error })?;
        if let Some(directory) = config.file.parent() {
            std::fs::create_dir_all(directory).map_err(file(directory))?;
        }
        let options = Options { file: config.file.clone(), may_make: true, key };
        let (vault, contents) = Vault::open(options)?;
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

/// The vault's name of a person at one operator, `operator/IIN`. Each operator has its own key, consents and holds of a
/// person: what one of them erases or blocks is nobody else's, and nobody can tell that two of them know the same
/// person.
#[must_use]
pub fn named(operator: &str, iin: &Iin) -> Zeroizing<String> {
    Zeroizing::new(format!("{operator}/{}", iin.as_str()))
}
