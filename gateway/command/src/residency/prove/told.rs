//! What `residency prove` tells of each row: the code, and what arrived where nothing may.
//!
//! ```text
//! ok         residency.foreign       0 connections, 0 bytes  an address abroad
//! ```

use std::fmt;

use serde::Serialize;

use super::connect::REACHED;
use super::rows::Row;
use super::witness::Heard;

/// One row, shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    what: &'static str,
    wanted: &'static str,
    /// What the connector said; none where it was not shown.
    code: Option<String>,
    /// Where nothing may arrive.
    connections: u64,
    bytes: u64,
    /// At the address that must be reached; none where there is none.
    reached_bytes: Option<u64>,
    /// None: not shown here.
    ok: Option<bool>,
}

impl Shown {
    /// The row as it went.
    pub(super) fn new(row: &Row, code: String, arrived: &Heard) -> Self {
        let (connections, bytes) = arrived.beside(row.reached);
        let reached_bytes = row.reached.map(|address| arrived.at(address).1);
        let code = match row.wanted {
            REACHED if !code.starts_with("residency.") && reached_bytes > Some(0) => REACHED.to_owned(),
            _ => code,
        };
        let ok = code == row.wanted && (connections, bytes) == (0, 0) && reached_bytes != Some(0);
        Self { what: row.what, wanted: row.wanted, code: Some(code), connections, bytes, reached_bytes, ok: Some(ok) }
    }

    /// The row, which needs listeners that cannot be here.
    pub(super) fn not(row: &Row) -> Self {
        let (what, wanted) = (row.what, row.wanted);
        Self { what, wanted, code: None, connections: 0, bytes: 0, reached_bytes: None, ok: None }
    }
}

/// All rows.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) rows: Vec<Shown>,
    /// Why there is no namespace.
    pub(super) not_permitted: Option<String>,
}

impl Proof {
    /// Whether every row that was shown is as wanted.
    pub(super) fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.ok != Some(false))
    }

    fn count(&self, ok: Option<bool>) -> usize {
        self.rows.iter().filter(|row| row.ok == ok).count()
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        serde_json::json!({
            "listeners": if self.not_permitted.is_some() { "loopback" } else { "namespace" },
            "not_permitted": self.not_permitted,
            "holds": self.holds(),
            "shown": self.rows.len() - self.count(None),
            "failed": self.count(Some(false)),
            "rows": self.rows,
        })
        .to_string()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.ok {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "not shown",
        };
        let code = self.code.as_deref().unwrap_or("-");
        let (connections, bytes) = (self.connections, self.bytes);
        write!(f, "{verdict:<9}  {code:<22}  {connections} connections, {bytes} bytes  {}", self.what)?;
        if let Some(bytes) = self.reached_bytes {
            write!(f, " ({bytes} bytes where they should)")?;
        }
        if self.ok == Some(false) { write!(f, " (wanted {})", self.wanted) } else { Ok(()) }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        if let Some(why) = &self.not_permitted {
            writeln!(f, "no network namespace is permitted here ({why}): what needs addresses abroad is not shown")?;
        }
        let (shown, failed) = (self.rows.len() - self.count(None), self.count(Some(false)));
        write!(f, "{shown} of {} shown, {failed} failed", self.rows.len())
    }
}
