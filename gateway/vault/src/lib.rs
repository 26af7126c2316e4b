//! The vault: a key per person, consents, restrictions; encrypted, and destroyable for ever (crypto-shredding).
//!
//! ```text
//! IIN ─HMAC─► lookup ─► subject row ─► key row (under the vault key) ─► subject key ─► marks, consents, holds, requests, uses
//! erase ─► the key row becomes zeros where it stands ─► nothing of this person opens, no mark can be computed again
//! ```
//! One SQLite file, one process, one writer thread; whatever was answered is synced. Everything that says something about a
//! person is sealed (AES-256-GCM); an IIN is not even stored sealed, only its keyed hash. This crate depends on no
//! gateway, network or clock.
//!
//! It refuses a wrong key, a file of something else or of a newer program, a file that others may read or another process has
//! open, records that were moved or altered, and, after a failed write, everything.
//!
//! ```
//! # async fn example(file: std::path::PathBuf, key: &str, now: jiff::Timestamp) -> Result<(), qaqpa_vault::Error> {
//! use qaqpa_vault::{Options, Vault, VaultKey};
//! let (vault, _contents) = Vault::open(Options { file, may_make: true, key: VaultKey::parse(key)? })?;
//! let subject = vault.subject("991231500006", now).await?;
//! let mark: [u8; 16] = subject.mark("0191-a");
//! # Ok(()) }
//! ```

mod cache;
mod error;
mod file;
mod key;
mod record;
mod seal;
mod session;
mod subject;
mod table;
mod vault;
mod watched;
mod writer;

pub use error::Error;
pub use file::check;
pub use key::VaultKey;
pub use record::{
    Bond, ConsentRecord, Contents, Erased, Erasure, HoldKind, HoldRecord, KdpToken, Lifted, RequestRecord, Tombstone,
    UseRecord, Withdrawal,
};
pub use subject::{Lookup, Subject};
pub use vault::{Options, Vault};
