//! The retention job: destroys at the end of their terms contents of withdrawn consents with the salts of what relied
//! on them, records of ended consents, closed requests, salts, and uses that no window of incompatible purposes reaches
//! any more.
//!
//! The job runs in the gateway, once an hour and at start; each destruction is a line of the journal (phase RETENTION). While the
//! clock is away (`believed_clock.rs`) it destroys nothing.
//! Terms come from the operator's pack; where it names none, from `[retention]` of the configuration.
//!
//! ```text
//! Due { what: ConsentContent, at: 2026-11-23T10:00:00Z, id: Some(id), count: 1 }
//! Due { what: Salts, at: 2029-11-20T00:00:00Z, id: None, count: 412 }
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qaqpa_journal::Journal;
use qaqpa_journal::line::{Event, Phase};
use qaqpa_policy::Plans;
use qaqpa_policy::pack::Terms;
use qaqpa_vault::ConsentRecord;
use serde::Deserialize;

use crate::clock::Clock;
use crate::evidence::lines::{append, journal_error};
use crate::evidence::marks::consent_mark;
use crate::evidence::usage::{self, Usage};
use crate::ids::Ids;
use crate::persons::Persons;
use crate::persons::vault_error::vault_error;
use crate::refusal::NotDone;

/// Something whose retention term ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The end of its term; it is destroyed by then.
    pub at: Timestamp,
    /// The kind of thing.
    pub what: What,
    /// The consent, hold or request it is about.
    pub id: Option<String>,
    /// Number of things.
    pub count: u64,
}

/// The kinds of things that have a retention term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Guardian, reference, token and evidence of a withdrawn consent, and the salts of the exchanges that relied on it.
    ConsentContent,
    /// The record of a consent that is over.
    ConsentRecord,
    /// A subject's request that was closed, or a restriction that was lifted.
    Request,
    /// Salts, by which released fields can be proven; counted by day.
    Salts,
}

/// `[retention]`: terms in days where a policy pack states none, each 1 to 36500.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct DefaultTerms {
    /// Days that salts are kept, so that released fields can be proven; default 1095.
    pub salts_days: u32,
    /// Days that the record of a consent is kept after its end; default 1095.
    pub consents_days: u32,
    /// Days that a subject's request is kept after it was closed; default 365.
    pub requests_days: u32,
}

impl Default for DefaultTerms {
    fn default() -> Self {
        Self { salts_days: 1095, consents_days: 1095, requests_days: 365 }
    }
}

/// The job, by the packs that are in force when it is made. Cheap to clone.
#[derive(Clone)]
pub struct Retention {
    pub(crate) persons: Persons,
    pub(crate) journal: Journal,
    pub(crate) plans: Arc<HashMap<String, Arc<Plans>>>,
    pub(crate) defaults: DefaultTerms,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
}

impl Retention {
    /// Lists what is due until `until` (a year from now when absent), soonest first; of one operator, or of all.
    ///
    /// # Errors
    /// `journal.unavailable`, when the lane cannot be read.
    pub async fn due(&self, until: Option<Timestamp>, operator: Option<&str>) -> Result<Vec<Due>, NotDone> {
        let until = until.unwrap_or_else(|| later(self.clock.now(), 366));
        let mut due: Vec<Due> = self
            .persons
            .ledger
            .records()
            .iter()
            .filter(|record| operator.is_none_or(|operator| record.operator == operator))
            .flat_map(|record| self.ends_of(record))
            .collect();
        due.extend(self.requests(operator).await?);
        due.extend(self.salts_by_day(operator, until).await?);
        due.retain(|due| due.at <= until);
        due.sort();
        Ok(due)
    }

