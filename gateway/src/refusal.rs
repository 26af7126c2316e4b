//! Every no: its code, whose fault it is, the status and the texts, and how what policy and adapters refuse becomes one.

pub mod denial;
pub mod reason;
mod refused;
