//! `gateway.toml`, read whole: unknown keys refused, every problem named at once with its line.
//!
//! The keys are documented where people meet them, in `deploy/gateway.toml`; a test keeps that file complete.
//! Reading touches nothing but files: whether they fit together is found by [`crate::start::setup::Setup::check`].

mod channels;
mod residency;
mod source;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use qaqpa_policy::{IssuerRule, unread};
use serde::Deserialize;

pub use channels::{Channel, System};
pub use residency::{Endpoint, Exception, LocationFiles, OnStale, Peers, Residency, TableFile};
pub use source::{Problem, Source};

use crate::exchange::quota::Limits;
use crate::listen::TlsFiles;
use crate::listen::bounds::Bounds;
use crate::listen::lifetime::Terms;
use crate::persons::VaultFiles;
use crate::persons::retention::DefaultTerms;
use crate::telemetry::Output;

/// The configuration file `gateway.toml`.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// `production` or `development`.
    pub profile: Profile,
    /// Folders of `.proto` files and descriptor sets, added to the compiled-in contracts.
    #[serde(default)]
    pub contracts: Vec<PathBuf>,
    /// Address and TLS files of the listener.
    pub listen: Listen,
    /// Directory, name and key of the journal.
    pub journal: Journal,
    /// File and key of the vault: consents, holds, keys of persons.
    pub vault: VaultFiles,
    /// Public holidays and worked weekends, for terms in working days.
    #[serde(default)]
    pub calendar: Calendar,
    /// Retention terms in days, where a policy pack states none.
    #[serde(default)]
    pub retention: DefaultTerms,
    /// The operators (controllers of personal data) and their policy packs.
    pub operators: Vec<Operator>,
    /// The callers: certificate to operator, role and purposes.
    pub callers: Vec<Caller>,
    /// Connections with SHEP, by channel id.
    pub channels: BTreeMap<String, Channel>,
    /// State systems, by the id in their contract; each names its channel.
    pub systems: BTreeMap<String, System>,
    /// Endpoints of outgoing connections, by endpoint id; undeclared ones are refused.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Rules for source addresses of incoming connections, by rule id; unlisted ones are refused.
    pub peers: BTreeMap<String, Peers>,
    /// The residency tables that judge endpoints and peers, and the DNS servers.
    #[serde(default)]
    pub residency: Residency,
    /// Rate limits per caller, purpose and subject.
    #[serde(default)]
    pub quotas: Limits,
    /// Log level and form, and the OTLP collector.
    #[serde(default)]
    pub telemetry: Output,
}

/// Development differs from production by what is trusted, never by what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Loopback endpoints are refused at start.
    Production,
    /// Declared loopback endpoints are allowed.
    Development,
}

/// `[listen]`: the mutual TLS 1.3 listener.
#[derive(Debug, Clone, Deserialize)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    certificate: PathBuf,
    key: PathBuf,
    client_ca: PathBuf,
    crl: PathBuf,
    /// Id of the endpoint (plane support) that the revocation list is renewed from; none: the file is replaced by hand
    /// and SIGHUP.
    pub crl_from: Option<String>,
    /// Longest life of a connection, 60 to 86,400 s; 3,600 where none is given.
    pub connection_age_seconds: Option<u32>,
    /// How long calls under way may go on after SIGTERM, 1 to 3,600 s; 75 where none is given.
    pub drain_seconds: Option<u32>,
    /// Open connections in all, 16 to 100,000; 2,000 where none is given.
    pub connections: Option<u32>,
    /// Open connections of one network (/24, /48), 1 to 100,000; 512 where none is given.
    pub connections_per_network: Option<u32>,
    /// Open connections of one caller, 1 to 10,000; 64 where none is given.
    pub connections_per_caller: Option<u32>,
}

