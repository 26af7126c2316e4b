//! Room 1: the TLS listener. An admitted address, then TLS 1.3, a client certificate, not revoked: or a reset, or an
//! alert, and nothing else of the gateway is reached. There is this one listener: what else is served beside the
//! contracts comes through it. Whoever is turned away is counted into a `DENIED` line by `evidence/refusal_counter.rs`
//! (callbacks made in `start/running.rs`).
//!
//! Our own acceptor instead of tonic's: that one knows no revocation list, no version floor and no reload. Sessions are
//! never resumed, because a resumed session would skip the list that was loaded in between. An open connection is judged
//! again by whatever replaces what let it in ([`lifetime`]), so that a revoked client does not live on in an old one.

mod alert;
mod connection;
pub mod identity;
pub mod inbound;
pub mod lifetime;
pub(crate) mod revocation;
pub mod trust;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;

use crate::limits::{HANDSHAKE_TIMEOUT, HANDSHAKES_AT_ONCE};
use crate::listen::alert::alert_word;
use crate::listen::inbound::{AdmittedPeer, Arrival, PeerFilter};
use crate::listen::lifetime::{Lifetime, Terms};
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
    arrival: Arrival,
}

impl Peer {
    /// Its leaf certificate, proven by the handshake. DER.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Where it calls from, and by which rule it may.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }
}

/// Callback for every TLS handshake that ended in an alert, with a stable word. Never blocks.
pub type OnAlert = Arc<dyn Fn(&'static str) + Send + Sync>;

/// A listening socket with its TLS configuration.
pub struct Listener {
    socket: TcpListener,
    filter: PeerFilter,
    trust: watch::Sender<Trust>,
    turn: Arc<Mutex<()>>,
    on_alert: OnAlert,
    slots: Slots,
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
        (trust, terms): (Trust, Terms),
        on_alert: OnAlert,
    ) -> io::Result<Self> {
        let (socket, trust) = (TcpListener::bind(address).await?, watch::Sender::new(trust));
        Ok(Self { socket, filter, trust, turn: Arc::default(), on_alert, slots: Slots::default(), terms })
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

    /// How many headers and how many handshakes may begin, whenever asked.
    #[cfg(test)]
    pub(crate) fn free_slots(&self) -> impl Fn() -> (usize, usize) + use<> {
        let slots = self.slots.clone();
        move || (slots.headers.available_permits(), slots.handshakes.available_permits())
    }

    /// Accepts until `stop` turns true, then waits for the open calls to end.
    /// `serve` makes the service of one connection from the peer that opened it.
    pub async fn run<S, F>(self, mut stop: watch::Receiver<bool>, serve: F)
    where
        F: Fn(Peer) -> S + Send + Sync + 'static,
        S: tower::Service<
                http::Request<hyper::body::Incoming>,
                Response = http::Response<tonic::body::Body>,
                Error = std::convert::Infallible,
            > + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let (serve, connections) = (Arc::new(serve), TaskTracker::new());
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Ok((stream, address)) = accepted else {
                // Out of file descriptors, most likely: let some connections end before trying again.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            // Subscribed before judging, so that tables replaced in between are not missed.
            let changes = self.filter.changes();
            let Some(peer) = self.filter.admit(&stream, address) else { continue };
            // Waits here and not in the task: while all places are taken, further peers stay in the queue of the
            // kernel.
            let slot = tokio::select! {
                slot = self.slots.before(&peer) => slot,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Some(slot) = slot else { break };
            let (filter, slots, terms) = (self.filter.clone(), self.slots.clone(), self.terms);
            let (on_alert, serve) = (self.on_alert.clone(), serve.clone());
            // What is loaded from here on is a change for this connection, also while its handshake goes on.
            let (stop, trust) = (stop.clone(), self.trust.subscribe());
            connections.spawn(async move {
                let Some((stream, arrival, slot)) = arrive(stream, peer, slot, &filter, &slots).await else {
                    return;
                };
                let config = trust.borrow().config.clone();
                let Some((stream, chain)) = shake_hands(stream, config, &on_alert).await else { return };
                drop(slot);
                let Some(certificate) = chain.first().cloned() else { return };
                let service = serve(Peer { certificate, arrival: arrival.clone() });
                let lifetime = Lifetime::new((chain, trust), stop, filter.stay(arrival, changes), terms);
                if let Some(word) = connection::serve(TokioIo::new(stream), service, lifetime).await {
                    on_alert(word);
                }
            });
        }
        drop(self.socket); // who calls now is refused by the kernel, and another gateway may take the port
        connections.close();
        connections.wait().await;
    }
}

/// Limits of concurrent handshakes and, apart from them, of PROXY headers that are awaited: a slow balancer takes no
/// handshake's place.
#[derive(Clone)]
struct Slots {
    headers: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
}

impl Default for Slots {
    fn default() -> Self {
        let slots = || Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
        Self { headers: slots(), handshakes: slots() }
    }
}

impl Slots {
    async fn before(&self, peer: &AdmittedPeer) -> Option<OwnedSemaphorePermit> {
        let slots = if peer.is_proxy() { &self.headers } else { &self.handshakes };
        slots.clone().acquire_owned().await.ok()
    }
}

/// Through a balancer's header, if one must come; the slot that is held afterwards is a handshake's.
async fn arrive(
    mut stream: TcpStream,
    peer: AdmittedPeer,
    slot: OwnedSemaphorePermit,
    filter: &PeerFilter,
    slots: &Slots,
) -> Option<(TcpStream, Arrival, OwnedSemaphorePermit)> {
    let proxy = peer.is_proxy();
    let arrival = filter.arrive(&mut stream, peer).await?;
    let slot = if proxy { slots.handshakes.clone().acquire_owned().await.ok()? } else { slot };
    Some((stream, arrival, slot))
}

async fn shake_hands(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    on_alert: &OnAlert,
) -> Option<(TlsStream<TcpStream>, Vec<CertificateDer<'static>>)> {
    let _ = stream.set_nodelay(true);
    let alert = match tokio::time::timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(tls).accept(stream)).await {
        Err(_) => "handshake_timeout",
        Ok(Err(error)) => alert_word(&error),
        Ok(Ok(stream)) => match stream.get_ref().1.peer_certificates().map(<[_]>::to_vec) {
            Some(chain) if !chain.is_empty() => return Some((stream, chain)),
            _ => "certificate_missing",
        },
    };
    on_alert(alert);
    None
}

/// Swaps the TLS configuration of a running listener.
#[derive(Clone)]
pub struct Reloader {
    trust: watch::Sender<Trust>,
    turn: Arc<Mutex<()>>,
}

impl Reloader {
    /// Serves by `files` as they are now; a bad file changes nothing. One at a time, so that what was read first never
    /// takes the place of what was read later.
    ///
    /// # Errors
    /// As [`TlsFiles::load`].
    pub fn renew(&self, files: &TlsFiles) -> Result<(), TlsProblem> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        files.load().map(|trust| self.reload(trust))
    }

    /// From now on by `trust`; open connections that it would not let in are cut.
    pub fn reload(&self, trust: Trust) {
        self.trust.send_replace(trust);
    }
}
