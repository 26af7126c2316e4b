//! The shape of the house, kept by a test: who may know whom, what each crate inherits, what lies where, and whose numbers
//! stand in our files. Every rule bears its reason; whoever changes the shape changes the reason with it.
//!
//! It reads the working tree as git would submit it (what is ignored is not looked at), and nothing outside of it.
//!
//! Example of a finding: `gateway/policy/src/plan.rs:17: names a path of one machine`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod advisories;
mod circles;
mod codes;
mod configuration;
mod contracts;
mod doors;
mod files;
mod identities;
mod languages;
mod layers;
mod lines;
mod manifests;
mod rooms;
mod skips;
mod tree;
