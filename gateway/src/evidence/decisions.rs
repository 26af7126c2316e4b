//! What the gateway tells of residency, beside what stands in each exchange's record: verdicts that changed, tables in
//! force, exceptions while they live.
//!
//! ```text
//! {"phase":"ADMIN","event":"endpoint_judged","facts":{"evidence":"endpoint=collector plane=telemetry code=..."}}
//! {"phase":"ADMIN","event":"tables_in_force","facts":{"tables":"iptocc-1.4.175@2026-11-01,ipfire@2026-06-25/3f9a12cd,..."}}
//! {"phase":"ADMIN","event":"exception_alive","facts":{"endpoint":"shep","networks":"145.249.120.0/24","approver":"..."}}
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use qaqpa_journal::Entry;
use qaqpa_policy::residency::{Decision, Exception};

use crate::evidence::record::{self, Event};
use crate::gateway::Gateway;

/// Endpoints whose verdict is kept to tell changes by; declared ones are far fewer.
const KEPT: usize = 1024;

/// The last verdict on each endpoint, and those that changed and are not yet in the journal.
#[derive(Default)]
pub(crate) struct Decisions(Mutex<State>);

#[derive(Default)]
struct State {
    last: HashMap<String, String>,
    changed: Vec<String>,
    alive: usize,
}

impl Decisions {
    /// Keeps a line of evidence; true when it is another than the last one on its endpoint.
    fn keep(&self, decision: &Decision) -> bool {
        let line = decision.to_string();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.last.get(&decision.endpoint).is_some_and(|last| *last == line);
        if !known && state.changed.len() < KEPT {
            state.last.insert(decision.endpoint.clone(), line.clone());
            state.changed.push(line);
        }
        !known
    }

    fn drain(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).changed)
    }

    /// Keeps how many exceptions are alive; true when some ended or came.
    fn count(&self, alive: usize) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut state.alive, alive) != alive
    }
}

impl Gateway {
    /// The door judged an endpoint.
    pub(crate) fn decided(&self, decision: &Decision) {
        self.telemetry.decided(&decision.endpoint, decision.plane.name(), decision.code);
        self.decisions.keep(decision);
    }

    /// Once a second: verdicts that changed, how old the tables are, which exceptions live.
    pub(crate) async fn tell_residency(&self) {
        for evidence in self.decisions.drain() {
            self.enter("endpoint_judged", BTreeMap::from([("evidence", evidence)])).await;
        }
        let today = self.clock.today();
        for facts in self.door.tables().facts() {
            self.telemetry.table_age(&facts.name, i64::from((today - facts.date).get_days()));
        }
        let exceptions: Vec<(&str, &Exception)> = self.exceptions().collect();
        let alive: Vec<_> = exceptions.iter().filter(|(_, exception)| exception.is_alive(today)).collect();
        for (endpoint, exception) in &exceptions {
            let left = (exception.expires() - today).get_days() + 1;
            self.telemetry.exception(endpoint, &exception.expires().to_string(), i64::from(left.max(0)));
        }
        if self.decisions.count(alive.len()) {
            for (endpoint, exception) in &exceptions {
                let event = if exception.is_alive(today) { "exception_alive" } else { "exception_expired" };
                self.enter(event, told_of(endpoint, exception)).await;
            }
        }
    }

    /// Every exception that is declared, with the endpoint or the rule for peers that it belongs to.
    fn exceptions(&self) -> impl Iterator<Item = (&str, &Exception)> {
        let endpoints = self.door.endpoints().map(|endpoint| (endpoint.name(), endpoint.exceptions()));
        let peers = self.peers.rules().map(|rule| (rule.name.as_str(), rule.exceptions.as_slice()));
        endpoints.chain(peers).flat_map(|(name, exceptions)| exceptions.iter().map(move |exception| (name, exception)))
    }

    /// Enters what the gateway did into the journal.
    pub(crate) async fn enter(&self, event: &str, facts: BTreeMap<&str, String>) {
        let line = record::line(&Event { phase: "ADMIN", ts: self.clock.now(), event, facts });
        if let Ok(entry) = Entry::new(line, None) {
            let _ = self.journal.append(entry).await; // a journal that fails shows in health
        }
    }
}

fn told_of(endpoint: &str, exception: &Exception) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("endpoint", endpoint.to_owned()),
        ("networks", exception.networks().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        ("reason", exception.reason().to_owned()),
        ("approver", exception.approver().to_owned()),
        ("expires", exception.expires().to_string()),
    ])
}
