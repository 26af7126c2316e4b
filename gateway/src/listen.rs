//! Room 1: the TLS listener. An admitted address, then TLS 1.3, a client certificate, not revoked: or a reset, or an
//! alert, and nothing else of the gateway is reached. There is this one listener: what else is served beside the
//! contracts comes through it.
//!
//! Our own acceptor instead of tonic's: that one knows no revocation list, no version floor and no reload. Sessions are
//! never resumed, because a resumed session would skip the list that was loaded in between; on reload every open
//! connection is asked to close, so that a revoked client does not live on in an old one; so is every connection whose
//! peer the [`PeerFilter`] admits no more, and that one is cut if it stays.

pub mod identity;
pub mod inbound;
pub(crate) mod revocation;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;

use crate::listen::inbound::{AdmittedPeer, Arrival, PeerFilter, PeerWatch};
use crate::tls::{TlsProblem, certificates, private_key, problem, provider, roots};

/// A handshake that is not through after this is a stuck or hostile peer.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes under way at once; further peers wait in the kernel's queue.
const HANDSHAKES_AT_ONCE: usize = 256;
/// How long calls under way may go on when their peer is admitted no more.
const PARTING: Duration = Duration::from_secs(10);

/// The files of the TLS listener: its certificate and key, the roots of the callers, their revocation list. All four
/// files are needed; there is no weaker form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM chain of the gateway.
    pub certificate: PathBuf,
    /// PEM private key of the gateway.
    pub key: PathBuf,
    /// PEM roots of the callers.
    pub client_ca: PathBuf,
    /// PEM revocation list of those roots.
    pub crl: PathBuf,
}

impl TlsFiles {
    /// Reads all four files into a server configuration.
    ///
    /// # Errors
    /// Names the file that is missing, unreadable, empty or does not fit.
    pub fn load(&self) -> Result<Arc<ServerConfig>, TlsProblem> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| problem(&self.certificate, error))?
            .with_client_cert_verifier(self.verifier(self.lists()?)?)
            .with_single_cert(certificates(&self.certificate)?, private_key(&self.key)?)
            .map_err(|error| problem(&self.certificate, error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    fn lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsProblem> {
        let lists = CertificateRevocationListDer::pem_file_iter(&self.crl)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| problem(&self.crl, error))?;
        if lists.is_empty() { Err(problem(&self.crl, "holds no revocation list")) } else { Ok(lists) }
    }

    /// The verifier of client certificates with these revocation lists.
    pub(crate) fn verifier(
        &self,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsProblem> {
        let roots = Arc::new(roots(&self.client_ca)?);
        WebPkiClientVerifier::builder_with_provider(roots, provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| problem(&self.crl, error))
    }
}

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
    tls: Arc<ArcSwap<ServerConfig>>,
    reloaded: watch::Sender<u64>,
    turn: Arc<Mutex<()>>,
    on_alert: OnAlert,
    slots: Slots,
}

impl Listener {
    /// Binds the TCP socket at `address`. Only whom `filter` admits is heard.
    ///
    /// # Errors
    /// As the operating system says.
    pub async fn bind(
        address: SocketAddr,
        filter: PeerFilter,
        tls: Arc<ServerConfig>,
        on_alert: OnAlert,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let (tls, reloaded) = (Arc::new(ArcSwap::new(tls)), watch::Sender::new(0));
        Ok(Self { socket, filter, tls, reloaded, turn: Arc::default(), on_alert, slots: Slots::default() })
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
        Reloader { tls: self.tls.clone(), reloaded: self.reloaded.clone(), turn: self.turn.clone() }
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
            let Some(slot) = self.slots.before(&peer).await else { break };
            let (filter, slots, tls) = (self.filter.clone(), self.slots.clone(), self.tls.clone());
            let (on_alert, serve) = (self.on_alert.clone(), serve.clone());
            // Subscribed before the handshake: a connection that came in by the old revocation list is closed by its
            // reload.
            let (stop, reloaded) = (stop.clone(), self.reloaded.subscribe());
            connections.spawn(async move {
                let Some((stream, arrival, slot)) = arrive(stream, peer, slot, &filter, &slots).await else {
                    return;
                };
                // By the certificates and the list of this moment, not of the accept.
                let Some((stream, certificate)) = shake_hands(stream, tls.load_full(), &on_alert).await else { return };
                drop(slot);
                let service = serve(Peer { certificate, arrival: arrival.clone() });
                connection(TokioIo::new(stream), service, stop, reloaded, filter.stay(arrival, changes)).await;
            });
        }
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
) -> Option<(TlsStream<TcpStream>, CertificateDer<'static>)> {
    let _ = stream.set_nodelay(true);
    let alert = match tokio::time::timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(tls).accept(stream)).await {
        Err(_) => "handshake_timeout",
        Ok(Err(error)) => alert_word(&error),
        Ok(Ok(stream)) => match stream.get_ref().1.peer_certificates().and_then(<[_]>::first).cloned() {
            Some(certificate) => return Some((stream, certificate)),
            None => "certificate_missing",
        },
    };
    on_alert(alert);
    None
}

/// Serves one connection until it ends, the gateway stops, the certificates are reloaded, or its peer is admitted no more.
pub(crate) async fn connection<I, S>(
    io: I,
    service: S,
    mut stop: watch::Receiver<bool>,
    mut reloaded: watch::Receiver<u64>,
    mut stay: PeerWatch,
) where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: tower::Service<
            http::Request<hyper::body::Incoming>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let service = hyper_util::service::TowerToHyperService::new(service);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http2()
        .max_concurrent_streams(1024)
        .initial_connection_window_size(4 << 20)
        .initial_stream_window_size(1 << 20);
    let connection = builder.serve_connection(io, service);
    tokio::pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        _ = stop.wait_for(|stop| *stop) => {}
        _ = reloaded.changed() => {}
        () = stay.over() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = &mut connection => {}
        () = async { stay.over().await; tokio::time::sleep(PARTING).await } => {} // a stream need not end by itself
    }
}

/// Why a handshake ended, as a stable word for metrics and the journal.
fn alert_word(error: &io::Error) -> &'static str {
    use rustls::{CertificateError, Error};
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::NoCertificatesPresented) => "certificate_missing",
        Some(Error::InvalidCertificate(reason)) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate_expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "certificate_not_yet_valid",
            CertificateError::Revoked => "certificate_revoked",
            CertificateError::UnknownIssuer | CertificateError::BadSignature => "certificate_foreign",
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "certificate_usage",
            CertificateError::UnknownRevocationStatus
            | CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => "revocation_list_stale",
            _ => "certificate_invalid",
        },
        Some(Error::PeerIncompatible(_)) => "tls_version",
        Some(_) => "tls",
        None => "cut",
    }
}

/// Swaps the TLS configuration of a running listener.
#[derive(Clone)]
pub struct Reloader {
    tls: Arc<ArcSwap<ServerConfig>>,
    reloaded: watch::Sender<u64>,
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
        files.load().map(|tls| self.reload(tls))
    }

    /// From now on `tls`; open connections finish their calls and close.
    pub fn reload(&self, tls: Arc<ServerConfig>) {
        // In this order: whoever sees the new generation shakes hands by the new configuration.
        self.tls.store(tls);
        self.reloaded.send_modify(|generation| *generation += 1);
    }
}