    /// Destroys what is due. Returns how many things went, by kind.
    ///
    /// # Errors
    /// Vault or journal. What was destroyed until then stays destroyed, with a line of its own only for the contents of
    /// consents; the rest is found again.
    pub async fn keep(&self) -> Result<BTreeMap<&'static str, u64>, NotDone> {
        if !self.persons.look_at_clock(&self.journal).await? {
            return Ok(BTreeMap::new());
        }
        // Each step looks for its work anew: after a crash or an error the rest is found by the next run.
        let now = self.clock.now();
        let mut done: BTreeMap<&'static str, u64> = BTreeMap::new();
        // With the time until the next run, so that an hourly job is never late.
        for id in self.persons.ledger.due(now.checked_add(INTERVAL).unwrap_or(now)) {
            *done.entry("consent-content").or_default() += u64::from(self.destroy_content(&id).await?);
        }
        // Records, requests, salts and uses have no line of their own, only the one at the end: a crash or an error
        // before it leaves what was destroyed so far uncounted in the journal.
        for record in self.persons.ledger.records() {
            if self.record_ends(&record).is_some_and(|end| end <= now) {
                *done.entry("consent-record").or_default() += u64::from(self.delete_record(&record).await?);
            }
        }
        for request in self.requests(None).await?.into_iter().filter(|request| request.at <= now) {
            *done.entry("requests").or_default() +=
                u64::from(self.delete_request(request.id.as_deref().unwrap_or_default()).await?);
        }
        let over = |(leaf, end): (u64, Timestamp)| (end <= now).then_some(leaf);
        let salts = self.salted(None, now).await?.into_iter().filter_map(over).collect();
        done.insert("salts", forget_salts(&self.journal, salts).await?);
        let before = earlier(now, self.longest_window().into());
        // Memory before the vault: after a crash in between they are read again, and the next run deletes them.
        self.persons.gate.forget_uses_before(before);
        done.insert("uses", self.persons.vault().delete_uses_before(before).await.map_err(vault_error)?);
        done.retain(|_, count| *count > 0);
        if !done.is_empty() {
            self.persons.vault().scrub().await.map_err(vault_error)?;
            let facts = done.iter().map(|(what, count)| (*what, count.to_string()));
            append(&self.journal, &Event::new(Phase::Retention, now, "destroyed", facts)).await?;
        }
        Ok(done)
    }

    /// Destroys a consent's content, and before it the salts of the exchanges that relied on it: afterwards nobody finds
    /// them.
    async fn destroy_content(&self, id: &str) -> Result<bool, NotDone> {
        let Some((lookup, _)) = self.persons.ledger.held(id) else { return Ok(false) };
        if let Some(subject) = self.persons.vault().behind(lookup).await.map_err(vault_error)? {
            let relied =
                |usage: &Usage| usage.intent.subjects.relied_on(&consent_mark(&subject, &usage.intent.txn, id));
            let usages = usage::usages(&self.journal, subject.clone()).await?;
            let leaves = usages.iter().filter(|usage| relied(usage)).flat_map(|usage| usage.leaves.clone()).collect();
            // A crash behind this leaves the content without the salts: it is found due again, and no salt is missed.
            forget_salts(&self.journal, leaves).await?;
        }
        self.persons.ledger.destroy(id, &self.ids.fresh().to_string()).await
    }

    async fn delete_record(&self, record: &ConsentRecord) -> Result<bool, NotDone> {
        // The vault first: where it fails, memory still has the record and the next run finds it.
        let deleted = self.persons.vault().delete_consent(&record.id).await.map_err(vault_error)?;
        if let Some((lookup, _)) = self.persons.ledger.held(&record.id) {
            self.persons.gate.forget_consent(lookup, &record.id);
        }
        self.persons.ledger.forget_consent(&record.id);
        Ok(deleted)
    }

    /// Closed requests and lifted holds, with the end of their terms.
    async fn requests(&self, operator: Option<&str>) -> Result<Vec<Due>, NotDone> {
        let requests = self.persons.vault().all_requests().await.map_err(vault_error)?;
        let closed =
            requests.into_iter().filter_map(|request| Some((request.id, request.operator, request.closed_at?)));
        let closed = closed.chain(self.persons.holds.lifted());
        let end = |operator: &str, at| {
            later(at, self.term(operator, |terms| terms.requests_days, self.defaults.requests_days))
        };
        let due = closed.filter(|(_, of, _)| operator.is_none_or(|operator| operator == of)).map(|(id, of, at)| Due {
            at: end(&of, at),
            what: What::Request,
            id: Some(id),
            count: 1,
        });
        Ok(due.collect())
    }

    async fn delete_request(&self, id: &str) -> Result<bool, NotDone> {
        if self.persons.holds.is_lifted(id) {
            // Memory first: where the vault fails, the hold (lifted, so it stops nothing) is found again only after the
            // next start.
            self.persons.holds.forget_hold(id);
            return self.persons.vault().delete_hold(id).await.map_err(vault_error);
        }
        self.persons.vault().delete_request(id).await.map_err(vault_error)
    }

    fn ends_of(&self, record: &ConsentRecord) -> Vec<Due> {
        let due = |what, at| Due { at, what, id: Some(record.id.clone()), count: 1 };
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
        let days = self.term(&record.operator, |terms| terms.consents_days, self.defaults.consents_days);
        Some(later(over, days))
    }

    fn longest_window(&self) -> u16 {
        let plans = &self.plans;
        let purposes = plans.values().flat_map(|plans| plans.pack().purposes());
        purposes.flat_map(|purpose| &purpose.incompatible).map(|other| other.window_days).max().unwrap_or_default()
    }

    async fn salts_by_day(&self, operator: Option<&str>, until: Timestamp) -> Result<Vec<Due>, NotDone> {
        let mut by_day: BTreeMap<Timestamp, u64> = BTreeMap::new();
        for (_, end) in self.salted(operator, until).await? {
            let day = Timestamp::from_second(end.as_second().div_euclid(DAY) * DAY + DAY).unwrap_or(end);
            *by_day.entry(day).or_default() += 1;
        }
        let due = |(at, count)| Due { at, what: What::Salts, id: None, count };
        Ok(by_day.into_iter().map(due).collect())
    }

    /// Intents whose salt is still there and whose term may end until `until`, with the end of each.
    async fn salted(&self, operator: Option<&str>, until: Timestamp) -> Result<Vec<(u64, Timestamp)>, NotDone> {
        let (job, operator) = (self.clone(), operator.map(str::to_owned));
        // With the configuration's own term: a lane may hold exchanges of operators that are no longer configured.
        let shortest =
            self.plans.keys().map(|operator| self.salts_days(operator)).fold(self.defaults.salts_days, u32::min);
        let youngest = earlier(until, shortest).as_second();
        let walk = move || {
            let held: BTreeSet<u64> = qaqpa_journal::salts::held(job.journal.directory())?.into_iter().collect();
            usage::intents(job.journal.directory(), youngest, |leaf, who, seconds| {
                if operator.as_deref().is_some_and(|operator| operator != who) || !held.contains(&leaf) {
                    return None;
                }
                Some((leaf, later(Timestamp::from_second(seconds).ok()?, job.salts_days(who))))
            })
        };
        tokio::task::spawn_blocking(walk).await.map_err(journal_error)?.map_err(journal_error)
    }

    fn salts_days(&self, operator: &str) -> u32 {
        self.term(operator, |terms| terms.salts_days, self.defaults.salts_days)
    }

    /// A term in days: the pack's own, or the configuration's where the pack names none.
    fn term(&self, operator: &str, own: impl Fn(&Terms) -> Option<u16>, otherwise: u32) -> u32 {
        self.plans.get(operator).and_then(|plans| own(plans.pack().terms())).map_or(otherwise, u32::from)
    }
}

/// Destroys the salts of lines; how many there were.
pub(crate) async fn forget_salts(journal: &Journal, leaves: Vec<u64>) -> Result<u64, NotDone> {
    if leaves.is_empty() {
        return Ok(0);
    }
    journal.forget_salts(&leaves).await.map_err(journal_error)
}

fn earlier(at: Timestamp, days: u32) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn later(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// Interval of the job: one hour.
pub(crate) const INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// Seconds of a day.
const DAY: i64 = 86_400;
