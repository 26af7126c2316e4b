//! What a pack may not say: each mistake with its code, its place, its suggestion and its text in three languages.

use qaqpa_policy::pack::{MinorRule, ProblemKind};
use qaqpa_policy::{Bin, Pack, PackProblem, Plans, Transform};
use qaqpa_proto::language::Language;
use qaqpa_proto::v1::Category;

use crate::sample::contract;

const SPECIMEN: &str = include_str!("specimen.yaml");

fn specimen() -> Pack {
    Pack::parse(SPECIMEN, "pack.yaml").unwrap()
}

fn problems(text: &str) -> Vec<PackProblem> {
    Pack::parse(text, "pack.yaml").err().unwrap_or_default()
}

fn changed(from: &str, to: &str) -> String {
    assert!(SPECIMEN.contains(from), "`{from}` is not in the specimen");
    SPECIMEN.replacen(from, to, 1)
}

#[test]
fn a_pack_says_what_its_file_says() {
    let pack = specimen();
    assert_eq!((pack.id(), pack.edition(), pack.sha256().len()), ("specimen", "2026-01-01", 64));
    assert_eq!(pack.operator().bin, Some(Bin::parse("990140000007").unwrap()));
    assert_eq!((pack.minors().age, pack.minors().rule), (18, MinorRule::GuardianConsent));
    assert!(!pack.residency().cross_border_allowed_by_policy);
    assert_eq!(pack.withdrawal().destroy_within_working_days, 1);
    assert_eq!(pack.terms().requests_days, Some(365));
    assert_eq!(pack.clause("3(1)").unwrap().kept_by.len(), 1);
    assert_eq!(pack.recipient("gbdfl").unwrap().clause, "1");
    assert_eq!(pack.withholds(Category::Phone).unwrap().clause, "1");
    let purpose = pack.purpose("state-exchange").unwrap();
    let transforms: Vec<String> = purpose.disclose.iter().map(|rule| rule.transform.to_string()).collect();
    assert_eq!(transforms, ["keep", "year", "prefix 1", "keep"]);
    let consent = pack.purpose("identification").unwrap().consent.clone().unwrap();
    assert_eq!((consent.forms.len(), consent.separate, consent.max_days), (2, true, Some(365)));
    assert!(pack.purpose("marketing").is_none());
}

#[test]
fn what_is_left_out_is_the_stricter_reading() {
    let text = changed("withdrawal: { destroy_within_working_days: 1, clause: \"1\" }\n", "")
        .replacen("  bin: \"990140000007\"\n", "", 1)
        .replacen("rule: guardian-consent, ", "", 1)
        .replacen("  terms: { salts_days: 1095, consents_days: 1095, requests_days: 365 }\n", "", 1)
        .replacen("forms: [written, kdp], ", "", 1);
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    assert_eq!(pack.withdrawal().destroy_within_working_days, 1);
    assert_eq!((pack.operator().bin, pack.minors().rule), (None, MinorRule::GuardianConsent));
    assert_eq!(pack.terms().salts_days, None);
    assert_eq!(pack.purpose("identification").unwrap().consent.as_ref().unwrap().forms.len(), 4);
}

#[test]
fn the_digest_is_of_the_file() {
    let other = Pack::parse(&format!("{SPECIMEN}\n"), "pack.yaml").unwrap();
    assert_ne!(other.sha256(), specimen().sha256(), "one more line end is another version");
}

#[test]
fn a_bin_comes_from_the_pack_or_from_the_configuration() {
    let (own, other) = (Bin::parse("990140000007").unwrap(), Bin::parse("990141000002").unwrap());
    let without = Pack::parse(&changed("  bin: \"990140000007\"\n", ""), "pack.yaml").unwrap();
    assert_eq!(without.with_bin(own).unwrap().operator().bin, Some(own));
    assert_eq!(specimen().with_bin(own).unwrap().operator().bin, Some(own));
    assert!(specimen().with_bin(other).is_err());
}

