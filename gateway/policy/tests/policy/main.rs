//! Tests of the policy crate from outside: with the real pack of Avtomektep and the compiled-in contracts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside #[test]")]

mod consent;
mod golden;
mod minimise;
mod pack;
mod permit;
mod plan;
mod residency;
mod sample;
mod tricky;
