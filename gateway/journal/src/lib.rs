//! The journal: a transparency log of exchanges that anybody can verify, also after the salts of its commitments are
//! destroyed.
//!
//! ```text
//! append ─► queue ─► writer (one write, one sync per batch) ─► seg-NNNNNN.log ─► receipt
//!                          └► RFC 6962 tree ─► keeper ─► hashes, checkpoint (C2SP signed note)
//! directory ─► export (jsonl, bundle.zip) ─► verify (offline, trusts only `trust.toml`)
//! ```
//! A leaf is the exact JSON line as written. It never holds a personal datum: commitments to fields ([`commitment`]) stand in
//! it, their salts, sealed by the gateway, in a sidecar that can be deleted. This crate depends on no gateway, network or clock.
//!
//! It refuses to say "durable" before a sync, to go on after a failed one, to open a directory that lost or changed what its
//! checkpoint signed, and to say "valid" about what it did not check.

pub mod checkpoint;
pub mod commitment;
mod container;
mod entry;
mod error;
pub mod export;
mod files;
mod journal;
mod keeper;
mod lane;
pub mod line;
mod lines;
pub mod note;
mod opened;
pub mod proof;
mod recover;
pub mod salts;
mod sealed_salt;
mod segment;
pub mod tree;
mod trust;
pub mod verify;
mod writer;

pub use entry::{Entry, EntryError};
pub use error::Error;
pub use files::{Files, RealFiles};
pub use journal::{Journal, Options, OutcomeOwed, Reservation};
pub use lane::{Condition, Health, Published, Receipt};
pub use line::strict::LineFault;
pub use lines::{Leaf, Lines, lines};
pub use note::{NoteError, Signer, Vkey};
pub use recover::{OpenIntent, Opening, check};
pub use sealed_salt::{HeldSalt, SealedSalt};
pub use trust::{Trust, TrustError};
