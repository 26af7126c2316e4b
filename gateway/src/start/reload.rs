//! Reload of policy packs and residency tables in a running gateway: read, compiled and checked as a whole, then
//! swapped atomically.
//!
//! Certificates and the revocation list are reloaded by `running.rs`, which also says when.
//!
//! A bad one never replaces a good one: one problem anywhere and all packs, or all tables, in force stay. Exchanges under
//! way end by the plans they began with. Both outcomes are entered into the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::evidence::lines::enter;
use crate::gateway::Gateway;
use crate::start::config::{Config, Source};
use crate::start::last_tables::LastTables;
use crate::start::setup::Setup;

impl Gateway {
    /// Reads the packs of `config` again. True when they are in force.
    pub async fn reload_packs(&self, config: &Config, source: &Source) -> bool {
        match Setup::packs(config, source, &self.contract) {
            Ok(packs) => {
                // One pointer: an exchange has the old packs or the new, never some of each. A crash before the lines
                // below: the next start reads the new files, and each intent names the pack that judged it.
                let old = self.policies.swap(Arc::new(packs));
                for (operator, plans) in self.policies.load().iter() {
                    let was = old.get(operator).map_or("", |plans| plans.pack().sha256());
                    if was != plans.pack().sha256() {
                        self.enter_reload("pack_replaced", operator, was, plans.pack().sha256()).await;
                    }
                }
                tracing::info!(packs = old.len(), "packs reloaded");
                true
            }
            Err(problems) => {
                for problem in &problems {
                    tracing::error!(%problem, "packs not reloaded; those in force stay");
                }
                self.enter_reload("packs_refused", "", "", "").await;
                false
            }
        }
    }

    /// Enters the tables in force, and remembers them so that no older one follows.
    pub(crate) async fn enter_tables(&self, config: &Config) {
        let tables = self.door.tables();
        // Remembered before the line: a crash in between repeats it, since every start writes the line.
        if let Err(error) = LastTables::of(&tables).write(&config.residency.remembered) {
            tracing::error!(%error, "the tables' dates were not kept; an older table would not be noticed");
        }
        let mut told = BTreeMap::from([("tables", tables.version().to_owned())]);
        told.insert("sha256", tables.facts().map(|facts| facts.sha256.as_str()).collect::<Vec<_>>().join(","));
        enter(&self.journal, self.clock.now(), "tables_in_force", told).await;
    }

    /// Reads the tables of `config` again. True when they are in force.
    pub async fn reload_tables(&self, config: &Config, source: &Source) -> bool {
        match Setup::tables(config, source) {
            Ok(tables) if tables.version() == self.door.tables().version() => true,
            Ok(tables) => {
                // Connections to addresses that do not pass any more end in this call, before the line says so.
                self.door.replace_tables(Arc::new(tables));
                self.enter_tables(config).await;
                tracing::info!(tables = self.door.tables().version(), "tables reloaded");
                true
            }
            Err(problems) => {
                for problem in &problems {
                    tracing::error!(%problem, "tables not reloaded; those in force stay");
                }
                self.telemetry.tables_refused();
                let problems = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                enter(&self.journal, self.clock.now(), "tables_refused", BTreeMap::from([("problems", problems)]))
                    .await;
                false
            }
        }
    }

    async fn enter_reload(&self, event: &str, operator: &str, was: &str, is: &str) {
        let facts = [("operator", operator), ("was_sha256", was), ("is_sha256", is)];
        let facts: BTreeMap<&str, String> = facts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.to_owned()))
            .collect();
        enter(&self.journal, self.clock.now(), event, facts).await;
    }
}