impl Listen {
    /// The longest times of connections.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let seconds = |given: Option<u32>, default| given.map_or(default, |given| Duration::from_secs(given.into()));
        let Terms { age, drain } = Terms::default();
        Terms { age: seconds(self.connection_age_seconds, age), drain: seconds(self.drain_seconds, drain) }
    }

    /// How many connections may be open, before it is known how many descriptors there are for them.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let number = |given: Option<u32>, default| given.map_or(default, |given| given as usize);
        let default = Bounds::default();
        Bounds {
            all: number(self.connections, default.all),
            of_network: number(self.connections_per_network, default.of_network),
            of_caller: number(self.connections_per_caller, default.of_caller),
            ..default
        }
    }
}

/// `[journal]`: the transparency log of this process.
#[derive(Debug, Clone, Deserialize)]
pub struct Journal {
    /// Directory of the journal, one per gateway process.
    pub directory: PathBuf,
    /// Name of the journal lane (C2SP checkpoint origin), unique for all time, for example
    /// `gw-1.example.kz/audit/2026`.
    pub origin: String,
    /// File with the Ed25519 signing key in C2SP note form.
    pub key: PathBuf,
    /// Size of a segment file in MiB, 1 to 1024; default 32.
    #[serde(default = "Journal::default_segment_mib")]
    pub segment_mib: u32,
}

impl Journal {
    fn default_segment_mib() -> u32 {
        32
    }
}

/// `[calendar]`: working days of Kazakhstan.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// Public holidays besides Saturdays and Sundays, `YYYY-MM-DD`.
    pub holidays: Vec<jiff::civil::Date>,
    /// Saturdays and Sundays that are working days, `YYYY-MM-DD`.
    pub working_weekends: Vec<jiff::civil::Date>,
}

/// `[[operators]]`: an operator and its policy pack.
#[derive(Debug, Clone, Deserialize)]
pub struct Operator {
    /// Id of the pack inside the file.
    pub id: String,
    /// File of the policy pack, YAML.
    pub policy: PathBuf,
    /// BIN of the operator, 12 digits; required where the pack states none, else equal to it.
    pub bin: Option<String>,
}

/// `[[callers]]`: a client certificate and what its holder may do. Either `uri`, or `bin` with `uid`, or `bin` with
/// `whole_organisation`.
#[derive(Debug, Clone, Deserialize)]
pub struct Caller {
    /// Stable id of the caller in journal and metrics.
    pub id: String,
    /// URI in the subject alternative name of the certificate.
    pub uri: Option<String>,
    /// BIN in the subject of the certificate (`OU=BIN` and 12 digits).
    pub bin: Option<String>,
    /// UID in the subject of the certificate; only beside `bin`.
    pub uid: Option<String>,
    /// Whether `bin` alone is enough: then every certificate of the organisation is this caller, an employee's too.
    #[serde(default)]
    pub whole_organisation: bool,
    /// The authority that must vouch for the certificate: its name as `qaqpa certs inspect` prints it, or `sha256:` and the
    /// digest of its key. Needed where `client_ca` trusts several.
    pub issuer: Option<String>,
    /// Id of the operator whose policy binds the caller.
    pub operator: String,
    /// Role: `exchange`, `auditor`, `officer` or `admin`.
    pub role: String,
    /// Purposes of the operator's pack that the caller may claim.
    #[serde(default)]
    pub purposes: Vec<String>,
    /// BINs of the organisations it may act for; empty: the operator alone.
    #[serde(default)]
    pub on_behalf_of: Vec<String>,
}

