//! The gateway as it runs: compiled contracts and packs, quotas, the door and the journal. Nothing is read from disk again.
//!
//! It is drawn by [`crate::start::blueprint::Blueprint`], which checks everything; [`Gateway::open`] adds the journal.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::SignedDuration;
use qaqpa_adapters::codec::{self, Codec};
use qaqpa_adapters::shep::sync::Password;
use qaqpa_journal::Journal;
use qaqpa_policy::residency::Peers;
use qaqpa_policy::{Caller, Callers, Identity, Plans};
use qaqpa_proto::{Contract, Operation};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::dial::{Door, Resolve};
use crate::evidence::decisions::Decisions;
use crate::evidence::flood::Flood;
use crate::exchange::duplicate::Duplicates;
use crate::exchange::message_security::MessageSecurity;
use crate::exchange::quota::Quotas;
use crate::exchange::shadow::Shadows;
use crate::persons::Persons;
use crate::refusal::denial::Denial;
use crate::refusal::reason::Reason;
use crate::start::blueprint::Blueprint;
use crate::start::config;
use crate::telemetry::Telemetry;

/// What comes from outside and is not configuration.
#[derive(Clone)]
pub struct Surroundings {
    /// The wall clock.
    pub clock: Clock,
    /// Who is asked for names in place of the declared DNS servers: a test's table, or the demo's.
    pub resolver: Option<Arc<dyn Resolve>>,
}

/// An operation and its compiled codec.
pub struct Served {
    /// From the contract.
    pub operation: Operation,
    /// Its two tables.
    pub codec: Codec,
}

/// An external system as configured.
pub struct System {
    /// Endpoint id.
    pub endpoint: String,
    /// SHEP login.
    pub sender_id: String,
    /// SHEP password, never printed.
    pub password: Password,
    /// How its messages are signed and believed.
    pub security: Box<dyn MessageSecurity>,
    /// How far a reply's date may be from now.
    pub replay_window: SignedDuration,
}

/// A gateway that may exchange.
pub struct Gateway {
    pub(crate) descriptor_set: Vec<u8>,
    pub(crate) served: HashMap<String, Arc<Served>>,
    pub(crate) callers: Callers,
    pub(crate) policies: ArcSwap<HashMap<String, Arc<Plans>>>,
    pub(crate) contract: Arc<Contract>,
    pub(crate) persons: Persons,
    pub(crate) pseudonym_master: Zeroizing<[u8; 32]>,
    pub(crate) pseudonym_epoch: config::Epoch,
    pub(crate) retention: config::Retention,
    pub(crate) systems: BTreeMap<String, System>,
    pub(crate) quotas: Quotas,
    pub(crate) door: Arc<Door>,
    pub(crate) peers: Peers,
    pub(crate) decisions: Decisions,
    pub(crate) telemetry: Telemetry,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) duplicates: Duplicates,
    pub(crate) flood: Flood,
    pub(crate) shadows: Shadows,
    pub(crate) read_limits: codec::Limits,
    random: aws_lc_rs::rand::SystemRandom,
}

impl Gateway {
    /// Opens for business with a journal and what is known of persons.
    #[must_use]
    pub fn open(blueprint: Blueprint, journal: Journal, persons: Persons) -> Arc<Self> {
        let Blueprint {
            descriptor_set,
            contract,
            served,
            callers,
            policies,
            systems,
            quotas,
            door,
            peers,
            telemetry,
            clock,
            calendar: _,
            retention,
            pseudonym_epoch,
        } = blueprint;
        let gateway = Arc::new(Self {
            descriptor_set,
            served,
            callers,
            policies: ArcSwap::from_pointee(policies),
            contract,
            pseudonym_master: Zeroizing::new(persons.vault().derive("qaqpa/v1/pseudonyms")),
            persons,
            pseudonym_epoch,
            retention,
            systems,
            quotas,
            door,
            peers,
            decisions: Decisions::default(),
            telemetry,
            clock,
            journal,
            duplicates: Duplicates::default(),
            flood: Flood::default(),
            shadows: Shadows::default(),
            read_limits: codec::Limits::default(),
            random: aws_lc_rs::rand::SystemRandom::new(),
        });
        let told = Arc::downgrade(&gateway);
        gateway.door.observe(move |decision| {
            told.upgrade().into_iter().for_each(|gateway| gateway.decided(decision));
        });
        gateway
    }

    /// The one door outward.
    #[must_use]
    pub fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// What is known of persons.
    #[must_use]
    pub fn persons(&self) -> &Persons {
        &self.persons
    }

    /// The journal it writes.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// UUIDv7, so that exchanges sort by time.
    pub(crate) fn exchange_id(&self) -> Uuid {
        let mut random = [0; 10];
        // On failure the id is still unique by time; the salt, which needs the randomness, is refused in `salt`.
        let _ = aws_lc_rs::rand::SecureRandom::fill(&self.random, &mut random);
        uuid::Builder::from_unix_timestamp_millis(self.clock.unix_millis(), &random).into_uuid()
    }

    pub(crate) fn salt(&self) -> Result<[u8; 32], Denial> {
        let mut salt = [0; 32];
        aws_lc_rs::rand::SecureRandom::fill(&self.random, &mut salt).map_err(|_| Reason::Internal)?;
        Ok(salt)
    }

    pub(crate) fn identify(&self, identity: &Identity) -> Option<Caller> {
        self.callers.identify(identity).ok()
    }

    pub(crate) fn policy(&self, caller: &Caller) -> Result<Arc<Plans>, Denial> {
        self.plans(caller.operator()).ok_or_else(|| Reason::CallerUnknown.into())
    }

    /// The plans of an operator that are in force now.
    pub(crate) fn plans(&self, operator: &str) -> Option<Arc<Plans>> {
        self.policies.load().get(operator).cloned()
    }

    pub(crate) fn knows_purpose(&self, caller: &Caller, purpose: &str) -> bool {
        self.plans(caller.operator()).is_some_and(|plans| plans.pack().purpose(purpose).is_some())
    }

    pub(crate) fn system(&self, operation: &Operation) -> Result<&System, Denial> {
        self.systems.get(&operation.system.id).ok_or_else(|| Denial::from(Reason::Residency("residency.not_declared")))
    }
}
