//! Consents, restrictions, objections and erasure: the gate before a message leaves, the ledger of consents, the holds;
//! all over one vault.

pub mod believed_clock;
pub(crate) mod bond;
pub mod gate;
pub(crate) mod giving;
pub mod holds;
mod index;
pub mod ledger;
pub mod not_opened;
pub mod not_settled;
pub mod pseudonyms;
pub(crate) mod reach;
pub mod restore;
pub mod retention;
pub mod said;
pub mod settle;
#[cfg(test)]
mod tests;
pub(crate) mod vault_error;
pub(crate) mod watch;
pub(crate) mod watched_event;
pub(crate) mod watchers;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qaqpa_journal::Journal;
use qaqpa_journal::line::{Event, Phase};
use qaqpa_policy::Iin;
use qaqpa_policy::working_days::Calendar;
use qaqpa_vault::{Contents, Options, Vault, VaultKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::evidence::lines::append;
use crate::persons::believed_clock::{BelievedClock, Look};
use crate::persons::gate::SubjectGate;
use crate::persons::holds::Holds;
use crate::persons::ledger::Ledger;
use crate::persons::not_opened::NotOpened;
use crate::persons::pseudonyms::Epoch;
use crate::persons::said::Said;
use crate::refusal::NotDone;
use crate::secret;

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

impl VaultFiles {
    /// Opens the vault.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub(crate) fn open(&self, may_make: bool) -> Result<(Vault, Contents), NotOpened> {
        let file = |path: &Path| {
            let path = path.to_owned();
            move |error| NotOpened::File { path, error }
        };
        let secret = |error| NotOpened::Secret { path: self.key.clone(), error };
        let key = secret::text(&self.key).map_err(secret)?;
        let key = VaultKey::parse(key.trim()).map_err(|error| NotOpened::Key { path: self.key.clone(), error })?;
        if let Some(directory) = self.file.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(file(directory))?;
        }
        Vault::open(Options { file: self.file.clone(), may_make, key }).map_err(|error| match error {
            qaqpa_vault::Error::Missing(file) => NotOpened::Missing(file),
            error => NotOpened::Vault(error),
        })
    }
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
    /// The clock by which retention destroys.
    pub believed_clock: Arc<BelievedClock>,
}

impl Persons {
    /// Opens the vault that a configuration names, and binds it to the lane, which says `said`. A new one is made only where the
    /// lane is about nobody yet.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub async fn open(
        config: &VaultFiles,
        (journal, said): (&Journal, &Said),
        clock: &Clock,
        calendar: &Calendar,
    ) -> Result<Self, NotOpened> {
        let (vault, contents) = config.open(!said.needs_a_vault)?;
        let lane = journal.vkey().to_string();
        bond::judge(said, &lane, (&vault.bond().await?, &contents), &config.file)?;
        // Before the lane says so: a crash in between leaves a vault that counts one more, which the next start takes.
        vault.bind(&lane, None, said.vault.as_ref().map_or(0, |(_, counter)| *counter)).await?;
        let (consents, held) = (contents.consents.clone(), contents.holds.clone());
        let gate = SubjectGate::new(vault, contents, clock.clone());
        let ledger = Ledger::new(gate.clone(), journal.clone(), clock.clone(), calendar.clone(), consents);
        let holds = Holds::new(gate.clone(), journal.clone(), clock.clone(), held);
        let believed_clock = Arc::new(BelievedClock::new(clock.clone(), said.last, said.clock_is_away));
        Ok(Self { gate, ledger, holds, believed_clock })
    }

    /// Whether the clock may be believed. When it jumped, or is back, that becomes a line of the lane and of the log.
    ///
    /// # Errors
    /// `journal.unavailable`.
    pub async fn look_at_clock(&self, journal: &Journal) -> Result<bool, NotDone> {
        let (look, now) = self.believed_clock.look();
        let (event, facts) = match look {
            Look::Right => return Ok(true),
            Look::Away => return Ok(false),
            Look::Back => (said::CLOCK_BACK, Vec::new()),
            Look::WentAway { expected } => (said::CLOCK_AWAY, vec![(said::EXPECTED, expected.to_string())]),
        };
        tracing::warn!(event, ?look, %now, "nothing is destroyed while the clock is away and no officer has confirmed it");
        // Where the line fails the look is taken back, and the next one finds the same again.
        let line = append(journal, &Event::new(Phase::Admin, now, event, facts)).await;
        line.inspect_err(|_| self.believed_clock.unsay(look))?;
        Ok(look == Look::Back)
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
