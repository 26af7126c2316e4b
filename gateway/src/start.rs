//! From files to a gateway that listens, and back: configuration, checks, recovery, ticking, reload, signals, drain.

pub mod blueprint;
pub mod config;
mod laptops;
pub mod recovery;
mod reload;
mod remembered;
mod residency;
pub mod running;
pub mod signals;
pub mod surroundings;
mod ticking;

pub use running::{Running, listen, start};
pub use surroundings::Surroundings;
