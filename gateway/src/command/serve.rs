//! `qaqpa serve`: the gateway as a process. SIGHUP reloads certificates, the revocation list, the packs and the tables of
//! residency; SIGTERM and Ctrl-C stop it after the calls under way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use qaqpa_journal::{Condition, Entry, Error, Journal, Opening, Options, Signer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::{CONFIGURATION, ConfigFile, failed, tell};
use crate::blueprint::Blueprint;
use crate::config::{self, Config, Problem, Source};
use crate::flood::Counted;
use crate::gateway::{Gateway, Surroundings};
use crate::grpc::Server;
use crate::inbound::{Doorstep, NotAdmitted};
use crate::listen::{Listener, Reloader};
use crate::persons::Persons;
use crate::record::{self, Event, Outcome, TurnedAway};
use crate::retention::INTERVAL;
use crate::revocation::Renewal;
use crate::telemetry;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

/// A gateway that listens.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The gateway itself.
    pub gateway: Arc<Gateway>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    ticking: JoinHandle<()>,
    reloader: Reloader,
    doorstep: Doorstep,
    config: Config,
    source: Source,
}

pub(super) async fn run(arguments: Arguments, surroundings: Surroundings) -> ExitCode {
    match serve(&arguments.config.path, &surroundings).await {
        Ok(code) => code,
        Err(problems) => {
            problems.iter().for_each(|problem| tell(&problem.to_string()));
            ExitCode::from(CONFIGURATION)
        }
    }
}

async fn serve(path: &Path, surroundings: &Surroundings) -> Result<ExitCode, Vec<Problem>> {
    let (config, source) = Config::read(path)?;
    let blueprint = Blueprint::draw(&config, &source, surroundings)?;
    let general = |message: String| vec![Problem { file: path.to_owned(), line: None, message }];
    let traces = telemetry::install(&config.telemetry, blueprint.door()).map_err(general)?;
    let running = start(&config, &source, blueprint, surroundings).await.map_err(general)?;
    tell(&format!("qaqpa {} serves on {}", env!("CARGO_PKG_VERSION"), running.address));
    if !running.gateway.persons.ledger.calendar().covers(surroundings.clock.today().year()) {
        tell("[calendar] lists no day off of this year: terms in working days end earlier than they must");
    }
    let clean = running.until_stopped().await;
    flush(traces);
    Ok(if clean { ExitCode::SUCCESS } else { failed("the journal failed; recovery runs at the next start", 74) })
}

fn flush(traces: Option<SdkTracerProvider>) {
    if let Some(Err(error)) = traces.map(|provider| provider.shutdown()) {
        tracing::debug!(%error, "traces were not flushed");
    }
}

/// Opens the journal, settles what a crash left open, binds and serves.
///
/// # Errors
/// A sentence for the operator.
pub async fn start(
    config: &Config,
    source: &Source,
    blueprint: Blueprint,
    surroundings: &Surroundings,
) -> Result<Running, String> {
    let (journal, opening) = open_journal(&config.journal).map_err(|error| format!("journal: {error}"))?;
    settle(&journal, opening, surroundings).await.map_err(|error| format!("journal: {error}"))?;
    let persons = Persons::open(&config.vault, &journal, &surroundings.clock, blueprint.calendar())
        .map_err(|error| format!("vault: {error}"))?;
    let settled = persons.settle(&journal, &surroundings.clock).await.map_err(|error| format!("vault: {error}"))?;
    if settled > 0 {
        tracing::warn!(settled, "withdrawals or erasures had no line in the journal; now they have");
    }
    listen(config, source, Gateway::open(blueprint, journal, persons), surroundings).await
}

/// Opens the lane a configuration names.
pub(super) fn open_journal(config: &config::Journal) -> Result<(Journal, Opening), OpenFailed> {
    let text = |error: &dyn std::fmt::Display| OpenFailed::Other(format!("{}: {error}", config.key.display()));
    let key = std::fs::read_to_string(&config.key).map_err(|error| text(&error))?;
    let signer = Signer::parse(&key).map_err(|error| text(&error))?;
    if signer.vkey().name() != config.origin {
        return Err(OpenFailed::Other(format!(
            "the key is of lane `{}`, `journal.origin` says `{}`",
            signer.vkey().name(),
            config.origin
        )));
    }
    std::fs::create_dir_all(&config.directory)
        .map_err(|error| OpenFailed::Other(format!("{}: {error}", config.directory.display())))?;
    let options =
        Options { segment_bytes: u64::from(config.segment_mib) << 20, ..Options::new(&config.directory, signer) };
    Journal::open(options).map_err(|error| match error {
        Error::Locked(_) => OpenFailed::InUse,
        other => OpenFailed::Other(other.to_string()),
    })
}

