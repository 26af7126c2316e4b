//! The state of a running gateway: compiled contracts and policy packs, quotas, residency connector, journal. Nothing
//! is read from disk again.
//!
//! It is made by `start::setup`, after everything has been checked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use qaqpa_adapters::codec;
use qaqpa_journal::Journal;
use qaqpa_policy::{Caller, Callers, Identity, Plans};
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::{Contract, Operation};
use qaqpa_residency::Peers;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::dial::Door;
use crate::evidence::decisions::Decisions;
use crate::evidence::refusal_counter::RefusalCounter;
use crate::exchange::bulkhead::Bulkheads;
use crate::exchange::duplicate::Duplicates;
use crate::exchange::quota::Quotas;
use crate::exchange::shadow::Shadows;
use crate::exchange::system::{Served, System};
use crate::ids::Ids;
use crate::persons::Persons;
use crate::persons::pseudonyms::Epoch;
use crate::persons::retention::{DefaultTerms, Retention};
use crate::refusal::NotDone;
use crate::telemetry::Telemetry;

/// A gateway that may exchange.
pub struct Gateway {
    pub(crate) descriptor_set: Vec<u8>,
    pub(crate) served: HashMap<String, Arc<Served>>,
    pub(crate) callers: Callers,
    pub(crate) policies: ArcSwap<HashMap<String, Arc<Plans>>>,
    pub(crate) contract: Arc<Contract>,
    pub(crate) persons: Persons,
    pub(crate) pseudonym_master: Zeroizing<[u8; 32]>,
    pub(crate) pseudonym_epoch: Epoch,
    /// When certificates of channels and endpoints end, by their keys in `gateway.toml`.
    pub(crate) ends: Vec<(String, Timestamp)>,
    pub(crate) retention: DefaultTerms,
    pub(crate) systems: BTreeMap<String, Arc<System>>,
    pub(crate) quotas: Quotas,
    pub(crate) bulkheads: Bulkheads,
    pub(crate) door: Arc<Door>,
    pub(crate) peers: Peers,
    pub(crate) decisions: Decisions,
    pub(crate) telemetry: Telemetry,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) duplicates: Duplicates,
    pub(crate) refusal_counter: RefusalCounter,
    pub(crate) shadows: Shadows,
    pub(crate) read_limits: codec::Limits,
    pub(crate) ids: Ids,
    /// Calls that are carried out to their end, also where their caller is gone.
    pub(crate) under_way: TaskTracker,
}

impl Gateway {
    /// The residency connector.
    #[must_use]
    pub fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// Consents, holds and the vault.
    #[must_use]
    pub fn persons(&self) -> &Persons {
        &self.persons
    }

    /// The journal it writes.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn identify(&self, identity: &Identity) -> Option<Caller> {
        self.callers.identify(identity).ok()
    }

    pub(crate) fn policy(&self, caller: &Caller) -> Result<Arc<Plans>, NotDone> {
        self.plans(caller.operator()).ok_or_else(|| Refusal::CallerUnknown.into())
    }

    /// The plans of an operator that are in force now.
    pub(crate) fn plans(&self, operator: &str) -> Option<Arc<Plans>> {
        self.policies.load().get(operator).cloned()
    }

    /// The retention job, by the policy packs in force now.
    #[must_use]
    pub fn retention(&self) -> Retention {
        Retention {
            persons: self.persons.clone(),
            journal: self.journal.clone(),
            plans: self.policies.load_full(),
            defaults: self.retention.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        }
    }

    pub(crate) fn knows_purpose(&self, caller: &Caller, purpose: &str) -> bool {
        self.plans(caller.operator()).is_some_and(|plans| plans.pack().purpose(purpose).is_some())
    }

    pub(crate) fn system(&self, operation: &Operation) -> Result<&System, NotDone> {
        self.systems.get(&operation.system.id).map(Arc::as_ref).ok_or_else(|| Refusal::SystemNotConfigured.into())
    }
}
