//! What came of a row: the code, and what arrived where nothing may.

use serde::Serialize;

use crate::connect::REACHED;
use crate::rows::Row;
use crate::witness::Heard;

/// What came of one row.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// What is tried, in words.
    pub what: &'static str,
    /// The code that it must end with.
    pub wanted: &'static str,
    /// What the connector said; none where it was not shown.
    pub code: Option<String>,
    /// Connections where nothing may arrive.
    pub connections: u64,
    /// Bytes there.
    pub bytes: u64,
    /// Bytes at the address that must be reached; none where there is none.
    pub reached_bytes: Option<u64>,
    /// Whether it went as wanted; none: not shown here.
    pub ok: Option<bool>,
}

impl Shown {
    /// The row as it went.
    pub(crate) fn new(row: &Row, code: String, arrived: &Heard) -> Self {
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
    pub(crate) fn not(row: &Row) -> Self {
        let (what, wanted) = (row.what, row.wanted);
        Self { what, wanted, code: None, connections: 0, bytes: 0, reached_bytes: None, ok: None }
    }
}
