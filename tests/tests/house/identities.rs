//! No number in our files may be a living person's or a foreign organisation's. Whatever looks like an IIN or a BIN and has a
//! right check digit is synthetic: born on 2099-12-31, or an organisation of a month that never was with the serial of nobody.

use qaqpa_policy::Bin;

use crate::tree::{findings, texts};

/// Beginnings of synthetic numbers.
const SYNTHETIC: [&str; 2] = ["991231", "9901"];

/// Real numbers that may stand here, and why.
const PUBLISHED: [(&str, &str); 2] = [
    (
        "140940023564",
        "BIN of the operator of the pack deploy/policies/avtomektep.yaml, from clause 15 of its published policy",
    ),
    (
        "191140031171",
        "BIN of the operator of the pack deploy/policies/myverify.yaml, from the introduction of its published policy",
    ),
];

#[test]
fn every_identity_is_synthetic() {
    let found = findings(&texts(), |_, line| {
        let real = |number: &&str| {
            Bin::parse(number).is_ok()
                && !SYNTHETIC.iter().any(|prefix| number.starts_with(prefix))
                && !PUBLISHED.iter().any(|(published, _)| published == number)
        };
        numbers(line).find(real).map(|_| "a number that could be somebody's IIN or BIN".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

/// Runs of exactly twelve digits that are no part of a longer word, and those behind the `IIN` or `BIN` of a certificate. The
/// decimals of a measurement (`0.161982424583`) are none.
fn numbers(line: &str) -> impl Iterator<Item = &str> {
    let tokens = line.split(|character: char| !character.is_ascii_alphanumeric() && character != '.');
    let words = tokens.filter(|token| !is_decimal(token)).flat_map(|token| token.split('.'));
    let bare = words.map(|word| word.strip_prefix("IIN").or_else(|| word.strip_prefix("BIN")).unwrap_or(word));
    bare.filter(|word| word.len() == 12 && all_digits(word))
}

fn is_decimal(token: &str) -> bool {
    let mut halves = token.split('.');
    let both =
        [halves.next(), halves.next()].iter().all(|half| half.is_some_and(|half| !half.is_empty() && all_digits(half)));
    both && halves.next().is_none()
}

fn all_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn numbers_are_found_where_they_stand() {
    let line = "IIN991231500006 x=990140000007; 2026112000011 a991231500707 0.991231500006 iin.991231600002.";
    assert_eq!(numbers(line).collect::<Vec<_>>(), ["991231500006", "990140000007", "991231600002"]);
}
