//! Lifecycle of the process: configuration, checks, crash recovery, periodic work, reload, signals, graceful shutdown.
//!
//! | when | what | file |
//! |---|---|---|
//! | first | descriptors up to the hard limit, no core file, no huge pages | `process.rs`, `memory.rs`, called by `qaqpa serve` |
//! | then | `gateway.toml` is read (once; SIGHUP does not read it again), everything it names is checked | `config.rs`, `setup.rs` |
//! | before anything listens | intents that a crash left without outcome are settled | `recovery.rs`, called by `running.rs` |
//! | before that | the vault is judged by what the lane says of it | `running.rs`, `persons/bond.rs`; `restore.rs` for the command that repairs it |
//! | each second, each hour | health, counted refusals; what is at the end of its term | `ticking.rs` |
//! | SIGHUP | certificates, revocation list; packs, tables | `running.rs` (`Running::reload`), `reload.rs` |
//! | SIGTERM | drain, then close | `running.rs` (`Running::stop`) |

mod certificates;
mod clock_jump;
pub mod config;
pub mod environment;
mod laptops;
mod last_tables;
pub mod memory;
pub mod not_started;
pub mod process;
pub mod recovery;
mod reload;
mod residency;
pub mod restore;
pub mod running;
pub mod setup;
pub mod signals;
mod ticking;

pub use environment::Environment;
pub use not_started::NotStarted;
pub use running::{Running, listen, start};
