//! Where an endpoint may be: in Kazakhstan, and within the addresses that a connection agreement pins, if it does.
//!
//! Pure judging: the gateway resolves names and dials; what it dials it asks for here, and afterwards it shows whom
//! it reached. Refuses special addresses before asking for any country, and a name of which a single address fails.
//!
//! ```text
//! https://api.example.kz  195.12.113.29               judged: country KZ
//! https://api.example.kz  195.12.113.29, 8.8.8.8      residency.mixed
//! http://shep.closed      10.61.40.133, pinned /32    judged: pinned
//! ```
//!
//! What an address cannot show stays unseen: a server in Kazakhstan that relays abroad. For that there are pins and
//! contracts. The law does not demand exclusive storage at home (Law 94-V, article 12); the operators' policies do.

mod country;
mod endpoint;
mod judge;
mod special;

pub use country::{Countries, HOME, Rir};
pub use endpoint::{Endpoint, EndpointKind, EndpointRule, Endpoints, Host, Plane, Profile, Scheme};
pub use judge::{Confirmed, Judged, judge};
pub use special::Special;

use std::net::IpAddr;

/// Why nothing is sent there.
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
    #[error("endpoint `{0}`: only https, or http on a closed network that is pinned to single addresses")]
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
    /// The resolver knows no address.
    #[error("endpoint `{0}`: no address found")]
    NoAddress(String),
    /// An address that is nobody's, everybody's or our own.
    #[error("endpoint `{endpoint}`: {address} is {special}")]
    Special {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// What it is.
        special: Special,
    },
    /// Registered abroad, or nowhere.
    #[error("endpoint `{endpoint}`: {address} is not in Kazakhstan (registered in {})", country.as_deref().unwrap_or("no country"))]
    Foreign {
        /// Name of the endpoint.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// ISO 3166-1 code, if any.
        country: Option<String>,
    },
    /// Outside what is pinned.
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
    /// The connection reached somebody else than was judged.
    #[error("endpoint `{endpoint}`: the connection reached {address}, which was not judged")]
    Peer {
        /// Name of the endpoint.
        endpoint: String,
        /// Whom it reached.
        address: IpAddr,
    },
    /// No endpoint of that name.
    #[error("no endpoint `{0}` is declared")]
    NotDeclared(String),
    /// Two endpoints of one name.
    #[error("endpoint `{0}` is declared twice")]
    DeclaredTwice(String),
    /// Loopback where production runs, or something else than loopback where only loopback may be.
    #[error("endpoint `{0}`: development loopback leads to this machine only, and is refused in production")]
    Loopback(String),
}

impl ResidencyRefusal {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "residency.bad_url",
            Self::Scheme(_) => "residency.scheme",
            Self::Userinfo(_) => "residency.userinfo",
            Self::Literal(_) => "residency.literal",
            Self::AmbiguousIp(_) => "residency.ambiguous_ip",
            Self::Port(_) => "residency.port",
            Self::NoAddress(_) => "residency.no_address",
            Self::Special { .. } => "residency.special",
            Self::Foreign { .. } => "residency.foreign",
            Self::NotPinned { .. } | Self::NoPins(_) => "residency.not_pinned",
            Self::Mixed { .. } => "residency.mixed",
            Self::Peer { .. } => "residency.peer",
            Self::NotDeclared(_) | Self::DeclaredTwice(_) => "residency.not_declared",
            Self::Loopback(_) => "residency.loopback",
        }
    }
}
