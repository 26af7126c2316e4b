//! Applies to an older copy of the vault, or to a new one, what the lane says became of persons since: withdrawn, destroyed,
//! restricted, objected, erased. `qaqpa vault restore`, while no gateway runs.
//!
//! A person is found by the mark that the line bears, which only a vault that has the person's key can make. What is about somebody
//! whom this copy does not know cannot be applied by anybody: it is told by its id, for the officer. Nothing is loosened: a hold
//! that was lifted after the copy was made stays in force, and a consent that was given after it is not given.
//!
//! ```text
//! CONSENT WITHDRAWN c-1   -> c-1 is withdrawn       SUBJECT RESTRICTED h-1 -> h-1 is in force
//! CONSENT DESTROYED c-2   -> its content is gone    SUBJECT ERASED e-1     -> the key is destroyed
//! ```

use jiff::Timestamp;
use qaqpa_vault::{ConsentRecord, Contents, Erasure, HoldRecord, Lookup, Vault};

use crate::persons::not_settled::NotSettled;
use crate::persons::said::{Bearer, Said, SaidHold};

/// What was applied, and what could not be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Consents that are withdrawn again.
    pub withdrawn: u64,
    /// Consents whose content was destroyed again.
    pub destroyed: u64,
    /// Restrictions and objections that are in force again.
    pub held: u64,
    /// Persons that were erased again.
    pub erased: u64,
    /// Restrictions and objections about nobody whom this vault knows: it was known first after the copy was made, or erased since.
    pub unknown_holds: Vec<String>,
    /// Erasures of somebody whom this vault does not know, or that bear no mark (lines of before).
    pub unknown_erasures: Vec<String>,
    /// Consents that would still be in force and are not in this vault.
    pub unknown_consents: Vec<String>,
}

/// Applies it, at the moment `now`. It may be run again after a crash, and then applies the rest.
///
/// # Errors
/// Of the disk.
pub async fn apply(vault: &Vault, contents: &Contents, said: &Said, now: Timestamp) -> Result<Restored, NotSettled> {
    let mut restored = Restored::default();
    let work = Restoration { vault, contents, said };
    work.consents(&mut restored).await?;
    work.holds(&mut restored).await?;
    // Last: whoever was erased may have been restricted before.
    work.erasures(&mut restored).await?;
    let is_here = |id: &String| contents.consents.iter().any(|(_, consent)| consent.id == *id);
    let in_force = said.given.iter().filter(|(id, end)| {
        end.is_none_or(|end| end > now) && !said.withdrawn.contains_key(*id) && !said.destroyed.contains_key(*id)
    });
    restored.unknown_consents = in_force.map(|(id, _)| id.clone()).filter(|id| !is_here(id)).collect();
    Ok(restored)
}

struct Restoration<'a> {
    vault: &'a Vault,
    contents: &'a Contents,
    said: &'a Said,
}

impl Restoration<'_> {
    async fn consents(&self, restored: &mut Restored) -> Result<(), NotSettled> {
        for (lookup, consent) in &self.contents.consents {
            if let Some(withdrawal) = self.said.withdrawn.get(&consent.id).filter(|_| consent.withdrawn.is_none()) {
                let Some(subject) = self.vault.behind(*lookup).await? else { continue };
                let withdrawn = Some(withdrawal.clone());
                self.vault.put_consent(&subject, ConsentRecord { withdrawn, ..consent.clone() }).await?;
                restored.withdrawn += 1;
            }
            if let Some(at) = self.said.destroyed.get(&consent.id).filter(|_| consent.destroyed_at.is_none()) {
                restored.destroyed += u64::from(self.vault.destroy_consent_content(&consent.id, *at).await?);
            }
        }
        Ok(())
    }

    async fn holds(&self, restored: &mut Restored) -> Result<(), NotSettled> {
        let is_here = |id: &String| self.contents.holds.iter().any(|(_, hold)| hold.id == *id);
        let lacking = self.said.held.iter().filter(|(id, _)| !self.said.lifted.contains(*id) && !is_here(id));
        let lacking: Vec<(&String, &SaidHold)> = lacking.collect();
        let bearers = self.bearers(lacking.iter().map(|(_, held)| &held.bearer)).await?;
        for ((id, held), bearer) in lacking.into_iter().zip(bearers) {
            let Some(subject) = self.known(bearer).await? else {
                restored.unknown_holds.push(id.clone());
                continue;
            };
            self.vault.put_hold(&subject, held.record(id)).await?;
            restored.held += 1;
        }
        Ok(())
    }

    async fn erasures(&self, restored: &mut Restored) -> Result<(), NotSettled> {
        let tombstones = self.vault.tombstones().await?;
        let is_here = |id: &String| tombstones.iter().any(|tombstone| tombstone.id == *id);
        let lacking: Vec<_> = self.said.erased.iter().filter(|(id, _)| !is_here(id)).collect();
        let bearers = self.bearers(lacking.iter().map(|(_, erased)| &erased.bearer)).await?;
        for ((id, erased), bearer) in lacking.into_iter().zip(bearers) {
            let Some(lookup) = bearer else {
                restored.unknown_erasures.push(id.clone());
                continue;
            };
            let order = Erasure { id: id.clone(), at: erased.at, basis: erased.basis.clone() };
            restored.erased += u64::from(self.vault.erase_behind(lookup, order).await?.found);
        }
        Ok(())
    }

    /// Whom each line is about, where this vault knows it.
    async fn bearers<'b>(&self, bearers: impl Iterator<Item = &'b Bearer>) -> Result<Vec<Option<Lookup>>, NotSettled> {
        // A line without a mark is about nobody: no mark is all zeros but by a chance of 2^-128.
        let marks = bearers.map(|bearer| (bearer.txn.clone(), bearer.mark.unwrap_or_default())).collect();
        Ok(self.vault.bearers(marks).await?)
    }

    async fn known(&self, lookup: Option<Lookup>) -> Result<Option<qaqpa_vault::Subject>, NotSettled> {
        match lookup {
            Some(lookup) => Ok(self.vault.behind(lookup).await?),
            None => Ok(None),
        }
    }
}

impl SaidHold {
    fn record(&self, id: &str) -> HoldRecord {
        HoldRecord {
            id: id.to_owned(),
            operator: self.operator.clone(),
            kind: self.kind,
            purpose: self.purpose.clone(),
            since: self.since,
            basis: self.basis.clone(),
            recorded_by: self.recorded_by.clone(),
            lifted: None,
        }
    }
}
