//! Data residency: judges endpoints and peers by address; they must be in Kazakhstan by every table, and within the
//! addresses that a connection agreement pins.
//!
//! Pure judging: the gateway resolves names, listens and dials; what it dials it asks for here, and afterwards it shows
//! whom it reached. Refuses special addresses before asking any table, and a name of which a single address fails.
//!
//! ```text
//! https://api.example.kz  195.12.113.29               judged: country
//! https://api.example.kz  195.12.113.29, 8.8.8.8      residency.mixed
//! https://api.example.kz  31.223.200.1                residency.disagree: registered in KZ, announced elsewhere
//! http://shep.closed      10.61.40.133, pinned /32    judged: pinned, in its tunnel
//! ```
//!
//! What an address cannot show stays unseen: a server in Kazakhstan that relays abroad, and where an anycast address is
//! answered. For that there are pins and contracts. The law does not demand exclusive storage at home (Law 94-V, article
//! 12); the operators' policies do.

mod alias;
mod country;
mod decision;
mod endpoint;
mod exception;
pub mod export;
mod judge;
mod peers;
mod pins;
mod special;
mod tables;
mod url;

pub use country::{Country, HOME};
pub use decision::{Decision, OK};
pub use endpoint::{Endpoint, EndpointKind, EndpointRule, Plane, Profile, Tunnel};
pub use exception::{Exception, ExceptionProblem};
pub use judge::{Answer, Confirmed, Examined, Judged, Refused, examine, judge, judge_address};
pub use peers::{Admitted, PeerRule, Peers};
pub use pins::{outside, pin_outside};
pub use special::Special;
pub use tables::{
    Disagreement, Evidence, Finding, HomeSpace, Location, MaxAge, Older, Origin, Origins, Registry, Stale, TableFacts,
    TableProblem, Tables, Vote,
};
pub use url::{Host, Scheme};

use std::net::IpAddr;

use qaqpa_proto::reason::Refusal;

/// Why an endpoint or a peer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResidencyRefusal {
    /// No URL, or with parts that an endpoint does not have.
    #[error("endpoint `{endpoint}`: {problem}")]
    BadUrl {
        /// Name of the endpoint.
        endpoint: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not https, nor http on a closed network pinned to single addresses.
    #[error(
        "endpoint `{0}`: only https; http on a closed network that is pinned to single addresses; dns for support; \
         postgres for storage"
    )]
    Scheme(String),
    /// User or password in the URL.
    #[error("endpoint `{0}`: a URL with user information can hide its real host")]
    Userinfo(String),
    /// An address instead of a name, and not pinned.
    #[error("endpoint `{0}`: an address instead of a name must be pinned")]
    Literal(String),
    /// An address in an odd spelling.
    #[error("endpoint `{0}`: the host is an address in a spelling that programs read differently")]
    AmbiguousIp(String),
    /// Port 0 or no port number.
    #[error("endpoint `{0}`: not a port")]
    Port(String),
    /// The resolver knows no address, or gave no answer.
    #[error("endpoint `{endpoint}`: no address found ({word})")]
    NoAddress {
        /// Name of the endpoint.
        endpoint: String,
        /// Stable word of the resolver: `not_found`, `server_failure`, `timeout`, ...
        word: &'static str,
    },
    /// A CNAME on the way is neither declared nor under .kz.
    #[error("endpoint `{endpoint}`: its name leads by way of `{alias}`, which is not declared")]
    Alias {
        /// Name of the endpoint.
        endpoint: String,
        /// The name on the way.
        alias: String,
    },
    /// A special-purpose address (private, multicast, loopback and the like).
    #[error("endpoint `{endpoint}`: {address} is {special}")]
    Special {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// What it is.
        special: Special,
    },
    /// Every table places the address abroad.
    #[error("endpoint `{endpoint}`: {address} is not in Kazakhstan ({})", abroad(*country))]
    Foreign {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// ISO 3166-1 code, if any.
        country: Option<Country>,
    },
    /// At home by one table and not by another.
    #[error("endpoint `{endpoint}`: the tables disagree on {address}")]
    Disagree {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
    },
    /// Kazakhstan's space, announced by a global cloud or content network.
    #[error("endpoint `{endpoint}`: {address} is announced by AS{asn}, a network without a place")]
    Origin {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// Number of the autonomous system.
        asn: u32,
    },
    /// Only one source knows, and one is not enough.
    #[error("endpoint `{0}`: there is no second table to confirm the first")]
    Unconfirmed(String),
    /// A table is too old to be believed.
    #[error("endpoint `{endpoint}`: {stale}")]
    Stale {
        /// Name of the endpoint.
        endpoint: String,
        /// Which table, and how old.
        stale: Stale,
    },
    /// The address is outside the pinned networks.
    #[error("endpoint `{endpoint}`: {address} is not among the pinned addresses")]
    NotPinned {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
    },
    /// A closed network that pins nothing.
    #[error("endpoint `{0}`: a closed network must pin its addresses")]
    NoPins(String),
    /// Pins that contradict themselves.
    #[error("endpoint `{endpoint}`: {problem}")]
    Pins {
        /// Name of the endpoint.
        endpoint: String,
        /// What is wrong with them.
        problem: &'static str,
    },
    /// A closed network without a declared tunnel, or a tunnel elsewhere.
    #[error("endpoint `{0}`: a closed network, and only that, names the tunnel that carries it")]
    TunnelUndeclared(String),
    /// The tunnel is not there now.
    #[error("endpoint `{endpoint}`: {problem}")]
    NoTunnel {
        /// Name of the endpoint.
        endpoint: String,
        /// Stable word for what is missing.
        word: &'static str,
        /// What is missing, for people.
        problem: String,
    },
    /// Some addresses pass and some do not.
    #[error("endpoint `{endpoint}`: {refused} of {all} addresses are refused, the first because: {first}")]
    Mixed {
        /// Name of the endpoint.
        endpoint: String,
        /// Refused addresses.
        refused: usize,
        /// All addresses.
        all: usize,
        /// Why the first of them is refused.
        first: Box<ResidencyRefusal>,
    },
    /// The connected peer is not a judged address.
    #[error("endpoint `{endpoint}`: the connection reached {address}, which was not judged")]
    Peer {
        /// Name of the endpoint.
        endpoint: String,
        /// Whom it reached.
        address: IpAddr,
    },
    /// Not declared, neither as an endpoint nor as a peer.
    #[error("no endpoint or peer `{0}` is declared")]
    NotDeclared(String),
    /// Loopback where production runs, or something else than loopback where only loopback may be.
    #[error("endpoint `{0}`: development loopback leads to this machine only, and is refused in production")]
    Loopback(String),
}

