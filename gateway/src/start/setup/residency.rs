//! `[residency]`, `[endpoints.*]` and `[peers.*]`: the tables are read, every endpoint and every rule for peers is judged
//! against them, and everything that is wrong is named at once.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;
use jiff::civil::Date;
use qaqpa_residency::{
    Endpoint, EndpointKind, EndpointRule, Exception, Host, PeerRule, Peers, Plane, Scheme, Tables, Tunnel, outside,
    pin_outside,
};
use qaqpa_residency::{Finding, Location, Origins, Registry, TableProblem};
use rustls::RootCertStore;

use super::Checker;
use super::table_file::TableFile;
use crate::dial::{Names, SpkiPin, Target, Trust};
use crate::start::Environment;
use crate::start::config::{self, OnStale, Profile};
use crate::start::last_tables::LastTables;
use crate::tls;

impl Checker<'_> {
    /// Reads all tables and refuses one that is older than the last in force.
    pub(super) fn tables(&mut self) -> Option<Tables> {
        let config = self.config;
        let residency = &config.residency;
        let registry = match &residency.registry {
            Some(table) => self.table("residency.registry", table, |file| Registry::parse(file)),
            None => Some(Registry::embedded()),
        };
        let mmdb = residency.location_mmdb.as_ref();
        let text = residency.location.as_ref().map(|files| self.location(files));
        let mmdb =
            mmdb.map(|table| self.table("residency.location_mmdb", table, |file| Location::parse_mmdb(whole(file)?)));
        let origins = match &residency.origins_mmdb {
            Some(table) => {
                self.table("residency.origins_mmdb", table, |file| Origins::embedded().with_mmdb(whole(file)?))
            }
            None => Some(Origins::embedded()),
        };
        let given: Option<Vec<Location>> = [text, mmdb].into_iter().flatten().collect();
        let locations = given.map(|given| if given.is_empty() { vec![Location::embedded()] } else { given });
        let tables = Tables::new(registry?, locations?, origins?, residency.max_age());
        self.none_is_older(&tables).then_some(tables)
    }

    /// A table of one file, parsed while it is read. A file that is not what it must be is no table, whatever it holds.
    fn table<T>(
        &mut self,
        key: &str,
        table: &config::TableFile,
        parse: impl FnOnce(&mut BufReader<TableFile>) -> Result<T, TableProblem>,
    ) -> Option<T> {
        let mut file = self.open(key, &table.file)?;
        let parsed = parse(&mut file);
        self.has_digest(key, &table.file, file, table.sha256.as_deref())?;
        parsed.map_err(|why| self.table_problem(key, &table.file, &why)).ok()
    }

    fn location(&mut self, files: &config::LocationFiles) -> Option<Location> {
        let key = "residency.location";
        let (v4, v6) = (self.open(key, &files.v4), self.open(key, &files.v6));
        let (mut v4, mut v6) = (v4?, v6?);
        let parsed = Location::parse_text(&mut v4, &mut v6);
        let v4 = self.has_digest(key, &files.v4, v4, files.sha256_v4.as_deref());
        let v6 = self.has_digest(key, &files.v6, v6, files.sha256_v6.as_deref());
        v4.and(v6)?;
        parsed.map_err(|why| self.table_problem(key, &files.v4, &why)).ok()
    }

    fn table_problem(&mut self, key: &str, file: &Path, why: &TableProblem) {
        self.at(key, format!("{}: {}: {why}", why.code(), file.display()));
    }

    fn open(&mut self, key: &str, file: &Path) -> Option<BufReader<TableFile>> {
        TableFile::open(file).map_err(|error| self.unread(key, file, &error)).ok()
    }

    /// Whether a file is what it must be.
    fn has_digest(&mut self, key: &str, file: &Path, read: BufReader<TableFile>, wanted: Option<&str>) -> Option<()> {
        let found = TableFile::sha256(read).map_err(|error| self.unread(key, file, &error)).ok()?;
        match wanted {
            Some(wanted) if !wanted.eq_ignore_ascii_case(&found) => {
                self.at(key, format!("table.digest: {} is {found}, not what `{key}` says", file.display()));
                None
            }
            _ => Some(()),
        }
    }

    fn none_is_older(&mut self, tables: &Tables) -> bool {
        let key = "residency.remembered";
        let path = &self.config.residency.remembered;
        match LastTables::read(path) {
            Ok(remembered) => match tables.older_than(&remembered.dates()) {
                Some(older) => {
                    self.at(key, format!("table.older: {older}"));
                    false
                }
                None => true,
            },
            Err(error) => {
                self.at(key, format!("`{key}`: {} cannot be read: {error}", path.display()));
                false
            }
        }
    }

    /// A table that is too old where somebody depends on it.
    pub(super) fn tables_serve(
        &mut self,
        tables: &Tables,
        targets: &BTreeMap<String, Target>,
        peers: &Peers,
        today: Date,
    ) {
        let endpoints = targets.values().map(Target::endpoint);
        let dependent = endpoints.filter(|endpoint| endpoint.needs_tables()).map(|e| (e.plane(), e.name().to_owned()));
        let inbound = peers.needs_tables().then(|| (Plane::Inbound, "peers".to_owned()));
        let dependent: Vec<_> = dependent.chain(inbound).collect();
        let residency = &self.config.residency;
        let Some(stale) = tables.stale(today) else { return };
        let refuses =
            |plane: Plane| residency.stale.get(plane.name()).copied().unwrap_or_default() == OnStale::RefuseStart;
        if let Some((plane, name)) = dependent.into_iter().find(|(plane, _)| refuses(*plane)) {
            self.at("residency", format!("residency.stale: {stale}; `{name}` is on the plane `{}`", plane.name()));
        }
    }

    /// The declared endpoints, judged against the tables.
    pub(super) fn targets(&mut self, tables: Option<&Tables>, environment: &Environment) -> BTreeMap<String, Target> {
        let config = self.config;
        for plane in config.residency.stale.keys().filter(|plane| Plane::parse(plane).is_none()) {
            self.at("residency.stale", format!("no plane `{plane}`: upstream, inbound, storage, telemetry, support"));
        }
        let declared = config.endpoints.iter();
        let targets: BTreeMap<String, Target> = declared
            .filter_map(|(id, endpoint)| Some((id.clone(), self.target(id, endpoint, tables, environment)?)))
            .collect();
        self.resolver_exists(&targets);
        targets
    }

    fn target(
        &mut self,
        id: &str,
        declared: &config::Endpoint,
        tables: Option<&Tables>,
        environment: &Environment,
    ) -> Option<Target> {
        let today = environment.clock.today();
        let key = |part: &str| format!("endpoints.{id}.{part}");
        let endpoint = self.endpoint(id, declared, today)?;
        if let Some((address, finding)) = tables.and_then(|tables| pin_outside(&endpoint, tables, today)) {
            self.outside(&key("pins"), address, &finding);
        }
        let by_name = matches!(endpoint.host(), Host::Name(_)) && endpoint.kind() != EndpointKind::DevelopmentLoopback;
        let asks_nobody = self.config.residency.resolver.is_empty() && environment.resolver.is_none();
        if by_name && declared.addresses.is_empty() && asks_nobody {
            self.at(
                &key("url"),
                format!("endpoint `{id}` is a name: give it `addresses`, or name `residency.resolver`"),
            );
        }
        let roots = match (&declared.ca, endpoint.scheme()) {
            (Some(ca), _) => tls::roots(ca).map_err(|why| self.at(&key("ca"), format!("`ca`: {why}"))).ok()?,
            (None, Scheme::Https) => {
                self.at(&key("url"), format!("endpoint `{id}` needs `ca`, the roots of its server's certificate"));
                return None;
            }
            (None, _) => RootCertStore::empty(),
        };
        let ca = declared.ca.iter().cloned().collect::<Vec<_>>();
        self.some_are_current(&key("ca"), &ca, environment.clock.now());
        let keys = declared.spki_sha256.iter().filter_map(|pin| self.key_pin(&key("spki_sha256"), pin)).collect();
        let timeouts = self
            .config
            .channels
            .values()
            .find(|channel| channel.endpoint == id)
            .map_or((Duration::from_secs(10), Duration::from_secs(60)), config::Channel::timeouts);
        Target::new(endpoint, declared.addresses.clone(), Trust::from(roots).pinned(keys), timeouts)
            .map_err(|_| self.at(&key("ca"), "`ca`: TLS cannot use these roots"))
            .ok()
    }

    fn endpoint(&mut self, id: &str, declared: &config::Endpoint, today: Date) -> Option<Endpoint> {
        let key = |part: &str| format!("endpoints.{id}.{part}");
        let plane = Plane::parse(&declared.plane).filter(|plane| *plane != Plane::Inbound);
        if plane.is_none() {
            self.at(
                &key("plane"),
                "`plane` is upstream, storage, telemetry or support; who comes in stands in [peers.*]",
            );
        }
        let kind = self.kind(&key("kind"), &declared.kind);
        let tunnel = declared.tunnel.as_deref().map(|text| {
            let tunnel = Tunnel::parse(text);
            if tunnel.is_none() {
                self.at(&key("tunnel"), "`tunnel` is `xfrm` or `interface:NAME`");
            }
            tunnel
        });
        let pins = self.networks(&key("pins"), &declared.pins);
        let exceptions = self.exceptions(&key("exceptions"), &declared.exceptions, today);
        let rule = EndpointRule {
            name: id.to_owned(),
            url: declared.url.clone(),
            plane: plane?,
            kind: kind?,
            pins: pins?,
            aliases: declared.aliases.clone(),
            tunnel: tunnel.map_or(Some(None), |tunnel| tunnel.map(Some))?,
            exceptions: exceptions?,
        };
        let profile = self.profile();
        let endpoint = Endpoint::parse(rule).and_then(|endpoint| endpoint.admit(profile).map(|()| endpoint));
        endpoint.map_err(|refusal| self.at(&key("url"), format!("{}: {refusal}", refusal.reason().code()))).ok()
    }

    fn outside(&mut self, key: &str, address: std::net::IpAddr, finding: &Finding) {
        let told = match finding {
            Finding::Home | Finding::Unconfirmed => return,
            Finding::Foreign { country } => {
                let place = country.map_or_else(|| "no country".to_owned(), |country| country.to_string());
                format!("residency.foreign: {address} is in {place} by every table, and no exception can change that")
            }
            Finding::Disagree => {
                format!("residency.disagree: the tables disagree on {address}; an exception may settle it")
            }
            Finding::DeniedOrigin(origin) => {
                format!("residency.origin: {address} is announced by AS{}; an exception may settle it", origin.asn)
            }
        };
        self.at(key, told);
    }

    /// Whether an endpoint that is named elsewhere is declared, and for that.
    pub(super) fn is_on_plane(&mut self, key: &str, id: &str, plane: Plane) -> bool {
        let problem = match self.config.endpoints.get(id) {
            Some(declared) if declared.plane == plane.name() => return true,
            Some(declared) => {
                format!("endpoint `{id}` is declared for the plane `{}`, not `{}`", declared.plane, plane.name())
            }
            None => format!("endpoint `{id}` is not declared"),
        };
        self.at(key, problem);
        false
    }

    /// The DNS resolver: the environment's, or the declared servers.
    pub(super) fn names(&self, environment: &Environment) -> Names {
        match &environment.resolver {
            Some(resolver) => Names::Given(resolver.clone()),
            None => Names::Servers(self.config.residency.resolver.clone()),
        }
    }

    /// The resolver is an endpoint like any other, reached by address.
    fn resolver_exists(&mut self, targets: &BTreeMap<String, Target>) {
        for id in &self.config.residency.resolver {
            let known = self.config.endpoints.contains_key(id);
            match targets.get(id).map(|target| target.endpoint().scheme()) {
                Some(Scheme::Dns) => {}
                None if known => {} // what is wrong with it is told already
                _ => self.at("residency.resolver", format!("`{id}` is no endpoint with a dns:// address")),
            }
        }
    }

    /// The declared rules for peers, judged against the tables.
    pub(super) fn peers(&mut self, tables: Option<&Tables>, today: Date) -> Option<Peers> {
        let config = self.config;
        let rules: Vec<Option<PeerRule>> =
            config.peers.iter().map(|(id, declared)| self.peer(id, declared, tables, today)).collect();
        let rules: Option<Vec<PeerRule>> = rules.into_iter().collect();
        match Peers::declare(rules?, self.profile()) {
            Ok(peers) => Some(peers),
            Err(problems) => {
                for (id, refusal) in problems {
                    self.at(&format!("peers.{id}"), format!("{}: {refusal}", refusal.reason().code()));
                }
                None
            }
        }
    }

    fn peer(&mut self, id: &str, declared: &config::Peers, tables: Option<&Tables>, today: Date) -> Option<PeerRule> {
        let key = |part: &str| format!("peers.{id}.{part}");
        let kind = self.kind(&key("kind"), &declared.kind);
        let networks = self.networks(&key("networks"), &declared.networks);
        let exceptions = self.exceptions(&key("exceptions"), &declared.exceptions, today);
        let (kind, networks, exceptions) = (kind?, networks?, exceptions?);
        if let Some(tables) = tables.filter(|_| kind != EndpointKind::DevelopmentLoopback) {
            for network in &networks {
                if let Some((address, finding)) = outside(*network, tables, &exceptions, today) {
                    self.outside(&key("networks"), address, &finding);
                }
            }
        }
        Some(PeerRule { name: id.to_owned(), kind, networks, proxy_protocol: declared.proxy_protocol, exceptions })
    }

    fn kind(&mut self, key: &str, text: &str) -> Option<EndpointKind> {
        let kind = EndpointKind::parse(text);
        if kind.is_none() {
            self.at(key, "`kind` is internet, closed-network or development-loopback");
        }
        kind
    }

    fn networks(&mut self, key: &str, texts: &[String]) -> Option<Vec<IpNet>> {
        let nets: Vec<Option<IpNet>> = texts.iter().map(|text| self.network(key, text)).collect();
        nets.into_iter().collect()
    }

    fn network(&mut self, key: &str, text: &str) -> Option<IpNet> {
        text.parse().map_err(|_| self.at(key, format!("`{text}` is no network in CIDR form"))).ok()
    }

    fn exceptions(&mut self, key: &str, declared: &[config::Exception], today: Date) -> Option<Vec<Exception>> {
        let one = |(at, declared): (usize, &config::Exception)| {
            let key = format!("{key}.{at}");
            let networks = self.networks(&key, &declared.networks)?;
            Exception::declare(networks, &declared.reason, &declared.approver, declared.expires, today)
                .map_err(|problem| self.at(&key, format!("residency.exception: {problem}")))
                .ok()
        };
        let exceptions: Vec<Option<Exception>> = declared.iter().enumerate().map(one).collect();
        exceptions.into_iter().collect()
    }

    fn key_pin(&mut self, key: &str, text: &str) -> Option<SpkiPin> {
        let pin = SpkiPin::parse(text);
        if pin.is_none() {
            self.at(key, format!("`{text}` is no SHA-256 in base64"));
        }
        pin
    }

    fn profile(&self) -> qaqpa_residency::Profile {
        match self.config.profile {
            Profile::Production => qaqpa_residency::Profile::Production,
            Profile::Development => qaqpa_residency::Profile::Development,
        }
    }
}

/// A file that cannot be walked in pieces. That it could not be read is told by whoever asks for its digest.
fn whole(file: &mut BufReader<TableFile>) -> Result<Vec<u8>, TableProblem> {
    TableFile::whole(file).map_err(|error| TableProblem::Format { part: "MMDB", problem: error.to_string() })
}
