//! The verdict on resolved addresses. All of them must pass: a resolver that answers one good and one bad address
//! would otherwise choose by luck.

use std::net::{IpAddr, SocketAddr};

use super::special::{canonical, special};
use super::{Countries, Endpoint, EndpointKind, HOME, ResidencyRefusal};

/// Evidence that every address of an endpoint passed. Dial these and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    endpoint: String,
    addresses: Vec<SocketAddr>,
    rule: Passed,
    table: String,
}

/// Evidence that a connection reached an address that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    peer: SocketAddr,
}

/// By which rule an address passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    Pinned,
    Country,
    Loopback,
}

/// Judges what a resolver has answered for an endpoint (or, for a literal, the literal itself).
///
/// # Errors
/// The first refusal; `residency.mixed` when some addresses pass.
pub fn judge(endpoint: &Endpoint, addresses: &[IpAddr], countries: &dyn Countries) -> Result<Judged, ResidencyRefusal> {
    let name = || endpoint.name().to_owned();
    let mut passed = Vec::new();
    let mut refused = Vec::new();
    for address in addresses.iter().copied().map(canonical) {
        match judge_one(endpoint, address, countries) {
            Ok(rule) => passed.push((address, rule)),
            Err(refusal) => refused.push(refusal),
        }
    }
    let all = addresses.len();
    let count = refused.len();
    match (passed.first(), refused.into_iter().next()) {
        (None, None) => Err(ResidencyRefusal::NoAddress(name())),
        (None, Some(first)) => Err(first),
        (Some(_), Some(first)) => {
            Err(ResidencyRefusal::Mixed { endpoint: name(), refused: count, all, first: Box::new(first) })
        }
        (Some((_, rule)), None) => Ok(Judged {
            endpoint: name(),
            rule: *rule,
            addresses: passed.iter().map(|(address, _)| SocketAddr::new(*address, endpoint.port())).collect(),
            table: countries.version().to_owned(),
        }),
    }
}

/// Special ranges first, then pins, then the country. A pin narrows and never widens: an address abroad stays abroad,
/// whatever an agreement says. Only a private address, which is nobody's country, passes by its pin alone.
fn judge_one(endpoint: &Endpoint, address: IpAddr, countries: &dyn Countries) -> Result<Passed, ResidencyRefusal> {
    let name = || endpoint.name().to_owned();
    if endpoint.kind() == EndpointKind::DevelopmentLoopback {
        return if address.is_loopback() { Ok(Passed::Loopback) } else { Err(ResidencyRefusal::Loopback(name())) };
    }
    let closed = endpoint.kind() == EndpointKind::ClosedNetwork;
    let special = special(address);
    if let Some(special) = special
        && !(closed && special.may_be_pinned())
    {
        return Err(ResidencyRefusal::Special { endpoint: name(), address, special });
    }
    let pins = endpoint.pins();
    if (closed || !pins.is_empty()) && !pins.iter().any(|net| net.contains(&address)) {
        return Err(ResidencyRefusal::NotPinned { endpoint: name(), address });
    }
    match countries.country(address) {
        _ if special.is_some() => Ok(Passed::Pinned),
        Some(HOME) => Ok(Passed::Country),
        other => Err(ResidencyRefusal::Foreign { endpoint: name(), address, country: other.map(str::to_owned) }),
    }
}

impl Judged {
    /// Name of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What may be dialled: the judged addresses with the endpoint's own port.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// One line for the journal: endpoint, rule, table, addresses.
    #[must_use]
    pub fn evidence(&self) -> String {
        let rule = match self.rule {
            Passed::Pinned => "pinned",
            Passed::Country => "country KZ",
            Passed::Loopback => "loopback",
        };
        let addresses: Vec<String> = self.addresses.iter().map(SocketAddr::to_string).collect();
        format!("{}: {rule} ({}): {}", self.endpoint, self.table, addresses.join(", "))
    }

    /// Whether a connection has reached one of the judged addresses.
    ///
    /// # Errors
    /// [`ResidencyRefusal::Peer`].
    pub fn confirm_peer(&self, peer: SocketAddr) -> Result<Confirmed, ResidencyRefusal> {
        let peer = SocketAddr::new(canonical(peer.ip()), peer.port());
        if self.addresses.contains(&peer) {
            Ok(Confirmed { peer })
        } else {
            Err(ResidencyRefusal::Peer { endpoint: self.endpoint.clone(), address: peer.ip() })
        }
    }
}

impl Confirmed {
    /// Whom the connection reached.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}
