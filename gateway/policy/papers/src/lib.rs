//! What people read of a policy. Decides nothing: it asks the deciding library and writes down what that says, for those
//! who answer for personal data. Only commands and tests use it; nothing in the way of an exchange may.
//!
//! ```text
//! explain    field by field: what moves, in what form, by which clause       matrix     the same as one flat table
//! trace      from each clause to the rules that keep it and what proves it   proof      what stands behind a mechanism
//! diff       what a new edition would newly disclose                         register   the record of processing activities
//! lint       what a pack says that nobody can have meant                     cases      a policy, tried by examples
//! printed    the table that all of them are printed as                       words      their words in kk, ru and en
//! ```
//!
//! No I/O, no clock: packs, contracts and cases come in as text. Refuses nothing but cases that it cannot read.

pub mod cases;
pub mod diff;
pub mod explain;
pub mod lint;
pub mod matrix;
pub mod printed;
pub mod proof;
pub mod register;
pub mod trace;
pub mod words;
