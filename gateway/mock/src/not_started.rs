//! Why there is no mock government.

use std::io;

use qaqpa_adapters::codec::CodecProblem;

use crate::RepliesProblem;

/// Why it did not start. Whoever starts it is at fault, or the machine.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The address is taken or not this machine's.
    #[error("the address cannot be listened on")]
    Listen(#[source] io::Error),
    /// Plain HTTP would carry passwords over a network.
    #[error("without TLS the mock listens on loopback only")]
    PlainAwayFromLoopback,
    /// A contract that cannot be written as XML.
    #[error("the contract cannot be served: {0}")]
    Contract(#[from] CodecProblem),
    /// Replies in files that the contract does not know.
    #[error("the replies cannot be served: {0}")]
    Replies(#[from] RepliesProblem),
}
