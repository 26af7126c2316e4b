//! The residency connector, "the door": the one way out of the process. Every outgoing connection of the process is
//! judged and opened here: state systems, OTLP, our own clients, databases, DNS.
//!
//! Resolve once, refuse unless every address passes, dial exactly the judged addresses, compare the peer. A judgement
//! lives [`LIFETIME`], then the name is resolved and judged anew; every open connection holds a lease on the judgement
//! and ends with it. Nothing else in the house opens a socket: `.clippy.toml` names every other way and refuses it.
//!
//! ```text
//! name ─ resolve ─ judge ─ lease ─ connect ─ peer ─ TLS ─ Stream
//!                    └─ refused: residency.*, no packet leaves
//! ```

mod connector;
mod endpoint_state;
mod lease;
mod names;
mod post;
mod refusal;
mod resolver;
mod socket;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Uri;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{Answer, Decision, Endpoint, Refused, ResidencyRefusal, Tables};
use tokio::time::Instant;

pub use self::connector::Connector;
pub use self::lease::Leased;
pub use self::names::Names;
pub use self::post::{Outgoing, RawReply};
pub use self::resolver::{DnsClient, NoAnswer, Resolve, Sockets};
pub use self::stream::Stream;
pub use self::target::Target;
pub use self::tls::{SpkiPin, Trust};
use crate::clock::Clock;
use crate::refusal::NotDone;
use endpoint_state::{EndpointState, Evidence, Judgement};

/// Lifetime of a judgement: after 30 s the name is resolved and judged again.
pub const LIFETIME: Duration = Duration::from_secs(30);

/// The residency connector: the declared endpoints, the tables that judge them and the DNS client.
pub struct Door {
    entries: BTreeMap<String, Entry>,
    evidence: Arc<Evidence>,
}

struct Entry {
    line: Arc<EndpointState>,
    /// The pool of the last judgement. It is not the line's, because it holds the line itself.
    resident: Mutex<Option<Arc<Resident>>>,
}

/// Proof that an endpoint was judged, and the pool that can reach nothing else.
pub struct Resident {
    judgement: Arc<Judgement>,
    address: SocketAddr,
    uri: Uri,
    pool: post::Pool,
    total_timeout: Duration,
}