/// Prohibitions and incompatibilities come down from parents, and incompatibility holds both ways.
#[test]
fn what_parents_say_holds_for_their_children() {
    let pack = specimen();
    for (wanted, id) in [(true, "advertising"), (true, "newsletters"), (false, "exchange"), (false, "state-exchange")] {
        assert_eq!(pack.purpose(id).unwrap().prohibited.is_some(), wanted, "{id}");
    }
    for (wanted, id) in [
        (&["advertising", "newsletters"][..], "exchange"),
        (&["advertising", "newsletters"][..], "state-exchange"),
        (&["exchange", "state-exchange"][..], "advertising"),
        (&["exchange", "state-exchange"][..], "newsletters"),
        (&[][..], "identification"),
    ] {
        let incompatible = &pack.purpose(id).unwrap().incompatible;
        let found: Vec<&str> = incompatible.iter().map(|other| other.purpose.as_str()).collect();
        assert_eq!(found, wanted, "{id}");
        assert!(incompatible.iter().all(|other| other.window_days == 30), "{id}");
    }
    let longer = changed(
        "  - id: newsletters\n",
        "  - id: newsletters\n    incompatible: [{ purpose: state-exchange, window_days: 90, clause: \"1\" }]\n",
    );
    let pack = Pack::parse(&longer, "pack.yaml").unwrap();
    let windows: Vec<u16> =
        pack.purpose("state-exchange").unwrap().incompatible.iter().map(|other| other.window_days).collect();
    assert_eq!(windows, [30, 90], "the longest window holds");
}

