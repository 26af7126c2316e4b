//! From files to a gateway that listens, and back: configuration, checks, recovery, ticking, reload, signals, drain.

pub mod blueprint;
pub mod config;
mod laptops;
pub mod recovery;
mod reload;
mod remembered;
pub mod running;
pub mod signals;
mod ticking;

pub use running::{Running, listen, start};
