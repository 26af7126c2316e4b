//! `[[callers]]` against the operators and their packs.

use std::collections::HashMap;
use std::sync::Arc;

use qaqpa_policy::{Bin, CallerMatch, CallerRule, Callers, IssuerRule, Plans, Role};

use super::Checker;
use crate::start::config;

impl Checker<'_> {
    pub(super) fn callers(&mut self, policies: &HashMap<String, Arc<Plans>>) -> Option<Callers> {
        let mut rules = Vec::new();
        for (index, caller) in self.config.callers.iter().enumerate() {
            self.purposes_exist(index, caller, policies);
            rules.extend(self.caller_rule(index, caller));
        }
        match Callers::new(rules) {
            Ok(callers) => Some(callers),
            Err(problems) => {
                problems.iter().for_each(|problem| self.at("callers", problem.to_string()));
                None
            }
        }
    }

    pub(super) fn purposes_exist(
        &mut self,
        index: usize,
        caller: &config::Caller,
        policies: &HashMap<String, Arc<Plans>>,
    ) {
        if !self.config.operators.iter().any(|operator| operator.id == caller.operator) {
            self.at(&format!("callers.{index}.operator"), format!("operator `{}` is not configured", caller.operator));
        }
        let Some(plans) = policies.get(&caller.operator) else { return };
        for purpose in &caller.purposes {
            let problem = match plans.pack().purpose(purpose) {
                None => format!("the pack of `{}` has no purpose `{purpose}`", caller.operator),
                Some(known) if known.prohibited.is_some() => {
                    format!("the pack of `{}` prohibits the purpose `{purpose}`", caller.operator)
                }
                Some(_) => continue,
            };
            self.at(&format!("callers.{index}.purposes"), problem);
        }
    }

    fn caller_rule(&mut self, index: usize, caller: &config::Caller) -> Option<CallerRule> {
        let key = |part: &str| format!("callers.{index}.{part}");
        let role = match caller.role.as_str() {
            "exchange" => Role::Exchange,
            "auditor" => Role::Auditor,
            "officer" => Role::Officer,
            "admin" => Role::Admin,
            _ => {
                self.at(&key("role"), "`role` is exchange, auditor, officer or admin");
                return None;
            }
        };
        let bin = caller.bin.as_deref().and_then(|bin| self.bin(&key("bin"), bin));
        if bin.is_none() && caller.bin.is_some() {
            return None; // what is wrong with it is told
        }
        let matches = match (&caller.uri, bin, &caller.uid, caller.whole_organisation) {
            (Some(uri), None, None, false) => CallerMatch::Uri(uri.clone()),
            (None, Some(bin), Some(uid), false) => CallerMatch::BinAndUid(bin, uid.clone()),
            (None, Some(bin), None, true) => CallerMatch::Bin(bin),
            (None, Some(_), None, false) => {
                self.at(
                    &key("bin"),
                    format!(
                        "caller `{}` is known by `bin` alone, so every certificate of the organisation would be this caller, an \
                         employee's too: name its `uid`, or say `whole_organisation = true`",
                        caller.id
                    ),
                );
                return None;
            }
            _ => {
                self.at(
                    &key("id"),
                    format!(
                        "caller `{}` is known by exactly one of `uri`, `bin` with `uid`, or `bin` with `whole_organisation`",
                        caller.id
                    ),
                );
                return None;
            }
        };
        let on_behalf_of = caller.on_behalf_of.iter().filter_map(|bin| self.bin(&key("on_behalf_of"), bin)).collect();
        Some(CallerRule {
            id: caller.id.clone(),
            matches,
            issuer: caller.issuer.as_deref().map(IssuerRule::parse),
            operator: caller.operator.clone(),
            role,
            purposes: caller.purposes.clone(),
            on_behalf_of,
        })
    }

    pub(super) fn bin(&mut self, key: &str, text: &str) -> Option<Bin> {
        Bin::parse(text).map_err(|error| self.at(key, format!("not a BIN: {error}"))).ok()
    }
}
