//! The one door outward. Every outgoing connection of the process is judged and opened here: state systems through
//! reqwest, OTLP and our own clients through tonic.
//!
//! Resolve once, refuse unless every address passes, dial exactly the judged address, compare the peer. There is one
//! HTTP client per judged address, its own name resolution overridden by that address and its URL made only from the
//! declared endpoint; proxies, redirects, referers and retries are off. A judgement lives [`LIFETIME`], then the name
//! is resolved and judged anew; connections to an address that is judged no longer are dropped with their client.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use qaqpa_policy::residency::{Countries, Endpoint, Host, Judged, Scheme, judge};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::clock::Clock;
use crate::denial::Denial;
use crate::listen::provider;
use crate::reason::Reason;
use crate::subjects::Leaving;

/// How long a judgement holds before the name is resolved again.
pub const LIFETIME: Duration = Duration::from_secs(30);
/// Longest answer that is read from a state system.
pub const MAX_ANSWER: usize = 16 << 20;

/// Asks for the addresses of a name. The system's resolver, or a table in tests and the demo.
pub trait Resolve: Send + Sync {
    /// All addresses of `host`.
    fn resolve<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn resolve<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// One declared way out.
pub struct Way {
    endpoint: Endpoint,
    addresses: Vec<IpAddr>,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    total_timeout: Duration,
    current: Mutex<Option<Arc<Resident>>>,
}

impl Way {
    /// A way to `endpoint`, whose server must chain to `roots`; with `addresses` in place of DNS when not empty.
    ///
    /// # Errors
    /// When rustls has no protocol version in common with its provider, which is a defect.
    pub fn new(
        endpoint: Endpoint,
        addresses: Vec<IpAddr>,
        roots: RootCertStore,
        timeouts: (Duration, Duration),
    ) -> Result<Self, rustls::Error> {
        let tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::with_tls(endpoint, addresses, tls, timeouts))
    }

    /// As [`Way::new`], with a TLS configuration that also holds a client certificate.
    #[must_use]
    pub fn with_tls(
        endpoint: Endpoint,
        addresses: Vec<IpAddr>,
        tls: ClientConfig,
        (connect_timeout, total_timeout): (Duration, Duration),
    ) -> Self {
        Self { endpoint, addresses, tls: Arc::new(tls), connect_timeout, total_timeout, current: Mutex::new(None) }
    }
}

impl Way {
    /// `https://host:port/path`, made from the declaration and nothing else.
    fn url(&self) -> String {
        let scheme = if self.is_plain() { "http" } else { "https" };
        format!("{scheme}://{}{}", self.endpoint.authority(), self.endpoint.path())
    }

    fn is_plain(&self) -> bool {
        self.endpoint.scheme() == Scheme::Http
    }

    fn host(&self) -> String {
        match self.endpoint.host() {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }
}

/// Proof that an address was judged, and the client that can reach nothing else.
pub struct Resident {
    judged: Judged,
    evidence: String,
    address: SocketAddr,
    url: String,
    client: reqwest::Client,
    since: Timestamp,
}

impl Resident {
    /// The line of evidence for the journal: endpoint, addresses, rule, table version.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// The judged address that is dialled.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// An answer of a state system, not yet believed.
#[derive(Debug)]
pub struct RawReply {
    /// HTTP status.
    pub status: u16,
    /// `content-type`, as sent.
    pub content_type: String,
    /// At most [`MAX_ANSWER`].
    pub body: Bytes,
}

/// The door: declared ways, the tables to judge by, the resolver to ask.
pub struct Door {
    ways: BTreeMap<String, Way>,
    countries: Box<dyn Countries + Send + Sync>,
    resolver: Arc<dyn Resolve>,
    clock: Clock,
}

impl Door {
    /// A door with these ways out.
    #[must_use]
    pub fn new(
        ways: BTreeMap<String, Way>,
        countries: Box<dyn Countries + Send + Sync>,
        resolver: Arc<dyn Resolve>,
        clock: Clock,
    ) -> Self {
        Self { ways, countries, resolver, clock }
    }

    /// Room 8: judges the endpoint's addresses, or takes the judgement that still holds.
    ///
    /// # Errors
    /// `residency.*`; nothing was dialled.
    pub async fn judge(&self, name: &str) -> Result<Arc<Resident>, Denial> {
        let way = self.way(name)?;
        let now = self.clock.now();
        let current = way.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(resident) = current.as_ref().filter(|resident| fresh(resident.since, now)) {
            return Ok(resident.clone());
        }
        let judged = self.judge_now(way).await?;
        let address = first(&judged)?;
        let client = match &current {
            Some(resident) if resident.address == address => resident.client.clone(),
            _ => way.client(address)?,
        };
        let resident =
            Arc::new(Resident { evidence: judged.evidence(), judged, address, url: way.url(), client, since: now });
        *way.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(resident.clone());
        Ok(resident)
    }

    fn way(&self, name: &str) -> Result<&Way, Denial> {
        self.ways.get(name).ok_or_else(|| Reason::Residency("residency.not_declared").into())
    }

    async fn judge_now(&self, way: &Way) -> Result<Judged, Denial> {
        let addresses = match way.endpoint.host() {
            Host::Address(literal) => vec![*literal],
            Host::Name(_) if !way.addresses.is_empty() => way.addresses.clone(),
            Host::Name(name) => {
                let asked = tokio::time::timeout(way.connect_timeout, self.resolver.resolve(name)).await;
                asked.ok().and_then(Result::ok).unwrap_or_default() // no answer is no address, which is refused
            }
        };
        Ok(judge(&way.endpoint, &addresses, self.countries.as_ref())?)
    }

