//! Why the vault that a configuration names is not open. The operator is at fault, or the disk. A key is not repeated.
//!
//! Example: `vault.key: the vault key is not the one this vault was made with`

use std::path::PathBuf;

use crate::secret::NotSecret;

/// Why the vault is not open.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The key's file cannot be read, or others may read it.
    #[error("{}: {error}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Which of these.
        error: NotSecret,
    },
    /// The vault's folder cannot be made.
    #[error("{}: {error}", path.display())]
    File {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The key's file holds no key.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: qaqpa_vault::Error,
    },
    /// There is a lane about persons, and no vault.
    #[error(
        "the journal is about persons, and their vault `{}` is not there; put its newest copy back, then run \
         `qaqpa vault restore --config FILE`",
        .0.display()
    )]
    Missing(PathBuf),
    /// The vault is of another lane.
    #[error(
        "the vault `{}` is not the one that this journal was written with; put that one back, then run \
         `qaqpa vault restore --config FILE`",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The vault knows less than the lane says.
    #[error(
        "the vault `{}` is an older copy: it counts {found} changes, the journal {wanted} or more; consents that were withdrawn \
         would live again. Run `qaqpa vault restore --config FILE`, which applies what the journal says",
        file.display()
    )]
    Older {
        /// Its file.
        file: PathBuf,
        /// Its counter.
        found: u64,
        /// The counter in the lane.
        wanted: u64,
    },
    /// A new vault is asked for where there is one.
    #[error("there is a vault at `{}`: move it away before a new one is made", .0.display())]
    Present(PathBuf),
    /// The vault itself.
    #[error(transparent)]
    Vault(#[from] qaqpa_vault::Error),
}
