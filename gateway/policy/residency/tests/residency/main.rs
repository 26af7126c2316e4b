//! Tests of residency from outside: with tables of the tests' own, and against a second reading of the same texts.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod fence;
mod judge;
mod made_up;
mod mmdb;
mod second;
mod second_opinion;
mod tables;
