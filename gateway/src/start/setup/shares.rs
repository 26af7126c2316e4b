//! `[quotas]`: how the passport of each system is divided among the callers that may ask it.
//!
//! Operators share it by their weights, and the callers of an operator its share by theirs: who has many callers has no more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use qaqpa_policy::{Direction, Plans};
use qaqpa_proto::Contract;

use super::Checker;
use crate::exchange::passport::{Division, Passport};
use crate::start::config;

impl Checker<'_> {
    /// Each system's passport and its division.
    pub(super) fn divisions(
        &mut self,
        contract: Option<&Contract>,
        policies: &HashMap<String, Arc<Plans>>,
    ) -> Vec<(String, (Passport, Division))> {
        self.weights_are_known();
        let config = self.config;
        let division = |system: &str| Division {
            guaranteed: f64::from(config.quotas.guaranteed_percent) / 100.0,
            callers: weighed(config, |caller| may_ask(caller, system, contract, policies)),
        };
        config.systems.iter().map(|(id, system)| (id.clone(), (system.passport(), division(id)))).collect()
    }

    fn weights_are_known(&mut self) {
        let config = self.config;
        for id in config.quotas.operators.keys() {
            if !config.operators.iter().any(|operator| operator.id == *id) {
                self.at(&format!("quotas.operators.{id}"), format!("operator `{id}` is not configured"));
            }
        }
        for id in config.quotas.callers.keys() {
            if !config.callers.iter().any(|caller| caller.id == *id) {
                self.at(&format!("quotas.callers.{id}"), format!("caller `{id}` is not configured"));
            }
        }
    }
}

/// Whether some purpose of the caller is offered for some operation of the system.
fn may_ask(
    caller: &config::Caller,
    system: &str,
    contract: Option<&Contract>,
    policies: &HashMap<String, Arc<Plans>>,
) -> bool {
    let Some(plans) = policies.get(&caller.operator) else { return false };
    let offered = |path: &str| caller.purposes.iter().any(|it| plans.plan(path, it, Direction::Request).is_some());
    let mut operations = contract.into_iter().flat_map(Contract::operations);
    caller.role == "exchange" && operations.any(|operation| operation.system.id == system && offered(&operation.path))
}

fn weighed(config: &config::Config, may_ask: impl Fn(&config::Caller) -> bool) -> Vec<(String, f64)> {
    let weight = |weights: &BTreeMap<String, u32>, id: &str| f64::from(weights.get(id).copied().unwrap_or(1));
    let callers: Vec<&config::Caller> = config.callers.iter().filter(|caller| may_ask(caller)).collect();
    let of_operator = |operator: &str| -> f64 {
        let own = callers.iter().filter(|caller| caller.operator == operator);
        own.map(|caller| weight(&config.quotas.callers, &caller.id)).sum()
    };
    let share = |caller: &config::Caller| {
        let within = weight(&config.quotas.callers, &caller.id) / of_operator(&caller.operator);
        weight(&config.quotas.operators, &caller.operator) * within
    };
    callers.iter().map(|caller| (caller.id.clone(), share(caller))).collect()
}
