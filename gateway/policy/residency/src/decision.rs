//! One decision on an endpoint or a peer, as one line of evidence that people and machines read alike.
//!
//! ```text
//! endpoint=shep plane=upstream code=residency.ok rule=country addresses=195.12.113.29:443 tables=iptocc-1.4.175@2026-11-01,ipfire@2026-06-25/3f9a12cd
//! endpoint=shep plane=upstream code=residency.foreign rule=- addresses=8.8.8.8:443 tables=...
//! ```

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::civil::Date;
use qaqpa_proto::reason::Refusal;

use super::Plane;

/// Code of a decision that lets pass.
pub const OK: &str = "residency.ok";

/// What was decided, by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Name of the endpoint, or of the rule for peers.
    pub endpoint: String,
    /// On which plane.
    pub plane: Plane,
    /// Why it does not pass; none where it passes.
    pub refusal: Option<Refusal>,
    /// By which rule the addresses passed: `country`, `pinned`, `loopback` or `exception`.
    pub rule: Option<&'static str>,
    /// All addresses that were judged, canonical.
    pub addresses: Vec<IpAddr>,
    /// Port of the endpoint; none for a peer.
    pub port: Option<u16>,
    /// Versions of the tables; none where no table was asked.
    pub tables: Option<Arc<str>>,
    /// Last day of the exception that was used.
    pub exception: Option<Date>,
}

impl Decision {
    /// Whether it lets pass.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.refusal.is_none()
    }

    /// [`OK`], or the refusal's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.refusal.map_or(OK, Refusal::code)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "endpoint={} plane={} code={}", self.endpoint, self.plane.name(), self.code())?;
        write!(f, " rule={} addresses=", self.rule.unwrap_or("-"))?;
        for (at, address) in self.addresses.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match self.port {
                Some(port) => write!(f, "{comma}{}", SocketAddr::new(*address, port))?,
                None => write!(f, "{comma}{address}")?,
            }
        }
        if self.addresses.is_empty() {
            f.write_str("-")?;
        }
        write!(f, " tables={}", self.tables.as_deref().unwrap_or("-"))?;
        self.exception.map_or(Ok(()), |until| write!(f, " exception_until={until}"))
    }
}
