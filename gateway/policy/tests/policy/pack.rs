//! What a pack may not say.

use qaqpa_policy::{Pack, Plans};
use qaqpa_proto::v1::Category;

use crate::sample::{PACK, contract, pack};

fn problems(text: &str) -> Vec<String> {
    Pack::parse(text, "pack.yaml").err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_real_pack_says_what_was_published() {
    let pack = pack();
    assert_eq!(pack.id(), "avtomektep");
    assert_eq!(pack.edition(), "undated");
    assert_eq!(pack.operator().bin.as_str(), "140940023564");
    assert_eq!(pack.minors().age, 18);
    assert_eq!(pack.residency_clause(), "12");
    assert_eq!(pack.sha256().len(), 64);
    assert_eq!(pack.purpose("state-exchange").unwrap().dpv, "dpv:LegalCompliance");
    assert_eq!(pack.withholds(Category::Phone).unwrap().clause, "3(5)");
    assert!(pack.purpose("marketing").is_none());
}

#[test]
fn the_digest_is_of_the_file() {
    let other = Pack::parse(&format!("{PACK}\n"), "pack.yaml").unwrap();
    assert_ne!(other.sha256(), pack().sha256(), "one more line end is another version");
}

#[test]
fn single_mistakes() {
    for (wanted, from, to) in [
        ("unknown category `birthdate`; did you mean `birth_date`?", "category: birth_date,", "category: birthdate,"),
        ("unknown category `shoe_size`", "category: phone", "category: shoe_size"),
        ("category `structure` needs no rule", "category: phone", "category: structure"),
        ("second rule for category `iin`", "category: name,", "category: iin,"),
        ("second rule for category `phone`", "category: photo", "category: phone"),
        ("two purposes are called `reporting`", "id: support", "id: reporting"),
        ("an id is 1 to 64", "id: support", "id: Support"),
        ("`operator.bin` is no BIN: the check digit does not fit", "140940023564", "140940023565"),
        ("must be a term of the Data Privacy Vocabulary", "dpv:CustomerCare", "CustomerCare"),
        ("must be a term of the Data Privacy Vocabulary", "dpv:CustomerCare", "'dpv:'"),
        ("`minors.age`", "age: 18", "age: 0"),
        ("the text in `kk` is empty", "kk: \"Пікірлер мен өтінімдер пайдаланушының профиліне тиесілі\"", "kk: ''"),
        ("`clause` is empty", "clause: \"3(4)\"", "clause: ' '"),
        ("an operation is written", "Training/GetSchool", "Training"),
        ("cannot disclose or receive anything", "- qaqpa.avtoshkola.v1.Training/*", "[]"),
        ("needs a rule on what it discloses", "operations: []", "operations: [qaqpa.avtoshkola.v1.Training/GetSchool]"),
        ("allowed", "cross_border: forbidden", "cross_border: allowed"),
        ("colour", "minors:\n", "colour: red\nminors:\n"),
        ("minors", "minors:\n  age: 18\n  clause: \"13\"\n", ""),
        ("dupl", "source:\n", "source:\n  url: twice\n"),
    ] {
        let text = match to {
            "[]" => PACK.replacen("operations:\n      - qaqpa.avtoshkola.v1.Training/*", "operations: []", 1),
            _ => PACK.replacen(from, to, 1),
        };
        assert_ne!(text, PACK, "{from} is not in the pack");
        let found = problems(&text);
        assert!(found.iter().any(|problem| problem.contains(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn all_mistakes_are_reported_with_their_places() {
    let text = PACK
        .replacen("category: birth_date,", "category: birthdate,", 1)
        .replacen("140940023564", "1", 1)
        .replacen("id: support", "id: reporting", 1)
        .replacen("dpv:CustomerCare", "care", 1);
    let found = Pack::parse(&text, "pack.yaml").unwrap_err();
    assert_eq!(found.len(), 4, "{found:?}");
    let place = found.iter().find(|problem| problem.suggestion.is_some()).unwrap();
    let line = text.lines().nth(usize::try_from(place.line).unwrap() - 1).unwrap();
    assert!(line.contains("birthdate"), "line {} is `{line}`", place.line);
    assert!(place.to_string().starts_with("pack.yaml:"));
}

#[test]
fn yaml_tricks_are_refused() {
    let bomb = format!("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n{PACK}");
    assert!(!problems(&bomb).is_empty(), "anchors");
    assert!(!problems(&format!("{PACK}\n---\n{PACK}")).is_empty(), "second document");
    assert!(!problems(&format!("{PACK}\n# {}", "x".repeat(1 << 20))).is_empty(), "size");
    assert!(!problems("").is_empty(), "empty");
    assert!(!problems("- a\n- b").is_empty(), "list");
}

#[test]
fn operations_must_be_in_the_contract() {
    let text = PACK.replacen("Training/GetSchool", "Training/GetSchol", 1);
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let found = Plans::compile(&contract(), &pack).unwrap_err();
    assert_eq!(found.len(), 1);
    let text = found[0].to_string();
    assert!(text.contains("did you mean `qaqpa.avtoshkola.v1.Training/GetSchool`?"), "{text}");
}
