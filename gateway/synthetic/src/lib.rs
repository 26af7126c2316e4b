//! Data that the demo, the development environment and the tests work with, and that is about nobody and nothing real.
//!
//! [`tables`]: residency evidence of a made-up world. It is text in the form of its sources, for the readers of
//! `qaqpa-residency`.
//!
//! No gateway depends on this crate: what serves callers has no way to data that is made up.

pub mod tables;
