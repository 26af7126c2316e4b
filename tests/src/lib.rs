//! The house on trial: a mock government, gateways and their callers, as real listeners on loopback.
//!
//! Nothing here is checked; here the world is made in which `tests/` checks. Every gateway has a journal of its own, so
//! that a test can ask what was recorded. Time and names are the test's: the clock is the machine's plus what the test
//! added, and a name resolves to what the test says.
//!
//! ```no_run
//! # async fn example() {
//! use qaqpa_tests::{Seen, World, people};
//! use tonic::Code;
//!
//! let world = World::start().await;
//! let school = world.caller("clients/school");
//! let seen = world.observe(school.wire(people::GET_SCHOOL, people::school("r-1", "").into())).await;
//! assert_eq!(seen, Seen::refused("purpose.missing", Code::InvalidArgument));
//! # }
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod caller;
mod clock_and_names;
pub mod consents;
pub mod dns;
mod environment;
mod seen;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use qaqpa::development;
use qaqpa_certs_dev::{Credential, DevPki};
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::{Config, Problem, Source};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_gateway::start::{self, Running};
use qaqpa_journal::export::jsonl;
use qaqpa_mock::{Government, Options, Replies};
use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS};
use serde_json::Value;
use tempfile::TempDir;

pub use caller::Caller;
pub use clock_and_names::{Names, Time};
pub use qaqpa_synthetic::people;
pub use seen::{Seen, code, exchange_id, receipt, record_code};

/// A gateway and the government it exchanges with.
pub struct World {
    /// The state's stand-in.
    pub government: Government,
    /// The gateway.
    pub running: Running,
    /// As it was read.
    pub config: Config,
    /// What all gateways of one government share.
    pub site: Arc<Site>,
}

/// What lies on disk and what is around.
pub struct Site {
    /// The development environment.
    pub directory: TempDir,
    /// All authorities, to revoke with.
    pub pki: &'static DevPki,
    /// The clock of gateway and government.
    pub time: Time,
    /// What names resolve to.
    pub names: Names,
    gateways: AtomicUsize,
}

impl World {
    /// A government and a gateway, as `qaqpa certs dev` lays them out.
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// As [`World::start`], with other values in `gateway.toml`: tables of `overlay` are laid over those of the file.
    pub async fn with(overlay: &str) -> Self {
        let site = Arc::new(Site::laid_out());
        let government = Government::start(site.government()).await.unwrap();
        Self::open(site, government, overlay).await.unwrap()
    }

    /// As [`World::start`], with one more state system, of which there are files and nothing else: `contracts/` and `replies/`
    /// for both sides, and `gateway.toml`, which names what lies beside it by the folder's own name.
    pub async fn with_files(folder: &Path) -> Self {
        let site = Arc::new(Site::laid_out());
        let copy = site.file(&folder.file_name().unwrap().to_string_lossy());
        environment::copy_folder(folder, &copy);
        let (_, contract) = qaqpa_proto::with_added(&[copy.join("contracts")]).unwrap();
        let contract = Arc::new(contract);
        let options = Options { contract, replies: Replies::read(&copy.join("replies")).unwrap(), ..site.government() };
        let government = Government::start(options).await.unwrap();
        let overlay = std::fs::read_to_string(copy.join("gateway.toml")).unwrap();
        Self::open(site, government, &overlay).await.unwrap()
    }

    /// Another gateway in front of the same government, with a journal of its own.
    pub async fn beside(&self, overlay: &str) -> Self {
        self.try_beside(overlay).await.unwrap()
    }

    /// As [`World::beside`]; an error is what the operator would be told.
    ///
    /// # Errors
    /// The gateway does not start.
    pub async fn try_beside(&self, overlay: &str) -> Result<Self, String> {
        Self::open(self.site.clone(), self.government.clone(), overlay).await
    }

    async fn open(site: Arc<Site>, government: Government, overlay: &str) -> Result<Self, String> {
        let environment = site.environment();
        Self::surrounded(site, government, overlay, &environment).await
    }

    /// As [`World::try_beside`], but names are asked of the DNS servers that the configuration declares.
    ///
    /// # Errors
    /// The gateway does not start.
    pub async fn asking_dns(&self, overlay: &str) -> Result<Self, String> {
        let environment = Environment { resolver: None, ..self.site.environment() };
        Self::surrounded(self.site.clone(), self.government.clone(), overlay, &environment).await
    }

    /// As [`World::try_beside`], but with the compiled-in table alone.
    ///
    /// # Errors
    /// The gateway does not start.
    pub async fn without_tables(&self, overlay: &str) -> Result<Self, String> {
        let alone = [overlay, "\n[residency]\nregistry = false\nlocation = false"].concat();
        Self::open(self.site.clone(), self.government.clone(), &alone).await
    }

    async fn surrounded(
        site: Arc<Site>,
        government: Government,
        overlay: &str,
        environment: &Environment,
    ) -> Result<Self, String> {
        let (config, source) = read(&site, &government, overlay)?;
        let setup = Setup::check(&config, &source, environment).map_err(lines)?;
        let running = start::start(&config, &source, setup, environment).await.map_err(|why| why.to_string())?;
        Ok(Self { government, running, config, site })
    }

    /// What `qaqpa check` would say of such a gateway beside this one: its warnings.
    ///
    /// # Errors
    /// Its problems.
    pub fn checked(&self, overlay: &str) -> Result<Vec<String>, String> {
        let (config, source) = read(&self.site, &self.government, overlay)?;
        let setup = Setup::check(&config, &source, &self.site.environment()).map_err(lines)?;
        Ok(setup.warnings().iter().map(ToString::to_string).collect())
    }

