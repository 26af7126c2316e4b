//! An entry of a subject's report: the journal's lines of one exchange, with the contract's categories and the policy's
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use prost_types::Timestamp as Stamp;
use qaqpa_journal::line::{Ended, Intent};
use qaqpa_policy::{Direction, Plans, category};
use qaqpa_proto::Operation;
use qaqpa_proto::moment::stamp;
use qaqpa_proto::subject::v1::Usage as Entry;
use qaqpa_proto::subject::v1::{DataUsage, Field, Outcome, Receiver, WithheldCount};
use qaqpa_vault::{ConsentRecord, Subject};

use crate::evidence::marks::consent_mark;
use crate::evidence::usage::{self, Usage};
use crate::gateway::Gateway;
use crate::refusal::NotDone;
use crate::serve::moment;

/// The period of a report.
pub(crate) struct Period {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    inclusive: bool,
}

impl Period {
    /// Two moments, either of which may be absent; `names` are the fields' paths.
    pub(crate) fn read(from: Option<Stamp>, to: Option<Stamp>, names: [&str; 2]) -> Result<Self, NotDone> {
        let [first, last] = names;
        Ok(Self { from: moment(first, from.as_ref())?, to: moment(last, to.as_ref())?, inclusive: false })
    }

    /// With its last moment in it, as Estonia's protocol counts.
    pub(crate) fn inclusive(self) -> Self {
        Self { inclusive: true, ..self }
    }

    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        let begun = self.from.is_none_or(|from| from <= at);
        begun && self.to.is_none_or(|to| at < to || (self.inclusive && at == to))
    }
}

/// One exchange, for a report. `consents` are the person's own.
pub(crate) fn entry(
    gateway: &Gateway,
    usage: &Usage,
    subject: Option<&Subject>,
    consents: &[Arc<ConsentRecord>],
) -> Entry {
    let intent = &usage.intent;
    let operation = gateway.contract.operation(&intent.method);
    let plans = gateway.plans(&intent.who.operator).filter(|plans| plans.pack().sha256() == &*intent.why.policy_sha256);
    let recipient = gateway.plans(&intent.who.operator).and_then(|plans| {
        plans.pack().recipients().iter().find(|known| known.system == *intent.system).map(|known| known.name.kk.clone())
    });
    let relied_on = subject.and_then(|subject| {
        let mine =
            |consent: &&Arc<ConsentRecord>| intent.subjects.relied_on(&consent_mark(subject, &intent.txn, &consent.id));
        consents.iter().find(mine)
    });
    let fields =
        |direction, paths: BTreeSet<&str>| named(gateway, operation, plans.as_deref(), intent, direction, paths);
    let reply = usage.outcome.iter().flat_map(|outcome| outcome.commitments.keys()).map(|path| &**path).collect();
    Entry {
        at: Some(stamp(intent.ts)),
        exchange_id: intent.txn.to_string(),
        caller: intent.who.caller.to_string(),
        acting_for: intent.why.acting_for.to_string(),
        operator: intent.who.operator.to_string(),
        purpose: intent.why.purpose.to_string(),
        dpv: intent.why.dpv.to_string(),
        legal_basis: intent.why.legal_basis.to_string(),
        clause: intent.why.clause.to_string(),
        system: intent.system.to_string(),
        recipient: recipient.unwrap_or_default(),
        operation: intent.method.to_string(),
        outcome: outcome(usage).into(),
        request_fields: fields(Direction::Request, left(usage)),
        reply_fields: fields(Direction::Reply, reply),
        withheld: withheld(usage),
        consent: relied_on.map(|consent| consent.id.clone()).unwrap_or_default(),
    }
}