    /// Room 12: sends one SOAP message to the judged address and reads the answer.
    ///
    /// # Errors
    /// `upstream.*`, or `residency.peer` and `residency.redirect` when the answer comes from or points elsewhere.
    pub async fn post(&self, resident: &Resident, body: Leaving) -> Result<RawReply, Denial> {
        let sent = resident
            .client
            .post(&resident.url)
            .header(http::header::CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", "\"\"")
            .body(reqwest::Body::wrap(body))
            .send()
            .await;
        let mut response = sent.map_err(|error| failure(&error))?;
        let peer = response.remote_addr().ok_or(Reason::Residency("residency.peer"))?;
        resident.judged.confirm_peer(peer)?;
        if response.status().is_redirection() {
            return Err(
                Denial::from(Reason::Residency("residency.redirect")).detailed(response.status().as_u16().to_string())
            );
        }
        let content_type = response
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut body = BytesMut::with_capacity(
            usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0).min(MAX_ANSWER),
        );
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Reason::UpstreamTooLarge.into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(RawReply { status: response.status().as_u16(), content_type, body: body.freeze() })
    }

    /// A judged connection for tonic, with TLS unless the endpoint is declared plain.
    ///
    /// # Errors
    /// The refusal's code as an I/O error, or what the network says.
    pub async fn connect(&self, name: &str) -> io::Result<TokioIo<Stream>> {
        let refused = |denial: Denial| io::Error::new(io::ErrorKind::PermissionDenied, denial.reason.code());
        let way = self.way(name).map_err(refused)?;
        let judged = self.judge_now(way).await.map_err(refused)?;
        let address = first(&judged).map_err(refused)?;
        let stream = tokio::time::timeout(way.connect_timeout, dial(address)).await??;
        stream.set_nodelay(true)?;
        judged.confirm_peer(stream.peer_addr()?).map_err(|refusal| refused(refusal.into()))?;
        if way.is_plain() {
            return Ok(TokioIo::new(Stream::Plain(stream)));
        }
        let host = ServerName::try_from(way.host()).map_err(io::Error::other)?;
        let mut tls = way.tls.as_ref().clone();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TlsConnector::from(Arc::new(tls)).connect(host, stream).await?;
        Ok(TokioIo::new(Stream::Tls(Box::new(stream))))
    }

    /// A tonic channel whose every connection comes through this door.
    ///
    /// # Errors
    /// When the endpoint is not declared.
    pub fn channel(self: &Arc<Self>, name: &str) -> Result<tonic::transport::Channel, Denial> {
        let way = self.way(name)?;
        // tonic must not bring TLS of its own: it is given a plain address, and the true one as the origin of its calls.
        let plain = format!("http://{}", way.endpoint.authority());
        let origin = way.url().parse().map_err(|_| Reason::Residency("residency.bad_url"))?;
        let endpoint = tonic::transport::Endpoint::from_shared(plain)
            .map_err(|_| Reason::Residency("residency.bad_url"))?
            .origin(origin);
        let (door, name) = (self.clone(), name.to_owned());
        let connector = tower::service_fn(move |_| {
            let (door, name) = (door.clone(), name.clone());
            async move { door.connect(&name).await }
        });
        let endpoint = endpoint.http2_keep_alive_interval(Duration::from_secs(20)).keep_alive_while_idle(true);
        Ok(endpoint.connect_with_connector_lazy(connector))
    }
}

fn fresh(since: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(since)).is_ok_and(|age| age < LIFETIME)
}

fn first(judged: &Judged) -> Result<SocketAddr, Denial> {
    judged.addresses().first().copied().ok_or_else(|| Reason::Residency("residency.no_address").into())
}

#[expect(clippy::disallowed_methods, reason = "this is the one door")]
async fn dial(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(address).await
}

impl Way {
    /// A client that can reach `address` and nothing else.
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn client(&self, address: SocketAddr) -> Result<reqwest::Client, Denial> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.as_ref().clone())
            .https_only(!self.is_plain())
            .resolve(&self.host(), address)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(self.connect_timeout)
            .timeout(self.total_timeout)
            .pool_idle_timeout(LIFETIME)
            .pool_max_idle_per_host(64)
            .build()
            .map_err(|_| Reason::Internal.into())
    }
}

/// What reqwest reports, as a reason. Its own text may hold the URL, never a body; it is not kept all the same.
fn failure(error: &reqwest::Error) -> Denial {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() || inner.downcast_ref().is_some_and(holds_tls) {
            return Reason::UpstreamTls.into();
        }
        source = inner.source();
    }
    if error.is_connect() {
        Reason::UpstreamConnect.into()
    } else if error.is_timeout() {
        Reason::UpstreamTimeout.into()
    } else {
        Reason::UpstreamCut.into()
    }
}

/// An I/O error has what it wraps not as its source, and hyper wraps the one of TLS in another.
fn holds_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>() || inner.downcast_ref().is_some_and(holds_tls))
}

/// A connection to a declared endpoint.
pub enum Stream {
    /// In a closed network or on declared loopback.
    Plain(TcpStream),
    /// Everywhere else.
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl tokio::io::AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl tokio::io::AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
