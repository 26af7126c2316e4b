//! Inputs of transforms besides the value: the day, on which ages are counted, and the key of pseudonyms.
//!
//! ```text
//! Circumstances { today: 2026-11-20, pseudonyms: None }     age bands move, pseudonyms stay behind
//! ```

use jiff::civil::Date;

use crate::pseudonym::PseudonymKey;

/// Inputs of transforms: the day and the key of pseudonyms for a recipient.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Ages are counted on this day.
    pub today: Date,
    /// Without it, what would be pseudonymised stays behind.
    pub pseudonyms: Option<PseudonymKey>,
}
