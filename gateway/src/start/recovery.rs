//! Crash recovery: opens the journal and settles exchanges that have an intent and no outcome.
//! Called by `running::start`, before it binds.

use qaqpa_journal::line::{Ended, Event, Outcome, Phase};
use qaqpa_journal::{Entry, Error, Journal, Opening, Options, Signer};
use qaqpa_proto::reason::Failure;

use crate::start::Environment;
use crate::start::config;

/// Opens the lane a configuration names.
pub fn open_journal(config: &config::Journal) -> Result<(Journal, Opening), OpenFailed> {
    let text = |error: &dyn std::fmt::Display| OpenFailed::Other(format!("{}: {error}", config.key.display()));
    let key = std::fs::read_to_string(&config.key).map_err(|error| text(&error))?;
    let signer = Signer::parse(&key).map_err(|error| text(&error))?;
    if signer.vkey().name() != config.origin {
        return Err(OpenFailed::Other(format!(
            "the key is of lane `{}`, `journal.origin` says `{}`",
            signer.vkey().name(),
            config.origin
        )));
    }
    std::fs::create_dir_all(&config.directory)
        .map_err(|error| OpenFailed::Other(format!("{}: {error}", config.directory.display())))?;
    let options =
        Options { segment_bytes: u64::from(config.segment_mib) << 20, ..Options::new(&config.directory, signer) };
    Journal::open(options).map_err(|error| match error {
        Error::Locked(_) => OpenFailed::InUse,
        other => OpenFailed::Other(other.to_string()),
    })
}

/// Why a journal is not open.
pub enum OpenFailed {
    /// A running gateway writes it.
    InUse,
    /// Any other error, as a sentence for the operator.
    Other(String),
}

impl std::fmt::Display for OpenFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse => f.write_str("another gateway writes this journal"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Settles each INTENT without OUTCOME as `unknown`: the message may have left and been carried out.
pub(super) async fn settle(journal: &Journal, opening: Opening, environment: &Environment) -> Result<(), Error> {
    let open = opening.open_intents.len();
    for intent in opening.open_intents {
        let txn = intent.txn().to_owned();
        let outcome = Outcome {
            code: Some(Failure::GatewayCrashed.code().into()),
            ..Outcome::new(&txn, environment.clock.now(), Ended::Unknown)
        };
        // A crash in here leaves the others open, and the next start finds them.
        journal.settle_open(intent, Entry::of(&outcome, None)?).await?;
    }
    let facts = [
        ("settled_as_unknown", open.to_string()),
        ("truncated_bytes", opening.truncated_bytes.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    // Also when nothing was open: so each start is a line of the lane.
    let event = Event::new(Phase::Recovery, environment.clock.now(), "start", facts);
    journal.append(Entry::of(&event, None)?).await?;
    Ok(())
}
