//! Crash recovery of the vault: writes the journal lines of withdrawals and erasures that took effect and have none.
//! Their lines are written at the next start, by the gateway itself.
//!
//! A withdrawal is lacking where the lane holds the consent's giving and not its end; an erasure, where it happened in the
//! lane's time. A lane that is new has nothing to say of what was before it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, ConsentChanged, ConsentEvent, Phase, SubjectEvent};
use qaqpa_journal::{Journal, Leaf};

use crate::clock::Clock;
use crate::evidence::line::{about, changed};
use crate::evidence::record::{Actor, acted, append, gateway};
use crate::ids::Ids;
use crate::persons::Persons;

/// What the lane says already.
#[derive(Default)]
struct Said {
    began: Option<i64>,
    given: BTreeSet<String>,
    ended: BTreeSet<String>,
    erased: BTreeSet<String>,
}

impl Said {
    fn consent(&mut self, leaf: &Leaf) {
        let Ok(line) = leaf.read::<ConsentChanged<'_>>() else { return };
        match line.event {
            ConsentEvent::Given => drop(self.given.insert(line.consent.into())),
            ConsentEvent::Withdrawn => drop(self.ended.insert(line.consent.into())),
            ConsentEvent::Destroyed | ConsentEvent::Read => {}
        }
    }

    fn subject(&mut self, leaf: &Leaf) {
        let erased = leaf.read::<Acted<'_>>().ok().filter(|line| line.event == SubjectEvent::Erased);
        self.erased.extend(erased.and_then(|line| line.id).map(String::from));
    }
}

impl Persons {
    /// Writes the lines that a crash left out; how many.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn settle(&self, journal: &Journal, clock: &Clock) -> Result<usize, String> {
        let withdrawn: Vec<_> = self.ledger.records().into_iter().filter(|record| record.withdrawn.is_some()).collect();
        let tombstones = self.vault().tombstones().await.map_err(|error| error.to_string())?;
        if withdrawn.is_empty() && tombstones.is_empty() {
            return Ok(0);
        }
        let directory = journal.directory().to_owned();
        let said = tokio::task::spawn_blocking(move || said(&directory)).await.map_err(|error| error.to_string())??;
        let mut settled = 0;
        // A crash in here leaves some of the lines written; the next start reads them and writes the rest.
        for record in
            withdrawn.iter().filter(|record| said.given.contains(&record.id) && !said.ended.contains(&record.id))
        {
            // The line bears the moment of the withdrawal, not of this start.
            let at = record.withdrawn.as_ref().map_or_else(|| clock.now(), |withdrawn| withdrawn.at);
            let txn = Ids::new(clock.clone()).fresh().to_string();
            let who = gateway(&record.operator);
            let line = changed(ConsentEvent::Withdrawn, &txn, at, &who, record);
            let subject = match self.ledger.held(&record.id) {
                Some((lookup, _)) => self.vault().behind(lookup).await.map_err(|error| error.to_string())?,
                None => None,
            };
            append(journal, &subject.iter().fold(line, about)).await.map_err(|no| no.reason.code().to_owned())?;
            settled += 1;
        }
        let began = said.began.unwrap_or(i64::MAX);
        let lacking = |id: &str, at: Timestamp| at.as_second() >= began && !said.erased.contains(id);
        for tombstone in tombstones.iter().filter(|tombstone| lacking(&tombstone.id, tombstone.at)) {
            let actor = Actor { txn: &tombstone.id, method: ERASE, who: gateway("") };
            let line = Acted {
                id: Some((&tombstone.id).into()),
                basis: Some((&tombstone.basis).into()),
                ..acted(SubjectEvent::Erased, tombstone.at, &actor)
            };
            append(journal, &line).await.map_err(|no| no.reason.code().to_owned())?;
            settled += 1;
        }
        Ok(settled)
    }
}

fn said(directory: &std::path::Path) -> Result<Said, String> {
    let mut said = Said::default();
    for leaf in qaqpa_journal::lines(directory).map_err(|error| error.to_string())? {
        let leaf = leaf.map_err(|error| error.to_string())?;
        said.began = said.began.or_else(|| leaf.seconds.and_then(|seconds| i64::try_from(seconds).ok()));
        // A line that only a later version can read is passed over: what it settled is then settled once more.
        match leaf.phase {
            Some(Phase::Consent) => said.consent(&leaf),
            Some(Phase::Subject) => said.subject(&leaf),
            _ => {}
        }
    }
    Ok(said)
}

/// gRPC path of what was done.
const ERASE: &str = "/qaqpa.subject.v1.Subjects/Erase";
