//! The text of an endpoint's URL, judged as written, before any library normalises it, because libraries disagree:
//! `127.1`, `0x7f000001` and `①②⑦.0.0.1` are names to one and this machine to another.
//!
//! Refuses odd spellings of an address, user information, blanks, escapes, queries, a list of hosts, and names that are
//! not written in ASCII: `egov.kz` with a Cyrillic `е` is another name, and its `xn--` form shows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ResidencyRefusal;
use super::special::canonical;

/// Transport of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// TLS.
    Https,
    /// Without TLS, only within a closed network or this machine.
    Http,
    /// DNS by UDP and TCP (RFC 1035). The server is an address, because its name could not be asked for.
    Dns,
    /// PostgreSQL's protocol; TLS is the driver's, on a judged connection.
    Postgres,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "https" => Some(Self::Https),
            "http" => Some(Self::Http),
            "dns" => Some(Self::Dns),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// As it stands in a URL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Dns => "dns",
            Self::Postgres => "postgres",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
            Self::Dns => 53,
            Self::Postgres => 5432,
        }
    }
}

/// Host of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// Lower case, no trailing dot, ASCII.
    Name(String),
    /// An address, canonical.
    Address(IpAddr),
}

/// A URL whose every part was judged by itself.
pub(super) struct Location {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) path: String,
}

impl Location {
    /// Judges the URL of the endpoint `name`.
    pub(super) fn parse(url: &str, name: &str) -> Result<Self, ResidencyRefusal> {
        let parts = Parts::split(url, name)?;
        let scheme = Scheme::parse(parts.scheme).ok_or_else(|| ResidencyRefusal::Scheme(name.to_owned()))?;
        let port = port(parts.port, scheme).ok_or_else(|| ResidencyRefusal::Port(name.to_owned()))?;
        let host = host(parts.host, name)?;
        let path = if parts.path.is_empty() { "/" } else { parts.path }.to_owned();
        Ok(Self { scheme, host, port, path })
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
        if authority.contains(',') {
            return Err(bad("one endpoint is one host; declare the others as endpoints of their own"));
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

fn port(text: Option<&str>, scheme: Scheme) -> Option<u16> {
    match text {
        None => Some(scheme.port()),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0)
        }
        Some(_) => None,
    }
}

/// A plain address, or a name that no library reads as an address.
fn host(text: &str, name: &str) -> Result<Host, ResidencyRefusal> {
    let bad = |problem| ResidencyRefusal::BadUrl { endpoint: name.to_owned(), problem };
    if let Some(inner) = text.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        let address = address.ok_or_else(|| bad("brackets hold no IPv6 address"))?;
        return Ok(Host::Address(canonical(IpAddr::V6(address))));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    match url::Host::parse(text) {
        Ok(url::Host::Domain(_)) if !text.is_ascii() => {
            Err(bad("a name that is not ASCII can look like another; write it in its xn-- form"))
        }
        Ok(url::Host::Domain(domain)) => domain_name(&domain).map(Host::Name).ok_or_else(|| bad("the host is no name")),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Err(ResidencyRefusal::AmbiguousIp(name.to_owned())),
        Err(url::ParseError::InvalidIpv4Address) => Err(ResidencyRefusal::AmbiguousIp(name.to_owned())),
        Err(_) => Err(bad("the host is no name")),
    }
}

/// Letters, digits, hyphens; at most one dot at the end, which goes. Lower case.
pub(super) fn domain_name(domain: &str) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let plain = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    (domain.len() <= 253 && domain.split('.').all(plain)).then(|| domain.to_ascii_lowercase())
}
