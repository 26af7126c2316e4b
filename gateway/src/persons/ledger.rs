//! The ledger of consents: giving, withdrawal and destruction; over the vault, the gate and the journal.
//!
//! The order of effects decides what a crash or a full disk means:
//!
//! * *give*: journal, vault, gate. A line without effect may remain, and giving it again under the same request id makes
//!   the same consent; a consent in force without a line never.
//! * *withdraw*: gate, vault, journal. Nothing leaves from the first moment on, whatever fails then: a caller that gets
//!   a failure withdraws again, and what was lacking is done.
//! * *destroy*: vault, journal. Nothing is called destroyed that is not.
//!
//! Changes about one person follow one another; about different persons they do not wait for each other. Whether a caller
//! may do it is judged before, in `consents.rs`; `reach.rs` says which consents it may see.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use jiff::Timestamp;
use qaqpa_journal::line::{ConsentChanged, ConsentEvent, Record, Who};
use qaqpa_journal::{Journal, Receipt as Leaf};
use qaqpa_policy::Iin;
use qaqpa_policy::working_days::{Calendar, add_working_days};
use qaqpa_proto::reason::{Failure, Refusal};
use qaqpa_vault::{ConsentRecord, Lookup, Vault, Withdrawal};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::evidence::lines::{about, append, changed, gateway, texts};
use crate::persons::gate::SubjectGate;
use crate::persons::giving::JudgedConsent;
use crate::persons::index::{Held, Index};
use crate::persons::named;
use crate::persons::reach::Reach;
use crate::persons::vault_error::vault_error;
use crate::persons::watched_event::{Kind, WatchedEvent};
use crate::refusal::NotDone;

/// All consents of a gateway.
pub struct Ledger {
    gate: Arc<SubjectGate>,
    journal: Journal,
    clock: Clock,
    calendar: Calendar,
    ids: hmac::Key,
    index: Mutex<Index>,
    turns: [tokio::sync::Mutex<()>; TURNS],
    turn_of: RandomState,
    pub(super) events: broadcast::Sender<Arc<WatchedEvent>>,
    pub(crate) stopping: CancellationToken,
}

/// The caller and the call that change the ledger.
pub(crate) struct By<'a> {
    /// UUIDv7 of the call.
    pub(crate) txn: &'a str,
    pub(crate) who: Who<'a>,
}

/// The consents that a withdrawal covers.
pub(crate) enum Which {
    One(String),
    /// Consents of a person that cover one of the purposes; all when no purpose is named.
    Person(Iin, Vec<String>),
}

/// A consent that is in the ledger.
pub(crate) struct Recorded {
    pub(crate) record: Arc<ConsentRecord>,
    /// Its line; none where the same had been given before.
    pub(crate) leaf: Option<Leaf>,
}

/// The result of a withdrawal.
pub(crate) struct Withdrawn {
    pub(crate) records: Vec<Arc<ConsentRecord>>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) stopped_at: Timestamp,
    pub(crate) under_way: Vec<String>,
}

impl Ledger {
    /// Over a gate and what its vault held of consents when it was opened.
    #[must_use]
    pub fn new(
        gate: Arc<SubjectGate>,
        journal: Journal,
        clock: Clock,
        calendar: Calendar,
        consents: impl IntoIterator<Item = (Lookup, ConsentRecord)>,
    ) -> Arc<Self> {
        let mut index = Index::default();
        for (lookup, record) in consents {
            index.remember(&record);
            index.put(lookup, Arc::new(record));
        }
        Arc::new(Self {
            ids: hmac::Key::new(hmac::HMAC_SHA256, &gate.vault().derive("qaqpa/v1/consent-ids")),
            gate,
            journal,
            clock,
            calendar,
            index: Mutex::new(index),
            turns: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            turn_of: RandomState::default(),
            events: broadcast::channel(REMEMBERED_EVENTS).0,
            stopping: CancellationToken::new(),
        })
    }