fn abroad(country: Option<Country>) -> String {
    country.map_or_else(|| "in no country's space".to_owned(), |country| format!("in {country}"))
}

impl ResidencyRefusal {
    /// Stable word that narrows the code down, where there is one.
    #[must_use]
    pub fn detail(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress { word, .. } | Self::NoTunnel { word, .. } => Some(word),
            Self::Mixed { first, .. } => first.reason().code().strip_prefix("residency."),
            _ => None,
        }
    }

    /// Row of the table.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        match self {
            Self::BadUrl { .. } => Refusal::ResidencyBadUrl,
            Self::Scheme(_) => Refusal::ResidencyScheme,
            Self::Userinfo(_) => Refusal::ResidencyUserinfo,
            Self::Literal(_) => Refusal::ResidencyLiteral,
            Self::AmbiguousIp(_) => Refusal::ResidencyAmbiguousIp,
            Self::Port(_) => Refusal::ResidencyPort,
            Self::NoAddress { .. } => Refusal::ResidencyNoAddress,
            Self::Alias { .. } => Refusal::ResidencyAlias,
            Self::Special { .. } => Refusal::ResidencySpecial,
            Self::Foreign { .. } => Refusal::ResidencyForeign,
            Self::Disagree { .. } => Refusal::ResidencyDisagree,
            Self::Origin { .. } => Refusal::ResidencyOrigin,
            Self::Unconfirmed(_) => Refusal::ResidencyUnconfirmed,
            Self::Stale { .. } => Refusal::ResidencyStale,
            Self::NotPinned { .. } | Self::NoPins(_) | Self::Pins { .. } => Refusal::ResidencyNotPinned,
            Self::TunnelUndeclared(_) | Self::NoTunnel { .. } => Refusal::ResidencyTunnel,
            Self::Mixed { .. } => Refusal::ResidencyMixed,
            Self::Peer { .. } => Refusal::ResidencyPeer,
            Self::NotDeclared(_) => Refusal::ResidencyNotDeclared,
            Self::Loopback(_) => Refusal::ResidencyLoopback,
        }
    }
}
