//! Validation before start: every file that the configuration names is read, compiled and checked against the others.
//!
//! [`Setup::check`] reports all problems at once, each at its file and line; it is what `qaqpa check` does.

mod callers;
mod channels;
mod residency;
mod revocation;
mod shares;
mod table_file;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use qaqpa_adapters::codec::{self, Codec};
use qaqpa_adapters::pem;
use qaqpa_adapters::shep::Channel;
use qaqpa_adapters::wsse::Security;
use qaqpa_journal::{Journal, Signer};
use qaqpa_policy::working_days::Calendar;
use qaqpa_policy::{Callers, Pack, Plans};
use qaqpa_proto::Contract;
use qaqpa_proto::language::Language;
use qaqpa_residency::{Peers, Plane, Tables};
use qaqpa_vault::VaultKey;
use rustix::fs::Access;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::dial::Door;
use crate::evidence::decisions::Decisions;
use crate::evidence::refusal_counter::RefusalCounter;
use crate::exchange::bulkhead::Bulkheads;
use crate::exchange::duplicate::Duplicates;
use crate::exchange::quota::Quotas;
use crate::exchange::shadow::Shadows;
use crate::exchange::signing::Signing;
use crate::exchange::system::{Served, System};
use crate::gateway::Gateway;
use crate::ids::Ids;
use crate::listen::period::Period;
use crate::persons::not_opened::NotOpened;
use crate::persons::pseudonyms::Epoch;
use crate::persons::retention::DefaultTerms;
use crate::persons::said::is_about_persons;
use crate::persons::{Persons, VaultFiles};
use crate::secret::{self, NotSecret};
use crate::start::Environment;
use crate::start::config::{self, Config, Problem, Profile, Source};
use crate::start::laptops;
use crate::start::recovery::is_the_gateways_alone;
use crate::telemetry::Telemetry;

/// The validated configuration with everything compiled from it; the journal and the vault are not open yet.
pub struct Setup {
    pub(crate) descriptor_set: Vec<u8>,
    pub(crate) contract: Arc<Contract>,
    pub(crate) served: HashMap<String, Arc<Served>>,
    pub(crate) callers: Callers,
    pub(crate) policies: HashMap<String, Arc<Plans>>,
    pub(crate) systems: BTreeMap<String, Arc<System>>,
    pub(crate) quotas: Quotas,
    bulkheads: Bulkheads,
    pub(crate) door: Arc<Door>,
    pub(crate) peers: Peers,
    pub(crate) telemetry: Telemetry,
    pub(crate) clock: Clock,
    pub(crate) calendar: Calendar,
    pub(crate) retention: DefaultTerms,
    pub(crate) pseudonym_epoch: Epoch,
    ends: Vec<(String, Timestamp)>,
    warnings: Vec<Problem>,
}

impl Setup {
    /// Reads and compiles everything the configuration names.
    ///
    /// # Errors
    /// All problems at once, each at its file and line where that can be told.
    pub fn check(config: &Config, source: &Source, environment: &Environment) -> Result<Self, Vec<Problem>> {
        let mut checker = Checker::new(config, source);
        let (descriptor_set, contract) = checker.contracts().unzip();
        let served = contract.as_ref().map(|contract| checker.served(contract)).unwrap_or_default();
        let policies = checker.policies(contract.as_ref());
        let callers = checker.callers(&policies);
        let systems = checker.systems(contract.as_ref(), &policies, environment.clock.now());
        let (tables, today) = (checker.tables(), environment.clock.today());
        let targets = checker.targets(tables.as_ref(), environment);
        let peers = checker.peers(tables.as_ref(), today);
        if let (Some(tables), Some(peers)) = (&tables, &peers) {
            checker.tables_serve(tables, &targets, peers, today);
        }
        let tables = Arc::new(tables.unwrap_or_else(Tables::embedded)); // no start without all of them
        checker.listener(environment.clock.now());
        checker.revocation_source(&targets);
        checker.laptop_certificates(environment);
        checker.address();
        checker.vault();
        checker.journal();
        let calendar = checker.calendar();
        let door = Door::new(targets, tables, checker.names(environment), environment.clock.clone());
        let door = Arc::new(door);
        let telemetry = checker.telemetry(&door);
        let at_once = config.systems.iter().map(|(id, system)| (id.clone(), system.at_once as usize));
        let divisions = checker.divisions(contract.as_ref(), &policies);
        match (checker.problems.is_empty(), contract, callers, telemetry, calendar, peers) {
            (true, Some(contract), Some(callers), Some(telemetry), Some(calendar), Some(peers)) => Ok(Self {
                descriptor_set: descriptor_set.unwrap_or_default(), // no contract without one
                contract: Arc::new(contract),
                served,
                callers,
                policies,
                systems,
                quotas: Quotas::new(&config.quotas, divisions),
                bulkheads: Bulkheads::new(at_once, environment.clock.clone()),
                door,
                peers,
                telemetry,
                clock: environment.clock.clone(),
                calendar,
                retention: config.retention.clone(),
                pseudonym_epoch: config.vault.pseudonyms,
                ends: checker.ends,
                warnings: checker.warnings,
            }),
            _ => Err(checker.problems),
        }
    }

