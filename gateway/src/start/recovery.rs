//! Crash recovery: opens the journal and settles exchanges that have an intent and no outcome.
//! Called by `running::start`, before it binds.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use qaqpa_journal::line::{Ended, Event, Outcome, Phase};
use qaqpa_journal::{Entry, Error, Journal, NoteError, Opening, Options, Signer};
use qaqpa_proto::reason::Failure;
use qaqpa_vault::Bond;

use crate::persons::said;
use crate::secret::{self, NotSecret};
use crate::start::Environment;
use crate::start::config;

/// Opens the lane a configuration names.
///
/// # Errors
/// [`OpenFailed`].
pub fn open_journal(config: &config::Journal) -> Result<(Journal, Opening), OpenFailed> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenFailed::File { path, error }
    };
    let key = secret::text(&config.key).map_err(|error| OpenFailed::Secret { path: config.key.clone(), error })?;
    let signer = Signer::parse(&key).map_err(|error| OpenFailed::Key { path: config.key.clone(), error })?;
    if signer.vkey().name() != config.origin {
        let (key, origin) = (signer.vkey().name().to_owned(), config.origin.clone());
        return Err(OpenFailed::OtherLane { key, origin });
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&config.directory).map_err(file(&config.directory))?;
    is_the_gateways_alone(&config.directory)?;
    let options =
        Options { segment_bytes: u64::from(config.segment_mib) << 20, ..Options::new(&config.directory, signer) };
    Journal::open(options).map_err(|error| match error {
        Error::Locked(_) => OpenFailed::InUse,
        other => OpenFailed::Journal(other),
    })
}

/// Whether nobody but its owner may put files into a folder, or take them out. One that is not there yet is.
///
/// # Errors
/// [`OpenFailed::Exposed`].
pub(crate) fn is_the_gateways_alone(directory: &Path) -> Result<(), OpenFailed> {
    let mode = std::fs::metadata(directory).map_or(0, |folder| folder.permissions().mode() & 0o7777);
    match mode & 0o022 {
        0 => Ok(()),
        _ => Err(OpenFailed::Exposed { path: directory.to_owned(), mode }),
    }
}

/// Why a journal is not open. The operator is at fault, or the disk.
#[derive(Debug, thiserror::Error)]
pub enum OpenFailed {
    /// A running gateway writes it.
    #[error("another gateway writes this journal")]
    InUse,
    /// The key's file cannot be read, or the directory not be made.
    #[error("{}: {error}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The key's file cannot be read, or others may read it.
    #[error("{}: {error}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Which of these.
        error: NotSecret,
    },
    /// Others may write to the journal's folder.
    #[error("{}: others may write there (mode {mode:04o}); chmod 700 makes it the gateway's alone", path.display())]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key's file holds no key.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong; the key is not repeated.
        error: NoteError,
    },
    /// The key signs for another lane.
    #[error("the key is of lane `{key}`, `journal.origin` says `{origin}`")]
    OtherLane {
        /// The key's lane.
        key: String,
        /// The configured one.
        origin: String,
    },
    /// Options, or what is in the directory.
    #[error(transparent)]
    Journal(Error),
}

/// Settles each INTENT without OUTCOME as `unknown`: the message may have left and been carried out.
/// And writes that the gateway starts, with which vault.
pub(super) async fn settle(
    journal: &Journal,
    opening: Opening,
    bond: &Bond,
    environment: &Environment,
) -> Result<(), Error> {
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
    let facts = facts.into_iter().chain(said::facts(bond));
    // Also when nothing was open: so each start is a line of the lane.
    let event = Event::new(Phase::Recovery, environment.clock.now(), "start", facts);
    journal.append(Entry::of(&event, None)?).await?;
    Ok(())
}
