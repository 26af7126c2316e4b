//! What people read in Kazakh, Russian or English stands once, as `text(kk, ru, en)`, and is picked by `Text::in_language`:
//! `git grep 'text('` finds all of it. A language is made of what was typed or sent in two places, and nowhere else.
//!
//! Example of a finding: `gateway/src/exchange.rs:17: a Kazakh text outside of text(kk, ru, en)`

use crate::codes::{literals, sources};
use crate::tree::{Text, findings};

/// The one place that knows how a language is spelled.
const MODULE: &str = "proto/src/language.rs";

/// Where a language is read, and of what.
const READ_IN: [(&str, &str); 2] = [
    ("gateway/src/serve/protocol.rs", "the `accept-language` of a request"),
    ("gateway/command/src/language.rs", "the `--language` of a command line"),
];

/// Where Kazakh letters stand that are no text of ours in three languages, and why.
const OTHER_KAZAKH: [(&str, &str); 4] = [
    ("gateway/mock/", "data of the state"),
    ("gateway/synthetic/", "names of made-up people"),
    ("gateway/command/src/demo/", "the demo looks for those names where they must not be"),
    (
        "gateway/policy/src/pack/problem.rs",
        "kk and ru by the kind of mistake; the English sentence is the mistake's own",
    ),
];

#[test]
fn nobody_but_the_module_of_languages_picks_a_text() {
    let found = findings(&elsewhere(), |path, line| {
        let tag = literals(line).find(|literal| ["kk", "ru", "en"].contains(literal));
        let reads = line.contains("Language::accepted") || line.contains("parse::<Language>");
        let may_read = READ_IN.iter().any(|(place, _)| path == *place);
        if let Some(tag) = tag {
            return Some(format!("\"{tag}\": a language is a `Language`"));
        }
        if line.contains("Language::Kk") || line.contains("Language::Ru") || line.contains("language: &str") {
            return Some("a text is picked by `in_language`".to_owned());
        }
        (reads && !may_read).then(|| "a language is read here too".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_text_is_written_in_three_languages_at_once() {
    let mut sources = elsewhere();
    sources.retain(|source| !OTHER_KAZAKH.iter().any(|(place, _)| source.path.starts_with(place)));
    sources.iter_mut().for_each(|source| source.text = without_texts(&source.text));
    let found = findings(&sources, |_, line| {
        line.contains(is_kazakh).then(|| "a Kazakh text outside of text(kk, ru, en)".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

fn elsewhere() -> Vec<Text> {
    let mut sources = sources();
    sources.retain(|source| source.path != MODULE);
    sources
}

/// The source with every `text("...", "...", "...")` left out; its lines keep their numbers.
fn without_texts(code: &str) -> String {
    let mut kept = String::new();
    for after in code.split_inclusive("text(") {
        let is_call = kept.ends_with("text(") && !kept.ends_with(".text(") && after.trim_start().starts_with('"');
        let quotes = after.match_indices('"').filter(|(at, _)| !after[..*at].ends_with('\\'));
        let end = quotes.map(|(at, _)| at + 1).nth(5).filter(|_| is_call).unwrap_or_default();
        kept.extend(after[..end].matches('\n'));
        kept.push_str(&after[end..]);
    }
    kept
}

/// A letter of the Kazakh alphabet that the Russian one has not.
fn is_kazakh(letter: char) -> bool {
    "әғқңөұүһі".contains(letter.to_lowercase().next().unwrap_or(letter))
}

#[test]
fn what_is_left_out_is_the_text_alone() {
    for (wanted, code) in [
        ("text()", r#"text("ә", "я", "i")"#),
        ("text(\n\n\n\n); x", "text(\n\"ә\",\n\"я\",\n\"i\"\n); x"),
        (r#"text() + "ә""#, r#"text("\"ә\"", "я", "i") + "ә""#),
        (r#"page.text("ә"); text()"#, r#"page.text("ә"); text("a", "b", "c")"#),
        ("text(kk, ru, en)", "text(kk, ru, en)"),
    ] {
        assert_eq!(without_texts(code), wanted);
    }
}