    /// Reads and compiles the packs again, for a reload.
    ///
    /// # Errors
    /// All problems at once; the packs in force stay.
    pub(crate) fn packs(
        config: &Config,
        source: &Source,
        contract: &Contract,
    ) -> Result<HashMap<String, Arc<Plans>>, Vec<Problem>> {
        let mut checker = Checker::new(config, source);
        let policies = checker.policies(Some(contract));
        for (index, caller) in config.callers.iter().enumerate() {
            checker.purposes_exist(index, caller, &policies);
        }
        checker.reached_systems_exist(contract, &policies);
        if checker.problems.is_empty() { Ok(policies) } else { Err(checker.problems) }
    }

    /// Reads the tables again, for a reload.
    ///
    /// # Errors
    /// All problems at once; the tables in force stay.
    pub fn tables(config: &Config, source: &Source) -> Result<Tables, Vec<Problem>> {
        let mut checker = Checker::new(config, source);
        let tables = checker.tables();
        tables.filter(|_| checker.problems.is_empty()).ok_or(checker.problems)
    }

    /// Opens for business with a journal and what is known of persons.
    #[must_use]
    pub fn open(self, journal: Journal, persons: Persons) -> Arc<Gateway> {
        let gateway = Arc::new(Gateway {
            descriptor_set: self.descriptor_set,
            served: self.served,
            callers: self.callers,
            policies: ArcSwap::from_pointee(self.policies),
            contract: self.contract,
            pseudonym_master: Zeroizing::new(persons.vault().derive("qaqpa/v1/pseudonyms")),
            persons,
            pseudonym_epoch: self.pseudonym_epoch,
            ends: self.ends,
            retention: self.retention,
            systems: self.systems,
            quotas: self.quotas,
            bulkheads: self.bulkheads,
            door: self.door,
            peers: self.peers,
            decisions: Decisions::default(),
            telemetry: self.telemetry,
            ids: Ids::new(self.clock.clone()),
            under_way: TaskTracker::new(),
            refusal_counter: RefusalCounter::new(self.clock.clone()),
            clock: self.clock,
            journal,
            duplicates: Duplicates::default(),
            shadows: Shadows::default(),
            read_limits: codec::Limits::default(),
        });
        let told = Arc::downgrade(&gateway);
        gateway.door.observe(move |decision| {
            told.upgrade().into_iter().for_each(|gateway| gateway.decided(decision));
        });
        gateway
    }

    /// The door, for a command that needs it before the gateway is open.
    #[must_use]
    pub fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// The rules by which peers are admitted.
    #[must_use]
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// What does not keep it from starting and will, or may, turn callers away or stop exchanges.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Days off, for terms in working days.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Neither signs nor verifies, whatever the configuration says. For `tests/examples/bench_gateway.rs` and nobody else:
    /// `tests/house` looks.
    #[must_use]
    pub fn unsigned_for_the_benchmark(mut self) -> Self {
        for system in self.systems.values_mut() {
            let (endpoint, sender) = (system.endpoint.clone(), system.sender.clone());
            let signing = Signing::new(Security::none_for_the_benchmark());
            *system = Arc::new(System { endpoint, sender, signing, replay_window: system.replay_window });
        }
        self
    }
}

/// A setup being checked, and everything found wrong so far.
struct Checker<'a> {
    config: &'a Config,
    source: &'a Source,
    problems: Vec<Problem>,
    /// What will be a problem, or may be one.
    warnings: Vec<Problem>,
    /// When certificates end, by their keys; where several do for one another, the last.
    ends: Vec<(String, Timestamp)>,
}

