//! What stands behind the word of a mechanism: a title, the files that do it, the tests that show it. The table is data,
//! `deploy/proofs.yaml`, compiled in so that a trace is complete wherever the command runs.
//!
//! Paths are from the repository's root; a test is `file::function`. Refuses a table that lacks a mechanism, has one that
//! does not exist or has one twice. A test of this repository fails when a file or a function named there does not
//! exist, and when a mechanism that a committed pack relies on has no test.
//!
//! ```yaml
//! residency:
//!   title: { kk: ..., ru: ..., en: "only endpoints in Kazakhstan" }
//!   code: [gateway/policy/residency/src/judge.rs]
//!   tests: [tests/tests/corridor/residency.rs::one_address_that_fails_is_enough]
//! ```

use std::collections::BTreeMap;
use std::sync::LazyLock;

use qaqpa_policy::mechanism::Mechanism;
use qaqpa_proto::language::{Language, Text};
use serde::Deserialize;

/// The evidence for one mechanism. Without a test it proves nothing: a clause that rests on it alone is a gap, and
/// `published::every_mechanism_that_a_pack_relies_on_has_code_and_a_test` names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// For people.
    pub title: Text<String>,
    /// Files that do it.
    pub code: Vec<String>,
    /// Tests that show it.
    pub tests: Vec<String>,
}

/// The mechanism for people.
#[must_use]
pub fn title(mechanism: Mechanism, language: Language) -> &'static str {
    of(mechanism).title.in_language(language)
}

/// What stands behind a mechanism.
#[must_use]
pub fn of(mechanism: Mechanism) -> &'static Proof {
    EMBEDDED.get(&mechanism).unwrap_or(&NOTHING)
}

/// A table that cannot be read proves nothing, so that every trace then shows its gaps; a test reads the compiled-in one.
static EMBEDDED: LazyLock<BTreeMap<Mechanism, Proof>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());
static NOTHING: Proof = Proof {
    title: Text { kk: String::new(), ru: String::new(), en: String::new() },
    code: Vec::new(),
    tests: Vec::new(),
};

const TABLE: &str = include_str!("../../../../deploy/proofs.yaml");

/// Why a table of proofs is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    /// Not of the form of a table.
    #[error("{0}")]
    Form(String),
    /// A word that is no mechanism.
    #[error("`{0}` is no mechanism")]
    Unknown(String),
    /// A mechanism without a row.
    #[error("`{0}` has no row")]
    Missing(&'static str),
}

fn parse(text: &str) -> Result<BTreeMap<Mechanism, Proof>, Problem> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 8, max_nodes: 10_000, max_aliases: 0, max_anchors: 0, max_documents: 1, max_merge_keys: 0 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        with_snippet: false,
    };
    let rows: BTreeMap<String, Proof> = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error: serde_saphyr::Error| Problem::Form(error.to_string()))?;
    let row = |(word, proof): (String, Proof)| match Mechanism::parse(&word) {
        Some(mechanism) => Ok((mechanism, proof)),
        None => Err(Problem::Unknown(word)),
    };
    let table: BTreeMap<Mechanism, Proof> = rows.into_iter().map(row).collect::<Result<_, _>>()?;
    match Mechanism::ALL.into_iter().find(|mechanism| !table.contains_key(mechanism)) {
        None => Ok(table),
        Some(missing) => Err(Problem::Missing(missing.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = include_str!("../../../../schemas/proofs.schema.json");

    #[test]
    fn the_embedded_table_has_a_row_for_each_mechanism() {
        let table = parse(TABLE).unwrap();
        assert_eq!(table.len(), Mechanism::ALL.len());
        for mechanism in Mechanism::ALL {
            assert!(Language::ALL.into_iter().all(|language| !title(mechanism, language).is_empty()), "{mechanism:?}");
        }
    }

    #[test]
    fn a_table_that_is_not_complete_or_not_plain_is_refused() {
        let changed = |from: &str, to: &str| {
            assert!(TABLE.contains(from), "`{from}` is in the table");
            parse(&TABLE.replacen(from, to, 1)).unwrap_err()
        };
        assert_eq!(changed("\nresidency:", "\nresidence:"), Problem::Unknown("residence".to_owned()));
        for (from, to, why) in [
            ("\nquotas:", "\nresidency:", "a row stands twice"),
            ("\nquotas:", "\nquotas: &q", "an anchor"),
            ("  code:", "  kode:", "a key that nobody knows"),
            ("kk: ", "kz: ", "a title that lacks a language"),
        ] {
            assert!(matches!(changed(from, to), Problem::Form(_)), "{why}");
        }
        let (before, last) = TABLE.rsplit_once("\nhot-reload:").unwrap();
        assert!(last.contains("title:"));
        assert_eq!(parse(before), Err(Problem::Missing("hot-reload")));
    }

    #[test]
    fn the_schema_knows_the_same_mechanisms() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let words = |list: &serde_json::Value| -> Vec<String> { serde_json::from_value(list.clone()).unwrap() };
        let mechanisms = Mechanism::ALL.map(Mechanism::name).to_vec();
        assert_eq!(words(&schema["propertyNames"]["enum"]), mechanisms);
        assert_eq!(words(&schema["required"]), mechanisms);
    }
}
