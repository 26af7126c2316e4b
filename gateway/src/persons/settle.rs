//! Crash recovery of the vault: at start, writes the journal lines of withdrawals, destructions, holds and erasures that
//! took effect while the journal could not say so.
//!
//! A withdrawal or a destruction is lacking where the lane holds the consent's giving and not that; a hold or an erasure,
//! where it happened in the lane's time. A lane that is new has nothing to say of what was before it.

use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_journal::Journal;
use qaqpa_journal::line::{Acted, ConsentChanged, ConsentEvent, Record, SubjectEvent, Text};
use qaqpa_vault::{ConsentRecord, HoldRecord, Lookup, Subject, Tombstone};

use crate::clock::Clock;
use crate::evidence::lines::{Actor, about, acted, append, changed, gateway};
use crate::evidence::marks::{encoded, mark};
use crate::ids::Ids;
use crate::persons::Persons;
use crate::persons::holds::put_event;
use crate::persons::not_settled::NotSettled;
use crate::persons::said::Said;

impl Persons {
    /// Writes the lines that a crash left out; how many.
    ///
    /// # Errors
    /// [`NotSettled`]; the lines written until then stay, and the next start writes the others.
    pub async fn settle(&self, said: &Said, journal: &Journal, clock: &Clock) -> Result<usize, NotSettled> {
        let ended = |record: &Arc<ConsentRecord>| record.withdrawn.is_some() || record.destroyed_at.is_some();
        let consents: Vec<_> = self.ledger.records().into_iter().filter(ended).collect();
        let holds = self.holds.in_force();
        let tombstones = self.vault().tombstones().await?;
        if consents.is_empty() && holds.is_empty() && tombstones.is_empty() {
            return Ok(0);
        }
        // A crash in here leaves some of the lines written; the next start reads them and writes the rest.
        let lacking = Lacking { persons: self, journal, ids: Ids::new(clock.clone()), said };
        Ok(lacking.consents(&consents).await? + lacking.holds(&holds).await? + lacking.erasures(&tombstones).await?)
    }
}

/// Writes what is lacking. Each line bears the moment of what happened, not of this start.
struct Lacking<'a> {
    persons: &'a Persons,
    journal: &'a Journal,
    ids: Ids,
    said: &'a Said,
}

impl Lacking<'_> {
    async fn consents(&self, records: &[Arc<ConsentRecord>]) -> Result<usize, NotSettled> {
        let mut written = 0;
        for record in records.iter().filter(|record| self.said.given.contains_key(&record.id)) {
            let withdrawn = record.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
            for (event, at, is_said) in [
                (ConsentEvent::Withdrawn, withdrawn, self.said.withdrawn.contains_key(&record.id)),
                (ConsentEvent::Destroyed, record.destroyed_at, self.said.destroyed.contains_key(&record.id)),
            ] {
                let Some(at) = at.filter(|_| !is_said) else { continue };
                let (txn, who) = (self.ids.fresh().to_string(), gateway(&record.operator));
                let subject = match self.persons.ledger.held(&record.id) {
                    Some((lookup, _)) => self.behind(lookup).await?,
                    None => None,
                };
                let line = ConsentChanged { vault: self.counter(), ..changed(event, &txn, at, &who, record) };
                self.append(&subject.iter().fold(line, about)).await?;
                written += 1;
            }
        }
        Ok(written)
    }

    async fn holds(&self, holds: &[(Lookup, HoldRecord)]) -> Result<usize, NotSettled> {
        let mut written = 0;
        for (lookup, record) in holds.iter().filter(|(_, record)| self.is_ours(record.since)) {
            if self.said.held.contains_key(&record.id) {
                continue;
            }
            let event = put_event(record.kind);
            let actor = Actor { txn: &record.id, method: method(event), who: gateway(&record.operator) };
            let subject = self.behind(*lookup).await?;
            let line = Acted {
                marks: subject.iter().map(|subject| mark(subject, &record.id).into()).collect(),
                id: Some((&record.id).into()),
                basis: Some((&record.basis).into()),
                purpose: record.purpose.as_ref().map(Text::from),
                vault: self.counter(),
                ..acted(event, record.since, &actor)
            };
            self.append(&line).await?;
            written += 1;
        }
        Ok(written)
    }

    async fn erasures(&self, tombstones: &[Tombstone]) -> Result<usize, NotSettled> {
        let mut written = 0;
        let event = SubjectEvent::Erased;
        for tombstone in tombstones.iter().filter(|tombstone| self.is_ours(tombstone.at)) {
            if self.said.erased.contains_key(&tombstone.id) {
                continue;
            }
            let actor = Actor { txn: &tombstone.id, method: method(event), who: gateway("") };
            let line = Acted {
                id: Some((&tombstone.id).into()),
                basis: Some((&tombstone.basis).into()),
                marks: tombstone.mark.iter().map(|mark| encoded(*mark).into()).collect(),
                vault: self.counter(),
                ..acted(event, tombstone.at, &actor)
            };
            self.append(&line).await?;
            written += 1;
        }
        Ok(written)
    }

    fn counter(&self) -> Option<u64> {
        Some(self.persons.vault().counter())
    }

    /// Whether it happened in the time of this lane.
    fn is_ours(&self, at: Timestamp) -> bool {
        self.said.began.is_some_and(|began| at.as_second() >= began)
    }

    async fn behind(&self, lookup: Lookup) -> Result<Option<Subject>, NotSettled> {
        Ok(self.persons.vault().behind(lookup).await?)
    }

    async fn append(&self, line: &impl Record) -> Result<(), NotSettled> {
        append(self.journal, line).await.map(drop).map_err(NotSettled::Line)
    }
}

/// gRPC path of what was done.
fn method(event: SubjectEvent) -> &'static str {
    match event {
        SubjectEvent::Restricted => "/qaqpa.subject.v1.Subjects/Restrict",
        SubjectEvent::Objected => "/qaqpa.subject.v1.Subjects/Object",
        _ => "/qaqpa.subject.v1.Subjects/Erase",
    }
}
