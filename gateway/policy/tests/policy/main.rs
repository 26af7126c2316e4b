//! Tests of the policy crate from outside: with the real pack of Avtomektep and the compiled-in contracts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside #[test]")]

mod cases;
mod consent;
mod contracts;
mod diff;
mod edition;
mod fence;
mod golden;
mod lands;
mod lint;
mod minimise;
mod mmdb;
mod pack;
mod permit;
mod plan;
mod properties;
mod published;
mod residency;
mod rich;
mod rules;
mod sample;
mod second;
mod second_opinion;
mod standing;
mod structures;
mod tables;
mod transform;
mod traps;
mod tricky;
