//! Adapters: encode and decode messages of state systems (XML, SOAP, WS-Security, SHEP), and PEM; no network, no clock.
pub mod codec;
pub mod pem;
pub mod shep;
pub mod soap;
pub mod wsse;
pub mod xml;
