//! What is written down: the lines of the journal, who counted what is not written singly, and what an exchange commits to.
//!
//! Ids, decisions, digests and commitments, never a personal datum. Only this room makes lines; whoever reads them reads
//! through the same types.

pub mod commit;
pub(crate) mod decisions;
pub(crate) mod line;
pub mod marks;
pub mod record;
pub mod refusal_counter;
#[cfg(test)]
mod tests;
pub mod usage;
