//! Journal lines and metrics about residency beside those of exchanges: changed verdicts, tables in force, live
//! exceptions.
//!
//! ```text
//! {"phase":"ADMIN","event":"endpoint_judged","facts":{"evidence":"endpoint=collector plane=telemetry code=..."}}
//! {"phase":"ADMIN","event":"tables_in_force","facts":{"tables":"iptocc-1.4.175@2026-11-01,ipfire@2026-06-25/3f9a12cd,..."}}
//! {"phase":"ADMIN","event":"exception_alive","facts":{"endpoint":"shep","networks":"145.249.120.0/24","approver":"..."}}
//! ```

use std::collections::BTreeMap;

use qaqpa_residency::{Decision, Exception};

use crate::evidence::lines::enter;
use crate::gateway::Gateway;

impl Gateway {
    /// The door judged an endpoint.
    pub(crate) fn decided(&self, decision: &Decision) {
        self.telemetry.decided(&decision.endpoint, decision.plane.name(), decision.code());
        self.decisions.keep(decision);
    }

    /// Once a second: verdicts that changed, how old the tables are, which exceptions live.
    pub(crate) async fn tell_residency(&self) {
        // Taken out before they are written: a crash loses these lines, not the evidence, which each intent bears
        // itself.
        for evidence in self.decisions.drain() {
            enter(&self.journal, self.clock.now(), "endpoint_judged", BTreeMap::from([("evidence", evidence)])).await;
        }
        let today = self.clock.today();
        for (facts, limit_days) in self.door.tables().limits() {
            let age = i64::from((today - facts.date).get_days());
            self.telemetry.table(&facts.name, age, i64::from(limit_days) - age);
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
                enter(&self.journal, self.clock.now(), event, told_of(endpoint, exception)).await;
            }
        }
    }

    /// Every exception that is declared, with the endpoint or the rule for peers that it belongs to.
    fn exceptions(&self) -> impl Iterator<Item = (&str, &Exception)> {
        let endpoints = self.door.endpoints().map(|endpoint| (endpoint.name(), endpoint.exceptions()));
        let peers = self.peers.rules().map(|rule| (rule.name.as_str(), rule.exceptions.as_slice()));
        endpoints.chain(peers).flat_map(|(name, exceptions)| exceptions.iter().map(move |exception| (name, exception)))
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