/// Every line: code, what the English text says, what is changed in the specimen.
#[test]
fn single_mistakes_in_a_pack() {
    for (code, wanted, from, to) in [
        (
            "policy.unknown_category",
            "unknown category `birthdate`; did you mean `birth_date`?",
            "category: birth_date,",
            "category: birthdate,",
        ),
        ("policy.unknown_category", "unknown category `shoe_size`", "category: phone", "category: shoe_size"),
        ("policy.unknown_category", "category `structure` needs no rule", "category: phone", "category: structure"),
        ("policy.unknown_category", "did you mean `biometric`?", "[photo, biometric]", "[photo, biometrics]"),
        ("policy.unknown_clause", "unknown clause `3(2)`; did you mean `3(1)`?", "\"1, 3(1)\"", "\"1, 3(2)\""),
        ("policy.unknown_clause", "unknown clause `17`", "iin, clause: \"1\"", "iin, clause: \"17\""),
        ("policy.unknown_clause", "unknown clause `1,2`", "iin, clause: \"1\"", "iin, clause: \"1,2\""),
        (
            "policy.unknown_clause",
            "unknown clause `9`",
            "age: 18, rule: guardian-consent, clause: \"1\"",
            "age: 18, clause: \"9\"",
        ),
        ("policy.unknown_clause", "unknown clause `8`", "- clause: \"2\"\n    kind", "- clause: \"8\"\n    kind"),
        (
            "policy.unknown_clause",
            "unknown clause `8`",
            "window_days: 30, clause: \"1\"",
            "window_days: 30, clause: \"8\"",
        ),
        (
            "policy.unknown_purpose",
            "unknown purpose `exchang`; did you mean `exchange`?",
            "parent: exchange",
            "parent: exchang",
        ),
        ("policy.unknown_purpose", "did you mean `advertising`?", "{ purpose: advertising", "{ purpose: advertisng"),
        (
            "policy.unknown_purpose",
            "did you mean `identification`?",
            "purpose: identification, clause",
            "purpose: identificatoin, clause",
        ),
        (
            "policy.unknown_mechanism",
            "unknown mechanism `mutual_tls`; did you mean `mutual-tls`?",
            "[mutual-tls]",
            "[mutual_tls]",
        ),
        ("policy.unknown_word", "unknown transform `yaer`; did you mean `year`?", "transform: year", "transform: yaer"),
        ("policy.unknown_word", "unknown transform `noise`", "transform: { prefix: 1 }", "transform: { noise: 1 }"),
        ("policy.unknown_word", "a form is one of written", "[written, kdp]", "[oral, kdp]"),
        ("policy.unknown_word", "`kind` is one of silent, conflict, vague", "kind: vague", "kind: odd"),
        (
            "policy.unknown_word",
            "`minors.rule` is one of guardian-consent, refuse",
            "rule: guardian-consent",
            "rule: ignore",
        ),
        (
            "policy.unknown_word",
            "`residency.cross_border` is one of forbidden, allowed",
            "cross_border: forbidden",
            "cross_border: maybe",
        ),
        ("policy.two_rules", "second rule for category `iin`", "category: name,", "category: iin,"),
        (
            "policy.two_rules",
            "second rule for category `birth_date`",
            "category: iin, clause",
            "category: birth_date, only: [student], clause",
        ),
        (
            "policy.two_rules",
            "special category `photo` has two purposes",
            "purposes:\n",
            "  - { categories: [photo], purpose: identification, clause: \"2\" }\npurposes:\n",
        ),
        ("policy.twice", "two purposes are called `exchange`", "id: advertising", "id: exchange"),
        ("policy.twice", "clause `2` is there twice", "number: \"4\"", "number: \"2\""),
        ("policy.twice", "recipient `avtoshkola` is there twice", "system: gbdfl", "system: avtoshkola"),
        ("policy.twice", "the form `kdp` is there twice", "[written, kdp]", "[kdp, kdp]"),
        ("policy.twice", "`mutual-tls` is there twice", "[mutual-tls]", "[mutual-tls, mutual-tls]"),
        (
            "policy.cycle",
            "`exchange` is its own ancestor",
            "  - id: exchange\n",
            "  - id: exchange\n    parent: state-exchange\n",
        ),
        (
            "policy.cycle",
            "`identification` is its own ancestor",
            "  - id: identification\n",
            "  - id: identification\n    parent: identification\n",
        ),
        (
            "policy.recipient",
            "`avtoshcola`, which is no recipient; did you mean `avtoshkola`?",
            "systems: [avtoshkola]",
            "systems: [avtoshcola]",
        ),
        (
            "policy.special",
            "for the purpose `identification` only, not for `state-exchange`",
            "category: organisation",
            "category: photo",
        ),
        ("policy.special", "needs `consent` with `separate: true`", "separate: true", "separate: false"),
        (
            "policy.consent_rule",
            "the legal basis is consent",
            "legal_basis: dpv:LegalObligation\n    clause: \"1, 3(1)\"",
            "legal_basis: dpv:Consent\n    clause: \"1, 3(1)\"",
        ),
        ("policy.bounds", "`minors.age` is 14 to 21, not 0", "age: 18", "age: 0"),
        ("policy.bounds", "`minors.age` is 14 to 21, not 300", "age: 18", "age: 300"),
        (
            "policy.bounds",
            "`withdrawal.destroy_within_working_days` is 1 to 30, not 31",
            "working_days: 1",
            "working_days: 31",
        ),
        (
            "policy.bounds",
            "`withdrawal.destroy_within_working_days` is 1 to 30, not -1",
            "working_days: 1",
            "working_days: -1",
        ),
        ("policy.bounds", "`consent.max_days` is 1 to 36500", "max_days: 365", "max_days: 0"),
        ("policy.bounds", "`window_days` is 1 to 36500", "window_days: 30", "window_days: 99999"),
        ("policy.bounds", "`retention.terms.salts_days` is 1", "salts_days: 1095", "salts_days: 0"),
        ("policy.bounds", "`prefix`", "{ prefix: 1 }", "{ prefix: 0 }"),
        ("policy.bounds", "`prefix`", "{ prefix: 1 }", "prefix"),
        ("policy.bounds", "`year`", "transform: year", "transform: { year: 4 }"),
        ("policy.bounds", "`age-band`", "transform: year", "transform: { age-band: [18, 14] }"),
        ("policy.bounds", "`bucket`", "transform: year", "transform: { bucket: -10 }"),
        (
            "policy.uncovered_clause",
            "nothing keeps clause `4`",
            "    not_enforceable: { kk: \"Шлюз есік күзетпейді\", ru: \"Шлюз не охраняет дверей\", en: \"A gateway guards no doors\" }\n",
            "",
        ),
        (
            "policy.clause",
            "both `kept_by` and `not_enforceable`",
            "    not_enforceable:",
            "    kept_by: [journal]\n    not_enforceable:",
        ),
        ("policy.id", "an id is 1 to 64", "id: newsletters", "id: Newsletters"),
        ("policy.id", "an id is 1 to 64", "system: gbdfl", "system: ''"),
        ("policy.id", "a field path is written", "[student.birth_date]", "[student..birth_date]"),
        ("policy.id", "a clause's number holds no", "number: \"2\"", "number: \"2, 3\""),
        ("policy.bin", "the check digit does not fit", "990140000007", "990140000008"),
        ("policy.term", "a term of the Data Privacy Vocabulary", "dpv:Marketing", "Marketing"),
        ("policy.term", "a term of the Data Privacy Vocabulary", "dpv:Marketing", "'dpv:'"),
        ("policy.operation", "an operation is written", "Training/GetSchool", "Training"),
        ("policy.operation", "an operation is written", "Training/SyncStudents", "Training/Sync/Students"),
        (
            "policy.operation",
            "cannot disclose or receive anything",
            "operations: [qaqpa.avtoshkola.v1.Training/*]",
            "operations: []",
        ),
        (
            "policy.operation",
            "needs a rule on what it discloses",
            "    disclose: [{ category: photo, clause: \"2\" }]\n",
            "",
        ),
        (
            "policy.operation",
            "which the purpose does not use",
            "strict: [qaqpa.avtoshkola.v1.Training",
            "strict: [qaqpa.avtoshkola.v1.Trainings",
        ),
        (
            "policy.prohibited",
            "has no operations, no rules and no consent",
            "  - id: newsletters\n",
            "  - id: newsletters\n    operations: [a.B/C]\n",
        ),
        (
            "policy.prohibited",
            "has no operations, no rules and no consent",
            "  - id: newsletters\n",
            "  - id: newsletters\n    consent: { clause: \"1\" }\n",
        ),
        ("policy.incompatible", "with itself or with its own group", "{ purpose: advertising,", "{ purpose: exchange,"),
        (
            "policy.incompatible",
            "with itself or with its own group",
            "{ purpose: advertising,",
            "{ purpose: state-exchange,",
        ),
        ("policy.empty", "the text in `kk` is empty", "kk: \"Жарнама\"", "kk: ' '"),
        ("policy.empty", "`clause` is empty", "iin, clause: \"1\"", "iin, clause: ' '"),
        ("policy.empty", "`forms` is empty", "[written, kdp]", "[]"),
        ("policy.empty", "`categories` of a special rule is empty", "[photo, biometric]", "[]"),
        ("policy.empty", "`source.edition` is empty", "edition: \"2026-01-01\"", "edition: \"\""),
        ("policy.unknown_key", "unknown key `colour`", "minors:", "colour: red\nminors:"),
        ("policy.unknown_key", "unknown key `recieve`; did you mean `receive`?", "    receive:", "    recieve:"),
        ("policy.missing_key", "the key `edition` is missing", "  edition: \"2026-01-01\"\n", ""),
        ("policy.missing_key", "the key `en` is missing", ", en: \"Advertising\"", ""),
        ("policy.duplicate_key", "the key `url` is there twice", "source:\n", "source:\n  url: twice\n"),
        ("policy.yaml", "", "age: 18", "age: eighteen"),
        ("policy.yaml", "", "age: 18", "age: [18]"),
        ("policy.yaml", "", "separate: true", "separate: yes"),
        ("policy.yaml", "", "purposes:\n", "purposes: none\nx:\n"),
        ("policy.yaml", "", "transform: year", "transform: { prefix: 1, suffix: 1 }"),
        ("policy.yaml", "", "transform: year", "transform: {}"),
        ("policy.yaml", "", "transform: year", "transform: [year]"),
        ("policy.yaml", "", "id: newsletters", "id: &anchor newsletters"),
        ("policy.yaml", "", "source:\n", "source:\n  <<: { url: merged }\n"),
        ("policy.yaml", "", "operator:\n", "operator: \"\n"),
    ] {
        let found = problems(&changed(from, to));
        let fits = |problem: &&PackProblem| problem.code() == code && problem.to_string().contains(wanted);
        let Some(problem) = found.iter().find(fits) else { panic!("{code}, {wanted}: {found:?}") };
        assert!(problem.line > 0 && problem.column > 0, "{problem} has no place");
        for language in [Language::Kk, Language::Ru] {
            assert_ne!(problem.text(language), problem.text(Language::En), "{problem}");
        }
    }
}

