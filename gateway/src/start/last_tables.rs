//! Rollback protection of the residency tables: dates and digests of those last in force, kept over a restart.
//!
//! One small JSON file beside the configuration: table, date, digest. A file that cannot be read is a problem, not an
//! empty one; who means to begin anew deletes it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::civil::Date;
use qaqpa_residency::Tables;
use serde::{Deserialize, Serialize};

/// Tables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LastTables(BTreeMap<String, Last>);

/// One table, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    date: Date,
    sha256: String,
}

impl LastTables {
    /// What a gateway with these tables remembers.
    #[must_use]
    pub(crate) fn of(tables: &Tables) -> Self {
        let one = |facts: &qaqpa_residency::TableFacts| {
            (facts.stem().to_owned(), Last { date: facts.date, sha256: facts.sha256.clone() })
        };
        Self(tables.facts().map(one).collect())
    }

    /// Reads the file; none yet is nothing remembered.
    ///
    /// # Errors
    /// Unreadable, or not what was written.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the file, whole or not at all. Tables that are remembered and not in force now stay remembered.
    ///
    /// # Errors
    /// As the operating system says.
    pub(crate) fn write(mut self, path: &Path) -> io::Result<()> {
        let before = Self::read(path)?;
        for (name, last) in before.0 {
            self.0.entry(name).or_insert(last);
        }
        let beside = path.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec_pretty(&self)?)?;
        std::fs::rename(&beside, path)
    }

    /// Names and dates, for [`Tables::older_than`].
    #[must_use]
    pub(crate) fn dates(&self) -> Vec<(String, Date)> {
        self.0.iter().map(|(name, last)| (name.clone(), last.date)).collect()
    }
}
