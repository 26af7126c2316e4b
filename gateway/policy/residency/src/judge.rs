//! Judges the addresses that DNS gave for an endpoint. All addresses must pass: a resolver that answers one good and
//! one bad address would otherwise choose by luck.
//!
//! Evidence is taken in order: names on the way, special ranges, pins, the tables, the networks of global clouds, and
//! where all say yes, whether the tables are fresh. The first that fails refuses.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::civil::Date;

use super::decision::Decision;
use super::special::{Special, canonical, special};
use super::tables::{Evidence, Finding, Tables};
use super::{Endpoint, EndpointKind, Exception, Plane, ResidencyRefusal, alias};

/// What DNS has answered: all addresses of a name, and all names on the way to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// A and AAAA records, as they came.
    pub addresses: Vec<IpAddr>,
    /// Targets of CNAME records, in order.
    pub aliases: Vec<String>,
}

impl From<IpAddr> for Answer {
    fn from(literal: IpAddr) -> Self {
        Self { addresses: vec![literal], aliases: Vec::new() }
    }
}

/// Evidence that every address of an endpoint passed. Dial these and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    addresses: Vec<SocketAddr>,
    decision: Decision,
}

/// Evidence that an endpoint was refused, with the line that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    refusal: ResidencyRefusal,
    decision: Decision,
}

/// Evidence that a connection reached an address that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    peer: SocketAddr,
}

/// By which rule an address passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    Pinned,
    Country,
    Loopback,
    Exception(Date),
}

impl Passed {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Country => "country",
            Self::Loopback => "loopback",
            Self::Exception(_) => "exception",
        }
    }

    pub(super) fn exception(self) -> Option<Date> {
        match self {
            Self::Exception(until) => Some(until),
            _ => None,
        }
    }

    /// Whether a table was asked.
    pub(super) fn by_tables(self) -> bool {
        matches!(self, Self::Country | Self::Exception(_))
    }
}

/// Judges what a resolver has answered for an endpoint (or, for a literal, the literal itself), as of `today`.
///
/// # Errors
/// The first refusal; `residency.mixed` when some addresses pass.
pub fn judge(endpoint: &Endpoint, answer: &Answer, tables: &Tables, today: Date) -> Result<Judged, Refused> {
    let addresses: Vec<IpAddr> = answer.addresses.iter().copied().map(canonical).collect();
    let decision = |refusal, passed: Option<Passed>, tables_asked| Decision {
        endpoint: endpoint.name().to_owned(),
        plane: endpoint.plane(),
        refusal,
        rule: passed.map(Passed::name),
        addresses: addresses.clone(),
        port: Some(endpoint.port()),
        tables: tables_asked,
        exception: passed.and_then(Passed::exception),
    };
    let verdict = alias::check(endpoint, &answer.aliases).and_then(|()| all(endpoint, &addresses, tables, today));
    match verdict {
        Ok(passed) => Ok(Judged {
            addresses: addresses.iter().map(|address| SocketAddr::new(*address, endpoint.port())).collect(),
            decision: decision(None, Some(passed), passed.by_tables().then(|| Arc::from(tables.version()))),
        }),
        Err(refusal) => {
            let decision = decision(Some(refusal.reason()), None, Some(Arc::from(tables.version())));
            Err(Refused { refusal, decision })
        }
    }
}

/// The rule by which one address passes, without a line of evidence and without an allocation: for whoever asks again of
/// an address that was judged before.
///
/// # Errors
/// Why it does not pass.
pub fn judge_address(
    endpoint: &Endpoint,
    address: IpAddr,
    tables: &Tables,
    today: Date,
) -> Result<&'static str, ResidencyRefusal> {
    judge_one(endpoint, canonical(address), tables, today).map(Passed::name)
}

fn all(endpoint: &Endpoint, addresses: &[IpAddr], tables: &Tables, today: Date) -> Result<Passed, ResidencyRefusal> {
    let mut first_passed = None;
    let mut first_refused = None;
    let mut refused = 0;
    for address in addresses {
        match judge_one(endpoint, *address, tables, today) {
            // An exception shows in the line even where another address needed none.
            Ok(passed) if passed.exception().is_some() || first_passed.is_none() => first_passed = Some(passed),
            Ok(_) => {}
            Err(refusal) => {
                refused += 1;
                first_refused.get_or_insert(refusal);
            }
        }
    }
    let name = || endpoint.name().to_owned();
    match (first_passed, first_refused) {
        (None, None) => Err(ResidencyRefusal::NoAddress { endpoint: name(), word: "not_found" }),
        (None, Some(first)) => Err(first),
        (Some(_), Some(first)) => {
            Err(ResidencyRefusal::Mixed { endpoint: name(), refused, all: addresses.len(), first: Box::new(first) })
        }
        (Some(passed), None) => Ok(passed),
    }
}

