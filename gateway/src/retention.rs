//! What is destroyed at the end of its term, and when: contents of withdrawn consents with the salts of what relied on them,
//! records of consents long over, salts, and the memory of purposes that no window reaches any more.
//!
//! The job runs in the gateway, once an hour and at start; each destruction is a line of the journal (phase RETENTION).
//! Terms come from the operator's pack; where it names none, from `[retention]` of the configuration.
//!
//! ```text
//! Due { what: ConsentContent, at: 2026-11-23T10:00:00Z, consent: Some(id), count: 1 }
//! Due { what: Salts, at: 2029-11-20T00:00:00Z, consent: None, count: 412 }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qaqpa_vault::{ConsentRecord, Subject};

use crate::denial::Denial;
use crate::evidence::journal_error;
use crate::gateway::Gateway;
use crate::persons::consent_mark;
use crate::record::Event;
use crate::service::ledger::{append, vault_error};
use crate::usage::{self, Usage};

/// Something with an end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it must be gone.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The consent it is about.
    pub consent: Option<String>,
    /// How many.
    pub count: u64,
}

/// What has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Guardian, reference, token and evidence of a withdrawn consent, and the salts of the exchanges that relied on it.
    ConsentContent,
    /// The record of a consent that is over.
    ConsentRecord,
    /// Salts, by which released fields can be proven; counted by day.
    Salts,
}

impl What {
    /// As in replies and in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConsentContent => "consent-content",
            Self::ConsentRecord => "consent-record",
            Self::Salts => "salts",
        }
    }
}

impl Gateway {
    /// What ends until `until` (a year from now when absent), soonest first; of one operator, or of all.
    ///
    /// # Errors
    /// `journal.unavailable`, when the lane cannot be read.
    pub async fn retention_due(
        self: Arc<Self>,
        until: Option<Timestamp>,
        operator: Option<&str>,
    ) -> Result<Vec<Due>, Denial> {
        let until = until.unwrap_or_else(|| later(self.clock.now(), 366));
        let mut due: Vec<Due> = self
            .persons
            .ledger
            .records()
            .iter()
            .filter(|record| operator.is_none_or(|operator| record.operator == operator))
            .flat_map(|record| self.ends_of(record))
            .collect();
        due.extend(self.salts_by_day(operator).await?);
        due.retain(|due| due.at <= until);
        due.sort();
        Ok(due)
    }

