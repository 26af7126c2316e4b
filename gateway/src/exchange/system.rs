//! What is served, and which external system answers it.

use jiff::SignedDuration;
use qaqpa_adapters::codec::Codec;
use qaqpa_adapters::shep::sync::Password;
use qaqpa_proto::Operation;

use crate::exchange::message_security::MessageSecurity;

/// An operation and its compiled codec.
pub struct Served {
    /// From the contract.
    pub operation: Operation,
    /// Its two tables.
    pub codec: Codec,
}

/// An external system as configured.
pub struct System {
    /// Endpoint id.
    pub endpoint: String,
    /// SHEP login.
    pub sender_id: String,
    /// SHEP password, never printed.
    pub password: Password,
    /// How its messages are signed and believed.
    pub security: Box<dyn MessageSecurity>,
    /// How far a reply's date may be from now.
    pub replay_window: SignedDuration,
}
