//! The gateway: listens, walks the corridor, dials, signs, records, answers.
//!
//! Read [`exchange`] first. Everything around it is named after the room it is:
//! [`listen`] and [`identity`] (accept, authenticate), [`quota`], [`dial`] (residency, send), [`message_security`] (sign,
//! believe), [`record`] and [`commit`] (the journal's lines), [`reason`] and [`denial`] (every no).
//! What is decided is decided in `qaqpa-policy`; what is translated, in `qaqpa-adapters`; what is remembered, in
//! `qaqpa-journal`. This crate acts.

pub mod blueprint;
pub mod client;
pub mod clock;
pub mod command;
pub mod commit;
pub mod config;
pub mod denial;
pub mod development;
pub mod dial;
pub mod duplicate;
mod evidence;
pub mod exchange;
pub mod flood;
pub mod gateway;
pub mod grpc;
pub mod holds;
pub mod identity;
pub mod inbound;
pub mod kdp;
pub mod listen;
pub mod message_security;
pub mod persons;
pub mod quota;
pub mod reason;
mod receipt;
pub mod record;
mod reflection;
mod refused;
mod reload;
mod remembered;
mod reply;
mod residency;
pub mod retention;
mod revocation;
pub mod service;
pub mod shadow;
pub mod subjects;
pub mod telemetry;
pub mod usage;
pub mod working_days;

/// An exchange makes some hundreds of small allocations, and mimalloc serves them a tenth of an exchange's CPU cheaper than
/// glibc does. Here and not in `main.rs`, so that tests and the benchmark run on it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
