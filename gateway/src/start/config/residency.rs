//! `[residency]`, `[endpoints.*]` and `[peers.*]`: where connections may go, who may come, and by which tables.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Deserialize;

/// `[residency]`: the tables, and who is asked for names. No key takes a check away.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Residency {
    /// Days after which a table that says yes is not believed.
    pub max_age_days: u32,
    /// Days after which the list of clouds' networks is not believed.
    pub origins_max_age_days: u32,
    /// Ids of `dns://` endpoints, asked in this order.
    pub resolver: Vec<String>,
    /// Where the dates of the tables last in force are kept.
    pub remembered: PathBuf,
    /// What an old table does, by plane.
    pub stale: BTreeMap<String, OnStale>,
    /// The registries' own file, in place of the compiled-in one.
    pub registry: Option<TableFile>,
    /// The second source, as Debian's tor-geoipdb.
    pub location: Option<LocationFiles>,
    /// A second or third source, as MMDB.
    pub location_mmdb: Option<TableFile>,
    /// Who announces which network, as MMDB, besides the compiled-in list.
    pub origins_mmdb: Option<TableFile>,
}

impl Default for Residency {
    fn default() -> Self {
        Self {
            max_age_days: 45,
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

/// What a table does that is too old when the gateway starts. In a running gateway it turns exchanges away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnStale {
    /// No start.
    #[default]
    RefuseStart,
    /// A start, and every judgement on that plane refuses.
    TurnAway,
}

/// A file with a table.
#[derive(Debug, Clone, Deserialize)]
pub struct TableFile {
    /// Where it is.
    pub file: PathBuf,
    /// What it must be, hex.
    pub sha256: Option<String>,
}

/// The two files of Debian's tor-geoipdb.
#[derive(Debug, Clone, Deserialize)]
pub struct LocationFiles {
    /// IPv4.
    pub v4: PathBuf,
    /// IPv6.
    pub v6: PathBuf,
    /// What the first must be, hex.
    pub sha256_v4: Option<String>,
    /// What the second must be, hex.
    pub sha256_v6: Option<String>,
}

impl Residency {
    /// All files that are read.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tables = [&mut self.registry, &mut self.location_mmdb, &mut self.origins_mmdb].into_iter().flatten();
        let location = self.location.as_mut().map(|files| [&mut files.v4, &mut files.v6]);
        tables.map(|table| &mut table.file).chain(location.into_iter().flatten()).chain([&mut self.remembered])
    }
}

/// `[endpoints.ID]`
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    /// What goes there: `upstream`, `storage`, `telemetry` or `support`.
    pub plane: String,
    /// Where to.
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
    /// Disagreements of the tables that somebody answers for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// `[[endpoints.ID.exceptions]]`, `[[peers.ID.exceptions]]`
#[derive(Debug, Clone, Deserialize)]
pub struct Exception {
    /// For which networks.
    pub networks: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub approver: String,
    /// Its last day.
    pub expires: Date,
}

/// `[peers.ID]`
#[derive(Debug, Clone, Deserialize)]
pub struct Peers {
    /// `internet`, `closed-network` or `development-loopback`.
    pub kind: String,
    /// Networks they come from; empty: wherever the kind admits.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Whether they are balancers that say for whom they connect.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// Disagreements of the tables that somebody answers for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// Whether an id can stand in a line of evidence: letters, digits, `-`, `_` and `.`.
pub(super) fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
