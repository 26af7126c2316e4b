//! A running gateway: start, reload, graceful shutdown after the calls under way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use qaqpa_journal::Condition;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::evidence::lines::enter;
use crate::evidence::salts;
use crate::gateway::Gateway;
use crate::listen::bounds::Bounds;
use crate::listen::inbound::{NotAdmitted, PeerFilter};
use crate::listen::revocation::Renewal;
use crate::listen::{Listener, OnAlert, OnExceeded, Reloader};
use crate::persons::Persons;
use crate::persons::not_settled::NotSettled;
use crate::persons::said::Said;
use crate::serve::grpc::Server;
use crate::start::Environment;
use crate::start::config::{Config, Source};
use crate::start::not_started::NotStarted;
use crate::start::process::OpenFiles;
use crate::start::recovery::{open_journal, settle};
use crate::start::setup::Setup;
use crate::start::signals::{Signal, Signals};
use crate::start::ticking::{keep_retention, tick};

/// A gateway that serves.
pub struct Running {
    /// The bound address, with the port that was given.
    pub address: SocketAddr,
    /// The gateway itself.
    pub gateway: Arc<Gateway>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    ticking: JoinHandle<()>,
    reloader: Reloader,
    filter: PeerFilter,
    config: Config,
    source: Source,
}

/// Opens the journal, settles what a crash left open, binds and serves.
///
/// # Errors
/// [`NotStarted`]; what was settled until then stays settled.
pub async fn start(
    config: &Config,
    source: &Source,
    setup: Setup,
    environment: &Environment,
) -> Result<Running, NotStarted> {
    // All of this before anything listens: no caller meets a lane with open ends, or a withdrawal without a line.
    let (journal, opening) = open_journal(&config.journal)?;
    let said = Said::read(&journal).await?;
    let persons = Persons::open(&config.vault, (&journal, &said), &environment.clock, setup.calendar()).await?;
    // Before any line of this start: what a clock says that is away is not the lane's time.
    persons.look_at_clock(&journal).await.map_err(NotSettled::Line)?;
    settle(&journal, opening, &persons.vault().bond().await.map_err(NotSettled::from)?, environment).await?;
    let sealed = salts::seal_clear(&journal, persons.vault()).await?;
    if sealed > 0 {
        let facts = [("count", sealed.to_string())].into();
        enter(&journal, environment.clock.now(), "salts_sealed", facts).await;
        tracing::info!(sealed, "salts of an earlier version lay in the clear beside the journal; now they are sealed");
    }
    let settled = persons.settle(&said, &journal, &environment.clock).await?;
    if settled > 0 {
        tracing::warn!(
            settled,
            "withdrawals, destructions, holds or erasures had no line in the journal; now they have"
        );
    }
    listen(config, source, setup.open(journal, persons), environment).await
}

/// Binds and serves a gateway that is open.
///
/// # Errors
/// [`NotStarted`]: certificates, the address, or contracts that cannot be offered by reflection.
pub async fn listen(
    config: &Config,
    source: &Source,
    gateway: Arc<Gateway>,
    environment: &Environment,
) -> Result<Running, NotStarted> {
    let files = config.tls();
    let trust = files.load(environment.clock.now())?;
    let alerted = gateway.clone();
    let on_alert: OnAlert = Arc::new(move |word| {
        alerted.telemetry.alert(word);
        alerted.refusal_counter.alert(word);
    });
    let filter = filter(&gateway);
    let at = |source| NotStarted::Address { address: config.listen.address, source };
    let limits = (trust, config.listen.terms(), bounds(config));
    let told = (on_alert, on_exceeded(&gateway));
    let listener = Listener::bind(config.listen.address, filter.clone(), limits, told).await.map_err(at)?;
    let address = listener.address().map_err(at)?;
    let (reporter, health) = tonic_health::server::health_reporter();
    let server = Server::new(gateway.clone(), health)?;
    let (stop, stopped) = watch::channel(false);
    let reloader = listener.reloader();
    let ticking =
        tokio::spawn(tick(gateway.clone(), reporter, (environment.clone(), reloader.clone()), stopped.clone()));
    // Not awaited by `stop`: what a stop interrupts is found again by the first run after the next start.
    tokio::spawn(keep_retention(gateway.clone(), stopped.clone()));
    if let Some(endpoint) = &config.listen.crl_from {
        let (told, parts) = (gateway.clone(), (gateway.door.clone(), gateway.journal.clone(), gateway.clock.clone()));
        let renewal = Renewal::new((endpoint.clone(), files, reloader.clone()), parts, move |code| {
            told.telemetry.revocation(code);
        });
        tokio::spawn(renewal.keep(stopped.clone()));
    }
    let listening = tokio::spawn(listener.run(stopped, move |peer| {
        let connection = server.connection(&peer);
        let caller = connection.caller().map(str::to_owned);
        (connection, caller)
    }));
    gateway.enter_tables(config).await;
    let (config, source) = (config.clone(), source.clone());
    Ok(Running { address, gateway, stop, listening, ticking, reloader, filter, config, source })
}

