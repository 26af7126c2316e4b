//! A room that is skipped does not compile, and there is an example that shows it, for every row of the table in
//! `gateway/src/lib.rs`: `Without room 7 it does not compile:`, then a `compile_fail` example, both beside one that compiles.
//!
//! `cargo test --doc` runs the examples. Stable rustdoc does not compare the error codes that they name; this does:
//! `RUSTDOC=rustdoc-with-codes cargo test --doc`, where that is a script `RUSTC_BOOTSTRAP=1 exec rustdoc "$@"`.
//!
//! Example of a finding: `gateway/src/exchange/sign.rs:41: names no error code`

use std::collections::BTreeSet;

use crate::tree::{read, texts};

/// The crates whose types are evidence.
const CRATES: [&str; 4] = ["gateway/src/", "gateway/journal/src/", "gateway/policy/src/", "adapters/src/"];

#[test]
fn every_room_has_an_example_that_skips_it_and_does_not_compile() {
    let mut sources = texts();
    sources.retain(|text| text.path.ends_with(".rs") && CRATES.iter().any(|folder| text.path.starts_with(folder)));
    let (mut skipped, mut wrong) = (BTreeSet::new(), Vec::new());
    for text in &sources {
        for docs in docs(&text.text) {
            let twin = docs.iter().any(|(_, line)| *line == "```no_run" || *line == "```");
            let before = std::iter::once("").chain(docs.iter().map(|(_, line)| *line));
            for ((at, line), before) in
                docs.iter().zip(before).filter(|((_, line), _)| line.contains("```compile_fail"))
            {
                let coded = line.strip_prefix("```compile_fail,E").is_some_and(|code| code.parse::<u16>().is_ok());
                if !coded {
                    wrong.push(format!("{}:{at}: names no error code", text.path));
                }
                if !twin {
                    wrong.push(format!("{}:{at}: stands beside no example that compiles", text.path));
                }
                skipped.extend(room(before));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(skipped, rooms(), "left: rooms that an example skips; right: rooms of the table in gateway/src/lib.rs");
}

/// The room of `Without room 7 it does not compile:`.
fn room(sentence: &str) -> Option<u32> {
    sentence.strip_prefix("Without room ")?.strip_suffix(" it does not compile:")?.parse().ok()
}

/// The numbers of the table.
fn rooms() -> BTreeSet<u32> {
    let lib = read("gateway/src/lib.rs");
    lib.lines().filter_map(|line| line.strip_prefix("//! | ")?.split(' ').next()?.parse().ok()).collect()
}

/// The documentation of each item, by lines with their numbers; `///` and one space are taken off.
fn docs(text: &str) -> Vec<Vec<(usize, &str)>> {
    let mut items = vec![Vec::new()];
    for (at, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("///"), items.last_mut()) {
            (Some(doc), Some(item)) => item.push((at + 1, doc.strip_prefix(' ').unwrap_or(doc))),
            _ => items.push(Vec::new()),
        }
    }
    items
}