    /// Ends the streams of all watchers: the gateway is going down.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Contents that must be destroyed before `by`, as consent ids: of withdrawn consents, first to be destroyed first.
    #[must_use]
    pub fn due(&self, by: Timestamp) -> Vec<String> {
        let index = self.index();
        let mut due: Vec<_> = index
            .all()
            .filter(|held| held.record.destroyed_at.is_none())
            .filter_map(|held| Some((held.record.withdrawn.as_ref()?.destroy_by, held.record.id.clone())))
            .filter(|(destroy_by, _)| *destroy_by <= by)
            .collect();
        due.sort();
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// Destroys a consent's content: guardian, reference, token and evidence. Its id, times and purposes stay. False when
    /// there was nothing left to destroy.
    ///
    /// # Errors
    /// `consent.unknown`, `vault.unavailable`, `journal.unavailable`; then it may be called again.
    pub async fn destroy(&self, id: &str, txn: &str) -> Result<bool, NotDone> {
        let held = self.one(id).ok_or(Refusal::ConsentUnknown)?;
        let _turn = self.turn(held.lookup).await;
        // Read again: who held the turn may have withdrawn, destroyed or erased it.
        let held = self.one(id).ok_or(Refusal::ConsentUnknown)?;
        // Destroyed, and only its line failed: then this call writes the line.
        if held.record.destroyed_at.is_some() && !self.index().unrecorded.contains(id) {
            return Ok(false);
        }
        let at = held.record.destroyed_at.unwrap_or_else(|| self.clock.now());
        // A crash behind this leaves a content that is gone and has no line: the next start writes it (`settle`), with
        // the moment that stands in the record.
        self.vault().destroy_consent_content(id, at).await.map_err(vault_error)?;
        let mut record = ConsentRecord::clone(&held.record);
        (record.guardian, record.evidence_sha256, record.kdp) = (None, None, None);
        record.reference.clear();
        record.destroyed_at = Some(at);
        match record.withdrawn {
            Some(_) => self.gate.given(held.lookup, &record), // so that callers still hear `consent.withdrawn`
            None => self.gate.forget_consent(held.lookup, id),
        }
        let record = self.keep_unrecorded(held.lookup, record);
        let who = gateway(&record.operator);
        let subject = self.vault().behind(held.lookup).await.map_err(vault_error)?;
        let line = self.counted(changed(ConsentEvent::Destroyed, txn, at, &who, &record));
        self.append(&subject.iter().fold(line, about)).await?;
        self.recorded(&record, Kind::Destroyed, at);
        Ok(true)
    }

    /// Forgets a person whose keys were destroyed.
    pub fn forget(&self, lookup: Lookup) {
        let mut index = self.index();
        index.of(lookup).iter().for_each(|held| index.forget(&held.record.id));
    }

    /// The days that its terms count.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// All consents that have a record.
    #[must_use]
    pub fn records(&self) -> Vec<Arc<ConsentRecord>> {
        self.index().all().map(|held| held.record.clone()).collect()
    }

    /// The person (as a lookup) and the record of a consent.
    #[must_use]
    pub fn held(&self, id: &str) -> Option<(Lookup, Arc<ConsentRecord>)> {
        self.one(id).map(|held| (held.lookup, held.record))
    }

    /// Forgets a consent whose record was deleted at the end of its retention.
    pub fn forget_consent(&self, id: &str) {
        self.index().forget(id);
    }

    /// Records a consent.
    pub(crate) async fn give(&self, giving: &JudgedConsent, by: &By<'_>) -> Result<Recorded, NotDone> {
        let lookup = self.vault().lookup(&named(&by.who.operator, giving.iin()));
        // Two calls with one request id for a person come one after the other: the second finds what the first made.
        let _turn = self.turn(lookup).await;
        let mut record = ConsentRecord::clone(giving.record());
        record.id = self.id_of(giving.request_id(), by)?;
        if let Some(first) = self.one(&record.id) {
            return repeated(first, lookup, &record);
        }
        record.recorded_at = self.clock.now();
        let subject = self
            .vault()
            .subject(&named(&by.who.operator, giving.iin()), record.recorded_at)
            .await
            .map_err(vault_error)?;
        let line = changed(ConsentEvent::Given, by.txn, record.recorded_at, &by.who, &record);
        let mut line = self.counted(about(line, &subject));
        (line.policy, line.policy_sha256) = (Some(giving.policy().0.into()), Some(giving.policy().1.into()));
        // A crash behind this leaves a line without effect: the consent is not in force, and given again under the same
        // request id it gets the same id.
        let leaf = self.append(&line).await?;
        // From here on it survives a crash; until the gate has it, it does not yet count.
        self.vault().put_consent(&subject, record.clone()).await.map_err(|error| match error {
            // The same request id for another person, at the same moment.
            qaqpa_vault::Error::Taken(_) => other_consent(),
            error => vault_error(error),
        })?;
        self.gate.given(lookup, &record);
        let record = Arc::new(record);
        let mut index = self.index();
        index.put(lookup, record.clone());
        self.tell(&mut index, &record, Kind::Given, record.recorded_at);
        drop(index);
        Ok(Recorded { record, leaf: Some(leaf) })
    }

    /// Withdraws consents. From its first step on nothing that needs them leaves any more.
    pub(crate) async fn withdraw(
        &self,
        which: &Which,
        reach: &Reach,
        reason: &str,
        days: impl Fn(&str) -> u8,
        by: &By<'_>,
    ) -> Result<Withdrawn, NotDone> {
        let lookup = match which {
            Which::One(id) => self.one(id).ok_or(Refusal::ConsentUnknown)?.lookup,
            Which::Person(iin, _) => self.vault().lookup(&named(&reach.operator, iin)),
        };
        let _turn = self.turn(lookup).await;
        let ending = self.ending(which, lookup, reach)?;
        let stopped_at = self.clock.now();
        let ids: Vec<String> = ending.iter().map(|record| record.id.clone()).collect();
        // The gate first: nothing leaves from here on, whatever fails below. A crash before the vault has it undoes it,
        // and the caller, who got no answer, withdraws again.
        let under_way: Vec<_> = self.gate.withdraw(lookup, &ids, stopped_at).iter().map(Uuid::to_string).collect();
        let subject = self.vault().behind(lookup).await.map_err(vault_error)?.ok_or(Refusal::ConsentUnknown)?;
        let mut done = Withdrawn { records: Vec::new(), leaves: Vec::new(), stopped_at, under_way };
        for record in ending {
            let withdrawal = || Withdrawal {
                at: stopped_at,
                by: by.who.caller.to_string(),
                reason_code: reason.to_owned(),
                destroy_by: add_working_days(&self.calendar, stopped_at, days(&record.operator)),
            };
            let record = ConsentRecord {
                withdrawn: record.withdrawn.clone().or_else(|| Some(withdrawal())),
                ..(*record).clone()
            };
            // A crash behind this: withdrawn without a line, which the next start writes (`settle`). Consents further
            // on in the loop are not withdrawn yet; the caller, who got no answer, asks again.
            self.vault().put_consent(&subject, record.clone()).await.map_err(vault_error)?;
            // Should the line fail, this consent still counts as open, and the same call may be made again.
            let record = self.keep_unrecorded(lookup, record);
            let line = changed(ConsentEvent::Withdrawn, by.txn, stopped_at, &by.who, &record);
            let mut line = self.counted(about(line, &subject));
            line.under_way = texts(&done.under_way);
            let leaf = self.append(&line).await?;
            done.leaves.push(leaf);
            let at = record.withdrawn.as_ref().map_or(stopped_at, |withdrawn| withdrawn.at);
            self.recorded(&record, Kind::Withdrawn, at);
            done.records.push(record);
        }
        Ok(done)
    }

    /// The consents to withdraw, oldest first: in reach, and not withdrawn, or withdrawn without a line of the journal.
    fn ending(&self, which: &Which, lookup: Lookup, reach: &Reach) -> Result<Vec<Arc<ConsentRecord>>, NotDone> {
        let meant = |record: &ConsentRecord| match which {
            Which::One(id) => record.id == *id,
            Which::Person(_, purposes) => {
                purposes.is_empty() || record.purposes.iter().any(|purpose| purposes.contains(purpose))
            }
        };
        let index = self.index();
        let meant: Vec<_> = index.of(lookup).into_iter().filter(|held| meant(&held.record)).collect();
        let covered = |held: &&Held| reach.covers(&held.record.operator, &held.record.acting_for);
        if let (Which::One(_), Some(held)) = (which, meant.iter().find(|held| !covered(held))) {
            return Err(NotDone::from(Refusal::ConsentStranger).evidenced(format!("consent={}", held.record.id)));
        }
        // Whether others have consents of a person is nobody's business: by person, theirs are not there.
        let covered: Vec<_> = meant.iter().filter(covered).collect();
        let open = |held: &&&Held| {
            held.record.destroyed_at.is_none()
                && (held.record.withdrawn.is_none() || index.unrecorded.contains(&held.record.id))
        };
        let open: Vec<_> = covered.iter().filter(open).map(|held| held.record.clone()).collect();
        match (covered.is_empty(), open.is_empty()) {
            (true, _) => Err(Refusal::ConsentUnknown.into()),
            (_, true) => Err(Refusal::ConsentAlreadyWithdrawn.into()),
            (_, false) => Ok(open),
        }
    }

    /// A consent by id.
    pub(crate) fn one(&self, id: &str) -> Option<Held> {
        self.index().one(id)
    }

    /// A person's consents, oldest record first.
    pub(crate) fn of(&self, operator: &str, iin: &Iin) -> Vec<Arc<ConsentRecord>> {
        let lookup = self.vault().lookup(&named(operator, iin));
        self.index().of(lookup).into_iter().map(|held| held.record).collect()
    }

    /// The vault behind it.
    pub(crate) fn vault(&self) -> &Vault {
        self.gate.vault()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        // Each change leaves the index whole enough to be read: an entry that is missing in one table is not found.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a consent: under a request id always the same, also after a restart; else a new one.
    fn id_of(&self, request_id: Option<&str>, by: &By<'_>) -> Result<String, NotDone> {
        let mut bytes = [0; 16];
        match request_id {
            None => aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Failure::GatewayInternal)?,
            Some(request_id) => {
                let tag = hmac::sign(&self.ids, format!("{}\0{request_id}", by.who.caller).as_bytes());
                bytes.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
            }
        }
        Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
    }

    /// Changes about one person follow one another.
    pub(crate) async fn turn(&self, lookup: Lookup) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        // Persons who share a turn only wait for each other.
        let place = usize::try_from(self.turn_of.hash_one(lookup)).unwrap_or_default() % TURNS;
        match self.turns.get(place) {
            Some(turn) => Some(turn.lock().await),
            None => None, // the remainder is below TURNS
        }
    }

