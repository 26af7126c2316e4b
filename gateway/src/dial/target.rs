//! A declared endpoint with its TLS trust and timeouts. Everything that is dialled is made from it, and nothing from
//! the text of a request.
//!
//! Example: `shep`, `https://smartbridge.example.kz/bip-sync-wss-gost/`, 10 s to connect, 60 s in all.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{Endpoint, Host, Scheme, Tunnel};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::tls::{Trust, strict};
use crate::refusal::NotDone;

/// A declared endpoint with its TLS trust and timeouts.
pub struct Target {
    pub(super) endpoint: Endpoint,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) http1: Arc<ClientConfig>,
    pub(super) http2: Arc<ClientConfig>,
    pub(super) connect_timeout: Duration,
    pub(super) total_timeout: Duration,
}

impl Target {
    /// A way to `endpoint`, whose server must convince `trust`; with `addresses` in place of DNS when not empty.
    ///
    /// # Errors
    /// When rustls has no protocol version in common with its provider, which is a defect, or when keys are pinned and
    /// no root is trusted.
    pub fn new(
        endpoint: Endpoint,
        addresses: Vec<IpAddr>,
        trust: impl Into<Trust>,
        timeouts: (Duration, Duration),
    ) -> Result<Self, rustls::Error> {
        Ok(Self::with_tls(endpoint, addresses, trust.into().client()?, timeouts))
    }

    /// As [`Target::new`], with a TLS configuration that also holds a client certificate.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "it is this target's own from now on, in two forms")]
    pub fn with_tls(
        endpoint: Endpoint,
        addresses: Vec<IpAddr>,
        tls: ClientConfig,
        (connect_timeout, total_timeout): (Duration, Duration),
    ) -> Self {
        let (http1, http2) = (strict(&tls, b"http/1.1"), strict(&tls, b"h2"));
        Self { endpoint, addresses, http1, http2, connect_timeout, total_timeout }
    }

    /// Whether the connection is encrypted by us.
    pub(super) fn is_encrypted(&self) -> bool {
        self.endpoint.scheme() == Scheme::Https
    }

    /// The declared endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The interface that packets must leave by, where one is declared.
    pub(super) fn interface(&self) -> Option<&str> {
        match self.endpoint.tunnel()? {
            Tunnel::Interface(name) => Some(name),
            Tunnel::Xfrm => None,
        }
    }

    /// `https://host:port/path`, made from the declaration and nothing else.
    pub(super) fn uri(&self) -> Result<Uri, NotDone> {
        let text = format!("{}://{}{}", self.endpoint.scheme().name(), self.endpoint.authority(), self.endpoint.path());
        text.parse().map_err(|_| Refusal::ResidencyBadUrl.into())
    }

    /// The name that the server must prove, and that is asked for (SNI): the endpoint's, never a request's.
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, NotDone> {
        match self.endpoint.host() {
            Host::Address(address) => Ok((*address).into()),
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Refusal::ResidencyBadUrl.into()),
        }
    }

    /// Whether a URI names this endpoint: scheme, host and port. Path and query go to the server and choose no other.
    pub(super) fn is_named_by(&self, uri: &Uri, scheme: &str) -> bool {
        let port = uri.port_u16().or_else(|| match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        });
        let authority = uri.host().zip(port).map(|(host, port)| format!("{host}:{port}"));
        uri.scheme_str() == Some(scheme)
            && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(&self.endpoint.authority()))
    }
}
