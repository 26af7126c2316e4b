//! Findings: each row makes one mistake in the specimen, and the finding names its line.

use qaqpa_papers::lint::{self, Severity};

use crate::edition::{changed, edition};
use crate::sample::contract;

#[test]
fn each_finding_has_a_code_a_place_and_a_word_on_what_to_do() {
    use Severity::{Error, Note, Warning};
    let keep = |categories: &[&str]| {
        categories.iter().map(|name| format!("      - {{ category: {name}, clause: \"1\" }}\n")).collect::<String>()
    };
    let pseudonym = "      - { category: iin, transform: pseudonym, clause: \"1\" }\n";
    let prohibited =
        "    prohibited: { kk: \"Саясатта жоқ\", ru: \"Политика не знает\", en: \"The policy does not know it\" }\n";
    for (code, severity, from, to) in [
        ("derives-void", Warning, "category: iin, transform: pseudonym", "category: iin".to_owned()),
        ("document-linkable", Warning, pseudonym, format!("{pseudonym}{}", keep(&["identity_document"]))),
        ("quasi-identifiers", Warning, pseudonym, format!("{pseudonym}{}", keep(&["sex", "nationality", "address"]))),
        ("rule-unused", Warning, pseudonym, format!("{pseudonym}{}", keep(&["health"]))),
        ("consent-form", Warning, "forms: [kdp]", "forms: [written]".to_owned()),
        ("purpose-unreachable", Error, "      - { category: consent_reference, clause: \"1\" }\n", String::new()),
        ("operation-not-offered", Warning, "", String::new()),
        ("purpose-without-exchange", Note, prohibited, String::new()),
        ("policy.rule_path", Error, "only: [persons.person.birth_date]", "only: [persons.person.birthdate]".to_owned()),
    ] {
        let text = changed(&edition(), from, &to);
        let text = if code == "purpose-without-exchange" {
            text.replace("clause: \"\"\n    title", "clause: \"1\"\n    title")
        } else {
            text
        };
        let findings = lint::text(&contract(), &text, "pack.yaml");
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        let found = findings.iter().find(|finding| finding.code == code);
        let found = found.unwrap_or_else(|| panic!("{code} not in\n{}", told.join("\n")));
        assert_eq!(found.severity, severity, "{found}");
        assert!(found.place.line > 0 && found.file == "pack.yaml" && !found.message.is_empty(), "{found}");
    }
}

#[test]
fn a_purpose_that_takes_everything_is_told_so() {
    let all = [
        "name",
        "sex",
        "nationality",
        "citizenship",
        "life_status",
        "legal_status",
        "identity_document",
        "birth_place",
        "address",
    ];
    let rules: String = all.iter().map(|name| format!("      - {{ category: {name}, clause: \"1\" }}\n")).collect();
    let text = changed(
        &edition(),
        "      - { category: name, transform: { prefix: 1 }, clause: \"1\" }\n      - { category: birth_date, transform: year, only: [persons.person.birth_date], clause: \"1\" }\n",
        &format!("{rules}      - {{ category: birth_date, clause: \"1\" }}\n"),
    );
    let text = changed(&text, "category: iin, transform: pseudonym", "category: iin");
    let findings = lint::text(&contract(), &text, "pack.yaml");
    assert!(findings.iter().any(|finding| finding.code == "keeps-everything"), "{findings:#?}");
}

#[test]
fn a_contract_with_a_field_without_category_is_a_finding() {
    let error = qaqpa_proto::Contract::load(b"not a descriptor set").unwrap_err();
    let finding = lint::of_contract(&error.0[0], "contracts.binpb");
    assert_eq!((finding.code, finding.severity), ("field-untagged", Severity::Error));
}

#[test]
fn a_pack_that_does_not_parse_says_everything_at_once() {
    let text = edition().replace("category: iin", "category: inn").replace("purpose: advertising", "purpose: adverts");
    let findings = lint::text(&contract(), &text, "pack.yaml");
    assert!(findings.len() >= 2, "{findings:?}");
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error));
    assert!(findings.iter().any(|finding| finding.suggestion.contains("`iin`")), "{findings:?}");
}

#[test]
fn the_worst_comes_first() {
    let findings = lint::text(&contract(), &edition(), "pack.yaml");
    assert!(findings.is_sorted_by_key(|finding| finding.severity));
}
