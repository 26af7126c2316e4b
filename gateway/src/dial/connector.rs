//! The connector: a `tower::Service<Uri>` for everything that speaks over a connection of its own making (HTTP clients,
//! tonic, the OTLP exporter), and [`open`], which does the same for those that want the connection itself.
//!
//! Refuses, before a name is asked for, any URI that is not its endpoint's. Dials only judged addresses, one after the
//! other; compares the peer before a byte is written; asks TLS for the endpoint's name.
//! Example: `https://abroad.example/` asked of the connector of `shep` → `residency.not_declared`, no packet.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{Judged, Refused, ResidencyRefusal};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::endpoint_state::{EndpointState, Judgement};
use super::lease::Leased;
use super::refusal::{not_dialled, refused};
use super::socket;
use super::stream::Stream;

/// Connects to one endpoint and to nothing else. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    line: Arc<EndpointState>,
    tls: Arc<ClientConfig>,
    /// Scheme that the URI will have. tonic must be told `http`, or it brings TLS of its own.
    scheme: &'static str,
    /// The addresses of one judgement; none: of the one in force.
    only: Option<Arc<Judgement>>,
}

impl Connector {
    /// A connector for HTTP/1.1.
    pub(super) fn http1(line: Arc<EndpointState>) -> Self {
        Self { tls: line.target.http1.clone(), scheme: line.target.endpoint.scheme().name(), line, only: None }
    }

    /// A connector for HTTP/2 by tonic, which is given `http://` since TLS is made here.
    pub(super) fn tonic(line: Arc<EndpointState>) -> Self {
        Self { tls: line.target.http2.clone(), scheme: "http", line, only: None }
    }

    /// Restricts the connector to the addresses of this judgement.
    pub(super) fn only(mut self, judgement: Arc<Judgement>) -> Self {
        self.only = Some(judgement);
        self
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Stream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            if !this.line.target.is_named_by(&uri, this.scheme) {
                return Err(refused(Refusal::ResidencyNotDeclared.into()));
            }
            open(&this.line, &this.tls, this.only.as_deref()).await.map(TokioIo::new)
        })
    }
}

/// A connection to one of the judged addresses, with TLS where the endpoint is declared so.
///
/// # Errors
/// A refusal's code, or what the network says of the last address.
pub(super) async fn open(
    line: &Arc<EndpointState>,
    tls: &Arc<ClientConfig>,
    only: Option<&Judgement>,
) -> io::Result<Stream> {
    let judgement = line.judge().await.map_err(refused)?;
    let deadline = Instant::now() + line.target.connect_timeout;
    let leads_there = |address: &&SocketAddr| only.is_none_or(|only| only.leads_to(**address));
    let addresses: Vec<&SocketAddr> = judgement.judged.addresses().iter().filter(leads_there).collect();
    let mut failed = refused(Refusal::ResidencyRevoked.into()); // when none of `only` passes any more
    for (tried, address) in addresses.iter().enumerate() {
        // The lease before the socket: tables that change while it connects void it, and `encrypt` asks.
        let lease = line.lease(**address).map_err(refused)?;
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout(share, dial(line, &judgement.judged, **address)).await {
            Ok(Ok(reached)) => {
                let leased = Leased::new(reached, lease);
                return timeout_at(deadline, encrypt(line, tls, leased)).await?;
            }
            Ok(Err(error)) if not_dialled(&error).is_some() => return Err(error),
            Ok(Err(error)) => failed = error,
            Err(elapsed) => failed = elapsed.into(),
        }
    }
    Err(failed)
}

/// A socket that is connected to exactly this judged address, by the declared tunnel where there is to be one.
pub(super) async fn dial(line: &EndpointState, judged: &Judged, address: SocketAddr) -> io::Result<TcpStream> {
    line.tunnel_to(address).await.map_err(|refused_it| refused(line.refuse(refused_it)))?;
    let reached = socket::tcp(address, line.target.interface()).await?;
    confirm(judged, reached.peer_addr()?).map_err(|refusal| {
        let found = Refused::found(&line.target.endpoint, &[address.ip()], refusal);
        refused(line.refuse(found))
    })?;
    Ok(reached)
}

/// Checks that the connected peer is a judged address: the kernel takes 0.0.0.0 for this machine.
pub(super) fn confirm(judged: &Judged, peer: SocketAddr) -> Result<(), ResidencyRefusal> {
    judged.confirm_peer(peer).map(drop)
}

async fn encrypt(line: &EndpointState, tls: &Arc<ClientConfig>, leased: Leased) -> io::Result<Stream> {
    leased.lease().check()?;
    if !line.target.is_encrypted() {
        return Ok(Stream::Plain(leased));
    }
    let name = line.target.server_name().map_err(refused)?;
    let stream = TlsConnector::from(tls.clone()).connect(name, leased).await?;
    Ok(Stream::Tls(Box::new(stream)))
}
