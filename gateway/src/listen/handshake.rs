//! From an accepted socket to a peer that is through: the PROXY header where one must come, then TLS.
//!
//! | step | within | at once |
//! |---|---|---|
//! | PROXY header | 5 s | 512 of all balancers |
//! | ClientHello | 3 s | with the handshake: 512, of one network 128 |
//! | handshake | 10 s | |
//!
//! Headers have places of their own: a slow balancer takes no handshake's. Behind a balancer the network is the caller's,
//! as the header says. When places are short the oldest is cut, first of all one without a ClientHello, and nobody waits
//! ([`super::unfinished`]).

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::alert::alert_word;
use super::inbound::{AdmittedPeer, Arrival, PeerFilter};
use super::network::Network;
use super::trust::Trust;
use super::unfinished::{Place, Unfinished};
use crate::limits::{CLIENT_HELLO_TIMEOUT, HANDSHAKE_TIMEOUT};

/// No ClientHello in time.
const SILENT: &str = "client_hello_timeout";
/// Somebody else has taken the place.
const DISPLACED: &str = "handshake_displaced";

/// Who came through.
pub(super) struct Through {
    pub(super) stream: TlsStream<TcpStream>,
    /// Its certificates, leaf first; there is one at least.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) arrival: Arrival,
}

/// The places of headers that are awaited and of handshakes that go on. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Handshakes {
    headers: Unfinished,
    tls: Unfinished,
}

impl Handshakes {
    /// `all` places of either kind, of which one network has at most `share` for its handshakes.
    pub(super) fn new(all: usize, share: usize) -> Self {
        Self { headers: Unfinished::new(all, all), tls: Unfinished::new(all, share) }
    }

    /// The first place of an admitted peer: a header's for a balancer, a handshake's for all others.
    pub(super) fn place(&self, peer: &AdmittedPeer) -> Place {
        let places = if peer.is_proxy() { &self.headers } else { &self.tls };
        places.enter(Network::of(peer.address().ip()))
    }

    /// Goes through the steps. None, and told, where one of them fails: `alert` gets the word of a handshake, the filter's own
    /// callback the evidence about a header.
    pub(super) async fn through(
        &self,
        (mut stream, peer, mut place): (TcpStream, AdmittedPeer, Place),
        filter: &PeerFilter,
        trust: &watch::Receiver<Trust>,
        alert: &(dyn Fn(&'static str) + Send + Sync),
    ) -> Option<Through> {
        let proxy = peer.is_proxy();
        let arrival = filter.arrive(&mut stream, peer, place.displaced()).await?;
        if proxy {
            place = self.tls.enter(Network::of(arrival.address().ip()));
        }
        match shake_hands(stream, trust, &mut place).await {
            Ok((stream, chain)) => Some(Through { stream, chain, arrival }),
            Err(word) => {
                alert(word);
                None
            }
        }
    }

    /// How many headers are awaited, and how many handshakes go on.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.headers.held(), self.tls.held())
    }
}

async fn shake_hands(
    stream: TcpStream,
    trust: &watch::Receiver<Trust>,
    place: &mut Place,
) -> Result<(TlsStream<TcpStream>, Vec<CertificateDer<'static>>), &'static str> {
    let _ = stream.set_nodelay(true);
    let (hello_by, by) = (Instant::now() + CLIENT_HELLO_TIMEOUT, Instant::now() + HANDSHAKE_TIMEOUT);
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let begun = match until(hello_by, &mut hello, SILENT, place).await {
        Ok(begun) => begun,
        Err(word @ (SILENT | DISPLACED)) => {
            // Who has said nothing is told nothing: reset, so that the kernel keeps nothing of it either.
            hello.take_io().into_iter().for_each(|stream| _ = stream.set_zero_linger());
            return Err(word);
        }
        Err(word) => return Err(word),
    };
    place.has_spoken();
    let config: Arc<ServerConfig> = trust.borrow().config.clone();
    let stream = until(by, begun.into_stream(config), "handshake_timeout", place).await?;
    match stream.get_ref().1.peer_certificates().map(<[_]>::to_vec) {
        Some(chain) if !chain.is_empty() => Ok((stream, chain)),
        _ => Err("certificate_missing"),
    }
}

/// What comes of a step, or the word of what ended it.
async fn until<T>(
    deadline: Instant,
    step: impl Future<Output = io::Result<T>>,
    slow: &'static str,
    place: &mut Place,
) -> Result<T, &'static str> {
    tokio::select! {
        done = step => done.map_err(|error| alert_word(&error)),
        () = tokio::time::sleep_until(deadline) => Err(slow),
        () = place.displaced() => Err(DISPLACED),
    }
}