/// Why a journal is not open.
pub(super) enum OpenFailed {
    /// A running gateway writes it.
    InUse,
    /// Everything else, for people.
    Other(String),
}

impl std::fmt::Display for OpenFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse => f.write_str("another gateway writes this journal"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// An intent without an outcome: the message may have left and been carried out, and nobody was told.
async fn settle(journal: &Journal, opening: Opening, surroundings: &Surroundings) -> Result<(), Error> {
    let open = opening.open_intents.len();
    for intent in opening.open_intents {
        let txn = intent.txn().to_owned();
        let outcome = Outcome {
            phase: "OUTCOME",
            txn: &txn,
            ts: surroundings.clock.now(),
            result: "unknown",
            code: Some("gateway.crashed"),
            detail: None,
            evidence: None,
            times: None,
            shep: None,
            business: None,
            reply_hmac: None,
            reply_signer: None,
            withheld: BTreeMap::new(),
            drift: 0,
            transformed: BTreeMap::new(),
            commitments: BTreeMap::new(),
        };
        journal.settle_open(intent, Entry::new(record::line(&outcome), None)?).await?;
    }
    let facts = BTreeMap::from([
        ("settled_as_unknown", open.to_string()),
        ("truncated_bytes", opening.truncated_bytes.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    let event = Event { phase: "RECOVERY", ts: surroundings.clock.now(), event: "start", facts };
    journal.append(Entry::new(record::line(&event), None)?).await?;
    Ok(())
}

/// Binds and serves a gateway that is open.
///
/// # Errors
/// A sentence for the operator.
pub async fn listen(
    config: &Config,
    source: &Source,
    gateway: Arc<Gateway>,
    surroundings: &Surroundings,
) -> Result<Running, String> {
    let files = config.listen.tls();
    let tls = files.load().map_err(|error| error.to_string())?;
    let (alerted, clock) = (gateway.clone(), surroundings.clock.clone());
    let on_alert = Arc::new(move |word: &'static str| {
        alerted.telemetry.alert(word);
        alerted.flood.count(&format!("tls.{word}"), clock.now());
    });
    let doorstep = doorstep(&gateway);
    let listener = Listener::bind(config.listen.address, doorstep.clone(), tls, on_alert)
        .await
        .map_err(|error| format!("{}: {error}", config.listen.address))?;
    let address = listener.address().map_err(|error| error.to_string())?;
    let (reporter, health) = tonic_health::server::health_reporter();
    let server = Server::new(gateway.clone(), health).map_err(|error| error.to_string())?;
    let (stop, stopped) = watch::channel(false);
    let reloader = listener.reloader();
    let ticking = tokio::spawn(tick(gateway.clone(), reporter, surroundings.clone(), stopped.clone()));
    tokio::spawn(keep_retention(gateway.clone(), stopped.clone()));
    if let Some(endpoint) = &config.listen.crl_from {
        let renewal = Renewal::new(gateway.clone(), endpoint.clone(), files, reloader.clone());
        tokio::spawn(renewal.keep(stopped.clone()));
    }
    let listening = tokio::spawn(listener.run(stopped, move |peer| server.connection(&peer)));
    gateway.enter_tables(config).await;
    let (config, source) = (config.clone(), source.clone());
    Ok(Running { address, gateway, stop, listening, ticking, reloader, doorstep, config, source })
}

/// Who is turned away there is counted, and told of once a second and code: strangers can cause it at will.
fn doorstep(gateway: &Arc<Gateway>) -> Doorstep {
    let told = gateway.clone();
    let on_refused = Arc::new(move |refused: &NotAdmitted| {
        told.telemetry.turned_away(refused.code());
        if told.flood.count_evidenced(refused.code(), told.clock.now(), || Some(refused.line_for_the_journal())) {
            tracing::warn!(decision = "refused", reason = refused.code(), evidence = %refused, "peer");
        }
    });
    Doorstep::new(gateway.peers.clone(), gateway.door.tables(), gateway.clock.clone(), on_refused)
}

/// Once a second: health as the journal's, and the counted refusals as one line each.
async fn tick(
    gateway: Arc<Gateway>,
    health: HealthReporter,
    surroundings: Surroundings,
    mut stop: watch::Receiver<bool>,
) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        let stopping = tokio::select! {
            _ = second.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        let journal = gateway.journal.health();
        let vault = gateway.persons.vault().health().is_ok();
        let serving = journal.condition == Condition::Serving && journal.no_spare.is_none() && vault && !stopping;
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in gateway.served.values().map(|served| served.operation.service.as_str()).chain([""]) {
            health.set_service_status(service, status).await;
        }
        gateway.tell_residency().await;
        for Counted { kind, count, evidence } in gateway.flood.drain() {
            let (code, caller) = kind.split_once('/').map_or((kind.as_str(), None), |(code, id)| (code, Some(id)));
            let (ts, evidence) = (surroundings.clock.now(), evidence.as_deref());
            let line = TurnedAway { phase: "DENIED", ts, code, caller, evidence, count };
            if let Ok(entry) = Entry::new(record::line(&line), None) {
                let _ = gateway.journal.append(entry).await; // a journal that fails shows in health
            }
        }
        if stopping {
            return;
        }
    }
}

/// At start and once an hour: destroys what is at its end.
async fn keep_retention(gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    let mut hour = tokio::time::interval(INTERVAL.unsigned_abs());
    loop {
        tokio::select! {
            _ = hour.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match gateway.clone().keep_retention().await {
            Ok(done) if done.is_empty() => {}
            Ok(done) => tracing::info!(?done, "destroyed what was at the end of its term"),
            Err(denial) => {
                tracing::error!(reason = denial.reason.code(), "retention is behind; it is tried again in an hour")
            }
        }
    }
}

impl Running {
    /// Serves until a signal says stop or the journal fails. True when it ended well.
    async fn until_stopped(self) -> bool {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard");
                self.stop().await;
                return false;
            }
        };
        let mut pulse = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                told = signals.next() => match told {
                    Told::Reload => self.reload().await,
                    Told::Stop => break,
                },
                _ = pulse.tick() => if let Condition::Poisoned(reason) = self.gateway.journal.health().condition {
                    tracing::error!(%reason, "the journal failed");
                    self.stop().await;
                    return false;
                }
            }
        }
        self.stop().await;
        true
    }

    /// Reads certificates, the revocation list, the packs and the tables of residency again; a bad file changes nothing.
    pub async fn reload(&self) {
        match self.reloader.renew(&self.config.listen.tls()) {
            Ok(()) => tracing::info!("certificates and revocation list reloaded"),
            Err(error) => tracing::error!(%error, "not reloaded; the old certificates and list stay"),
        }
        self.gateway.reload_packs(&self.config, &self.source).await;
        if self.gateway.reload_tables(&self.config, &self.source).await {
            self.doorstep.replace_tables(self.gateway.door().tables());
        }
    }

    /// Stops accepting, waits for the calls under way, closes the journal.
    pub async fn stop(self) {
        let gateway = self.stop_listening().await;
        gateway.persons.vault().close();
        gateway.journal.close();
    }

    /// As [`Running::stop`], but the journal stays open.
    pub async fn stop_listening(self) -> Arc<Gateway> {
        self.stop.send_replace(true);
        self.gateway.persons.ledger.stop(); // whoever watches it would keep the listener waiting
        let _ = self.listening.await;
        let _ = self.ticking.await;
        self.gateway.telemetry.flush();
        self.gateway
    }
}

/// What an operator tells a process.
pub(super) struct Signals {
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for SIGTERM or Ctrl-C.
    pub(super) async fn stop(&mut self) {
        while matches!(self.next().await, Told::Reload) {}
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.hangup.recv() => Told::Reload,
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
        }
    }
}

enum Told {
    Reload,
    Stop,
}