    /// Destroys what is due. Returns how many things went, by kind.
    ///
    /// # Errors
    /// Vault or journal; what was destroyed until then is recorded, the rest is found again.
    pub async fn keep_retention(self: Arc<Self>) -> Result<BTreeMap<&'static str, u64>, Denial> {
        let now = self.clock.now();
        let mut done: BTreeMap<&'static str, u64> = BTreeMap::new();
        for id in self.persons.ledger.due(now) {
            *done.entry("consent-content").or_default() += u64::from(self.destroy_content(&id).await?);
        }
        for record in self.persons.ledger.records() {
            if self.record_ends(&record).is_some_and(|end| end <= now) {
                *done.entry("consent-record").or_default() += u64::from(self.delete_record(&record).await?);
            }
        }
        let salts: Vec<u64> = self.salted(None).await?.into_iter().filter(|(_, end)| *end <= now).map(|(leaf, _)| leaf).collect();
        let salts = self.salts_not_yet_forgotten(salts);
        done.insert("salts", self.forget_salts(salts).await?);
        let window = SignedDuration::from_hours(24 * i64::from(self.longest_window()));
        let before = now.checked_sub(window).unwrap_or(Timestamp::UNIX_EPOCH);
        self.persons.gate.forget_uses_before(before);
        done.insert("uses", self.persons.vault().delete_uses_before(before).await.map_err(vault_error)?);
        done.retain(|_, count| *count > 0);
        if !done.is_empty() {
            let facts = done.iter().map(|(what, count)| (*what, count.to_string())).collect();
            append(&self.journal, &Event { phase: "RETENTION", ts: now, event: "destroyed", facts }).await?;
        }
        Ok(done)
    }

    /// Destroys a consent's content, and before it the salts of the exchanges that relied on it: afterwards nobody finds
    /// them.
    async fn destroy_content(self: &Arc<Self>, id: &str) -> Result<bool, Denial> {
        let Some((lookup, _)) = self.persons.ledger.held(id) else { return Ok(false) };
        if let Some(subject) = self.persons.vault().behind(lookup).await.map_err(vault_error)? {
            let relied = |usage: &Usage| {
                usage.intent.subjects.consents.contains(&consent_mark(&subject, &usage.intent.txn, id))
            };
            let usages = self.usages(subject.clone()).await?;
            let leaves = usages.iter().filter(|usage| relied(usage)).flat_map(|usage| usage.leaves.clone()).collect();
            self.forget_salts(leaves).await?;
        }
        self.persons.ledger.destroy(id, &self.exchange_id().to_string()).await
    }

    async fn delete_record(&self, record: &ConsentRecord) -> Result<bool, Denial> {
        let deleted = self.persons.vault().delete_consent(&record.id).await.map_err(vault_error)?;
        if let Some((lookup, _)) = self.persons.ledger.held(&record.id) {
            self.persons.gate.forget_consent(lookup, &record.id);
        }
        self.persons.ledger.forget_consent(&record.id);
        Ok(deleted)
    }

    fn ends_of(&self, record: &ConsentRecord) -> Vec<Due> {
        let due = |what, at| Due { at, what, consent: Some(record.id.clone()), count: 1 };
        let content = record.withdrawn.as_ref().filter(|_| record.destroyed_at.is_none());
        let content = content.map(|withdrawn| due(What::ConsentContent, withdrawn.destroy_by));
        content.into_iter().chain(self.record_ends(record).map(|end| due(What::ConsentRecord, end))).collect()
    }

    /// When the record of a consent goes: so many days after it was withdrawn or ran out.
    fn record_ends(&self, record: &ConsentRecord) -> Option<Timestamp> {
        let over = match (&record.withdrawn, record.expires_at) {
            (Some(withdrawn), Some(expires_at)) => withdrawn.at.min(expires_at),
            (Some(withdrawn), None) => withdrawn.at,
            (None, expires_at) => expires_at?,
        };
        let plans = self.plans(&record.operator);
        let days = plans.and_then(|plans| plans.pack().terms().consents_days).map_or(self.retention.consents_days, u32::from);
        Some(later(over, days))
    }

    fn longest_window(&self) -> u16 {
        let plans = self.policies.load();
        let purposes = plans.values().flat_map(|plans| plans.pack().purposes());
        purposes.flat_map(|purpose| &purpose.incompatible).map(|other| other.window_days).max().unwrap_or_default()
    }

    async fn salts_by_day(self: &Arc<Self>, operator: Option<&str>) -> Result<Vec<Due>, Denial> {
        let mut by_day: BTreeMap<Timestamp, u64> = BTreeMap::new();
        for (_, end) in self.salted(operator).await? {
            let day = Timestamp::from_second(end.as_second().div_euclid(DAY) * DAY + DAY).unwrap_or(end);
            *by_day.entry(day).or_default() += 1;
        }
        let due = |(at, count)| Due { at, what: What::Salts, consent: None, count };
        Ok(by_day.into_iter().map(due).collect())
    }

    /// Intents with a salt that has not been destroyed by this process, and the end of each salt's term.
    async fn salted(self: &Arc<Self>, operator: Option<&str>) -> Result<Vec<(u64, Timestamp)>, Denial> {
        let (gateway, operator) = (self.clone(), operator.map(str::to_owned));
        let walk = move || {
            usage::intents(gateway.journal.directory(), |leaf, who, seconds| {
                if operator.as_deref().is_some_and(|operator| operator != who) || gateway.salt_is_forgotten(leaf) {
                    return None;
                }
                let plans = gateway.plans(who);
                let days = plans.and_then(|plans| plans.pack().terms().salts_days);
                let days = days.map_or(gateway.retention.salts_days, u32::from);
                Some((leaf, later(Timestamp::from_second(seconds).ok()?, days)))
            })
        };
        tokio::task::spawn_blocking(walk).await.map_err(journal_error)?.map_err(journal_error)
    }

    /// Every exchange about a person, walked beside the threads that serve.
    pub(crate) async fn usages(&self, subject: Subject) -> Result<Vec<Usage>, Denial> {
        let directory = self.journal.directory().to_owned();
        let walk = move || usage::of(&subject, &directory);
        tokio::task::spawn_blocking(walk).await.map_err(journal_error)?.map_err(journal_error)
    }

    /// Destroys the salts of lines; how many there were.
    pub(crate) async fn forget_salts(&self, leaves: Vec<u64>) -> Result<u64, Denial> {
        if leaves.is_empty() {
            return Ok(0);
        }
        let forgotten = self.journal.forget_salts(&leaves).await.map_err(journal_error)?;
        self.forgotten_salts().extend(leaves);
        Ok(forgotten)
    }

    fn salts_not_yet_forgotten(&self, leaves: Vec<u64>) -> Vec<u64> {
        let forgotten = self.forgotten_salts();
        leaves.into_iter().filter(|leaf| !forgotten.contains(leaf)).collect()
    }

    fn salt_is_forgotten(&self, leaf: u64) -> bool {
        self.forgotten_salts().contains(&leaf)
    }

    fn forgotten_salts(&self) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
        self.forgotten.lock().unwrap_or_else(std::sync::PoisonError::into_inner) // whole after each insertion
    }
}

fn later(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// Seconds.
const DAY: i64 = 86_400;
