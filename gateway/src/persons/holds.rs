//! Restrictions and objections of data subjects, for one purpose or for all; over the vault, the gate and the journal.
//!
//! A hold bites in the gate first, then it is made durable, then it is recorded: nothing leaves from the first moment on,
//! whatever fails then; a caller that gets a failure tries again. Lifting goes the other way round. Of another
//! operator's holds nobody is told anything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, SubjectEvent, Text};
use qaqpa_journal::{Journal, Receipt as Leaf};
use qaqpa_policy::Iin;
use qaqpa_proto::reason::Refusal;
use qaqpa_vault::{HoldKind, HoldRecord, Lifted, Lookup, Subject};
use uuid::Uuid;

use crate::clock::Clock;
use crate::evidence::lines::{Actor, acted, append};
use crate::evidence::marks::mark;
use crate::persons::gate::SubjectGate;
use crate::persons::named;
use crate::persons::vault_error::vault_error;
use crate::refusal::NotDone;

/// All holds of a gateway.
pub struct Holds {
    gate: Arc<SubjectGate>,
    journal: Journal,
    clock: Clock,
    by_id: Mutex<HashMap<String, (Lookup, HoldRecord)>>,
}

/// A hold as it stands now.
pub(crate) struct Held {
    pub(crate) record: HoldRecord,
    pub(crate) leaf: Leaf,
    /// Exchanges that had left before it.
    pub(crate) under_way: Vec<Uuid>,
}

impl Holds {
    /// Over a gate and what its vault held of holds when it was opened.
    #[must_use]
    pub fn new(
        gate: Arc<SubjectGate>,
        journal: Journal,
        clock: Clock,
        holds: impl IntoIterator<Item = (Lookup, HoldRecord)>,
    ) -> Arc<Self> {
        let by_id = holds.into_iter().map(|(lookup, record)| (record.id.clone(), (lookup, record))).collect();
        Arc::new(Self { gate, journal, clock, by_id: Mutex::new(by_id) })
    }

    /// Blocks a person's data, or takes their objection to a purpose.
    pub(crate) async fn put(
        &self,
        iin: &Iin,
        kind: HoldKind,
        purpose: Option<&str>,
        basis: &'static str,
        actor: &Actor<'_>,
    ) -> Result<Held, NotDone> {
        let now = self.clock.now();
        let record = HoldRecord {
            id: actor.txn.to_owned(),
            operator: actor.who.operator.to_string(),
            kind,
            purpose: purpose.map(str::to_owned),
            since: now,
            basis: basis.to_owned(),
            recorded_by: actor.who.caller.to_string(),
            lifted: None,
        };
        let lookup = self.gate.vault().lookup(&named(&actor.who.operator, iin));
        // In memory first: nothing leaves from here on. A crash before the vault has it forgets it; the officer, who
        // got no answer, asks again.
        let under_way = self.gate.hold(lookup, &record);
        let subject = self.gate.vault().subject(&named(&actor.who.operator, iin), now).await.map_err(vault_error)?;
        // A crash, or a journal that fails, behind this leaves a hold in force without a line, which the next start
        // writes (`settle`): from it the officer has the id by which the hold is lifted.
        self.gate.vault().put_hold(&subject, record.clone()).await.map_err(vault_error)?;
        self.by_id().insert(record.id.clone(), (lookup, record.clone()));
        let leaf = self.record(put_event(kind), &subject, &record, actor).await?;
        Ok(Held { record, leaf, under_way })
    }

    /// Lifts a hold of the actor's operator.
    pub(crate) async fn lift(&self, id: &str, actor: &Actor<'_>) -> Result<Held, NotDone> {
        let (lookup, mut record) = self.by_id().get(id).cloned().ok_or(Refusal::HoldUnknown)?;
        if record.operator != *actor.who.operator {
            return Err(Refusal::HoldStranger.into());
        }
        if record.lifted.is_some() {
            return Err(Refusal::HoldAlreadyLifted.into());
        }
        record.lifted = Some(Lifted { at: self.clock.now(), by: actor.who.caller.to_string() });
        let subject = self.gate.vault().behind(lookup).await.map_err(vault_error)?.ok_or(Refusal::HoldUnknown)?;
        // The line first: a crash behind it leaves a line of a lifting that did not take effect. The person stays held,
        // and the hold may be lifted again.
        let leaf = self.record(SubjectEvent::Unrestricted, &subject, &record, actor).await?;
        self.gate.vault().put_hold(&subject, record.clone()).await.map_err(vault_error)?;
        let under_way = self.gate.hold(lookup, &record);
        self.by_id().insert(record.id.clone(), (lookup, record.clone()));
        Ok(Held { record, leaf, under_way })
    }

    /// Holds that are in force.
    pub(crate) fn in_force(&self) -> Vec<(Lookup, HoldRecord)> {
        self.by_id().values().filter(|(_, record)| record.lifted.is_none()).cloned().collect()
    }

    /// Holds that were lifted: id, operator and when.
    #[must_use]
    pub fn lifted(&self) -> Vec<(String, String, Timestamp)> {
        let lifted = |(_, record): &(Lookup, HoldRecord)| {
            Some((record.id.clone(), record.operator.clone(), record.lifted.as_ref()?.at))
        };
        self.by_id().values().filter_map(lifted).collect()
    }

    /// Whether the hold was lifted.
    #[must_use]
    pub fn is_lifted(&self, id: &str) -> bool {
        self.by_id().get(id).is_some_and(|(_, record)| record.lifted.is_some())
    }

    /// Forgets a hold whose record is deleted.
    pub fn forget_hold(&self, id: &str) {
        self.by_id().remove(id);
    }

    /// Forgets a person whose keys were destroyed.
    pub fn forget(&self, lookup: Lookup) {
        self.by_id().retain(|_, (of, _)| *of != lookup);
    }

    async fn record(
        &self,
        event: SubjectEvent,
        subject: &Subject,
        record: &HoldRecord,
        actor: &Actor<'_>,
    ) -> Result<Leaf, NotDone> {
        let line = Acted {
            marks: vec![mark(subject, actor.txn).into()],
            id: Some((&record.id).into()),
            basis: Some((&record.basis).into()),
            purpose: record.purpose.as_ref().map(Text::from),
            vault: Some(self.gate.vault().counter()),
            ..acted(event, self.clock.now(), actor)
        };
        append(&self.journal, &line).await
    }

    fn by_id(&self) -> MutexGuard<'_, HashMap<String, (Lookup, HoldRecord)>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner) // whole after each insertion
    }
}

/// The event of a hold that begins.
pub(super) fn put_event(kind: HoldKind) -> SubjectEvent {
    match kind {
        HoldKind::Restriction => SubjectEvent::Restricted,
        HoldKind::Objection => SubjectEvent::Objected,
    }
}