/// Special ranges first, then pins, then the tables. A pin narrows and never widens: an address abroad stays abroad,
/// whatever an agreement says. Only a private address, which is nobody's country, passes by its pin alone.
fn judge_one(endpoint: &Endpoint, address: IpAddr, tables: &Tables, today: Date) -> Result<Passed, ResidencyRefusal> {
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
    if special.is_some() {
        return Ok(Passed::Pinned);
    }
    by_tables(endpoint.name(), address, tables, endpoint.exceptions(), today)
}

/// Judges a public address by the tables, and by an approved exception where they disagree.
pub(super) fn by_tables(
    endpoint: &str,
    address: IpAddr,
    tables: &Tables,
    exceptions: &[Exception],
    today: Date,
) -> Result<Passed, ResidencyRefusal> {
    let name = || endpoint.to_owned();
    // An old table is not believed when it says yes; its no still stands.
    let fresh = |passed| match tables.stale(today) {
        Some(stale) => Err(ResidencyRefusal::Stale { endpoint: name(), stale }),
        None => Ok(passed),
    };
    let answered = || exceptions.iter().find(|exception| exception.covers(address, today)).map(Exception::expires);
    let refusal = match tables.finding(address) {
        Finding::Home => return fresh(Passed::Country),
        Finding::Foreign { country } => {
            return Err(ResidencyRefusal::Foreign { endpoint: name(), address, country });
        }
        Finding::Unconfirmed => return Err(ResidencyRefusal::Unconfirmed(name())),
        Finding::Disagree => ResidencyRefusal::Disagree { endpoint: name(), address },
        Finding::DeniedOrigin(origin) => ResidencyRefusal::Origin { endpoint: name(), address, asn: origin.asn },
    };
    answered().map_or(Err(refusal), |until| fresh(Passed::Exception(until)))
}

impl Judged {
    /// Name of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.decision.endpoint
    }

    /// What may be dialled: the judged addresses with the endpoint's own port.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The line of evidence.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
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
            Err(ResidencyRefusal::Peer { endpoint: self.decision.endpoint.clone(), address: peer.ip() })
        }
    }
}

impl Confirmed {
    /// The address that the connection reached.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

impl Refused {
    /// A refusal that was found elsewhere: no answer from DNS, no tunnel, another peer.
    #[must_use]
    pub fn found(endpoint: &Endpoint, addresses: &[IpAddr], refusal: ResidencyRefusal) -> Self {
        let decision = Decision {
            endpoint: endpoint.name().to_owned(),
            plane: endpoint.plane(),
            refusal: Some(refusal.reason()),
            rule: None,
            addresses: addresses.iter().copied().map(canonical).collect(),
            port: Some(endpoint.port()),
            tables: None,
            exception: None,
        };
        Self { refusal, decision }
    }

    pub(super) fn peer(rule: &str, address: IpAddr, refusal: ResidencyRefusal, tables: &Tables) -> Self {
        let decision = Decision {
            endpoint: rule.to_owned(),
            plane: Plane::Inbound,
            refusal: Some(refusal.reason()),
            rule: None,
            addresses: vec![address],
            port: None,
            tables: Some(Arc::from(tables.version())),
            exception: None,
        };
        Self { refusal, decision }
    }

    /// The reason of the refusal.
    #[must_use]
    pub fn refusal(&self) -> &ResidencyRefusal {
        &self.refusal
    }

    /// The line of evidence.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }
}

/// One address of an endpoint with all that is known of it, for people.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The address, canonical.
    pub address: IpAddr,
    /// What kind of no place it is.
    pub special: Option<Special>,
    /// Whether it lies within the pins; none where nothing is pinned.
    pub pinned: Option<bool>,
    /// What the tables say; none for a special address.
    pub evidence: Option<Evidence>,
    /// The rule by which it passes, or why not.
    pub verdict: Result<&'static str, ResidencyRefusal>,
}

/// Every address of an answer with each piece of evidence: what [`judge`] judges by.
#[must_use]
pub fn examine(endpoint: &Endpoint, answer: &Answer, tables: &Tables, today: Date) -> Vec<Examined> {
    let one = |address: IpAddr| {
        let pins = endpoint.pins();
        let special = special(address);
        Examined {
            address,
            special,
            pinned: (!pins.is_empty()).then(|| pins.iter().any(|net| net.contains(&address))),
            evidence: special.is_none().then(|| tables.evidence(address)),
            verdict: judge_one(endpoint, address, tables, today).map(Passed::name),
        }
    };
    answer.addresses.iter().copied().map(canonical).map(one).collect()
}
