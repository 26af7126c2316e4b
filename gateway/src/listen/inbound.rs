//! The peer filter: admits or refuses a TCP connection by its source address, before TLS. An answer to a peer abroad
//! is a transfer, whatever certificate asks for it.
//!
//! Refuses without a byte, a task or a slot: the connection is reset where it was accepted, and counted. Believes nobody
//! about addresses but the socket and, where a rule declares `proxy_protocol`, the header a balancer must send first
//! ([`HeaderProblem`] says what is wrong with others). What HTTP says of addresses is never read.
//!
//! ```text
//! endpoint=schools plane=inbound code=residency.ok rule=country addresses=195.12.113.29 tables=... proxy=10.0.0.5 proxy_rule=balancer
//! endpoint=balancer plane=inbound code=residency.proxy_header rule=- addresses=10.0.0.5 tables=- note=slow
//! ```

mod proxy;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{Admitted, Decision, PeerRule, Peers, Plane, Tables};
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::sync::watch;

pub use proxy::HeaderProblem;

use super::network::Network;
use crate::clock::Clock;

/// Interval at which open connections are judged again though no table was replaced: a day may end an exception, or the
/// life of a table.
const AGAIN: Duration = Duration::from_secs(3600);

/// Callback for every peer that is refused. Never blocks.
pub type OnRefused = Arc<dyn Fn(&NotAdmitted) + Send + Sync>;

/// Judges peers by the rules and tables in force. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct PeerFilter(Arc<Inner>);

struct Inner {
    peers: ArcSwap<Peers>,
    tables: ArcSwap<Tables>,
    changed: watch::Sender<()>,
    clock: Clock,
    on_refused: OnRefused,
}

/// Why a peer is refused. Displays as the line of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAdmitted {
    decision: Decision,
    header: Option<HeaderProblem>,
}

/// Evidence that a caller's address was admitted by a rule, and the balancer's as well where there is one.
#[derive(Debug, Clone)]
pub struct Arrival {
    address: SocketAddr,
    admitted: Admitted,
    proxy: Option<AdmittedPeer>,
}

/// Evidence that the address of a socket was admitted: as a caller, or as a balancer that must send a PROXY header.
#[derive(Debug, Clone)]
pub struct AdmittedPeer {
    address: SocketAddr,
    admitted: Admitted,
}

impl PeerFilter {
    /// Judges by `peers` and `tables`, on the clock's day.
    pub fn new(peers: Peers, tables: Arc<Tables>, clock: Clock, on_refused: OnRefused) -> Self {
        let (peers, tables) = (ArcSwap::from_pointee(peers), ArcSwap::new(tables));
        Self(Arc::new(Inner { peers, tables, changed: watch::Sender::new(()), clock, on_refused }))
    }

    /// Replaces the residency tables. Connected peers that are not admitted by them are disconnected.
    pub fn replace_tables(&self, tables: Arc<Tables>) {
        self.0.tables.store(tables);
        self.judge_again();
    }

    /// Replaces the rules for peers, which production reads at start only. Connected peers that are not admitted by them are
    /// disconnected.
    #[cfg(test)]
    pub(crate) fn replace_peers(&self, peers: Peers) {
        self.0.peers.store(Arc::new(peers));
        self.judge_again();
    }

    fn judge_again(&self) {
        self.0.changed.send_replace(());
    }

    /// Signals when tables or rules are replaced, so that judgements made so far are void. Ask for it before
    /// [`Self::admit`], so that none is missed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Judges the source address of an accepted socket. A refusal is reported to `on_refused`, and dropping the
    /// stream resets it.
    pub fn admit(&self, stream: &TcpStream, address: SocketAddr) -> Option<AdmittedPeer> {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let admitted = self.0.admitted(address.ip()).inspect_err(|refused| self.turn_away(stream, refused)).ok()?;
        Some(AdmittedPeer { address, admitted })
    }

    /// Reads the PROXY header of a balancer and judges the address in it; a direct caller is admitted already. A header that
    /// is still awaited when `displaced` ends is awaited no longer.
    pub(crate) async fn arrive(
        &self,
        stream: &mut TcpStream,
        peer: AdmittedPeer,
        displaced: impl Future<Output = ()>,
    ) -> Option<Arrival> {
        let arrived = self.0.arrive(stream, peer, displaced).await;
        arrived.inspect_err(|refused| self.turn_away(stream, refused)).ok()
    }

    /// Sets `arrival`'s connection under judgement until it ends.
    pub(crate) fn stay(&self, arrival: Arrival, changes: watch::Receiver<()>) -> PeerWatch {
        PeerWatch { filter: self.clone(), arrival, changes, over: false }
    }

    fn turn_away(&self, stream: &TcpStream, refused: &NotAdmitted) {
        let _ = stream.set_zero_linger(); // where it fails, the connection is closed instead of reset
        (self.0.on_refused)(refused);
    }
}

impl Inner {
    fn admitted(&self, address: IpAddr) -> Result<Admitted, NotAdmitted> {
        let verdict = self.peers.load().judge(address, &self.tables.load(), self.clock.today());
        verdict.map_err(|refused| NotAdmitted { decision: refused.decision().clone(), header: None })
    }

