//! A declared endpoint. The text of its URL is judged as written, before any library normalises it, because libraries
//! disagree: `127.1`, `0x7f000001` and `①②⑦.0.0.1` are names to one and this machine to another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::ResidencyRefusal;
use super::special::canonical;

/// One endpoint as configured.
#[derive(Debug, Clone)]
pub struct EndpointRule {
    /// Stable id.
    pub name: String,
    /// `https://host[:port][/path]`.
    pub url: String,
    /// What goes there.
    pub plane: Plane,
    /// What kind of network leads there.
    pub kind: EndpointKind,
    /// Addresses fixed by the connection agreement; they narrow what the country allows.
    pub pins: Vec<IpNet>,
}

/// What goes to an endpoint. All planes are judged by the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    /// Exchanges with state systems.
    Upstream,
    /// Databases and archives.
    Storage,
    /// Traces, metrics, logs.
    Telemetry,
    /// DNS, OCSP, time, signing services.
    Support,
}

/// What kind of network leads to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// The open Internet.
    Internet,
    /// A VPN or the state's transport network; its addresses must be pinned.
    ClosedNetwork,
    /// This machine, for development.
    DevelopmentLoopback,
}

/// Where the gateway runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// With personal data.
    Production,
    /// On a laptop, with synthetic data.
    Development,
}

/// Transport of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// TLS.
    Https,
    /// Without TLS, only within a closed network or this machine.
    Http,
}

/// Host of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// Lower case, no trailing dot, IDN as `xn--`.
    Name(String),
    /// An address, canonical.
    Address(IpAddr),
}

/// A well-formed endpoint. Dial [`Self::host`] and [`Self::port`], never the text of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    name: String,
    scheme: Scheme,
    host: Host,
    port: u16,
    path: String,
    plane: Plane,
    kind: EndpointKind,
    pins: Vec<IpNet>,
}

impl Endpoint {
    /// Judges an endpoint's text.
    ///
    /// # Errors
    /// The first thing that is wrong; who configured the gateway is at fault.
    pub fn parse(rule: EndpointRule) -> Result<Self, ResidencyRefusal> {
        let EndpointRule { name, url, plane, kind, pins } = rule;
        let parts = Parts::split(&url, &name)?;
        if kind == EndpointKind::ClosedNetwork && pins.is_empty() {
            return Err(ResidencyRefusal::NoPins(name));
        }
        let scheme = scheme(parts.scheme, kind, &pins).ok_or_else(|| ResidencyRefusal::Scheme(name.clone()))?;
        let port = port(parts.port, scheme).ok_or_else(|| ResidencyRefusal::Port(name.clone()))?;
        let host = host(parts.host, &name)?;
        if let Host::Address(address) = host
            && !literal_is_declared(address, kind, &pins)
        {
            return Err(ResidencyRefusal::Literal(name));
        }
        let path = if parts.path.is_empty() { "/" } else { parts.path }.to_owned();
        Ok(Self { name, scheme, host, port, path, plane, kind, pins })
    }

    /// Stable id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Transport.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host, normalised.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Port, never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path of the URL, `/` at least.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What goes there.
    #[must_use]
    pub fn plane(&self) -> Plane {
        self.plane
    }

    /// What kind of network leads there.
    #[must_use]
    pub fn kind(&self) -> EndpointKind {
        self.kind
    }

    /// Addresses fixed by the connection agreement.
    #[must_use]
    pub fn pins(&self) -> &[IpNet] {
        &self.pins
    }

    /// Host and port as `Host` and `:authority` want them.
    #[must_use]
    pub fn authority(&self) -> String {
        match &self.host {
            Host::Name(name) => format!("{name}:{}", self.port),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            Host::Address(IpAddr::V4(address)) => format!("{address}:{}", self.port),
        }
    }

    /// Whether the gateway may start with this endpoint.
    ///
    /// # Errors
    /// [`ResidencyRefusal::Loopback`] for development endpoints in production.
    pub fn admit(&self, profile: Profile) -> Result<(), ResidencyRefusal> {
        match (profile, self.kind) {
            (Profile::Production, EndpointKind::DevelopmentLoopback) => {
                Err(ResidencyRefusal::Loopback(self.name.clone()))
            }
            _ => Ok(()),
        }
    }
}

/// All endpoints the gateway may ever reach.
#[derive(Debug, Clone, Default)]
pub struct Endpoints(Vec<Endpoint>);

