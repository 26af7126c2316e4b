//! Why a table is not used. A table with one bad row is refused whole: what else is wrong with it is unknown.

use std::fmt;

/// The file is at fault, not its reader. Reading goes on with the table before it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    /// The file holds no record.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// Less in it than it announces, or than the world has.
    #[error("the {part} is cut short: {problem}")]
    Truncated {
        /// Which file.
        part: &'static str,
        /// What is missing.
        problem: String,
    },
    /// Not one address in Kazakhstan: the table of another purpose, or a broken one.
    #[error("the {0} places no address in Kazakhstan")]
    NoHome(&'static str),
    /// A line that cannot be read.
    #[error("line {line} of the {part}: {problem}")]
    Line {
        /// Which file.
        part: &'static str,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not the format at all.
    #[error("the {part} is no such file: {problem}")]
    Format {
        /// Which file.
        part: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The file states no date, so its age is unknown.
    #[error("the {0} carries no date")]
    Undated(&'static str),
}

impl TableProblem {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) => "table.empty",
            Self::Truncated { .. } => "table.truncated",
            Self::NoHome(_) => "table.no_home",
            Self::Line { .. } => "table.line",
            Self::Format { .. } => "table.format",
            Self::Undated(_) => "table.undated",
        }
    }

    pub(super) fn format(part: &'static str, problem: impl fmt::Display) -> Self {
        Self::Format { part, problem: problem.to_string() }
    }

    pub(super) fn truncated(part: &'static str, problem: impl fmt::Display) -> Self {
        Self::Truncated { part, problem: problem.to_string() }
    }
}