fn named(
    gateway: &Gateway,
    operation: Option<&Operation>,
    plans: Option<&Plans>,
    intent: &Intent<'_>,
    direction: Direction,
    paths: BTreeSet<&str>,
) -> Vec<Field> {
    let message = operation.map(|operation| match direction {
        Direction::Request => operation.request,
        Direction::Reply => operation.reply,
    });
    let plan = plans.and_then(|plans| plans.plan(&intent.method, &intent.why.purpose, direction));
    let transform = |path: &str| {
        let field = plan?.fields().find(|field| field.path == path)?;
        field.transform?.told()
    };
    let field = |path: &str| Field {
        category: message
            .and_then(|message| usage::category(&gateway.contract, message, path))
            .map(category::named)
            .unwrap_or_default()
            .into(),
        transform: transform(path),
        path: path.to_owned(),
    };
    paths.into_iter().filter(|path| !path.starts_with("context.")).map(field).collect()
}

/// Paths of what left: nothing, where the gate held the message back.
fn left(usage: &Usage) -> BTreeSet<&str> {
    if usage.was_held_back() {
        return BTreeSet::new();
    }
    usage.intent.commitments.keys().map(|path| &**path).collect()
}

fn withheld(usage: &Usage) -> Vec<WithheldCount> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let later = usage.outcome.iter().flat_map(|outcome| &outcome.withheld);
    for (category, count) in usage.intent.withheld.iter().chain(later) {
        *counts.entry(category).or_default() += count;
    }
    counts
        .into_iter()
        .map(|(category, count)| WithheldCount { category: category::named(category).into(), count })
        .collect()
}

/// The result of an exchange by its OUTCOME line; unknown without one.
fn outcome(usage: &Usage) -> Outcome {
    match usage.outcome.as_ref().map(|outcome| outcome.result) {
        Some(Ended::Answered) => Outcome::Answered,
        Some(Ended::Failed) => Outcome::Failed,
        Some(Ended::Unknown) | None => Outcome::Unknown,
    }
}

/// One exchange in the shape of Estonia's usage protocol.
pub(crate) fn data_usage(gateway: &Gateway, usage: &Usage) -> DataUsage {
    let intent = &usage.intent;
    let plans = gateway.plans(&intent.who.operator);
    let title = plans
        .as_ref()
        .and_then(|plans| plans.pack().purpose(&intent.why.purpose))
        .map_or(&*intent.why.purpose, |purpose| &purpose.title.en);
    let operator = plans.as_ref().map(|plans| plans.pack().operator());
    let name = operator
        .filter(|operator| operator.bin.is_some_and(|bin| bin.as_str() == &*intent.why.acting_for))
        .map(|operator| operator.name.en.clone());
    DataUsage {
        logtime: Some(Stamp { nanos: 0, ..stamp(intent.ts) }),
        action: format!("{title} ({})", intent.method.trim_start_matches('/')),
        receiver_code: intent.why.acting_for.to_string(),
        receiver_name: name.unwrap_or_default(),
        receiver_system: intent.who.caller.to_string(),
    }
}

/// The receivers of one of the fields: systems in requests, organisations in replies; with the last time of each.
pub(crate) fn receivers(usages: &[Usage], fields: &[String]) -> Vec<Receiver> {
    let mut found: BTreeMap<(String, String), (BTreeSet<String>, Timestamp)> = BTreeMap::new();
    let mut note = |receiver: (String, String), path: &str, at: Timestamp| {
        if fields.iter().any(|field| field == path) {
            let (paths, last) = found.entry(receiver).or_default();
            paths.insert(path.to_owned());
            *last = at; // usages come oldest first
        }
    };
    for usage in usages {
        let intent = &usage.intent;
        for path in left(usage) {
            note((String::new(), intent.system.to_string()), path, intent.ts);
        }
        for path in usage.outcome.iter().flat_map(|outcome| outcome.commitments.keys()) {
            note((intent.why.acting_for.to_string(), String::new()), path, intent.ts);
        }
    }
    let receiver = |((organisation, system), (fields, last)): (_, (BTreeSet<String>, Timestamp))| Receiver {
        organisation,
        system,
        fields: fields.into_iter().collect(),
        last_at: Some(stamp(last)),
    };
    found.into_iter().map(receiver).collect()
}
