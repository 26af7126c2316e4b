//! Every no: its code, whose fault it is, the status and the texts, and how what policy and adapters refuse becomes one.

mod not_done;
pub mod reason;
mod refused;

pub use not_done::{ERROR_DOMAIN, NotDone};
