//! Tests of the policy crate from outside: with the real pack of Avtomektep and the compiled-in contracts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside #[test]")]

mod consent;
mod contracts;
mod minimise;
mod pack;
mod permit;
mod plan;
mod properties;
mod rich;
mod rules;
mod sample;
mod standing;
mod structures;
mod transform;
mod traps;
mod tricky;
