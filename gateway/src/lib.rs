//! The gateway: listens, walks the corridor, dials, signs, records, answers.
//!
//! Read [`exchange`] first. Everything around it is named after the room it is:
//! [`listen`] (accept, authenticate), [`serve`] (gRPC), [`exchange`] (the corridor), [`persons`] (consents, holds, the gate),
//! [`evidence`] (the journal's lines), [`refusal`] (every no), [`dial`] (residency, send), [`start`] (from files to a gateway).
//! What is decided is decided in `qaqpa-policy`; what is translated, in `qaqpa-adapters`; what is remembered, in
//! `qaqpa-journal`. This crate acts.

pub mod clock;
pub mod dial;
pub mod evidence;
pub mod exchange;
pub mod gateway;
pub mod ids;
pub mod listen;
pub mod persons;
pub mod refusal;
pub mod serve;
pub mod start;
pub mod telemetry;
pub mod tls;

/// An exchange makes some hundreds of small allocations, and mimalloc serves them a tenth of an exchange's CPU cheaper than
/// glibc does. Here and not in `main.rs`, so that tests and the benchmark run on it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