    /// A caller with one of the development certificates, such as `clients/school` or `enemies/expired`.
    #[must_use]
    pub fn caller(&self, credential: &str) -> Caller {
        Caller::new(&self.site, self.running.address, Some(credential), &[&rustls::version::TLS13])
    }

    /// A caller without a certificate, or who speaks another version.
    #[must_use]
    pub fn stranger(&self, credential: Option<&str>, versions: &[&'static rustls::SupportedProtocolVersion]) -> Caller {
        Caller::new(&self.site, self.running.address, credential, versions)
    }

    /// The journal's directory.
    #[must_use]
    pub fn journal(&self) -> &Path {
        &self.config.journal.directory
    }

    /// All records that are durable now, in their order.
    pub async fn records(&self) -> Vec<Value> {
        self.running.gateway.journal().checkpoint().await.unwrap();
        self.stored()
    }

    /// The records that the stored checkpoint covers.
    #[must_use]
    pub fn stored(&self) -> Vec<Value> {
        let mut lines = Vec::new();
        jsonl(self.journal(), None, &mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The records of one exchange.
    pub async fn records_of(&self, exchange_id: &str) -> Vec<Value> {
        let mut records = self.records().await;
        records.retain(|record| record["txn"] == exchange_id);
        records
    }

    /// Waits until the journal holds such a record, for five seconds at most.
    pub async fn until_recorded(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..100 {
            if let Some(found) = self.records().await.into_iter().find(&is_it) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never recorded: {what}")
    }

    /// Waits until the government has got so many requests, for five seconds at most.
    pub async fn until_requests(&self, wanted: u64) {
        for _ in 0..500 {
            if self.government.requests() >= wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the government got {} requests, not {wanted}", self.government.requests())
    }
}

impl Site {
    fn laid_out() -> Self {
        let (time, names) = (Time::default(), Names::default());
        let directory = tempfile::tempdir().unwrap();
        let pki = environment::copy_to(directory.path());
        let tables = MadeUpTables::of(&NETWORKS, time.clock().today()).unwrap();
        tables.write(&directory.path().join("tables")).unwrap();
        Self { directory, pki, time, names, gateways: AtomicUsize::new(0) }
    }

    /// The mock as `qaqpa mock up` has it.
    fn government(&self) -> Options {
        development::government(self.directory.path(), environment::NOWHERE, &self.time.clock()).unwrap()
    }

    /// The test's clock and names.
    #[must_use]
    pub fn environment(&self) -> Environment {
        Environment { clock: self.time.clock(), resolver: Some(Arc::new(self.names.clone())) }
    }

    /// A file of the environment.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes the revocation list anew, as the authority would have done so many days ago.
    pub fn revoke(&self, revoked: &[&Credential], days_ago: u64) {
        let then = qaqpa_gateway::clock::offset_date_time(&self.time.clock()) - Duration::from_secs(days_ago * 86_400);
        let list = self.pki.tls.revocation_list(revoked, then).unwrap();
        std::fs::write(self.file("pki/ca.crl"), list.pem).unwrap();
    }
}

/// The `gateway.toml` of the next gateway of a site, with journal, vault and tables of its own.
fn read(site: &Site, government: &Government, overlay: &str) -> Result<(Config, Source), String> {
    let number = site.gateways.fetch_add(1, Ordering::Relaxed);
    let base = format!(
        "[listen]\naddress = \"127.0.0.1:0\"\n[journal]\ndirectory = \"journal-{number}\"\nsegment_mib = 1\n\
         [vault]\nfile = \"vault-{number}/vault.sqlite\"\n\
         [residency]\nregistry = {{ file = \"tables/delegated\" }}\nremembered = \"residency-{number}.json\"\n\
         location = {{ v4 = \"tables/geoip\", v6 = \"tables/geoip6\" }}\n\
         [endpoints.shep]\nurl = \"https://localhost:{}/bip-sync-wss-gost/\"\n",
        government.address().port()
    );
    let path = site.directory.path().join(format!("gateway-{number}.toml"));
    let laid_out = std::fs::read_to_string(site.directory.path().join("gateway.toml")).unwrap();
    let text = overlaid(&overlaid(&laid_out, &base), overlay);
    std::fs::write(&path, text).unwrap();
    Config::read(&path).map_err(lines)
}

fn lines(problems: Vec<Problem>) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// One TOML text laid over another: tables are merged, of rows with an `id` those that are named are replaced, and
/// everything else is replaced whole; `false`, which no key of ours is, takes a key away.
fn overlaid(below: &str, above: &str) -> String {
    let mut merged: toml::Table = below.parse().unwrap();
    merge(&mut merged, above.parse().unwrap());
    merged.to_string()
}

fn merge(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (_, toml::Value::Boolean(false)) => {
                below.remove(&key);
            }
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (Some(toml::Value::Array(below)), toml::Value::Array(above)) if above.first().and_then(id).is_some() => {
                above.into_iter().for_each(|row| place_row(below, row));
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Puts a row in the place of the one with its `id`, or behind all.
fn place_row(below: &mut Vec<toml::Value>, above: toml::Value) {
    match below.iter().position(|row| id(row) == id(&above)).and_then(|at| below.get_mut(at)) {
        Some(same) => *same = above,
        None => below.push(above),
    }
}

fn id(row: &toml::Value) -> Option<&str> {
    row.get("id")?.as_str()
}
