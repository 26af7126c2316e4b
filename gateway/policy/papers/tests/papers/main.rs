//! Tests of the papers from outside: with the packs in `deploy/policies`, the sample pack of the policy crate and the
//! compiled-in contracts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside #[test]")]

mod cases;
mod diff;
mod edition;
mod golden;
mod lint;
mod published;
#[path = "../../../tests/policy/sample.rs"]
#[expect(dead_code, reason = "shared with the tests of the policy crate: only its pack and its plans are wanted here")]
mod sample;