#[test]
fn all_mistakes_are_reported_at_once_with_their_places() {
    let text = SPECIMEN
        .replacen("category: birth_date,", "category: birthdate,", 1)
        .replacen("990140000007", "1", 1)
        .replacen("id: newsletters", "id: advertising", 1)
        .replacen("dpv:Marketing", "marketing", 1)
        .replacen("[mutual-tls]", "[magic]", 1)
        .replacen("systems: [avtoshkola]", "systems: [elsewhere]", 1);
    let found = problems(&text);
    let codes: Vec<&str> = found.iter().map(PackProblem::code).collect();
    for wanted in ["policy.unknown_category", "policy.bin", "policy.twice", "policy.term", "policy.unknown_mechanism"] {
        assert!(codes.contains(&wanted), "{wanted} in {codes:?}");
    }
    let lines: Vec<u64> = found.iter().map(|problem| problem.line).collect();
    assert!(lines.is_sorted(), "in the order of the file: {lines:?}");
    let place = found.iter().find(|problem| problem.suggestion.is_some()).unwrap();
    let line = text.lines().nth(usize::try_from(place.line).unwrap() - 1).unwrap();
    let from = usize::try_from(place.column).unwrap() - 1;
    assert!(line.chars().skip(from).collect::<String>().starts_with("birthdate"), "{place}: `{line}`");
    assert!(place.to_string().starts_with("pack.yaml:"));
}

