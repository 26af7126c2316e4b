//! Who may know whom inside the gateway: the rooms of `gateway/src`, from the outside in, and every arrow between two of
//! them with its reason. An arrow that is not listed fails, and so does a listed one that nobody draws any more.
//!
//! An arrow is a path `crate::ROOM` in code; comments, documentation and unit tests draw none. A method of another room's
//! type needs no path, so `impl Gateway` is counted too: it stands in the corridor and in `start`, nowhere else.
//!
//! Example of a finding: `dial -> persons (gateway/src/dial/post.rs:12) is not listed`

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Text, texts};

const GATEWAY: &str = "gateway/src/";

/// From the outside in: an arrow leads from a room to one further down, never up.
const ROOMS: [(&str, &[&str], &str); 9] = [
    ("start", &["start"], "from files to a gateway that listens, and back"),
    ("serve", &["serve"], "gRPC: exchanges by one generic path, the own services, reflection, metrics"),
    ("exchange", &["exchange", "gateway"], "the corridor, and the gateway as it runs"),
    ("listen", &["listen"], "accept, TLS, whose machine and whose certificate; the revocation list"),
    ("persons", &["persons"], "consents, holds, the gate of withdrawals, retention"),
    ("evidence", &["evidence", "telemetry"], "the journal's lines; logs, metrics, traces"),
    ("dial", &["dial"], "the one door outward"),
    ("refusal", &["refusal"], "every no, and how it is told"),
    (
        "ground",
        &["clock", "ids", "limits", "secret", "tls"],
        "time, ids and salts, constants, secrets, keys and certificates in files",
    ),
];

/// Every arrow that exists, and why.
const ARROWS: &[(&str, &[&str], &str)] = &[
    (
        "start",
        &["serve", "exchange", "listen", "persons", "evidence", "dial", "ground"],
        "what is put together there is everything",
    ),
    ("serve", &["exchange"], "a call of a contract is walked through the corridor"),
    ("serve", &["listen"], "a connection bears whom the listener let in"),
    ("serve", &["persons"], "consents and rights are its services"),
    ("serve", &["evidence"], "what is done or refused is a line before it is answered"),
    ("serve", &["refusal"], "a no becomes a status"),
    ("serve", &["ground"], "the longest requests are constants"),
    ("exchange", &["persons"], "consent, holds and the last word before a message leaves"),
    ("exchange", &["evidence"], "the intent before anything leaves, the outcome before anything returns"),
    ("exchange", &["dial"], "an endpoint is judged, and the message posted, by the door"),
    ("exchange", &["refusal"], "each room has its no"),
    ("exchange", &["ground"], "an exchange has an id, a salt and a moment"),
    ("listen", &["evidence"], "a renewed revocation list is a line"),
    ("listen", &["dial"], "the revocation list is fetched through the one door"),
    ("listen", &["refusal"], "why the list was not fetched"),
    ("listen", &["ground"], "certificates and keys are read, the list has an end"),
    ("persons", &["evidence"], "each right that was exercised is a line"),
    ("persons", &["dial"], "the gate is the body of a message, as the door takes it"),
    ("persons", &["refusal"], "a consent that cannot be, a vault that does not answer"),
    ("persons", &["ground"], "terms need the time, lines an id"),
    ("evidence", &["dial"], "metrics leave through the one door"),
    ("evidence", &["refusal"], "a line bears the code of the no"),
    ("evidence", &["ground"], "refusals are counted by the second"),
    ("dial", &["refusal"], "residency and the network have their no"),
    ("dial", &["ground"], "a judgement ends with time; TLS needs keys"),
];

#[test]
fn rooms_know_each_other_downwards_and_each_arrow_has_its_reason() {
    let order: Vec<&str> = ROOMS.iter().map(|(room, ..)| *room).collect();
    let depth = |room: &str| order.iter().position(|known| *known == room).unwrap();
    let listed: BTreeSet<(&str, &str)> =
        ARROWS.iter().flat_map(|(from, to, _)| to.iter().map(|to| (*from, *to))).collect();
    let upward: Vec<_> = listed.iter().filter(|(from, to)| depth(from) >= depth(to)).collect();
    assert_eq!(upward, Vec::<&(&str, &str)>::new(), "the table itself points upward");
    let drawn = drawn(&production());
    let unlisted: Vec<String> = drawn
        .iter()
        .filter(|(arrow, _)| !listed.contains(*arrow))
        .map(|((from, to), place)| format!("{from} -> {to} ({place}) is not listed"))
        .collect();
    assert_eq!(unlisted, Vec::<String>::new());
    let kept: Vec<_> = listed.iter().filter(|arrow| !drawn.contains_key(*arrow)).collect();
    assert_eq!(kept, Vec::<&(&str, &str)>::new(), "nobody draws these any more: take them out of the table");
}

#[test]
fn every_file_lies_in_a_room() {
    let mut stray = production();
    stray.retain(|text| room_of_file(&text.path).is_none() && text.path != "gateway/src/lib.rs");
    assert_eq!(stray.into_iter().map(|text| text.path).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_gateway_as_a_whole_is_for_the_corridor_and_for_the_start() {
    let whole = |text: &Text| text.text.lines().any(|line| line.starts_with("impl Gateway"));
    let wrong: Vec<String> = production()
        .into_iter()
        .filter(|text| whole(text) && !matches!(room_of_file(&text.path), Some("exchange" | "start")))
        .map(|text| text.path)
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "other rooms are given the parts they need");
}

/// The table of `lib.rs` names every file of the corridor that it speaks of, and each is there.
#[test]
fn the_table_of_rooms_names_files_that_are_there() {
    let lib = crate::tree::read("gateway/src/lib.rs");
    let rows: Vec<&str> = lib.lines().filter(|line| line.starts_with("//! | ")).collect();
    let numbered =
        rows.iter().filter(|row| row.trim_start_matches("//! | ").starts_with(|first: char| first.is_ascii_digit()));
    assert_eq!(numbered.count(), 17, "{rows:#?}");
    let paths = rows.iter().flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|word| word.ends_with(".rs"));
    let missing: Vec<&str> = paths.filter(|path| !crate::tree::root().join(path).is_file()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Rust of the gateway's library that runs in production.
fn production() -> Vec<Text> {
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    let mut texts = texts();
    texts.retain(|text| text.path.starts_with(GATEWAY) && text.path.ends_with(".rs") && !is_test(&text.path));
    assert!(texts.len() > 80, "the gateway is not found");
    texts
}

/// Each arrow, with the first place that draws it.
fn drawn(texts: &[Text]) -> BTreeMap<(&'static str, &'static str), String> {
    let mut drawn = BTreeMap::new();
    for Text { path, text } in texts {
        let Some(from) = room_of_file(path) else { continue };
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for named in line.split("crate::").skip(1) {
                let module = named.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
                if let Some(to) = room_of_module(module).filter(|to| *to != from) {
                    drawn.entry((from, to)).or_insert_with(|| format!("{path}:{}", at + 1));
                }
            }
        }
    }
    drawn
}

fn room_of_file(path: &str) -> Option<&'static str> {
    room_of_module(path.strip_prefix(GATEWAY)?.split(['/', '.']).next()?)
}

fn room_of_module(module: &str) -> Option<&'static str> {
    ROOMS.iter().find(|(_, modules, _)| modules.contains(&module)).map(|(room, ..)| *room)
}
