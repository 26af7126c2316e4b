//! Tests of the policy crate from outside: with the real pack of Avtomektep and the compiled-in contracts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside #[test]")]

mod cases;
mod consent;
mod contracts;
mod diff;
mod edition;
mod golden;
mod lint;
mod minimise;
mod pack;
mod permit;
mod plan;
mod properties;
mod published;
mod residency;
mod rich;
mod rules;
mod sample;
mod standing;
mod structures;
mod transform;
mod traps;
mod tricky;
