//! No number in our files may be a living person's or a foreign organisation's. Whatever looks like an IIN or a BIN and has a
//! right check digit is synthetic: born on 2099-12-31, or an organisation of a month that never was with the serial of nobody.

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
            has_check_digit(number)
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

/// The check digit of IIN and BIN: weights 1 to 11 modulo 11, and if that is 10 the weights once more, from 3.
fn has_check_digit(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let Some((check, rest)) = digits.split_last() else { return false };
    let sum = |weights: [u32; 11]| rest.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) == *check,
        first => first == *check,
    }
}

#[test]
fn the_check_digit_is_the_law_s() {
    for (wanted, number) in [
        (true, "991231500006"),
        (true, "991231500707"),
        (true, "990140000007"),
        (false, "991231500007"),
        (false, "990140000008"),
    ] {
        assert_eq!(has_check_digit(number), wanted, "{number}");
    }
    let line = "IIN991231500006 x=990140000007; 2026112000011 a991231500707 0.991231500006 iin.991231600002.";
    assert_eq!(numbers(line).collect::<Vec<_>>(), ["991231500006", "990140000007", "991231600002"]);
}
