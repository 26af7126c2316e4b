//! The table of refusals and failures stands once (`proto/src/reason`): elsewhere nobody writes a code as text, and no row is
//! there for nothing. What tests, the demo and the proof of residency expect is written out, as whoever calls us reads it.
//!
//! Example of a finding: `gateway/src/exchange.rs:17: "purpose.missing" is a code as text`

use qaqpa_proto::reason::{Failure, Reason, Refusal};

use crate::tree::{Text, findings, texts};

/// Where codes stand as text, and why.
const EXPECTED_IN: [(&str, &str); 3] = [
    ("proto/src/reason", "the table itself"),
    ("gateway/command/src/demo/", "the demo promises codes before it causes them"),
    ("gateway/prove/", "so does the proof of residency"),
];

/// Words of other vocabularies that are spelled as a code is.
const OTHER_WORDS: [(&str, &str, &str); 2] = [
    ("gateway/policy/papers/src/diff/terms.rs", "purpose.prohibited", "how a pack changed, not what a caller is told"),
    ("gateway/src/start/setup/residency.rs", "residency.stale", "a key of gateway.toml"),
];

#[test]
fn codes_are_written_in_the_table_alone() {
    let found = findings(&sources(), |path, line| {
        let is_expected = EXPECTED_IN.iter().any(|(place, _)| path.starts_with(place));
        let is_other = |code: &str| OTHER_WORDS.iter().any(|(place, word, _)| (*place, *word) == (path, code));
        let code = literals(line).find(|literal| Reason::of(literal).is_some() && !is_other(literal))?;
        (!is_expected).then(|| format!("\"{code}\" is a code as text"))
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_row_of_the_table_is_used() {
    let sources = sources();
    let elsewhere = || sources.iter().filter(|text| !text.path.starts_with("proto/src/reason"));
    let is_used = |name: &String| elsewhere().any(|text| text.text.lines().any(|line| names(line, name)));
    let refusals = Refusal::ALL.iter().map(|refusal| format!("Refusal::{refusal:?}"));
    let failures = Failure::ALL.iter().map(|failure| format!("Failure::{failure:?}"));
    let unused: Vec<String> = refusals.chain(failures).filter(|name| !is_used(name)).collect();
    assert_eq!(unused, Vec::<String>::new());
}

/// Whether a line of code names it, and no longer name that begins like it.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| !line[at + name.len()..].starts_with(|next: char| next.is_alphanumeric()))
}

/// What is built into a program: without tests, and of each file what stands before its tests.
pub(crate) fn sources() -> Vec<Text> {
    let is_test = |path: &str| path.starts_with("tests/") || path.contains("/tests") || path.contains("/examples/");
    let mut sources = texts();
    sources.retain(|text| text.path.ends_with(".rs") && !is_test(&text.path));
    for source in &mut sources {
        let code = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
        source.text = lines.collect::<Vec<_>>().join("\n");
    }
    sources
}

/// What stands between quotation marks.
pub(crate) fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}
