//! Why a gateway does not run: its lane, its vault, its certificates or its address. The operator is at fault, or the machine.
//!
//! Example: `vault: vault.key: the vault key is not the one this vault was made with`

use std::io;
use std::net::SocketAddr;

use crate::persons::not_opened::NotOpened;
use crate::persons::not_settled::NotSettled;
use crate::serve::NotDescribed;
use crate::start::recovery::OpenFailed;
use crate::tls::TlsProblem;

/// Why a gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The lane was not opened.
    #[error("journal: {0}")]
    Journal(#[from] OpenFailed),
    /// What a crash left open in the lane was not settled.
    #[error("journal: {0}")]
    Settling(#[from] qaqpa_journal::Error),
    /// The vault was not opened.
    #[error("vault: {0}")]
    Persons(#[from] NotOpened),
    /// What a crash left without its line was not settled.
    #[error("vault: {0}")]
    Unsettled(#[from] NotSettled),
    /// Certificate, key or list of the listener.
    #[error(transparent)]
    Tls(#[from] TlsProblem),
    /// The address is taken, or not this machine's.
    #[error("{address}: {source}")]
    Address {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The contracts cannot be offered by reflection.
    #[error(transparent)]
    Reflection(#[from] NotDescribed),
}
