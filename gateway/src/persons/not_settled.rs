//! Why what a crash left without its line was not settled. The disk is at fault.
//!
//! Example: `journal.unavailable`, where a line was not taken.

use crate::refusal::NotDone;

/// Why what a crash left without its line was not settled. The disk is at fault.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    /// The vault does not say what took effect.
    #[error(transparent)]
    Vault(#[from] qaqpa_vault::Error),
    /// The lane cannot be read.
    #[error(transparent)]
    Journal(#[from] qaqpa_journal::Error),
    /// The walk through the lane did not end.
    #[error(transparent)]
    Walk(#[from] tokio::task::JoinError),
    /// A line was not taken.
    #[error("{}", .0.reason.code())]
    Line(NotDone),
}