#[test]
fn yaml_tricks_are_refused() {
    let bomb = "operator: &a { id: &b [x, x], bin: &c [*b, *b], name: &d [*c, *c] }\nsource: [*d, *d, *d]\n";
    for (code, text, why) in [
        ("policy.yaml", bomb.to_owned(), "anchor bomb"),
        ("policy.yaml", format!("{SPECIMEN}\n---\n{SPECIMEN}"), "second document"),
        ("policy.yaml", "[".repeat(100_000), "depth"),
        ("policy.yaml", "{a: ".repeat(1000), "depth of mappings"),
        ("policy.yaml", "- a\n- b".to_owned(), "list"),
        ("policy.yaml", "\u{0}\u{1}".to_owned(), "no text"),
        ("policy.too_large", format!("{SPECIMEN}\n# {}", "x".repeat(10 << 20)), "10 MB"),
        ("policy.too_large", "- [".repeat(10 << 20), "10 MB of brackets"),
        ("policy.empty", String::new(), "empty"),
        ("policy.empty", " \n\t\n# nothing\n".to_owned(), "comments only"),
    ] {
        let found = problems(&text);
        assert_eq!(found.iter().map(PackProblem::code).collect::<Vec<_>>(), [code], "{why}");
    }
}

/// Half-written packs come to every reader sooner or later: each is a pack or a list of problems, and never a panic.
#[test]
fn no_half_written_pack_is_taken_for_less_than_it_is() {
    let lines: Vec<&str> = SPECIMEN.lines().collect();
    for at in 0..lines.len() {
        let without: Vec<&str> = [&lines[..at], &lines[at + 1..]].concat();
        let twice: Vec<&str> = [&lines[..=at], &lines[at..]].concat();
        let cut = lines[..at].join("\n");
        for text in [without.join("\n"), twice.join("\n"), cut.clone()] {
            if let Err(found) = Pack::parse(&text, "pack.yaml") {
                assert!(!found.is_empty(), "line {}", at + 1);
                assert!(found.iter().all(|problem| !problem.message.is_empty()), "line {}: {found:?}", at + 1);
            }
        }
        assert!(Pack::parse(&cut, "pack.yaml").is_err(), "cut before line {}", at + 1);
    }
}

#[test]
fn too_many_purposes_are_refused() {
    let one = "  - { id: p0, dpv: dpv:X, legal_basis: dpv:X, clause: \"1\", title: { kk: a, ru: a, en: a } }\n";
    let many: String = (0..300).map(|number| one.replace("p0", &format!("p{number}"))).collect();
    let found = problems(&changed("withhold:\n", &format!("{many}withhold:\n")));
    assert!(found.iter().any(|problem| problem.code() == "policy.bounds"), "{found:?}");
}

#[test]
fn every_kind_has_a_code_of_its_own() {
    let mut codes: Vec<&str> = ProblemKind::ALL.into_iter().map(ProblemKind::code).collect();
    assert!(codes.iter().all(|code| code.starts_with("policy.")));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), ProblemKind::ALL.len());
}

#[test]
fn rules_for_other_systems_or_fields_stand_beside_each_other() {
    for (wanted, systems, only) in [
        (true, "systems: [gbdfl], ", ""),
        (true, "", "only: [group.birth_date], "),
        (true, "systems: [gbdfl], ", "only: [student.birth_date], "),
        (false, "systems: [avtoshkola], ", ""),
        (false, "", "only: [student.birth_date], "),
        (false, "", ""),
    ] {
        let rule = format!("      - {{ category: birth_date, {systems}{only}clause: \"1\" }}\n");
        let text = changed("      - { category: name,", &format!("{rule}      - {{ category: name,"));
        assert_eq!(problems(&text).is_empty(), wanted, "{rule}");
    }
}

#[test]
fn operations_must_be_in_the_contract() {
    let text = changed("Training/SyncStudents", "Training/SyncStudent");
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let found = Plans::compile(&contract(), &pack).unwrap_err();
    let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("did you mean `qaqpa.avtoshkola.v1.Training/SyncStudents`?"), "{text}");
}

/// A pack that asks a system it does not list is no pack: the contract says which system an operation belongs to.
#[test]
fn operations_of_systems_that_are_no_recipients_are_refused() {
    let text = changed("system: avtoshkola", "system: elsewhere").replacen("systems: [avtoshkola], ", "", 1);
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let found = Plans::compile(&contract(), &pack).unwrap_err();
    assert!(found.iter().any(|problem| problem.code() == "policy.recipient"), "{found:?}");
}

#[test]
fn the_specimen_compiles() {
    let plans = Plans::compile(&contract(), &specimen()).unwrap();
    assert!(
        plans.pack().purpose("state-exchange").unwrap().disclose.iter().any(|rule| rule.transform == Transform::Year)
    );
}