impl Config {
    /// The four files of the listener, and whom callers' rules want to vouch for them.
    #[must_use]
    pub fn tls(&self) -> TlsFiles {
        let Listen { certificate, key, client_ca, crl, crl_from, .. } = &self.listen;
        let issuer = |caller: &Caller| caller.issuer.as_deref().map(IssuerRule::parse);
        TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            client_ca: client_ca.clone(),
            crl: crl.clone(),
            is_renewed: crl_from.is_some(),
            issuers: self.callers.iter().map(|caller| (caller.id.clone(), issuer(caller))).collect(),
        }
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// All problems at once: syntax, types, unknown keys, values out of bounds.
    pub fn read(path: &Path) -> Result<(Self, Source), Vec<Problem>> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            vec![Problem { file: path.to_owned(), line: None, message: format!("cannot be read: {error}") }]
        })?;
        Self::parse(&text, path)
    }

    /// Parses the text of the file at `path`; relative paths inside start at its directory.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str, path: &Path) -> Result<(Self, Source), Vec<Problem>> {
        let source = Source::new(text, path);
        let mut problems = Vec::new();
        let deserializer = toml::Deserializer::parse(text).map_err(|error| vec![source.syntax(&error)])?;
        let parsed: Result<Self, _> = serde_ignored::deserialize(deserializer, |key| {
            let key = key.to_string().replace(".?", "");
            let told = channels::moved(&key).unwrap_or_else(|| format!("unknown key `{}`", unread::key(&key)));
            problems.push(source.problem(&key, told));
        });
        match parsed {
            Err(error) => problems.push(source.syntax(&error)),
            Ok(mut config) => {
                config.bounds(&source, &mut problems);
                if problems.is_empty() {
                    config.resolve_paths(path.parent().unwrap_or(Path::new(".")));
                    return Ok((config, source));
                }
            }
        }
        Err(problems)
    }

    fn bounds(&self, source: &Source, problems: &mut Vec<Problem>) {
        let mut within = |key: String, value: u32, low: u32, high: u32| {
            if !(low..=high).contains(&value) {
                problems.push(source.problem(&key, format!("`{key}` must be {low} to {high}, not {value}")));
            }
        };
        let Terms { age, drain } = self.listen.terms();
        let seconds = |length: Duration| u32::try_from(length.as_secs()).unwrap_or(u32::MAX);
        within("listen.connection_age_seconds".into(), seconds(age), 60, 86_400);
        within("listen.drain_seconds".into(), seconds(drain), 1, 3_600);
        for (key, given, low, high) in [
            ("connections", self.listen.connections, 16, 100_000),
            ("connections_per_network", self.listen.connections_per_network, 1, 100_000),
            ("connections_per_caller", self.listen.connections_per_caller, 1, 10_000),
        ] {
            within(format!("listen.{key}"), given.unwrap_or(low), low, high);
        }
        within("journal.segment_mib".into(), self.journal.segment_mib, 1, 1024);
        within("quotas.guaranteed_percent".into(), self.quotas.guaranteed_percent, 0, 100);
        let weights = [("operators", &self.quotas.operators), ("callers", &self.quotas.callers)];
        for (table, (id, weight)) in
            weights.iter().flat_map(|(table, weights)| weights.iter().map(move |it| (table, it)))
        {
            within(format!("quotas.{table}.{id}"), *weight, 1, 1_000);
        }
        within("retention.salts_days".into(), self.retention.salts_days, 1, 36_500);
        within("retention.consents_days".into(), self.retention.consents_days, 1, 36_500);
        within("retention.requests_days".into(), self.retention.requests_days, 1, 36_500);
        within("residency.max_age_days".into(), self.residency.max_age_days, 1, 365);
        within("residency.location_max_age_days".into(), self.residency.location_max_age_days, 1, 365);
        within("residency.origins_max_age_days".into(), self.residency.origins_max_age_days, 1, 730);
        for (id, channel) in &self.channels {
            within(format!("channels.{id}.replay_window_seconds"), channel.replay_window_seconds, 30, 3600);
            within(format!("channels.{id}.connect_timeout_seconds"), channel.connect_timeout_seconds, 1, 60);
            within(format!("channels.{id}.total_timeout_seconds"), channel.total_timeout_seconds, 1, 300);
        }
        for (id, system) in &self.systems {
            within(format!("systems.{id}.at_once"), system.at_once, 1, 4_096);
        }
        let endpoints = self.endpoints.keys().map(|id| ("endpoints", id));
        for (table, id) in endpoints.chain(self.peers.keys().map(|id| ("peers", id))) {
            if !residency::is_plain(id) {
                let message = format!("the id in [{table}.*] is letters, digits, `-`, `_` and `.`");
                problems.push(source.problem(table, message));
            }
        }
        if !matches!(self.telemetry.format.as_str(), "text" | "json") {
            problems.push(source.problem("telemetry.format", "`telemetry.format` is `text` or `json`".into()));
        }
        if self.telemetry.level.parse::<tracing::Level>().is_err() {
            problems.push(
                source.problem("telemetry.level", "`telemetry.level` is error, warn, info, debug or trace".into()),
            );
        }
    }

    fn resolve_paths(&mut self, base: &Path) {
        let listen = &mut self.listen;
        let files = [&mut listen.certificate, &mut listen.key, &mut listen.client_ca, &mut listen.crl]
            .into_iter()
            .chain([&mut self.journal.directory, &mut self.journal.key, &mut self.vault.file, &mut self.vault.key])
            .chain(self.operators.iter_mut().map(|operator| &mut operator.policy))
            .chain(self.endpoints.values_mut().filter_map(|endpoint| endpoint.ca.as_mut()))
            .chain(&mut self.contracts)
            .chain(self.residency.files())
            .chain(self.channels.values_mut().flat_map(Channel::files));
        for file in files {
            *file = base.join(&*file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::passport::Passport;

    const DOCUMENTED: &str = include_str!("../../../deploy/gateway.toml");

    fn problems(text: &str) -> Vec<String> {
        Config::parse(text, Path::new("gateway.toml")).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_documented_file_parses() {
        let (config, _) = Config::parse(DOCUMENTED, Path::new("deploy/gateway.toml")).unwrap();
        assert_eq!(config.journal.key, Path::new("deploy/secrets/journal.key"));
        assert_eq!(
            config.systems["avtoshkola"].passport(),
            Passport::default(),
            "documented defaults are the defaults"
        );
        assert_eq!(config.quotas, Limits::default());
        assert_eq!(config.listen.bounds(), Bounds::default());
        assert_eq!(config.listen.terms(), Terms::default());
    }

    #[test]
    fn all_problems_are_named_at_once_with_their_lines() {
        let text = DOCUMENTED
            .replace("segment_mib = 32", "segment_mib = 0\nfsync = false")
            .replace("replay_window_seconds = 300", "replay_window_seconds = 86400")
            .replace("[quotas]", "[quotas]\nenabled = false");
        let found = problems(&text);
        let line = |needle: &str| text.lines().position(|line| line.starts_with(needle)).unwrap() + 1;
        assert_eq!(found.len(), 4, "{found:?}");
        for (needle, key) in [
            ("fsync", "unknown key `journal.fsync`"),
            ("enabled", "unknown key `quotas.enabled`"),
            ("segment_mib", "`journal.segment_mib` must be"),
            ("replay_window", "`channels.shep.replay_window_seconds` must be"),
        ] {
            assert!(
                found.iter().any(|problem| problem.starts_with(&format!("gateway.toml:{}: {key}", line(needle)))),
                "{key} in {found:?}"
            );
        }
    }

    #[test]
    fn a_key_that_moved_into_a_channel_is_told_where_it_went() {
        let text =
            DOCUMENTED.replacen("channel = \"shep\"", "channel = \"shep\"\nsender_id = \"sender\"\nnominal = 1", 1);
        let found = problems(&text);
        assert_eq!(found.len(), 2, "{found:?}");
        for told in ["`systems.avtoshkola.sender_id` has moved", "unknown key `systems.avtoshkola.nominal`"] {
            assert!(found.iter().any(|problem| problem.contains(told)), "{told} in {found:?}");
        }
    }

    #[test]
    fn a_type_error_has_its_line() {
        let found = problems(&DOCUMENTED.replace("profile = \"production\"", "profile = \"testing\""));
        assert!(found[0].starts_with("gateway.toml:6:"), "{found:?}");
    }
}