impl Resident {
    /// The line of evidence for the journal: endpoint, addresses, rule, table version.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.judgement.line
    }

    /// The judged address that is dialled first.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Door {
    /// A door with these ways out, judged by `tables`; names are asked of `names`.
    #[must_use]
    pub fn new(targets: BTreeMap<String, Target>, tables: Arc<Tables>, names: Names, clock: Clock) -> Self {
        let (tables, resolver, observer) = (ArcSwap::new(tables), OnceLock::new(), OnceLock::new());
        let evidence = Arc::new(Evidence { tables, resolver, clock, observer });
        let entry = |target| Entry { line: EndpointState::new(target, evidence.clone()), resident: Mutex::default() };
        let entries: BTreeMap<String, Entry> =
            targets.into_iter().map(|(name, target)| (name, entry(target))).collect();
        let resolver = names.resolver(|id| entries.get(id).map(|entry| &entry.line));
        let _ = evidence.resolver.set(resolver);
        Self { entries, evidence }
    }

    /// Sets the observer that is called with every new judgement, allowed or refused. Only the first is.
    pub fn observe(&self, observer: impl Fn(&Decision) + Send + Sync + 'static) {
        let _ = self.evidence.observer.set(Box::new(observer));
    }

    /// Replaces the residency tables: judgements made so far are made again by them, and connections to an address that
    /// does not pass any more end now.
    pub fn replace_tables(&self, tables: Arc<Tables>) {
        // Stored before judging again: a judgement that is made at this moment has read the new tables, or is judged
        // again.
        self.evidence.tables.store(tables);
        self.entries.values().for_each(|entry| entry.line.judge_again());
    }

    /// The residency tables in force.
    #[must_use]
    pub fn tables(&self) -> Arc<Tables> {
        self.evidence.tables.load_full()
    }

    /// The declared endpoints, ordered by id.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.entries.values().map(|entry| entry.line.target.endpoint())
    }

    /// The addresses of an endpoint's host by DNS, or the declared ones; for `qaqpa residency check`. Nothing is judged
    /// or dialled.
    ///
    /// # Errors
    /// `residency.no_address`, or `residency.not_declared` of an endpoint of another door.
    pub async fn ask(&self, endpoint: &Endpoint) -> Result<Answer, Refused> {
        match self.entries.get(endpoint.name()) {
            Some(entry) => entry.line.ask().await,
            None => Err(Refused::found(endpoint, &[], ResidencyRefusal::NotDeclared(endpoint.name().to_owned()))),
        }
    }

    /// Room 9: judges the endpoint's addresses, or takes the judgement that still holds.
    ///
    /// # Errors
    /// `residency.*`; nothing was dialled.
    pub async fn judge(&self, name: &str) -> Result<Arc<Resident>, NotDone> {
        let entry = self.entry(name)?;
        let judgement = entry.line.judge().await?;
        entry.resident(judgement)
    }

    /// Room 12: sends one message to a judged address and reads the answer, within the endpoint's total time and until
    /// `deadline`. Headers are those of the channel, names in lower case.
    ///
    /// # Errors
    /// `upstream.*`, or `residency.*` when the answer points elsewhere or the judgement is void meanwhile.
    ///
    /// ```no_run
    /// # use qaqpa_gateway::{dial::{Door, Outgoing, RawReply, Resident}, refusal::NotDone};
    /// async fn room_12(door: &Door, to: &Resident, body: Outgoing) -> Result<RawReply, NotDone> {
    ///     door.post(to, &[("content-type", "text/xml")], body, None).await
    /// }
    /// ```
    /// Without room 9 it does not compile:
    /// ```compile_fail,E0308
    /// # use qaqpa_gateway::{dial::{Door, Outgoing, RawReply, Resident}, refusal::NotDone};
    /// async fn room_12(door: &Door, to: &str, body: Outgoing) -> Result<RawReply, NotDone> {
    ///     door.post(to, &[("content-type", "text/xml")], body, None).await
    /// }
    /// ```
    pub async fn post(
        &self,
        resident: &Resident,
        headers: &[(&'static str, &'static str)],
        body: Outgoing,
        deadline: Option<Instant>,
    ) -> Result<RawReply, NotDone> {
        post::post(resident, headers, body, deadline).await
    }

    /// A judged connection: with TLS and HTTP/2 offered for `https`, else the bare stream, to which a database driver may
    /// bring its own TLS (`tokio_postgres::Config::connect_raw`).
    ///
    /// # Errors
    /// The refusal's code as an I/O error, or what the network says.
    pub async fn connect(&self, name: &str) -> io::Result<Stream> {
        let line = &self.entry(name).map_err(refusal::refused)?.line;
        connector::open(line, &line.target.http2, None).await
    }

    /// A connector for any HTTP/1.1 client.
    ///
    /// # Errors
    /// When the endpoint is not declared.
    pub fn connector(&self, name: &str) -> Result<Connector, NotDone> {
        Ok(Connector::http1(self.entry(name)?.line.clone()))
    }

    /// A tonic channel whose every connection comes through this door.
    ///
    /// # Errors
    /// When the endpoint is not declared.
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    pub fn channel(&self, name: &str) -> Result<tonic::transport::Channel, NotDone> {
        let line = &self.entry(name)?.line;
        // tonic must not bring TLS of its own: it is given a plain address, and the true one as the origin of its calls.
        let plain = format!("http://{}", line.target.endpoint.authority());
        let endpoint = tonic::transport::Endpoint::from_shared(plain)
            .map_err(|_| Refusal::ResidencyBadUrl)?
            .origin(line.target.uri()?)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_while_idle(true);
        Ok(endpoint.connect_with_connector_lazy(Connector::tonic(line.clone())))
    }

    fn entry(&self, name: &str) -> Result<&Entry, NotDone> {
        self.entries.get(name).ok_or_else(|| Refusal::ResidencyNotDeclared.into())
    }
}

impl Entry {
    /// The pool of a judgement. A renewal with the same addresses keeps the connections there are; any other gets a pool
    /// of its own, so that nobody is handed one that has just been revoked.
    fn resident(&self, judgement: Arc<Judgement>) -> Result<Arc<Resident>, NotDone> {
        let mut current = self.resident.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = match current.as_ref() {
            Some(resident) if Arc::ptr_eq(&resident.judgement, &judgement) => return Ok(resident.clone()),
            Some(resident) if resident.judgement.row == judgement.row => resident.pool.clone(),
            _ => post::pool(&self.line, &judgement),
        };
        let address = *judgement.judged.addresses().first().ok_or(Refusal::ResidencyNoAddress)?;
        let (uri, total_timeout) = (self.line.target.uri()?, self.line.target.total_timeout);
        let resident = Arc::new(Resident { judgement, address, uri, pool, total_timeout });
        *current = Some(resident.clone());
        Ok(resident)
    }
}
