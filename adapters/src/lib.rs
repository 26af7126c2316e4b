//! Translates between the gateway and the state: bytes in, bytes out, no network, no clock.
pub mod codec;
pub mod shep;
pub mod soap;
pub mod wsse;
pub mod xml;