    fn keep_unrecorded(&self, lookup: Lookup, record: ConsentRecord) -> Arc<ConsentRecord> {
        let record = Arc::new(record);
        let mut index = self.index();
        index.unrecorded.insert(record.id.clone());
        index.put(lookup, record.clone());
        record
    }

    fn recorded(&self, record: &ConsentRecord, kind: Kind, at: Timestamp) {
        let mut index = self.index();
        index.unrecorded.remove(&record.id);
        self.tell(&mut index, record, kind, at);
    }

    /// Under the lock of the index: for whoever begins to watch, an event is past or to come, never both and never neither.
    fn tell(&self, index: &mut Index, record: &ConsentRecord, kind: Kind, at: Timestamp) {
        index.happened(record);
        let _ = self.events.send(Arc::new(WatchedEvent::of(record, kind, at))); // nobody need be watching
    }

    /// With the counter of the vault, which has all that went before.
    fn counted<'a>(&self, line: ConsentChanged<'a>) -> ConsentChanged<'a> {
        ConsentChanged { vault: Some(self.vault().counter()), ..line }
    }

    async fn append(&self, line: &impl Record) -> Result<Leaf, NotDone> {
        append(&self.journal, line).await
    }
}

/// A consent whose id is there already: the same again, or something else under one request id.
fn repeated(first: Held, lookup: Lookup, again: &ConsentRecord) -> Result<Recorded, NotDone> {
    let record = &first.record;
    let same_scope = record.purposes == again.purposes
        && record.categories == again.categories
        && record.recipients == again.recipients
        && record.acting_for == again.acting_for
        && record.operator == again.operator;
    let same_facts = record.form == again.form
        && record.given_at == again.given_at.min(record.recorded_at)
        && record.expires_at == again.expires_at;
    let same_content = record.destroyed_at.is_some()
        || (record.guardian == again.guardian
            && record.evidence_sha256 == again.evidence_sha256
            && record.kdp == again.kdp
            && record.reference == again.reference);
    if first.lookup == lookup && same_scope && same_facts && same_content {
        Ok(Recorded { record: first.record, leaf: None })
    } else {
        Err(other_consent())
    }
}

fn other_consent() -> NotDone {
    NotDone::from(Refusal::RequestDuplicate).at(vec![("request_id".to_owned(), "other_consent")])
}

/// Persons share one of so many turns.
const TURNS: usize = 64;
/// Events that a watcher may fall behind.
const REMEMBERED_EVENTS: usize = 4096;