impl<'a> Checker<'a> {
    fn new(config: &'a Config, source: &'a Source) -> Self {
        Self { config, source, problems: Vec::new(), warnings: Vec::new(), ends: Vec::new() }
    }
}

impl Checker<'_> {
    fn at<M: Into<String>>(&mut self, key: &str, message: M) {
        self.problems.push(self.source.problem(key, message.into()));
    }

    /// Told, and no reason not to start.
    fn warn(&mut self, key: &str, message: String) {
        self.warnings.push(self.source.problem(key, message));
    }

    fn in_file(&mut self, file: &Path, message: impl Into<String>) {
        self.problems.push(Problem { file: file.to_owned(), line: None, message: message.into() });
    }

    fn read(&mut self, key: &str, path: &Path) -> Option<Vec<u8>> {
        match std::fs::read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.unread(key, path, &error);
                None
            }
        }
    }

    /// What is read of a secret's file, which nobody else may read.
    fn secret<T>(&mut self, key: &str, path: &Path, read: impl Fn(&Path) -> Result<T, NotSecret>) -> Option<T> {
        read(path).map_err(|why| self.at(key, format!("`{key}`: {}: {why}", path.display()))).ok()
    }

    /// Whether the first of these certificates can be used now; one that ends soon is told of.
    fn is_current(&mut self, key: &str, path: &Path, pem: &[u8], now: Timestamp) {
        let certificates = pem::certificates(pem).unwrap_or_default(); // what is wrong with them is told elsewhere
        let Some(period) = certificates.first().and_then(Period::of_der) else { return };
        self.ends.push((key.to_owned(), period.ends()));
        if let Some(why) = period.wrong_at(now) {
            self.at(key, format!("`{key}`: {}: the certificate {why}", path.display()));
        } else if let Some(why) = period.ending_at(now) {
            self.warn(key, format!("`{key}`: {}: the certificate {why}", path.display()));
        }
    }

    /// Whether at least one of these certificates can be used now. One of several may have ended, when its successor is there.
    fn some_are_current(&mut self, key: &str, files: &[PathBuf], now: Timestamp) {
        let (mut told, mut last) = (Vec::new(), None);
        let (mut of_all, mut current) = (0, 0);
        for path in files {
            let octets = std::fs::read(path).unwrap_or_default();
            for period in pem::certificates(&octets).unwrap_or_default().iter().filter_map(Period::of_der) {
                last = last.max(Some(period.ends()));
                let wrong = period.wrong_at(now);
                (of_all, current) = (of_all + 1, current + usize::from(wrong.is_none()));
                let why = wrong.or_else(|| period.ending_at(now));
                told.extend(why.map(|why| format!("`{key}`: {}: a certificate {why}", path.display())));
            }
        }
        self.ends.extend(last.map(|end| (key.to_owned(), end)));
        let tell = if of_all > 0 && current == 0 { Self::at::<String> } else { Self::warn };
        told.into_iter().for_each(|why| tell(self, key, why));
    }

    /// Whether a folder is there, or can be made, and written to.
    fn can_be_made(&mut self, key: &str, folder: &Path) {
        // The nearest folder above that is there: what is missing below it is made at start.
        let mut above = folder;
        while !above.as_os_str().is_empty() && std::fs::symlink_metadata(above).is_err() {
            above = above.parent().unwrap_or(Path::new(""));
        }
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        let why = if above.is_dir() {
            let may = Access::WRITE_OK | Access::EXEC_OK;
            rustix::fs::access(above, may)
                .err()
                .map(|error| format!("cannot be written to: {}", io::Error::from(error)))
        } else {
            Some("is no folder".to_owned())
        };
        if let Some(why) = why {
            self.at(key, format!("`{key}`: {} {why}", above.display()));
        }
    }

    /// Whether this machine has the address, and this process may listen there. The port may be in use: by the gateway that is
    /// to be replaced.
    fn address(&mut self) {
        let address = self.config.listen.address;
        match std::net::TcpListener::bind(address) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                self.at("listen.address", format!("`listen.address`: nothing can listen at {address}: {error}"));
            }
            _ => {}
        }
    }

    fn unread(&mut self, key: &str, path: &Path, error: &io::Error) {
        self.at(key, format!("`{key}`: {} cannot be read: {error}", path.display()));
    }

    /// Every contract, and the descriptor set it was read from.
    fn contracts(&mut self) -> Option<(Vec<u8>, Contract)> {
        let read = qaqpa_proto::with_added(&self.config.contracts);
        read.map_err(|no| no.0.iter().for_each(|problem| self.at("contracts", format!("`contracts`: {problem}")))).ok()
    }

    /// Every operation of the contract, with what is compiled of it. One on a channel that is not served is a problem even
    /// where nobody may ask it: that would be found out one reload of the packs later.
    fn served(&mut self, contract: &Contract) -> HashMap<String, Arc<Served>> {
        let mut served = HashMap::new();
        for operation in contract.operations() {
            let channel = Channel::of(operation).map_err(|why| self.at("contracts", why.to_string()));
            let codec = Codec::compile(contract, operation)
                .map_err(|problem| self.at("contracts", format!("`{}`: {problem}", operation.path)));
            if let (Ok(channel), Ok(codec)) = (channel, codec) {
                let operation = operation.clone();
                served.insert(operation.path.clone(), Arc::new(Served { operation, codec, channel }));
            }
        }
        served
    }

    /// The packs, compiled. Without a contract they are read all the same, and what is wrong with them is found.
    fn policies(&mut self, contract: Option<&Contract>) -> HashMap<String, Arc<Plans>> {
        let mut policies = HashMap::new();
        for (index, operator) in self.config.operators.iter().enumerate() {
            let Some(plans) = self.plans(contract, index, operator) else { continue };
            if plans.pack().id() != operator.id {
                self.at(
                    &format!("operators.{index}.id"),
                    format!(
                        "the pack in {} is of operator `{}`, not `{}`",
                        operator.policy.display(),
                        plans.pack().id(),
                        operator.id
                    ),
                );
            }
            if policies.insert(operator.id.clone(), Arc::new(plans)).is_some() {
                self.at(&format!("operators.{index}.id"), format!("operator `{}` is there twice", operator.id));
            }
        }
        policies
    }

    fn plans(&mut self, contract: Option<&Contract>, index: usize, operator: &config::Operator) -> Option<Plans> {
        let text = self.read(&format!("operators.{index}.policy"), &operator.policy)?;
        let text = String::from_utf8(text).map_err(|_| self.in_file(&operator.policy, "is not UTF-8")).ok()?;
        let pack = match Pack::parse(&text, &operator.policy.display().to_string()) {
            Ok(pack) => self.with_bin(pack, index, operator)?,
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| Problem {
                    file: operator.policy.clone(),
                    line: usize::try_from(problem.line).ok().filter(|line| *line > 0),
                    message: format!("{}: {}", problem.code(), problem.text(Language::En)),
                }));
                return None;
            }
        };
        Plans::compile(contract?, &pack)
            .map_err(|problems| problems.iter().for_each(|problem| self.in_file(&operator.policy, problem.to_string())))
            .ok()
    }

    /// The policy pack with the operator's BIN, from the pack or the configuration; where both state one they must
    /// agree.
    fn with_bin(&mut self, pack: Pack, index: usize, operator: &config::Operator) -> Option<Pack> {
        let key = format!("operators.{index}.bin");
        match &operator.bin {
            Some(bin) => {
                let bin = self.bin(&key, bin)?;
                pack.with_bin(bin).map_err(|why| self.at(&key, why.to_string())).ok()
            }
            None if pack.operator().bin.is_none() => {
                self.at(&key, format!("operator `{}` needs `bin`: its policy pack names none", operator.id));
                None
            }
            None => Some(pack),
        }
    }

    /// A system that some operator's purpose is offered for needs a table; one that nobody may ask needs none.
    fn reached_systems_exist(&mut self, contract: &Contract, policies: &HashMap<String, Arc<Plans>>) {
        let is_reached = |path: &str| policies.values().any(|plans| plans.purposes(path).next().is_some());
        let reached: BTreeSet<&str> = contract
            .operations()
            .iter()
            .filter(|operation| is_reached(&operation.path))
            .map(|operation| operation.system.id.as_str())
            .collect();
        for id in reached {
            if !self.config.systems.contains_key(id) {
                self.at("systems", format!("a purpose of a configured operator needs a table [systems.{id}]"));
            }
        }
    }

    fn vault(&mut self) {
        let VaultFiles { key: path, file, .. } = &self.config.vault;
        let Some(text) = self.secret("vault.key", path, secret::text) else { return };
        match VaultKey::parse(text.trim()) {
            Err(why) => self.at("vault.key", format!("`vault.key`: {}: {why}", path.display())),
            Ok(key) => {
                if let Err(why) = qaqpa_vault::check(file, &key) {
                    self.at("vault.file", format!("`vault.file`: {}: {why}", file.display()));
                }
            }
        }
        // An older copy, or another's, only the start can tell: it opens both.
        if !file.exists() && is_about_persons(&self.config.journal.directory) {
            self.at("vault.file", format!("`vault.file`: {}", NotOpened::Missing(file.clone())));
        }
        self.can_be_made("vault.file", file.parent().unwrap_or(Path::new(".")));
    }

    fn journal(&mut self) {
        let config::Journal { key: path, origin, directory, .. } = &self.config.journal;
        self.can_be_made("journal.directory", directory);
        if let Err(why) = is_the_gateways_alone(directory) {
            self.at("journal.directory", format!("`journal.directory`: {why}"));
        }
        let Some(key) = self.secret("journal.key", path, secret::text) else { return };
        match Signer::parse(&key) {
            Ok(signer) if signer.vkey().name() == origin => {
                if let Err(why) = qaqpa_journal::check(directory, signer.vkey()) {
                    self.at("journal.directory", format!("`journal.directory`: {}: {why}", directory.display()));
                }
            }
            Ok(signer) => {
                let lane = signer.vkey().name();
                let told =
                    format!("`journal.key`: {} is of lane `{lane}`, `journal.origin` says `{origin}`", path.display());
                self.at("journal.key", told);
            }
            Err(why) => self.at("journal.key", format!("`journal.key`: {}: {why}", path.display())),
        }
    }

    fn calendar(&mut self) -> Option<Calendar> {
        let config::Calendar { holidays, working_weekends } = self.config.calendar.clone();
        Calendar::new(holidays, working_weekends)
            .map_err(|problems| problems.iter().for_each(|problem| self.at("calendar", problem.to_string())))
            .ok()
    }

    fn listener(&mut self, now: Timestamp) {
        match self.config.tls().load(now) {
            Ok(trust) => {
                trust.warnings(now).into_iter().for_each(|(key, why)| self.warn(key, format!("`{key}`: {why}")))
            }
            Err(problem) => self.at("listen", format!("`listen`: {problem}")),
        }
    }

    /// In production nothing is trusted that was made for a laptop, ours or another's.
    fn laptop_certificates(&mut self, environment: &Environment) {
        if self.config.profile != Profile::Production {
            return;
        }
        let config = self.config;
        let files = config.tls();
        let channels = config.channels.iter().flat_map(|(id, channel)| {
            let signer = (format!("channels.{id}.signer_certificate"), channel.signer_certificate.clone());
            let pinned =
                channel.reply_signers.iter().map(move |path| (format!("channels.{id}.reply_signers"), path.clone()));
            std::iter::once(signer).chain(pinned)
        });
        let endpoints = config
            .endpoints
            .iter()
            .filter_map(|(id, endpoint)| Some((format!("endpoints.{id}.ca"), endpoint.ca.clone()?)));
        let listener = [("listen.certificate", files.certificate), ("listen.client_ca", files.client_ca)];
        let listener = listener.into_iter().map(|(key, path)| (key.to_owned(), path));
        for (key, path) in listener.chain(channels).chain(endpoints) {
            let Ok(bytes) = std::fs::read(&path) else { continue }; // missing files are told of elsewhere
            if laptops::is_for_laptops(&bytes, &environment.clock) {
                self.at(
                    &key,
                    format!(
                        "`{key}`: {} was made by `qaqpa certs dev`; the production profile does not trust it",
                        path.display()
                    ),
                );
            }
        }
    }

    fn telemetry(&mut self, door: &Arc<Door>) -> Option<Telemetry> {
        let channel = match &self.config.telemetry.otlp {
            Some(endpoint) if !self.is_on_plane("telemetry.otlp", endpoint, Plane::Telemetry) => None,
            Some(endpoint) => door.channel(endpoint).ok(),
            None => None,
        };
        Telemetry::new(channel).map_err(|problem| self.at("telemetry", problem.to_string())).ok()
    }
}
