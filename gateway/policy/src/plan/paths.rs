//! Paths that rules name with `only`, against the contracts. A misspelt path would silently withhold what it means to
//! release, and nobody would learn why.

use qaqpa_proto::v1::Category;
use qaqpa_proto::{Contract, Field, FieldKind, MessageIndex};

use super::PlanProblem;
use super::rules::{concerns, is_structured, join};
use crate::pack::{Pack, Purpose, Rule};
use crate::suggest::nearest;

/// Every `only` of a pack that no field answers to.
pub(super) fn problems(contract: &Contract, pack: &Pack) -> Vec<PlanProblem> {
    let mut problems = Vec::new();
    for purpose in pack.purposes() {
        let requests = purpose.disclose.iter().map(|rule| (rule, true));
        let replies = purpose.receive.iter().map(|rule| (rule, false));
        for (rule, is_request) in requests.chain(replies).filter(|(rule, _)| !rule.only.is_empty()) {
            let places = places(contract, purpose, rule, is_request);
            problems.extend(rule.only.iter().filter_map(|path| problem(purpose, rule, path, &places)));
        }
    }
    problems
}

/// A field of some message: where, what, and whether it holds others.
struct Spot {
    path: String,
    category: Category,
    structured: bool,
}

fn problem(purpose: &Purpose, rule: &Rule, path: &str, places: &[Spot]) -> Option<PlanProblem> {
    let mut found = places.iter().filter(|spot| spot.path == path).peekable();
    let is_known = found.peek().is_some();
    if found.any(|spot| spot.structured || spot.category == rule.category) {
        return None;
    }
    let of_category = places.iter().filter(|spot| spot.category == rule.category).map(|spot| spot.path.as_str());
    Some(PlanProblem::RulePath {
        purpose: purpose.id.clone(),
        path: path.to_owned(),
        line: rule.place.line,
        problem: if is_known { "which is of another category" } else { "which none of its operations has" },
        suggestion: nearest(path, of_category).map(str::to_owned),
    })
}

fn places(contract: &Contract, purpose: &Purpose, rule: &Rule, is_request: bool) -> Vec<Spot> {
    let mut places = Vec::new();
    let operations = contract.operations().iter();
    for operation in operations.filter(|operation| purpose.uses(&operation.path) && concerns(rule, operation)) {
        let root = if is_request { operation.request } else { operation.reply };
        collect(contract, root, "", &mut Vec::new(), &mut places);
    }
    places
}

fn collect(
    contract: &Contract,
    index: MessageIndex,
    above: &str,
    open: &mut Vec<MessageIndex>,
    places: &mut Vec<Spot>,
) {
    if open.contains(&index) {
        return;
    }
    open.push(index);
    for field in contract.message(index).fields.iter().filter(|field| field.category != Category::Control) {
        let path = join(above, &field.name);
        for (name, inner) in inside(field) {
            collect(contract, inner, &join(&path, name), open, places);
        }
        places.push(Spot { path, category: field.category, structured: is_structured(field.kind) });
    }
    open.pop();
}

/// The messages in a field, and what paths call them; nothing where the field's name is enough.
fn inside(field: &Field) -> Vec<(&str, MessageIndex)> {
    match field.kind {
        FieldKind::Message(inner) | FieldKind::Map(inner) => vec![("", inner)],
        FieldKind::Any => field.any.iter().map(|packed| (packed.short.as_str(), packed.message)).collect(),
        _ => Vec::new(),
    }
}