/// As many connections as are configured, or as the process has descriptors for.
fn bounds(config: &Config) -> Bounds {
    let files = OpenFiles::now(config.listen.bounds());
    if files.are_enough() {
        tracing::info!("{files}");
    } else {
        tracing::warn!("{files}");
    }
    files.bounds()
}

/// Connections beyond a bound are only counted, by code and caller.
fn on_exceeded(gateway: &Arc<Gateway>) -> OnExceeded {
    let told = gateway.clone();
    Arc::new(move |code: &'static str, caller: Option<&str>| {
        told.telemetry.turned_away(code);
        told.refusal_counter.count_of(code, caller);
    })
}

/// The peer filter; refused peers are only counted, since strangers can cause them at will.
fn filter(gateway: &Arc<Gateway>) -> PeerFilter {
    let told = gateway.clone();
    let on_refused = Arc::new(move |refused: &NotAdmitted| {
        told.telemetry.turned_away(refused.code());
        told.refusal_counter.count_evidenced(refused.code(), || Some(refused.line_for_the_journal()));
    });
    PeerFilter::new(gateway.peers.clone(), gateway.door.tables(), gateway.clock.clone(), on_refused)
}

impl Running {
    /// Serves until a signal says stop or the journal fails. True when it ended well.
    pub async fn until_stopped(self) -> bool {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard");
                self.stop().await;
                return false;
            }
        };
        let mut pulse = tokio::time::interval(Duration::from_secs(1));
        let well = loop {
            tokio::select! {
                told = signals.next() => match told {
                    Signal::Reload => self.reload().await,
                    Signal::Stop => break true,
                },
                // What the disk has of the last batch is not known any more. Nothing is taken after that: the process
                // ends, and the recovery of the next start decides what is durable.
                _ = pulse.tick() => if let Condition::Poisoned(reason) = self.gateway.journal.health().condition {
                    tracing::error!(%reason, "the journal failed");
                    break false;
                }
            }
        };
        tokio::select! {
            () = self.stop() => {}
            // Told twice to stop: what is under way has its intent in the journal and is settled at the next start.
            () = signals.stop() => tracing::warn!("stopped without waiting for the calls under way"),
        }
        well
    }

    /// Reads certificates, the revocation list, the packs and the tables of residency again; a bad file changes nothing.
    pub async fn reload(&self) {
        // Three kinds, each by itself: a bad file of one does not keep the others from being renewed.
        self.reload_certificates().await;
        self.gateway.reload_packs(&self.config, &self.source).await;
        if self.gateway.reload_tables(&self.config, &self.source).await {
            self.filter.replace_tables(self.gateway.door().tables());
        }
    }

    async fn reload_certificates(&self) {
        let now = self.gateway.clock.now();
        let Err(error) = self.reloader.renew(&self.config.tls(), now) else {
            tracing::info!("certificates and revocation list reloaded");
            return;
        };
        tracing::error!(%error, "not reloaded; the old certificates and list stay");
        let facts = BTreeMap::from([("problem", error.to_string())]);
        enter(&self.gateway.journal, now, "certificates_refused", facts).await;
    }

    /// Stops accepting, waits for the calls under way, closes the journal.
    pub async fn stop(self) {
        let gateway = self.stop_listening().await;
        // Retention may still be at work: with the vault closed it destroys nothing more there.
        gateway.persons.vault().close();
        gateway.journal.close();
    }

    /// As [`Running::stop`], but the journal stays open.
    pub async fn stop_listening(self) -> Arc<Gateway> {
        let deadline = Instant::now() + self.config.listen.terms().drain;
        self.stop.send_replace(true);
        self.gateway.persons.ledger.stop(); // whoever watches it would keep the listener waiting
        // The drain: as long as the calls under way take. If the process is killed in it, open intents are settled as
        // `unknown` by the next start, as after a crash.
        let _ = self.listening.await;
        // Calls whose connection is gone are carried out to their end too; what takes longer is settled at the next start.
        self.gateway.under_way.close();
        let _ = tokio::time::timeout_at(deadline, self.gateway.under_way.wait()).await;
        // Its last turn writes what was counted while the journal is still open.
        let _ = self.ticking.await;
        self.gateway.telemetry.flush();
        self.gateway
    }
}
