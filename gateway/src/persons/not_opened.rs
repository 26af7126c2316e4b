//! Why the vault that a configuration names is not open. The operator is at fault, or the disk. A key is not repeated.
//!
//! Example: `vault.key: the vault key is not the one this vault was made with`

use std::path::PathBuf;

/// Why the vault is not open.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The key's file cannot be read, or the vault's folder not be made.
    #[error("{}: {error}", path.display())]
    File {
        /// Which one.
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
    /// The vault itself.
    #[error(transparent)]
    Vault(#[from] qaqpa_vault::Error),
}