impl Endpoints {
    /// Parses and admits all rules.
    ///
    /// # Errors
    /// Everything that is wrong; who configured the gateway is at fault.
    pub fn declare(rules: Vec<EndpointRule>, profile: Profile) -> Result<Self, Vec<ResidencyRefusal>> {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        let mut refusals = Vec::new();
        for rule in rules {
            match Endpoint::parse(rule).and_then(|endpoint| endpoint.admit(profile).map(|()| endpoint)) {
                Ok(endpoint) if endpoints.iter().any(|known| known.name == endpoint.name) => {
                    refusals.push(ResidencyRefusal::DeclaredTwice(endpoint.name));
                }
                Ok(endpoint) => endpoints.push(endpoint),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok(Self(endpoints)) } else { Err(refusals) }
    }

    /// The endpoint of that name.
    ///
    /// # Errors
    /// [`ResidencyRefusal::NotDeclared`]: what is not declared is not reached.
    pub fn find(&self, name: &str) -> Result<&Endpoint, ResidencyRefusal> {
        let found = self.0.iter().find(|endpoint| endpoint.name == name);
        found.ok_or_else(|| ResidencyRefusal::NotDeclared(name.to_owned()))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.iter()
    }
}

/// A URL's text, cut but not yet judged.
struct Parts<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
}

impl<'u> Parts<'u> {
    fn split(url: &'u str, name: &str) -> Result<Self, ResidencyRefusal> {
        let bad = |problem| ResidencyRefusal::BadUrl { endpoint: name.to_owned(), problem };
        if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(bad("blanks, control characters and backslashes are refused"));
        }
        if url.contains(['?', '#']) {
            return Err(bad("an endpoint has no query and no fragment"));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it is no URL"))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(ResidencyRefusal::Userinfo(name.to_owned()));
        }
        if authority.contains('%') {
            return Err(bad("escapes and zones are refused in a host"));
        }
        let (host, port) = host_and_port(authority);
        Ok(Self { scheme, host, port, path })
    }
}

/// Cuts at the last colon outside brackets.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(end) = authority.rfind(']') {
        let (host, rest) = authority.split_at(end + 1);
        return (host, (!rest.is_empty()).then(|| rest.strip_prefix(':').unwrap_or("-")));
    }
    authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
}

/// Plain http stays within what is pinned to single addresses, or within this machine.
fn scheme(text: &str, kind: EndpointKind, pins: &[IpNet]) -> Option<Scheme> {
    let single = |net: &IpNet| net.prefix_len() == net.max_prefix_len();
    match (text.to_ascii_lowercase().as_str(), kind) {
        ("https", _) => Some(Scheme::Https),
        ("http", EndpointKind::ClosedNetwork) if pins.iter().all(single) => Some(Scheme::Http),
        ("http", EndpointKind::DevelopmentLoopback) => Some(Scheme::Http),
        _ => None,
    }
}

fn port(text: Option<&str>, scheme: Scheme) -> Option<u16> {
    match (text, scheme) {
        (None, Scheme::Https) => Some(443),
        (None, Scheme::Http) => Some(80),
        (Some(digits), _) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0)
        }
        (Some(_), _) => None,
    }
}

/// A plain address, or a name that no library reads as an address.
fn host(text: &str, name: &str) -> Result<Host, ResidencyRefusal> {
    if let Some(inner) = text.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        let bad = ResidencyRefusal::BadUrl { endpoint: name.to_owned(), problem: "brackets hold no IPv6 address" };
        return address.map(|address| Host::Address(canonical(IpAddr::V6(address)))).ok_or(bad);
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    match url::Host::parse(text) {
        Ok(url::Host::Domain(domain)) => domain_name(&domain, name),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Err(ResidencyRefusal::AmbiguousIp(name.to_owned())),
        Err(url::ParseError::InvalidIpv4Address) => Err(ResidencyRefusal::AmbiguousIp(name.to_owned())),
        Err(_) => Err(ResidencyRefusal::BadUrl { endpoint: name.to_owned(), problem: "the host is no name" }),
    }
}

/// Letters, digits, hyphens; at most one dot at the end, which goes.
fn domain_name(domain: &str, name: &str) -> Result<Host, ResidencyRefusal> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let plain = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    if domain.len() > 253 || !domain.split('.').all(plain) {
        return Err(ResidencyRefusal::BadUrl { endpoint: name.to_owned(), problem: "the host is no name" });
    }
    Ok(Host::Name(domain.to_ascii_lowercase()))
}

fn literal_is_declared(address: IpAddr, kind: EndpointKind, pins: &[IpNet]) -> bool {
    let pinned = pins.iter().any(|net| net.contains(&address));
    pinned || (kind == EndpointKind::DevelopmentLoopback && address.is_loopback())
}
