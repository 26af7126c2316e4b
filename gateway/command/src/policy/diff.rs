//! `qaqpa policy diff OLD NEW`: what a new edition lets move, and what it no longer does. Exit code 1 when anything widens.

use std::path::PathBuf;

use qaqpa_papers::diff::{self, Change, Way};
use qaqpa_proto::language::Language;
use serde_json::{Value, json};

use super::print::print;
use super::{Contracts, Finding, How, packs};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pack that is in force
    old: PathBuf,
    /// The pack that is to replace it
    new: PathBuf,
    #[command(flatten)]
    contracts: Contracts,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(arguments: &Arguments) -> Result<Finding, String> {
    let contract = arguments.contracts.load()?;
    let (old, new) = (packs::at(&arguments.old)?.plans(&contract)?, packs::at(&arguments.new)?.plans(&contract)?);
    if old.pack().id() != new.pack().id() {
        return Err(format!("these are packs of two operators, `{}` and `{}`", old.pack().id(), new.pack().id()));
    }
    let language = arguments.how.language;
    let changes = diff::compare(&contract, &old, &new, language);
    let document = diff::document(old.pack(), new.pack(), &changes, language);
    print(arguments.how, &document, || changes.iter().map(json_of).collect());
    Ok(Finding::when(changes.iter().any(|change| change.way == Way::Wider)))
}

fn json_of(change: &Change) -> Value {
    json!({
        "way": change.way.name(Language::En),
        "code": change.code,
        "purpose": change.purpose,
        "flow": change.flow,
        "what": change.what,
        "clause": change.clause,
        "detail": change.detail,
    })
}
