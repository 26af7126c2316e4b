//! A served operation, and the state system that answers it.

use jiff::SignedDuration;
use qaqpa_adapters::codec::Codec;
use qaqpa_adapters::shep::{Channel, Sender};
use qaqpa_proto::Operation;

use crate::exchange::signing::Signing;

/// An operation, its compiled codec and the channel that it is exchanged on.
pub struct Served {
    /// The operation of the contract.
    pub operation: Operation,
    /// Its compiled codec, one table for requests and one for replies.
    pub codec: Codec,
    /// The channel of SHEP that its contract names.
    pub channel: Channel,
}

/// A state system: endpoint, login, signer and replay window of its channel in the configuration. Systems of one
/// channel share it.
pub struct System {
    /// Endpoint id.
    pub endpoint: String,
    /// Our login at SHEP.
    pub sender: Sender,
    /// Our signer and the pinned signers of replies.
    pub signing: Signing,
    /// Replay window: how far the date of a reply may lie from now, either way.
    pub replay_window: SignedDuration,
}
