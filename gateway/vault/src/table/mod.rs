//! The tables, one file an idea. Every function here runs on the writer thread, inside its transaction.

pub(crate) mod bond;
pub(crate) mod consent;
pub(crate) mod erasure;
pub(crate) mod last_use;
pub(crate) mod person;
pub(crate) mod sealed_record;
pub(crate) mod sealed_table;
