//! Declared endpoints: URL, plane, kind of network, pinned addresses.
//!
//! ```text
//! internet              https://api.example.kz                       every address in Kazakhstan by all tables
//! closed-network        http://10.61.40.133, pins 10.61.40.133/32    inside a tunnel that must be there
//! development-loopback  https://localhost:8443                       this machine; not in production
//! ```

use std::net::IpAddr;

use ipnet::IpNet;

use super::ResidencyRefusal;
use super::exception::Exception;
use super::url::{Host, Location, Scheme, domain_name};

/// One endpoint as configured.
#[derive(Debug, Clone)]
pub struct EndpointRule {
    /// Stable id.
    pub name: String,
    /// `https://host[:port][/path]`, `dns://address`, `postgres://host`.
    pub url: String,
    /// The plane: the kind of traffic.
    pub plane: Plane,
    /// What kind of network leads there.
    pub kind: EndpointKind,
    /// Addresses fixed by the connection agreement; they narrow what the country allows.
    pub pins: Vec<IpNet>,
    /// Names that DNS may lead to on the way (CNAME), besides those under Kazakhstan's own domains.
    pub aliases: Vec<String>,
    /// What carries a closed network.
    pub tunnel: Option<Tunnel>,
    /// Approved exceptions to disagreements of the tables.
    pub exceptions: Vec<Exception>,
}

impl EndpointRule {
    /// An endpoint on the Internet with nothing said beside its URL: every table must place every address in Kazakhstan.
    #[must_use]
    pub fn internet(name: &str, url: &str, plane: Plane) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            plane,
            kind: EndpointKind::Internet,
            pins: Vec::new(),
            aliases: Vec::new(),
            tunnel: None,
            exceptions: Vec::new(),
        }
    }
}

/// What goes to an endpoint, or comes from one. All planes are judged by the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plane {
    /// Exchanges with state systems.
    Upstream,
    /// Callers: an answer to one abroad is a transfer.
    Inbound,
    /// Databases and archives.
    Storage,
    /// Traces, metrics, logs.
    Telemetry,
    /// DNS, OCSP, revocation lists, time, signing services.
    Support,
}

impl Plane {
    /// All of them, in the order of this declaration.
    pub const ALL: [Self; 5] = [Self::Upstream, Self::Inbound, Self::Storage, Self::Telemetry, Self::Support];

    /// As it stands in the configuration and the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Inbound => "inbound",
            Self::Storage => "storage",
            Self::Telemetry => "telemetry",
            Self::Support => "support",
        }
    }

    /// The plane of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plane| plane.name() == name)
    }
}

/// What kind of network leads to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// The open Internet.
    Internet,
    /// A VPN or the state's transport network; its addresses must be pinned and its tunnel present.
    ClosedNetwork,
    /// This machine, for development.
    DevelopmentLoopback,
}

impl EndpointKind {
    /// As it stands in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::ClosedNetwork => "closed-network",
            Self::DevelopmentLoopback => "development-loopback",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Internet, Self::ClosedNetwork, Self::DevelopmentLoopback].into_iter().find(|kind| kind.name() == name)
    }
}

/// What carries a closed network: without it the same packets would go over the open Internet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tunnel {
    /// A network interface that the route must lead through, such as `ipsec0` or `wg0`.
    Interface(String),
    /// An IPsec policy of the kernel in tunnel mode (`ip xfrm policy`), as strongSwan installs it.
    Xfrm,
}

impl Tunnel {
    /// `interface:NAME` or `xfrm`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Linux: at most 15 bytes, no slash and no blank.
        let fits = |name: &&str| {
            (1..=15).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
        };
        match text.split_once(':') {
            Some(("interface", name)) => Some(name).filter(fits).map(|name| Self::Interface(name.to_owned())),
            None if text == "xfrm" => Some(Self::Xfrm),
            _ => None,
        }
    }
}

/// The profile of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// With personal data.
    Production,
    /// On a laptop, with synthetic data.
    Development,
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
    aliases: Vec<String>,
    tunnel: Option<Tunnel>,
    exceptions: Vec<Exception>,
}

