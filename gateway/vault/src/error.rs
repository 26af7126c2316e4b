//! Errors of the vault, each with who is at fault. No variant repeats a personal datum, a key or what SQLite said about
//! a value: only what was being done and SQLite's result code.
//!
//! Example: `the vault key is not the one this vault was made with`.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ffi;

/// Why a vault could not be opened, or did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The operator's key text is not `qaqpa-vault-key-v1:` and 43 letters of base64url.
    #[error("the vault key is not of the form `qaqpa-vault-key-v1:` with 32 bytes in base64url behind it")]
    KeyForm,
    /// The key is of another vault, or the check value is damaged; the two cannot be told apart. The operator is at
    /// fault.
    #[error("the vault key is not the one this vault was made with")]
    WrongKey,
    /// The file is not a vault.
    #[error("the file `{}` is not a vault", .0.display())]
    Foreign(PathBuf),
    /// The file was cut off, or its pages contradict each other.
    #[error("the vault file `{}` is damaged: {fault}", file.display())]
    Damaged {
        /// The vault's file.
        file: PathBuf,
        /// The fault.
        fault: &'static str,
    },
    /// A newer program wrote this vault.
    #[error("the vault has schema version {found}, this program knows up to {known}")]
    Newer {
        /// The version in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Another process (or handle) has it open.
    #[error("the vault file `{}` is in use by another gateway", .0.display())]
    Locked(PathBuf),
    /// There is no vault, and the caller did not ask for a new one.
    #[error("the vault file `{}` is not there", .0.display())]
    Missing(PathBuf),
    /// Another hand removed, replaced or cut off a file of the running vault. Only a restart, which looks at what is there, helps.
    #[error("the vault's file `{}` was removed, replaced or changed under the running gateway", .0.display())]
    Touched(PathBuf),
    /// Others than the owner may read or write the file.
    #[error("the vault file `{}` has mode {mode:o}; only its owner may read it (600)", file.display())]
    Exposed {
        /// The vault's file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A sealed record does not open with its key, row and subject: it was altered or moved.
    #[error("a sealed record of `{0}` does not open: it was altered or moved")]
    Sealed(&'static str),
    /// The person's records were destroyed after this handle was made.
    #[error("the subject was erased meanwhile")]
    Erased,
    /// The caller brings an id that another subject's record, or another erasure, has.
    #[error("the id is taken by another record of `{0}`")]
    Taken(&'static str),
    /// More is waiting than the queue holds; nothing was written.
    #[error("the vault's queue is full")]
    Busy,
    /// The operating system gives no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The disk or SQLite refused. Nothing of this call is promised to be durable.
    #[error("{what} failed (sqlite result {code})")]
    Storage {
        /// The operation that failed.
        what: &'static str,
        /// SQLite's extended result code, <https://sqlite.org/rescode.html>.
        code: i32,
    },
    /// The file system refused.
    #[error("{what} failed: {kind}")]
    Io {
        /// The operation that failed.
        what: &'static str,
        /// The error of the operating system.
        kind: std::io::ErrorKind,
    },
    /// After a failed write only a restart, which recovers, helps.
    #[error("the vault stopped: {0}")]
    Stopped(Arc<str>),
    /// It was closed.
    #[error("the vault is closed")]
    Closed,
}

/// Says what was being done when SQLite or the system refused.
pub(crate) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|error| {
            let code = error.sqlite_error().map_or(ffi::SQLITE_MISMATCH, |error| error.extended_code);
            Error::Storage { what, code }
        })
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|error| Error::Io { what, kind: error.kind() })
    }
}

impl Error {
    /// Whether the file may no longer be what the program believes: the vault must stop.
    pub(crate) fn ends_the_vault(&self) -> bool {
        let code = match self {
            Self::Storage { code, .. } => code,
            Self::Touched(_) => return true,
            _ => return false,
        };
        // A full disk may get room again, and nothing is half written; see https://sqlite.org/rescode.html for the others.
        !matches!(code & 0xFF, ffi::SQLITE_FULL | ffi::SQLITE_CONSTRAINT | ffi::SQLITE_TOOBIG | ffi::SQLITE_MISMATCH)
    }
}
