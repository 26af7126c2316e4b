//! Epochs of pseudonyms: `[vault] pseudonyms`.

use serde::Deserialize;

/// When pseudonyms change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Epoch {
    /// Every calendar month.
    Monthly,
    /// Every calendar quarter.
    Quarterly,
    /// Every calendar year.
    #[default]
    Yearly,
}

impl Epoch {
    /// The epoch of a day: `2026`, `2026-Q4`, `2026-11`.
    #[must_use]
    pub fn of(self, day: jiff::civil::Date) -> String {
        match self {
            Self::Monthly => format!("{:04}-{:02}", day.year(), day.month()),
            Self::Quarterly => format!("{:04}-Q{}", day.year(), (day.month() - 1) / 3 + 1),
            Self::Yearly => format!("{:04}", day.year()),
        }
    }
}
