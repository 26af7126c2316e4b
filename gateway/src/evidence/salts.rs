//! How the salt of an exchange is sealed before it goes to the journal's sidecar, and opened again.
//!
//! ```text
//! sealed = salt XOR pad of the vault under txn XOR pad of each person under txn       (a person named twice counts once)
//! ```
//! A pad is an HMAC under a key that stands in the vault alone, and its txn never comes again: so the lane holds 32 bytes that say
//! nothing, and lane and vault file together say nothing to who lacks the vault key. A person's key that is destroyed takes with
//! it the salts of every exchange about the person, also of one that is just being written; in a group those of the others too.
//! Nothing is authenticated here: a salt that was altered opens no commitment. The salts of the fields derive from it, one each
//! (`qaqpa_journal::commitment`).
//!
//! Lanes of before have salts in the clear. They are sealed at start, under the vault's pad alone: whose they are would have to be
//! found by trying every person. An erasure finds them by its walk and destroys them, as it does the others.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU8;

use qaqpa_journal::line::{Intent, Phase};
use qaqpa_journal::{HeldSalt, Journal, SealedSalt, salts};
use qaqpa_vault::{Subject, Vault};
use zeroize::Zeroizing;

use crate::evidence::marks;

/// A salt, sealed for the sidecar. `persons`: all that the exchange is about.
#[must_use]
pub fn seal(salt: &[u8; 32], vault: &Vault, persons: &[Subject], txn: &str) -> SealedSalt {
    let form = if persons.is_empty() { BY_VAULT } else { BY_PERSONS };
    SealedSalt::new(form, *padded(salt, vault, persons, txn))
}

/// The salt of an exchange, if it can be opened: not where the key of one of its persons is destroyed.
///
/// # Errors
/// Of the vault's disk.
pub async fn open(
    held: &HeldSalt,
    vault: &Vault,
    intent: &Intent<'_>,
) -> Result<Option<Zeroizing<[u8; 32]>>, qaqpa_vault::Error> {
    let mut persons = Vec::new();
    if held.form == BY_PERSONS.get() {
        let marks = intent.subjects.marks.iter().filter_map(|mark| marks::decoded(mark));
        let marks: Vec<_> = marks.map(|mark| (intent.txn.to_string(), mark)).collect();
        for bearer in vault.bearers(marks).await? {
            let Some(lookup) = bearer else { return Ok(None) };
            let Some(subject) = vault.behind(lookup).await? else { return Ok(None) };
            persons.push(subject);
        }
    }
    Ok((!held.is_clear()).then(|| padded(&held.bytes, vault, &persons, &intent.txn)))
}

/// Seals the clear salts of a lane of before; how many. Salts that no intent goes with are destroyed.
///
/// # Errors
/// A lane that cannot be read or written. A crash leaves some in the clear, and the next start seals them.
pub(crate) async fn seal_clear(journal: &Journal, vault: &Vault) -> Result<u64, qaqpa_journal::Error> {
    let directory = journal.directory().to_owned();
    let clear = tokio::task::spawn_blocking(move || clear(&directory)).await.unwrap_or_else(|_| Ok(Vec::new()))?;
    let sealed = clear.into_iter().map(|(held, txn)| {
        let sealed = txn.map(|txn| SealedSalt::new(BY_VAULT, *padded(&held.bytes, vault, &[], &txn)));
        (held.index, sealed)
    });
    let (sealed, of_nothing): (Vec<_>, Vec<_>) = sealed.partition(|(_, sealed)| sealed.is_some());
    let of_nothing: Vec<u64> = of_nothing.into_iter().map(|(index, _)| index).collect();
    journal.forget_salts(&of_nothing).await?;
    journal.seal_salts(sealed.into_iter().filter_map(|(index, sealed)| Some((index, sealed?))).collect()).await
}

/// The clear salts of the records that a lane has, each with the exchange whose intent makes commitments with it.
fn clear(directory: &std::path::Path) -> Result<Vec<(HeldSalt, Option<String>)>, qaqpa_journal::Error> {
    let mut clear: BTreeMap<u64, HeldSalt> =
        salts::clear(directory)?.into_iter().map(|held| (held.index, held)).collect();
    let mut found = Vec::new();
    if clear.is_empty() {
        return Ok(found);
    }
    for leaf in qaqpa_journal::lines(directory)? {
        let leaf = leaf?;
        if let Some(held) = clear.remove(&leaf.index) {
            found.push((held, leaf.txn.filter(|_| leaf.phase == Some(Phase::Intent))));
        }
    }
    Ok(found)
}

/// Lays the pads over it; twice, it is as before.
fn padded(salt: &[u8; 32], vault: &Vault, persons: &[Subject], txn: &str) -> Zeroizing<[u8; 32]> {
    let mut padded = Zeroizing::new(*salt);
    let mut seen = HashSet::new();
    let persons = persons.iter().filter(|person| seen.insert(person.lookup())).map(|person| person.pad(txn));
    for pad in persons.chain([vault.pad(txn)]) {
        padded.iter_mut().zip(pad.iter()).for_each(|(byte, pad)| *byte ^= pad);
    }
    padded
}

/// Sealed under the vault's pad alone: about nobody, or of a lane of before.
const BY_VAULT: NonZeroU8 = NonZeroU8::MIN;
/// Sealed under the vault's pad and that of each person.
const BY_PERSONS: NonZeroU8 = BY_VAULT.saturating_add(1);
