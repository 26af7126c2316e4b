//! What is served, and which external system answers it.

use jiff::SignedDuration;
use qaqpa_adapters::codec::Codec;
use qaqpa_adapters::shep::{Channel, Sender};
use qaqpa_proto::Operation;

use crate::exchange::signing::Signing;

/// An operation, its compiled codec and the channel that it is exchanged on.
pub struct Served {
    /// From the contract.
    pub operation: Operation,
    /// Its two tables.
    pub codec: Codec,
    /// What its contract says SHEP is to do with a message.
    pub channel: Channel,
}

/// How an external system is reached, as its channel in the configuration says. Systems of one channel share it.
pub struct System {
    /// Endpoint id.
    pub endpoint: String,
    /// As whom we are known there.
    pub sender: Sender,
    /// Who signs our messages, and whose replies are believed.
    pub signing: Signing,
    /// How far a reply's date may be from now.
    pub replay_window: SignedDuration,
}
