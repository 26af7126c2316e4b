//! Checks recipients: every system behind the operations of a purpose must be listed in the pack.
//!
//! ```text
//! line 61: purpose `reporting` reaches the system `avtoshkola` through `qaqpa.avtoshkola.v1.Training/*`, which the
//! pack does not list as a recipient
//! ```

use std::collections::BTreeSet;

use qaqpa_proto::Contract;

use super::PlanProblem;
use crate::pack::Pack;
use crate::suggest::nearest;

/// Every system that an operation pattern reaches and the pack does not list, once per pattern.
pub(super) fn problems(contract: &Contract, pack: &Pack) -> Vec<PlanProblem> {
    let mut problems = Vec::new();
    for purpose in pack.purposes() {
        for pattern in &purpose.operations {
            let reached = contract.operations().iter().filter(|operation| pattern.covers(&operation.path));
            let systems: BTreeSet<&str> = reached.map(|operation| operation.system.id.as_str()).collect();
            problems.extend(systems.into_iter().filter(|system| pack.recipient(system).is_none()).map(|system| {
                let listed = pack.recipients().iter().map(|recipient| recipient.system.as_str());
                PlanProblem::NotARecipient {
                    purpose: purpose.id.clone(),
                    operation: pattern.text.clone(),
                    system: system.to_owned(),
                    line: pattern.line,
                    suggestion: nearest(system, listed).map(str::to_owned),
                }
            }));
        }
    }
    problems
}
