//! Facts about a table: source, date, digest, and the amount of address space in Kazakhstan.

use aws_lc_rs::digest::{Context, SHA256};
use jiff::civil::Date;

use super::ranges::Space;

/// One table, as `residency show` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFacts {
    /// `iptocc 1.4.175`, `delegated-ripencc`, `ipfire`, the type of an MMDB, `origins`.
    pub name: String,
    /// Its source and licence, if known.
    pub source: String,
    /// The day its data is of, not the day it was fetched.
    pub date: Date,
    /// Of its bytes, in hexadecimal; of several files, of all of them in order. Of a compiled-in table, of what was
    /// compiled in (the crate's checksum in Cargo.lock).
    pub sha256: String,
    /// Part of the program, so that its name alone says which bytes it was.
    pub compiled_in: bool,
    /// IPv4 networks of home, the fewest that cover it.
    pub v4_networks: usize,
    /// IPv4 addresses of home.
    pub v4_addresses: u64,
    /// IPv6 networks of home, the fewest that cover it.
    pub v6_networks: usize,
}

impl TableFacts {
    /// Facts of a table that was read from files, whose digest this is.
    pub(super) fn of_files(name: &str, source: &str, date: Date, sha256: String, space: &Space) -> Self {
        let (v4, v6) = (space.v4.home(), space.v6.home());
        Self {
            name: word(name),
            source: source.to_owned(),
            date,
            sha256,
            compiled_in: false,
            v4_networks: v4.networks().count(),
            v4_addresses: v4.addresses(),
            v6_networks: v6.networks().count(),
        }
    }

    /// The name without the version that follows it, since a newer version is the same table.
    #[must_use]
    pub fn stem(&self) -> &str {
        stem(&self.name)
    }

    /// As a line of evidence has it: `ipfire@2026-06-25/3f9a12cd`, `iptocc-1.4.175@2026-11-01`.
    pub(super) fn version(&self) -> String {
        let name = self.name.replace(' ', "-");
        match self.sha256.get(..8) {
            Some(digest) if !self.compiled_in => format!("{name}@{}/{digest}", self.date),
            _ => format!("{name}@{}", self.date),
        }
    }
}

/// See [`TableFacts::stem`].
pub(super) fn stem(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(stem, _)| stem)
}

/// A name from inside a file, fit for a line of evidence: no blank, comma or control character, and not long.
fn word(name: &str) -> String {
    let fit = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let word: String = name.chars().take(LONGEST_NAME).map(fit).collect();
    if word.is_empty() { "unnamed".to_owned() } else { word }
}

pub(super) fn sha256(files: &[&[u8]]) -> String {
    let mut digest = Context::new(&SHA256);
    files.iter().for_each(|file| digest.update(file));
    hex::encode(digest.finish())
}

const LONGEST_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_a_line_of_evidence() {
        for (wanted, name) in [
            ("ipfire", "ipfire"),
            ("GeoLite2-Country", "GeoLite2-Country"),
            ("a-b-c", "a b,c"),
            ("----", "\n=қ\u{0}"),
            ("unnamed", ""),
        ] {
            assert_eq!(word(name), wanted);
        }
        assert_eq!(word(&"x".repeat(1000)).len(), LONGEST_NAME);
    }
}
