//! What lies where, and what no file may hold.

use crate::tree::{findings, paths, texts};

/// Folders and files of the top level. Everything else has a place inside one of them, or begins with a dot.
const TOP: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "proto",
    "gateway",
    "adapters",
    "schemas",
    "certs-dev",
    "deploy",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
];

#[test]
fn the_top_level_holds_what_the_house_names() {
    let allowed =
        |top: &str| top.starts_with('.') || top.starts_with("LICENSE") || top == "SECURITY.md" || TOP.contains(&top);
    let mut strays: Vec<String> = paths()
        .iter()
        .filter_map(|path| path.split('/').next())
        .filter(|top| !allowed(top))
        .map(str::to_owned)
        .collect();
    strays.dedup();
    assert_eq!(strays, Vec::<String>::new());
}

/// In two halves, so that this file does not hold them.
const UNFINISHED: [[&str; 2]; 5] =
    [["TO", "DO"], ["FIX", "ME"], ["#[ign", "ore"], ["to", "do!("], ["unimple", "mented!("]];
const MACHINES: [[&str; 2]; 2] = [["/wo", "rk/"], ["/fa", "rm/"]];

#[test]
fn no_file_is_unfinished_or_of_one_machine() {
    let whole = |halves: [&str; 2]| halves.concat();
    let unfinished = UNFINISHED.map(whole);
    let machines = MACHINES.map(whole);
    let found = findings(&texts(), |_, line| {
        let starts_there = |path: &String| {
            line.match_indices(path.as_str())
                .any(|(at, _)| !line.get(..at).is_some_and(|before| before.ends_with(part_of_a_path)))
        };
        let is_word = |word: &String| {
            line.match_indices(word.as_str())
                .any(|(at, _)| !line.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric)))
        };
        if unfinished.iter().any(is_word) {
            Some("unfinished: do it, or say in an issue why not".to_owned())
        } else {
            machines.iter().any(starts_there).then(|| "names a path of one machine".to_owned())
        }
    });
    assert_eq!(found, Vec::<String>::new());
}

/// What stands before a `/` that is inside a path and not its beginning.
fn part_of_a_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '}')
}
