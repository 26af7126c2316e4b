//! How `residency prove` prints what came of each row, for people and as JSON.
//!
//! ```text
//! ok         residency.foreign       0 connections, 0 bytes  an address abroad
//! ```

use std::fmt;

use qaqpa_prove::Shown;

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
            "ground": if self.not_permitted.is_some() { "loopback" } else { "namespace" },
            "not_permitted": self.not_permitted,
            "holds": self.holds(),
            "shown": self.rows.len() - self.count(None),
            "failed": self.count(Some(false)),
            "rows": self.rows,
        })
        .to_string()
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.iter().try_for_each(|row| line(row, f))?;
        if let Some(why) = &self.not_permitted {
            writeln!(f, "no network namespace is permitted here ({why}): what needs addresses abroad is not shown")?;
        }
        let (shown, failed) = (self.rows.len() - self.count(None), self.count(Some(false)));
        write!(f, "{shown} of {} shown, {failed} failed", self.rows.len())
    }
}

fn line(row: &Shown, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let verdict = match row.ok {
        Some(true) => "ok",
        Some(false) => "FAILED",
        None => "not shown",
    };
    let code = row.code.as_deref().unwrap_or("-");
    let (connections, bytes) = (row.connections, row.bytes);
    write!(f, "{verdict:<9}  {code:<22}  {connections} connections, {bytes} bytes  {}", row.what)?;
    if let Some(bytes) = row.reached_bytes {
        write!(f, " ({bytes} bytes where they should)")?;
    }
    if row.ok == Some(false) {
        write!(f, " (wanted {})", row.wanted)?;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(code: Option<&str>, connections: u64, reached_bytes: Option<u64>, ok: Option<bool>) -> Shown {
        let code = code.map(str::to_owned);
        Shown { what: "a place", wanted: "reached", code, connections, bytes: connections * 13, reached_bytes, ok }
    }

    #[test]
    fn text() {
        let rows = vec![
            row(Some("reached"), 0, Some(517), Some(true)),
            row(Some("network"), 2, None, Some(false)),
            row(None, 0, None, None),
        ];
        let wanted = "\
ok         reached                 0 connections, 0 bytes  a place (517 bytes where they should)
FAILED     network                 2 connections, 26 bytes  a place (wanted reached)
not shown  -                       0 connections, 0 bytes  a place
no network namespace is permitted here (a test): what needs addresses abroad is not shown
2 of 3 shown, 1 failed";
        assert_eq!(Proof { rows, not_permitted: Some("a test".to_owned()) }.to_string(), wanted);
    }

    #[test]
    fn json() {
        for (holds, failed, ok) in [(true, 0, Some(true)), (true, 0, None), (false, 1, Some(false))] {
            let proof = Proof { rows: vec![row(Some("reached"), 0, Some(1), ok)], not_permitted: None };
            let told: serde_json::Value = serde_json::from_str(&proof.json()).unwrap();
            let wanted = serde_json::json!({
                "ground": "namespace", "not_permitted": null, "holds": holds,
                "shown": u64::from(ok.is_some()), "failed": failed,
                "rows": [{"what": "a place", "wanted": "reached", "code": "reached", "connections": 0, "bytes": 0,
                          "reached_bytes": 1, "ok": ok}],
            });
            assert_eq!(told, wanted);
        }
    }
}
