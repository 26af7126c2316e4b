//! Evidence: the lines of the journal, the counters of refusals that are not written one by one, and the commitments of
//! an exchange.
//!
//! Ids, decisions, digests and commitments, never a personal datum. Only this room makes lines; whoever reads them reads
//! through the same types.

pub mod commit;
pub(crate) mod decisions;
pub mod lines;
pub mod marks;
pub mod refusal_counter;
pub mod salts;
#[cfg(test)]
mod tests;
pub mod usage;
