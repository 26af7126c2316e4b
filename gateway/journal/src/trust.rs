//! `trust.toml`: the public keys of lanes that an auditor trusts, from a file that did not come with the evidence.
//!
//! ```toml
//! [[lane]]
//! origin = "gw-almaty-1.example.kz/audit/2026"
//! key = "gw-almaty-1.example.kz/audit/2026+1b2c3d4e+AQ…"
//! ```
//! Refused: unknown keys, a key under another lane's name, two keys for one lane.

use serde::Deserialize;

use crate::note::{NoteError, Vkey};

/// The trusted keys.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    lanes: Vec<Vkey>,
}

/// Errors of a trust file.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It is not TOML of this form. What stands there is not repeated: it may be another file.
    #[error("line {line} of the trust file is not as it must be: tables `[[lane]]` with the texts `origin` and `key`")]
    Toml {
        /// From 1.
        line: usize,
    },
    /// A key cannot be used.
    #[error("the key of lane `{origin}` cannot be used: {source}")]
    Key {
        /// The lane.
        origin: String,
        /// The error of its key.
        source: NoteError,
    },
    /// The key is named for another lane.
    #[error("the key of lane `{origin}` is named `{name}`")]
    Name {
        /// The lane.
        origin: String,
        /// The key's name.
        name: String,
    },
    /// A lane has one key.
    #[error("lane `{0}` occurs twice")]
    Twice(String),
}

impl Trust {
    /// Reads the text of a trust file.
    ///
    /// # Errors
    /// [`TrustError`]: not TOML of this form, a key that cannot be used, is named for another lane, or a lane that occurs twice.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let file: TrustFile = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            TrustError::Toml { line: before.matches('\n').count() + 1 }
        })?;
        let mut lanes: Vec<Vkey> = Vec::new();
        for Lane { origin, key } in file.lane {
            let key = Vkey::parse(&key).map_err(|source| TrustError::Key { origin: origin.clone(), source })?;
            if key.name() != origin {
                return Err(TrustError::Name { origin, name: key.name().to_owned() });
            }
            if lanes.iter().any(|other| other.name() == origin) {
                return Err(TrustError::Twice(origin));
            }
            lanes.push(key);
        }
        Ok(Self { lanes })
    }

    /// The key of a lane, if it is trusted.
    pub fn key(&self, origin: &str) -> Option<&Vkey> {
        self.lanes.iter().find(|key| key.name() == origin)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    #[serde(default)]
    lane: Vec<Lane>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lane {
    origin: String,
    key: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Signer;

    #[test]
    fn a_trust_file_names_each_lane_once_with_its_own_key() {
        let key = Signer::from_seed("a/2026", &[1; 32]).unwrap().vkey().to_string();
        let lane = format!("[[lane]]\norigin = \"a/2026\"\nkey = \"{key}\"\n");
        let rows = [
            (true, lane.clone()),
            (true, String::new()),
            (false, format!("{lane}note = 1\n")),
            (false, format!("witness = 1\n{lane}")),
            (false, format!("{lane}{lane}")),
            (false, lane.replace("origin = \"a/", "origin = \"b/")),
            (false, lane.replace("+A", "+B")),
        ];
        for (accepted, text) in rows {
            assert_eq!(Trust::parse(&text).is_ok(), accepted, "{text}");
        }
    }
}
