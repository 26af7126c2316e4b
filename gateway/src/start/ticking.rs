//! Periodic tasks: health and counters once a second, retention once an hour.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use qaqpa_journal::Condition;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::exchange::bulkhead::Shown;
use crate::exchange::circuit_breaker::Circuit;
use crate::gateway::Gateway;
use crate::listen::Reloader;
use crate::persons::retention::INTERVAL;
use crate::start::clock_jump::ClockJump;
use crate::start::{Environment, memory};

/// Once a second: health as the journal's and the state systems', and the counted refusals as one line each. Now and then free memory is given back.
pub(super) async fn tick(
    gateway: Arc<Gateway>,
    health: HealthReporter,
    (environment, reloader): (Environment, Reloader),
    mut stop: watch::Receiver<bool>,
) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut clock_jump = ClockJump::new(environment.clock.clone());
    for ticks in 0_u64.. {
        let stopping = tokio::select! {
            _ = second.tick() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        // On stop one turn more: health says NOT_SERVING, and the last counts are written.
        let journal = gateway.journal.health();
        let vault = gateway.persons.vault().health().is_ok();
        let serving = journal.condition == Condition::Serving && journal.no_spare.is_none() && vault && !stopping;
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        health.set_service_status("", status).await;
        let suspended = suspended(&gateway);
        for operation in gateway.served.values().map(|served| &served.operation) {
            let open = suspended.contains(&operation.system.id);
            let status = if open { ServingStatus::NotServing } else { status };
            health.set_service_status(&operation.service, status).await;
        }
        gateway.tell_residency().await;
        gateway.tell_certificates(&reloader);
        clock_jump.tell(&gateway.journal).await;
        // Written each second, so a crash loses the counts of one second at most.
        gateway.refusal_counter.write(&gateway.journal, environment.clock.now(), stopping).await;
        if ticks % GIVES_BACK == GIVES_BACK - 1 {
            memory::give_back();
        }
        if stopping {
            return;
        }
    }
}

/// Shows how each system is; those to which nothing is sent now.
fn suspended(gateway: &Gateway) -> BTreeSet<String> {
    let mut suspended = BTreeSet::new();
    for Shown { system, circuit, under_way } in gateway.bulkheads.shown() {
        let number = match circuit {
            Circuit::Closed => 0,
            Circuit::HalfOpen => 1,
            Circuit::Open => 2,
        };
        gateway.telemetry.system(system, number, under_way);
        if circuit == Circuit::Open {
            suspended.insert(system.to_owned());
        }
    }
    suspended
}

/// At start and once an hour: destroys what is at its end.
pub(super) async fn keep_retention(gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    let mut hour = tokio::time::interval(INTERVAL.unsigned_abs());
    loop {
        tokio::select! {
            _ = hour.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match gateway.retention().keep().await {
            Ok(done) if done.is_empty() => {}
            Ok(done) => tracing::info!(?done, "destroyed what was at the end of its term"),
            Err(not_done) => {
                tracing::error!(reason = not_done.reason.code(), "retention is behind; it is tried again in an hour")
            }
        }
    }
}

/// Seconds between two looks at free memory.
const GIVES_BACK: u64 = 5;