impl Endpoint {
    /// Judges an endpoint's declaration.
    ///
    /// # Errors
    /// The first thing that is wrong; who configured the gateway is at fault.
    pub fn parse(rule: EndpointRule) -> Result<Self, ResidencyRefusal> {
        let EndpointRule { name, url, plane, kind, pins, aliases, tunnel, exceptions } = rule;
        let Location { scheme, host, port, path } = Location::parse(&url, &name)?;
        sound_pins(&pins).map_err(|problem| ResidencyRefusal::Pins { endpoint: name.clone(), problem })?;
        if kind == EndpointKind::ClosedNetwork && pins.is_empty() {
            return Err(ResidencyRefusal::NoPins(name));
        }
        if (kind == EndpointKind::ClosedNetwork) != tunnel.is_some() {
            return Err(ResidencyRefusal::TunnelUndeclared(name));
        }
        if !may_be_spoken(scheme, plane, kind, &pins) {
            return Err(ResidencyRefusal::Scheme(name));
        }
        match &host {
            Host::Address(address) if !literal_is_declared(*address, kind, &pins) => {
                return Err(ResidencyRefusal::Literal(name));
            }
            Host::Name(_) if scheme == Scheme::Dns => {
                let problem = "a DNS server is an address; its name could not be asked for";
                return Err(ResidencyRefusal::BadUrl { endpoint: name, problem });
            }
            _ => {}
        }
        let aliases = declared_aliases(aliases, &name)?;
        Ok(Self { name, scheme, host, port, path, plane, kind, pins, aliases, tunnel, exceptions })
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

    /// The plane: the kind of traffic.
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

    /// Names that DNS may lead to.
    #[must_use]
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// What must carry the connection.
    #[must_use]
    pub fn tunnel(&self) -> Option<&Tunnel> {
        self.tunnel.as_ref()
    }

    /// Approved exceptions to disagreements of the tables.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Whether the verdict depends on tables: not on this machine, nor where only private addresses are pinned.
    #[must_use]
    pub fn needs_tables(&self) -> bool {
        let private = |net: &IpNet| super::special::special(net.network()).is_some();
        match self.kind {
            EndpointKind::Internet => true,
            EndpointKind::ClosedNetwork => !self.pins.iter().all(private),
            EndpointKind::DevelopmentLoopback => false,
        }
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

/// Declared aliases, normalised.
fn declared_aliases(aliases: Vec<String>, endpoint: &str) -> Result<Vec<String>, ResidencyRefusal> {
    let name = |alias: String| {
        domain_name(&alias)
            .ok_or_else(|| ResidencyRefusal::BadUrl { endpoint: endpoint.to_owned(), problem: "an alias is no name" })
    };
    aliases.into_iter().map(name).collect()
}

/// No pin twice, none within another, none with bits set behind its length: each is a mistake in the configuration.
fn sound_pins(pins: &[IpNet]) -> Result<(), &'static str> {
    if pins.iter().any(|net| net.trunc() != *net) {
        return Err("a network has bits set behind its length");
    }
    let overlap = |(at, net): (usize, &IpNet)| {
        pins.iter().enumerate().any(|(other, pin)| other != at && (pin.contains(net) || net.contains(pin)))
    };
    if pins.iter().enumerate().any(overlap) { Err("two networks overlap") } else { Ok(()) }
}

/// Plain http stays within what is pinned to single addresses, or within this machine. DNS and PostgreSQL are spoken on
/// their own planes only.
fn may_be_spoken(scheme: Scheme, plane: Plane, kind: EndpointKind, pins: &[IpNet]) -> bool {
    let single = |net: &IpNet| net.prefix_len() == net.max_prefix_len();
    match (scheme, kind) {
        (Scheme::Https, _) => true,
        (Scheme::Http, EndpointKind::ClosedNetwork) => pins.iter().all(single),
        (Scheme::Http, EndpointKind::DevelopmentLoopback) => true,
        (Scheme::Http, EndpointKind::Internet) => false,
        (Scheme::Dns, _) => plane == Plane::Support,
        (Scheme::Postgres, _) => plane == Plane::Storage,
    }
}

fn literal_is_declared(address: IpAddr, kind: EndpointKind, pins: &[IpNet]) -> bool {
    let pinned = pins.iter().any(|net| net.contains(&address));
    pinned || (kind == EndpointKind::DevelopmentLoopback && address.is_loopback())
}
