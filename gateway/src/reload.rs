//! New packs in a running gateway: read, compiled and checked whole, then put in place of the old ones at once.
//!
//! A bad pack never replaces a good one: one problem anywhere and all packs in force stay. Exchanges under way end by the
//! plans they began with. Both outcomes are entered into the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blueprint::Blueprint;
use crate::config::{Config, Source};
use crate::gateway::Gateway;

impl Gateway {
    /// Reads the packs of `config` again. True when they are in force.
    pub async fn reload_packs(&self, config: &Config, source: &Source) -> bool {
        match Blueprint::packs(config, source, &self.contract) {
            Ok(packs) => {
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

    async fn enter_reload(&self, event: &str, operator: &str, was: &str, is: &str) {
        let facts = [("operator", operator), ("was_sha256", was), ("is_sha256", is)];
        let facts: BTreeMap<&str, String> = facts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.to_owned()))
            .collect();
        self.enter(event, facts).await;
    }
}
