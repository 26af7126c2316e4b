//! The specimen with one purpose that state systems really serve, so that fields move and editions can differ.

const SPECIMEN: &str = include_str!("../../../tests/policy/specimen.yaml");
const PERSON_CHECK: &str = r#"  - id: person-check
    dpv: dpv:IdentityVerification
    legal_basis: dpv:Consent
    clause: "1"
    title: { kk: "Тұлғаны тексеру", ru: "Проверка лица", en: "Checking a person" }
    consent: { forms: [kdp], max_days: 90, clause: "1" }
    operations: [qaqpa.gbdfl.v1.Persons/GetPerson]
    strict: [qaqpa.gbdfl.v1.Persons/GetPerson]
    disclose:
      - { category: iin, clause: "1" }
      - { category: consent_reference, clause: "1" }
    receive:
      - { category: technical, clause: "1" }
      - { category: iin, transform: pseudonym, clause: "1" }
      - { category: name, transform: { prefix: 1 }, clause: "1" }
      - { category: birth_date, transform: year, only: [persons.person.birth_date], clause: "1" }
"#;

/// The whole pack.
pub(crate) fn edition() -> String {
    SPECIMEN.replacen("\nwithhold:\n", &format!("\n{PERSON_CHECK}withhold:\n"), 1)
}

/// `edition` with `to` where `from` was, which must be there.
pub(crate) fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is in the pack");
    text.replacen(from, to, 1)
}
