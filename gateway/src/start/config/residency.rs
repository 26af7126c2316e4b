//! `[residency]`, `[endpoints.*]` and `[peers.*]`: data residency of outgoing and incoming connections, and its tables.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use jiff::civil::Date;
use qaqpa_residency::MaxAge;
use serde::Deserialize;

/// `[residency]`: the tables of evidence and the DNS servers. No key takes a check away.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Residency {
    /// Days after which the registries' table is not believed any more, 1 to 365; default 45.
    pub max_age_days: u32,
    /// Days after which a location table is not believed any more, 1 to 365; default 210.
    pub location_max_age_days: u32,
    /// Days after which the list of clouds' networks is not believed any more, 1 to 730; default 365.
    pub origins_max_age_days: u32,
    /// Ids of `dns://` endpoints that resolve names, asked in this order; empty (default): every name needs
    /// `addresses`.
    pub resolver: Vec<String>,
    /// File with the dates of the tables last in force (rollback protection); default `residency.json`.
    pub remembered: PathBuf,
    /// What a table that is too old at start does, by plane; default `refuse-start`.
    pub stale: BTreeMap<String, OnStale>,
    /// Delegated-extended file of the registries (RIR statistics) in place of the compiled-in one.
    pub registry: Option<TableFile>,
    /// Location table in the form of Debian's tor-geoipdb, in place of the compiled-in one.
    pub location: Option<LocationFiles>,
    /// Location table as MMDB, in place of the compiled-in one; with `location` all must agree.
    pub location_mmdb: Option<TableFile>,
    /// Table of announcing autonomous systems as MMDB, besides the compiled-in list of clouds.
    pub origins_mmdb: Option<TableFile>,
}

impl Default for Residency {
    fn default() -> Self {
        Self {
            max_age_days: 45,
            location_max_age_days: 210,
            origins_max_age_days: 365,
            resolver: Vec::new(),
            remembered: "residency.json".into(),
            stale: BTreeMap::new(),
            registry: None,
            location: None,
            location_mmdb: None,
            origins_mmdb: None,
        }
    }
}

/// What happens when a table is too old at start. In a running gateway it turns exchanges away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnStale {
    /// The gateway does not start.
    #[default]
    RefuseStart,
    /// The gateway starts and refuses everything on that plane.
    TurnAway,
}

/// A file with a table.
#[derive(Debug, Clone, Deserialize)]
pub struct TableFile {
    /// Path of the file.
    pub file: PathBuf,
    /// Expected SHA-256 of the file, hex; none: not checked.
    pub sha256: Option<String>,
}

/// The two files of Debian's tor-geoipdb.
#[derive(Debug, Clone, Deserialize)]
pub struct LocationFiles {
    /// IPv4 table.
    pub v4: PathBuf,
    /// IPv6 table.
    pub v6: PathBuf,
    /// Expected SHA-256 of the IPv4 file, hex; none: not checked.
    pub sha256_v4: Option<String>,
    /// Expected SHA-256 of the IPv6 file, hex; none: not checked.
    pub sha256_v6: Option<String>,
}

impl Residency {
    /// How old the tables may be.
    #[must_use]
    pub fn max_age(&self) -> MaxAge {
        MaxAge {
            registry_days: self.max_age_days,
            locations_days: self.location_max_age_days,
            origins_days: self.origins_max_age_days,
        }
    }

    /// All files that are read.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tables = [&mut self.registry, &mut self.location_mmdb, &mut self.origins_mmdb].into_iter().flatten();
        let location = self.location.as_mut().map(|files| [&mut files.v4, &mut files.v6]);
        tables.map(|table| &mut table.file).chain(location.into_iter().flatten()).chain([&mut self.remembered])
    }
}

/// `[endpoints.ID]`: one permitted destination of outgoing connections.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    /// Plane (kind of traffic): `upstream`, `storage`, `telemetry` or `support`.
    pub plane: String,
    /// URL: `https://`, `http://` (closed network only), `dns://ADDRESS` (plane support) or `postgres://` (plane
    /// storage).
    pub url: String,
    /// `internet`, `closed-network` or `development-loopback`.
    pub kind: String,
    /// Networks the address must lie in.
    #[serde(default)]
    pub pins: Vec<String>,
    /// Addresses in place of DNS.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
    /// Names that DNS may lead to.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// `interface:NAME` or `xfrm`, of a closed network.
    pub tunnel: Option<String>,
    /// Roots of the server's certificate; not needed without TLS.
    pub ca: Option<PathBuf>,
    /// SHA-256 of the server's public key (SubjectPublicKeyInfo), base64; empty: any that chains to `ca`.
    #[serde(default)]
    pub spki_sha256: Vec<String>,
    /// Approved exceptions to disagreements of the tables.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// `[[endpoints.ID.exceptions]]`, `[[peers.ID.exceptions]]`: an approved disagreement of the tables.
#[derive(Debug, Clone, Deserialize)]
pub struct Exception {
    /// The networks that the exception covers, CIDR.
    pub networks: Vec<String>,
    /// Reason, for the journal.
    pub reason: String,
    /// Role of the person who approved it, for the journal.
    pub approver: String,
    /// Last day on which it holds, `YYYY-MM-DD`; at most a year ahead.
    pub expires: Date,
}

/// `[peers.ID]`: one rule for source addresses of incoming connections.
#[derive(Debug, Clone, Deserialize)]
pub struct Peers {
    /// `internet`, `closed-network` or `development-loopback`.
    pub kind: String,
    /// Networks they come from; empty: wherever the kind admits.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Whether these are load balancers that must send a PROXY protocol header; default false.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// Approved exceptions to disagreements of the tables.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// Whether an id can stand in a line of evidence: letters, digits, `-`, `_` and `.`.
pub(super) fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
