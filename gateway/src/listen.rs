//! Room 1: the TLS listener. An admitted address, then TLS 1.3, a client certificate, not revoked: or a reset, or an
//! alert, and nothing else of the gateway is reached. There is this one listener: what else is served beside the
//! contracts comes through it. Whoever is turned away is counted into a `DENIED` line by `evidence/refusal_counter.rs`
//! (callbacks made in `start/running.rs`).
//!
//! Our own acceptor instead of tonic's: that one knows no revocation list, no version floor and no reload. Sessions are
//! never resumed, because a resumed session would skip the list that was loaded in between. An open connection is judged
//! again by whatever replaces what let it in ([`lifetime`]), so that a revoked client does not live on in an old one.
//!
//! What a stranger can hold is bounded: unfinished handshakes (`listen/handshake.rs`), open connections ([`bounds`]), their time
//! ([`lifetime`], `listen/connection.rs`).

mod alert;
mod authorities;
pub mod bounds;
mod calls;
mod client_verifier;
mod connection;
mod handshake;
pub mod identity;
pub mod inbound;
pub mod lifetime;
mod network;
pub(crate) mod period;
pub(crate) mod revocation;
mod shortage;
#[cfg(test)]
mod tests;
pub mod trust;
mod unfinished;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use qaqpa_policy::Authority;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

use crate::limits::LISTEN_BACKLOG;
use crate::listen::bounds::{Bounds, OpenConnections};
use crate::listen::handshake::{Handshakes, Through};
use crate::listen::inbound::{Arrival, PeerFilter};
use crate::listen::lifetime::{Lifetime, Terms};
use crate::listen::network::Network;
use crate::listen::shortage::Shortage;
use crate::tls::TlsProblem;

pub use trust::{TlsFiles, Trust};

/// Room 1's evidence: a peer that was admitted and came through the handshake. Only [`Listener::run`] makes it.
///
/// Room 2 asks for it:
/// ```no_run
/// # use qaqpa_gateway::{listen::Peer, serve::grpc::{Connection, Server}};
/// fn room_2(server: &Server, peer: &Peer) -> Connection {
///     server.connection(peer)
/// }
/// ```
/// Without room 1 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::{listen::Peer, serve::grpc::{Connection, Server}};
/// fn room_2(server: &Server, certificate: &[u8]) -> Connection {
///     server.connection(certificate)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Peer {
    certificate: CertificateDer<'static>,
    vouching: Vec<Authority>,
    arrival: Arrival,
}

impl Peer {
    /// Its leaf certificate, proven by the handshake. DER.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The authorities of `client_ca` that vouch for it.
    #[must_use]
    pub fn vouching(&self) -> &[Authority] {
        &self.vouching
    }

    /// Where it calls from, and by which rule it may.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }
}

