//! Marks of the persons of an exchange for the journal, which only the holder of a person's key can make again.

use qaqpa_policy::consent::Consent;
use qaqpa_policy::standing::leaves_a_trace;
use qaqpa_policy::{Iin, Permit};
use qaqpa_proto::reason::Refusal;
use qaqpa_vault::{Error as VaultError, Subject};

use crate::evidence::marks::{consent_mark, mark};
use crate::gateway::Gateway;
use crate::persons::named;
use crate::persons::vault_error::vault_error;
use crate::refusal::NotDone;

/// Evidence that every person of an exchange has a key in the vault, and their marks under this exchange.
#[derive(Default)]
pub(crate) struct Marks {
    persons: Vec<String>,
    consents: Vec<String>,
    subjects: Vec<Subject>,
}

impl Marks {
    /// One a person, base64url.
    pub(crate) fn persons(&self) -> &[String] {
        &self.persons
    }

    /// Whose they are.
    pub(crate) fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// One a consent that is relied on, base64url.
    pub(crate) fn consents(&self) -> &[String] {
        &self.consents
    }
}

impl Gateway {
    /// Makes a person's key at first sight, and remembers the purpose where another may not be joined with it.
    pub(super) async fn marks(&self, permit: &Permit, consent: &Consent, txn: &str) -> Result<Marks, NotDone> {
        let mut marks = Marks::default();
        for reliance in consent.reliances() {
            let subject = match self.used(permit, &reliance.iin).await {
                // Erased between room 6 and here, and the consent with the person.
                Err(VaultError::Erased) if reliance.consent.is_some() => {
                    return Err(Refusal::ConsentMissing.into());
                }
                // Erased, but nothing was relied on: the person is new, with a new key that nothing old leads to.
                Err(VaultError::Erased) => self.used(permit, &reliance.iin).await,
                used => used,
            };
            let subject = subject.map_err(vault_error)?;
            marks.persons.push(mark(&subject, txn));
            marks.consents.extend(reliance.consent.as_ref().map(|consent| consent_mark(&subject, txn, consent)));
            marks.subjects.push(subject);
        }
        Ok(marks)
    }

    async fn used(&self, permit: &Permit, iin: &Iin) -> Result<Subject, VaultError> {
        let (vault, now) = (self.persons.vault(), self.clock.now());
        let subject = vault.subject(&named(permit.operator(), iin), now).await?;
        if leaves_a_trace(permit.purpose()) {
            // A crash here leaves a use without an exchange: the purpose counts as used, which only ever refuses more.
            vault.record_use(&subject, permit.operator(), &permit.purpose().id, now).await?;
        }
        Ok(subject)
    }
}
