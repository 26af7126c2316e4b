//! Data that the demo, the development environment and the tests work with, and that is about nobody and nothing real.
//!
//! * [`people`]: persons with IINs that nobody can have, and what a driving school sends of them.
//! * [`tables`]: residency evidence of a made-up world, as text in the form of its sources, for the readers of
//!   `qaqpa-residency`.
//!
//! No gateway depends on this crate: what serves callers has no way to data that is made up.

pub mod people;
pub mod tables;