/// Callback for every TLS handshake that ended in an alert, with a stable word. Never blocks.
pub type OnAlert = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Callback for every connection that exceeds a bound, with the bound's code and the caller where one is known. Never blocks.
pub type OnExceeded = Arc<dyn Fn(&'static str, Option<&str>) + Send + Sync>;

/// A listening socket with its TLS configuration.
pub struct Listener {
    socket: TcpListener,
    filter: PeerFilter,
    trust: watch::Sender<Trust>,
    turn: Arc<Mutex<()>>,
    on_alert: OnAlert,
    on_exceeded: OnExceeded,
    handshakes: Handshakes,
    open: OpenConnections,
    /// Accepted and not closed yet.
    sockets: Arc<Semaphore>,
    terms: Terms,
}

impl Listener {
    /// Binds the TCP socket at `address`. Only whom `filter` admits is heard.
    ///
    /// # Errors
    /// As the operating system says.
    pub async fn bind(
        address: SocketAddr,
        filter: PeerFilter,
        (trust, terms, bounds): (Trust, Terms, Bounds),
        (on_alert, on_exceeded): (OnAlert, OnExceeded),
    ) -> io::Result<Self> {
        let (socket, trust) = (TcpListener::bind(address).await?, watch::Sender::new(trust));
        // Again: the library asks for a queue that a burst of strangers fills within milliseconds.
        rustix::net::listen(&socket, LISTEN_BACKLOG)?;
        let handshakes = Handshakes::new(bounds.handshakes, bounds.handshakes_of_network());
        let (open, sockets) = (OpenConnections::new(bounds), Arc::new(Semaphore::new(bounds.sockets())));
        let turn = Arc::default();
        Ok(Self { socket, filter, trust, turn, on_alert, on_exceeded, handshakes, open, sockets, terms })
    }

    /// Where it listens, with the port that was given.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// What `reload` is called on while `run` holds the listener.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        Reloader { trust: self.trust.clone(), turn: self.turn.clone() }
    }

    /// How many headers are awaited and how many handshakes go on, whenever asked.
    #[cfg(test)]
    pub(crate) fn unfinished(&self) -> impl Fn() -> (usize, usize) + use<> {
        let handshakes = self.handshakes.clone();
        move || handshakes.held()
    }

    /// Accepts until `stop` turns true, then waits for the open calls to end. Never waits for a peer.
    /// `serve` makes the service of one connection from the peer that opened it, and says which caller it is, if any.
    pub async fn run<S, F>(self, mut stop: watch::Receiver<bool>, serve: F)
    where
        F: Fn(Peer) -> (S, Option<String>) + Send + Sync + 'static,
        S: tower::Service<
                http::Request<hyper::body::Incoming>,
                Response = http::Response<tonic::body::Body>,
                Error = std::convert::Infallible,
            > + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let (serve, connections, mut shortage) = (Arc::new(serve), TaskTracker::new(), Shortage::default());
        loop {
            // Waits for tasks that are about to close what was cut, never for a peer: the bounds are below this.
            let Ok(socket) = self.sockets.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Some((stream, address)) = shortage.over(accepted).await else { continue };
            // Subscribed before judging, so that tables replaced in between are not missed.
            let changes = self.filter.changes();
            let Some(peer) = self.filter.admit(&stream, address) else { continue };
            let place = self.handshakes.place(&peer);
            let (filter, handshakes, open) = (self.filter.clone(), self.handshakes.clone(), self.open.clone());
            let (on_alert, on_exceeded, serve) = (self.on_alert.clone(), self.on_exceeded.clone(), serve.clone());
            // What is loaded from here on is a change for this connection, also while its handshake goes on.
            let (stop, trust, terms) = (stop.clone(), self.trust.subscribe(), self.terms);
            connections.spawn(async move {
                let _socket = socket; // dropped last
                let through = handshakes.through((stream, peer, place), &filter, &trust, &*on_alert).await;
                let Some(Through { stream, chain, arrival }) = through else { return };
                let Some(certificate) = chain.first().cloned() else { return };
                let vouching = trust.borrow().vouching(&chain);
                let (service, caller) = serve(Peer { certificate, vouching, arrival: arrival.clone() });
                let _counted = match open.open(Network::of(arrival.address().ip()), caller.as_deref()) {
                    Ok(counted) => counted,
                    Err(code) => return on_exceeded(code, caller.as_deref()),
                };
                let lifetime = Lifetime::new((chain, trust), stop, filter.stay(arrival, changes), terms);
                if let Some(word) = connection::serve(stream, service, lifetime).await {
                    on_alert(word);
                }
            });
        }
        drop(self.socket); // who calls now is refused by the kernel, and another gateway may take the port
        connections.close();
        connections.wait().await;
    }
}

/// Swaps the TLS configuration of a running listener.
#[derive(Clone)]
pub struct Reloader {
    trust: watch::Sender<Trust>,
    turn: Arc<Mutex<()>>,
}

impl Reloader {
    /// Serves by `files` as they are now, `now`; open connections that they would not let in are cut. A bad file changes
    /// nothing, nor does a revocation list that is older than the one in force. One at a time, so that what was read first never
    /// takes the place of what was read later.
    ///
    /// # Errors
    /// As [`TlsFiles::load`]; also a revocation list that is older than the one in force, or that is gone.
    pub fn renew(&self, files: &TlsFiles, now: Timestamp) -> Result<(), TlsProblem> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let trust = files.load(now)?;
        trust.follows(&self.trust.borrow(), files, now)?;
        self.trust.send_replace(trust);
        Ok(())
    }

    /// When the gateway's certificate, the first of the authorities and the first of the lists in force end, each with its key in
    /// `gateway.toml`.
    pub(crate) fn ends(&self) -> Vec<(&'static str, Timestamp)> {
        self.trust.borrow().first_ends()
    }

    /// From now on by `trust`, whatever it is.
    #[cfg(test)]
    pub(crate) fn reload(&self, trust: Trust) {
        self.trust.send_replace(trust);
    }
}
