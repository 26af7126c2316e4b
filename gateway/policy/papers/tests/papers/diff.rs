//! Comparing two editions of a pack: each row changes one thing of the specimen, forth and back.

use std::collections::BTreeSet;

use qaqpa_papers::diff::{self, Change, Way};
use qaqpa_policy::{Pack, Plans};
use qaqpa_proto::language::Language;

use crate::edition::{changed, edition};
use crate::sample::contract;

fn compare(old: &str, new: &str) -> Vec<Change> {
    let plans = |text: &str| Plans::compile(&contract(), &Pack::parse(text, "pack.yaml").unwrap()).unwrap();
    diff::compare(&contract(), &plans(old), &plans(new), Language::En)
}

fn codes(changes: &[Change], way: Way) -> BTreeSet<&'static str> {
    changes.iter().filter(|change| change.way == way).map(|change| change.code).collect()
}

#[test]
fn nothing_differs_from_itself() {
    assert_eq!(compare(&edition(), &edition()), []);
    let reworded = changed(&edition(), "As long as needed", "Not longer than needed");
    assert_eq!(compare(&edition(), &reworded), [], "words are no change");
}

#[test]
fn what_widens_one_way_narrows_the_other() {
    let technical = "- { category: technical, clause: \"1\" }\n      - { category: iin, tr";
    let prohibited =
        "    prohibited: { kk: \"Саясатта жоқ\", ru: \"Политика не знает\", en: \"The policy does not know it\" }\n";
    let pair = "    incompatible: [{ purpose: advertising, window_days: 30, clause: \"1\" }]\n";
    for (wanted, from, to) in [
        ("field.new", technical, &technical.replace("{ category: t", "{ category: sex, clause: \"1\" }\n      - { category: t")),
        ("field.finer", "transform: year, only", &"transform: year-month, only".to_owned()),
        ("field.finer", "prefix: 1 }, clause: \"1\" }\n      - { category: birth", &"prefix: 2 }, clause: \"1\" }\n      - { category: birth".to_owned()),
        ("consent.forms_more", "forms: [kdp]", &"forms: [kdp, written]".to_owned()),
        ("consent.term", "max_days: 90", &"max_days: 730".to_owned()),
        ("consent.term", "forms: [kdp], max_days: 90", &"forms: [kdp]".to_owned()),
        ("consent.separate", "separate: true, forms: [kdp]", &"separate: false, forms: [kdp]".to_owned()),
        ("strict.gone", "    strict: [qaqpa.gbdfl.v1.Persons/GetPerson]\n", &String::new()),
        ("minors.age", "age: 18", &"age: 16".to_owned()),
        ("minors.rule", "rule: refuse", &"rule: guardian-consent".to_owned()),
        ("residency", "cross_border: forbidden", &"cross_border: allowed".to_owned()),
        ("withdrawal.term", "destroy_within_working_days: 1", &"destroy_within_working_days: 5".to_owned()),
        ("retention.term", "requests_days: 365", &"requests_days: 366".to_owned()),
        ("separation.gone", pair, &String::new()),
        ("separation.window", "window_days: 30", &"window_days: 10".to_owned()),
        ("recipient.new", "recipients:\n", &"recipients:\n  - system: gbdul\n    name: { kk: \"ЗТ\", ru: \"ЮЛ\", en: \"Legal persons\" }\n    clause: \"1\"\n".to_owned()),
        ("clause.weaker", "kept_by: [special-categories, consent-ledger]", &"kept_by: [special-categories]".to_owned()),
        ("special.opened", "categories: [photo, biometric]", &"categories: [photo]".to_owned()),
        ("purpose.allowed", prohibited, &String::new()),
    ] {
        let old = base(wanted);
        let new = changed(&old, from, to);
        let (forth, back) = (compare(&old, &new), compare(&new, &old));
        assert!(codes(&forth, Way::Wider).contains(wanted), "{wanted}: {forth:#?}");
        assert!(codes(&back, Way::Wider).is_empty(), "{wanted} back: {back:#?}");
        assert!(!codes(&back, Way::Narrower).is_empty(), "{wanted} back: {back:#?}");
    }
}

/// The pack in which a row's change is allowed.
fn base(wanted: &str) -> String {
    match wanted {
        "minors.rule" => changed(&edition(), "rule: guardian-consent", "rule: refuse"),
        "consent.separate" => changed(&edition(), "forms: [kdp]", "separate: true, forms: [kdp]"),
        "purpose.allowed" => changed(
            &edition(),
            "clause: \"\"\n    title: { kk: \"Жарнама\"",
            "clause: \"1\"\n    title: { kk: \"Жарнама\"",
        ),
        _ => edition(),
    }
}

#[test]
fn a_consent_that_is_dropped_widens() {
    let old = changed(
        &edition(),
        "dpv:Consent\n    clause: \"1\"\n    title: { kk: \"Тұлғаны",
        "dpv:LegalObligation\n    clause: \"1\"\n    title: { kk: \"Тұлғаны",
    );
    let new = changed(&old, "    consent: { forms: [kdp], max_days: 90, clause: \"1\" }\n", "");
    assert_eq!(codes(&compare(&old, &new), Way::Wider), BTreeSet::from(["consent.dropped"]));
    assert_eq!(codes(&compare(&new, &old), Way::Narrower), BTreeSet::from(["consent.new"]));
}

#[test]
fn what_cannot_be_compared_counts_as_wider() {
    let new = changed(&edition(), "transform: year, only", "transform: { age-band: [18] }, only");
    assert_eq!(codes(&compare(&edition(), &new), Way::Wider), BTreeSet::from(["field.unlike"]));
}

#[test]
fn a_change_says_to_whom_for_what_and_by_which_clause() {
    let new = changed(&edition(), "transform: year, only", "transform: keep, only");
    let changes = compare(&edition(), &new);
    let [change] = changes.as_slice() else { panic!("{changes:#?}") };
    let seen = [change.purpose.as_str(), &change.flow, &change.what, &change.clause, &change.detail];
    assert_eq!(seen, ["person-check", "← gbdfl", "birth_date", "1", "year ⇒ keep: persons.person.birth_date"]);
    let pack = |text: &str| Pack::parse(text, "pack.yaml").unwrap();
    let document = diff::document(&pack(&edition()), &pack(&new), &changes, Language::Ru);
    assert!(document.text().contains("шире"), "{}", document.text());
}