    async fn arrive(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        peer: AdmittedPeer,
        displaced: impl Future<Output = ()>,
    ) -> Result<Arrival, NotAdmitted> {
        if !peer.is_proxy() {
            return Ok(Arrival { address: peer.address, admitted: peer.admitted, proxy: None });
        }
        let header = tokio::select! {
            header = proxy::caller(stream) => header,
            () = displaced => Err(HeaderProblem::Displaced),
        };
        let address = header.map_err(|problem| peer.not_admitted(problem))?;
        let admitted = self.admitted_behind(&peer, address.ip())?;
        Ok(Arrival { address, admitted, proxy: Some(peer) })
    }

    /// Judges the address in a PROXY header by the rules that declare no balancer. An address that one of those lists
    /// is no caller's, and this machine is one only where a rule says so: a balancer that forwards loopback has been
    /// fooled.
    fn admitted_behind(&self, proxy: &AdmittedPeer, address: IpAddr) -> Result<Admitted, NotAdmitted> {
        let (peers, tables) = (self.peers.load(), self.tables.load());
        if peers.rules().any(|rule| rule.proxy_protocol && (rule.networks.is_empty() || lists(rule, address))) {
            return Err(proxy.not_admitted(HeaderProblem::AnotherProxy));
        }
        let admitted = peers
            .judge_proxied(address, &tables, self.clock.today())
            .map_err(|refused| NotAdmitted { decision: refused.decision().clone(), header: None })?;
        let listed = || peers.rules().any(|rule| !rule.proxy_protocol && lists(rule, address));
        if address.is_loopback() && !listed() {
            return Err(proxy.not_admitted(HeaderProblem::Loopback));
        }
        Ok(admitted)
    }

    fn judge_again(&self, arrival: &Arrival) -> Result<(), NotAdmitted> {
        let Some(proxy) = &arrival.proxy else {
            let admitted = self.admitted(arrival.address.ip())?;
            let peer = AdmittedPeer { address: arrival.address, admitted };
            return if peer.is_proxy() { Err(peer.not_admitted(HeaderProblem::Missing)) } else { Ok(()) };
        };
        let peer = AdmittedPeer { address: proxy.address, admitted: self.admitted(proxy.address.ip())? };
        if !peer.is_proxy() {
            return Err(peer.not_admitted(HeaderProblem::NotDeclared));
        }
        self.admitted_behind(&peer, arrival.address.ip()).map(drop)
    }
}

fn lists(rule: &PeerRule, address: IpAddr) -> bool {
    rule.networks.iter().any(|net| net.contains(&address))
}

impl AdmittedPeer {
    /// Canonical address of the socket's other end.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a PROXY header must come first.
    pub(crate) fn is_proxy(&self) -> bool {
        self.admitted.needs_proxy_header()
    }

    fn not_admitted(&self, problem: HeaderProblem) -> NotAdmitted {
        let decision = Decision {
            endpoint: self.admitted.rule().to_owned(),
            plane: Plane::Inbound,
            refusal: Some(Refusal::ResidencyProxyHeader),
            rule: None,
            addresses: vec![self.address.ip()],
            port: None,
            tables: None,
            exception: None,
        };
        NotAdmitted { decision, header: Some(problem) }
    }
}

impl Arrival {
    /// Canonical address of the caller. Behind a declared balancer this is what its header says.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Name of the rule that admitted the caller.
    #[must_use]
    pub fn rule(&self) -> &str {
        self.admitted.rule()
    }
}

/// The line of evidence.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.admitted.decision().fmt(f)?;
        self.proxy
            .as_ref()
            .map_or(Ok(()), |proxy| write!(f, " proxy={} proxy_rule={}", proxy.address.ip(), proxy.admitted.rule()))
    }
}

impl NotAdmitted {
    /// Stable code, `residency....`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.decision.code()
    }

    /// The line of evidence with the stranger's network (/24, /48) in place of the address, which may be a person's: for
    /// what is kept for long.
    #[must_use]
    pub fn line_for_the_journal(&self) -> String {
        let mut line = self.to_string();
        for address in &self.decision.addresses {
            line = line.replace(&format!("={address} "), &format!("={} ", Network::of(*address)));
        }
        line
    }
}

impl fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decision.fmt(f)?;
        self.header.map_or(Ok(()), |problem| write!(f, " note={problem}"))
    }
}

/// An open connection under judgement.
pub(crate) struct PeerWatch {
    filter: PeerFilter,
    arrival: Arrival,
    changes: watch::Receiver<()>,
    over: bool,
}

impl PeerWatch {
    /// Waits until the caller is admitted no more, and calls `on_refused` once. Forever, if that never happens; may be
    /// dropped and asked again.
    pub(crate) async fn over(&mut self) {
        while !self.over {
            let _ = tokio::time::timeout(AGAIN, self.changes.changed()).await; // its sender lives in the filter held here
            if let Err(refused) = self.filter.0.judge_again(&self.arrival) {
                self.over = true;
                (self.filter.0.on_refused)(&refused);
            }
        }
    }
}
