//! The commands that show a pack and judge nothing: explain, matrix, trace, register.

use qaqpa_papers::explain::Filter;
use qaqpa_papers::matrix::{self, Cell};
use qaqpa_papers::trace::Trace as Traces;
use qaqpa_papers::{explain, proof, register};
use qaqpa_policy::{Direction, Plans};
use qaqpa_proto::language::Language;
use serde_json::{Value, json};

use super::packs::One;
use super::print::print;
use super::{Contracts, Finding, Form, How};

#[derive(Debug, clap::Args)]
pub(crate) struct Plain {
    #[command(flatten)]
    pack: One,
    #[command(flatten)]
    contracts: Contracts,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    plain: Plain,
    /// Operation, `package.Service/Method` or the method alone; all when absent
    #[arg(long, value_name = "OPERATION")]
    rpc: Option<String>,
    /// Purpose id; all when absent
    #[arg(long, value_name = "ID")]
    purpose: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Trace {
    #[command(flatten)]
    plain: Plain,
}

pub(super) fn explain(arguments: &Explain) -> Result<Finding, String> {
    let Plain { pack, contracts, how } = &arguments.plain;
    let plans = pack.find()?.plans(&contracts.load()?)?;
    let filter = Filter { operation: arguments.rpc.as_deref(), purpose: arguments.purpose.as_deref() };
    let cells = explained(&plans, filter, how.language);
    let mut document = explain::document(&plans, filter, how.language);
    if document.tables.len() < 2 && (filter.operation.is_some() || filter.purpose.is_some()) {
        return Err(nothing(&plans, filter));
    }
    if how.format == Form::Csv {
        document.tables = vec![matrix::list(&cells, how.language)]; // several tables would each have a header
    }
    print(*how, &document, || cells.iter().map(|cell| json_of(cell, how.language)).collect());
    Ok(Finding::None)
}

/// The cells that a filter takes.
fn explained(plans: &Plans, filter: Filter<'_>, language: Language) -> Vec<Cell> {
    let takes = |cell: &Cell| {
        let method = cell.operation.rsplit_once('/').map(|(_, method)| method);
        let operation = filter.operation.map(|wanted| wanted.trim_start_matches('/'));
        operation.is_none_or(|wanted| wanted == cell.operation || Some(wanted) == method)
            && filter.purpose.is_none_or(|wanted| wanted == cell.purpose)
    };
    matrix::all(plans, language).into_iter().filter(takes).collect()
}

/// What there would have been.
fn nothing(plans: &Plans, filter: Filter<'_>) -> String {
    let pack = plans.pack();
    if let Some(purpose) = filter.purpose.filter(|id| pack.purpose(id).is_none()) {
        let known: Vec<&str> = pack.purposes().iter().map(|purpose| purpose.id.as_str()).collect();
        return format!("the pack has no purpose `{purpose}`; there are {}", known.join(", "));
    }
    let known: Vec<&str> = plans.operations().map(|operation| operation.trim_start_matches('/')).collect();
    format!(
        "no purpose of the pack uses this operation, or this purpose uses none; operations are {}",
        known.join(", ")
    )
}

pub(super) fn matrix(arguments: &Plain) -> Result<Finding, String> {
    let Plain { pack, contracts, how } = arguments;
    let plans = pack.find()?.plans(&contracts.load()?)?;
    let cells = matrix::all(&plans, how.language);
    let mut document = matrix::document(&plans, how.language);
    if how.format == Form::Csv {
        document.tables = vec![matrix::list(&cells, how.language)];
    }
    print(*how, &document, || cells.iter().map(|cell| json_of(cell, how.language)).collect());
    Ok(Finding::None)
}

fn json_of(cell: &Cell, language: Language) -> Value {
    json!({
        "operation": cell.operation,
        "purpose": cell.purpose,
        "direction": match cell.direction { Direction::Request => "request", Direction::Reply => "reply" },
        "field": cell.path,
        "category": cell.category,
        "moves": cell.moves,
        "transform": cell.transform,
        "clause": cell.clause,
        "note": cell.note(language),
    })
}

/// Exit code 1 when a clause has no keeper or no proof.
pub(super) fn trace(arguments: &Trace) -> Result<Finding, String> {
    let Plain { pack, contracts, how } = &arguments.plain;
    let (found, contract) = (pack.find()?, contracts.load()?);
    let pack = found.pack()?;
    let cases = found.cases(&contract, &pack)?;
    let trace = Traces::of(&pack, cases.as_ref().map(|(_, cases)| cases), how.language);
    let document = match how.format {
        Form::Text => trace.summary(how.language),
        Form::Md | Form::Csv | Form::Json => trace.document(how.language),
    };
    print(*how, &document, || {
        let clauses = trace.clauses().iter().map(|traced| {
            let proofs = traced.mechanisms.iter().map(|mechanism| {
                let proof = proof::of(*mechanism);
                json!({ "mechanism": mechanism.name(), "code": proof.code, "tests": proof.tests })
            });
            json!({
                "clause": traced.clause.number,
                "says": traced.clause.says.in_language(how.language),
                "rules": traced.rules,
                "mechanisms": proofs.collect::<Vec<_>>(),
                "cases": traced.cases,
                "not_enforceable": traced.clause.not_enforceable.as_ref().map(|why| why.in_language(how.language)),
                "gap": traced.gap().map(|gap| gap.to_string()),
                "line": traced.clause.place.line,
            })
        });
        json!({ "operator": pack.id(), "edition": pack.edition(), "clauses": clauses.collect::<Vec<_>>() })
    });
    Ok(Finding::when(trace.gaps().next().is_some()))
}

pub(super) fn register(arguments: &Plain) -> Result<Finding, String> {
    let Plain { pack, contracts, how } = arguments;
    let contract = contracts.load()?;
    let document = register::document(&contract, &pack.find()?.pack()?, how.language);
    print(*how, &document, || serde_json::to_value(&document).unwrap_or_default());
    Ok(Finding::None)
}
