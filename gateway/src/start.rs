//! Lifecycle of the process: configuration, checks, crash recovery, periodic work, reload, signals, graceful shutdown.

pub mod config;
pub mod environment;
mod laptops;
mod last_tables;
pub mod memory;
pub mod recovery;
mod reload;
mod residency;
pub mod running;
pub mod setup;
pub mod signals;
mod ticking;

pub use environment::Environment;
pub use running::{Running, listen, start};
