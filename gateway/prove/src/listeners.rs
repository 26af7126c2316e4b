//! What every row stands on: the listeners and their addresses, the tables of the day, and a real door for each endpoint
//! that is tried.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::dial::{Door, Names, Target, Trust};
use qaqpa_residency::{Endpoint, Tables};
use rustls::RootCertStore;

use crate::naive::PATIENCE;
use crate::namespace::Namespace;
use crate::witness::Witness;
use crate::world;

/// What every row stands on.
pub(crate) struct Listeners {
    pub(crate) witness: Witness,
    /// Whether every address is this machine.
    pub(crate) namespace: Option<Namespace>,
    pub(crate) tables: Arc<Tables>,
    /// As of two months ago.
    pub(crate) stale: Arc<Tables>,
    /// Without a second opinion.
    pub(crate) alone: Arc<Tables>,
    /// By which the state's network has moved abroad.
    pub(crate) moved: Arc<Tables>,
    /// Noon of the day.
    noon: u64,
}

impl Listeners {
    /// Makes the tables.
    pub(crate) fn new(witness: Witness, namespace: Option<Namespace>, today: Date) -> Result<Self, String> {
        let old = today.checked_sub(60.days()).map_err(|error| error.to_string())?;
        let noon = today.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        Ok(Self {
            witness,
            namespace,
            tables: Arc::new(world::tables(today)?),
            stale: Arc::new(world::tables(old)?),
            alone: Arc::new(world::registry_alone(today)?),
            moved: Arc::new(world::moved_abroad(today)?),
            noon: u64::try_from(noon.timestamp().as_second()).unwrap_or_default(),
        })
    }

    /// Home; where there are no listeners abroad nothing may lead off this machine, not even if a row fails.
    pub(crate) const fn home(&self) -> &'static str {
        if self.namespace.is_some() { HOME_TEXT } else { "127.0.0.1" }
    }

    /// Where the client goes that asks nobody: abroad, or to this machine where there is nothing else.
    pub(crate) fn forbidden(&self) -> IpAddr {
        if self.namespace.is_some() { ABROAD.into() } else { Ipv4Addr::LOCALHOST.into() }
    }

    /// Clocks that stand still, so many seconds after noon as `ahead` says.
    pub(crate) fn clock(&self, ahead: impl Fn() -> u64 + Send + Sync + 'static) -> Clock {
        let (noon, ahead) = (self.noon, Arc::new(ahead));
        let passed = ahead.clone();
        Clock::of(move || UNIX_EPOCH + Duration::from_secs(noon + ahead()), move || Duration::from_secs(passed()))
    }

    /// The door, with ways to these endpoints.
    pub(crate) fn door(&self, endpoints: Vec<Endpoint>, names: Names, tables: &Arc<Tables>) -> Result<Door, String> {
        Self::door_at(endpoints, names, tables, self.clock(|| 0))
    }

    /// As [`Self::door`], with a clock of the row's own.
    pub(crate) fn door_at(
        endpoints: Vec<Endpoint>,
        names: Names,
        tables: &Arc<Tables>,
        clock: Clock,
    ) -> Result<Door, String> {
        let target = |endpoint: Endpoint| {
            let name = endpoint.name().to_owned();
            let target = Target::new(endpoint, Vec::new(), Trust::from(RootCertStore::empty()), (PATIENCE, PATIENCE));
            target.map(|target| (name, target)).map_err(|error| error.to_string())
        };
        let targets: BTreeMap<String, Target> = endpoints.into_iter().map(target).collect::<Result<_, String>>()?;
        Ok(Door::new(targets, tables.clone(), names, clock))
    }
}

/// Where listeners are in the namespace; the first is `{port}`.
pub(crate) const PORTS: [u16; 9] = [443, 80, 53, 3128, 4317, 4318, 5432, 8080, 8443];
/// The state's.
pub(crate) const HOME: Ipv4Addr = Ipv4Addr::new(195, 12, 113, 29);
/// The same, as DNS is told it.
pub(crate) const HOME_TEXT: &str = "195.12.113.29";
/// Where nothing may arrive.
pub(crate) const ABROAD: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);
