//! What plans offer, and what they refuse to offer.

use qaqpa_policy::plan::FieldFate;
use qaqpa_policy::{Direction, Pack, Plans};

use crate::sample::{PACK, STATUS, SUBMIT, SYNC, contract, plan, plans};

#[test]
fn purposes_of_an_operation() {
    let plans = plans();
    let ids = |operation| plans.purposes(operation).map(|purpose| purpose.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids(STATUS), ["state-exchange", "reporting"]);
    assert_eq!(ids(SYNC), ["state-exchange"]);
    assert!(ids("/qaqpa.avtoshkola.v1.Training/Nothing").is_empty());
    assert_eq!(plans.operations().count(), 7);
    assert!(plans.plan(SYNC, "support", Direction::Request).is_none());
}

#[test]
fn a_demanded_field_that_must_stay_closes_the_purpose() {
    let text = PACK.replacen("      - { category: birth_date, clause: \"3\" }\n", "", 1);
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let plans = Plans::compile(&contract(), &pack).unwrap();
    for operation in [SYNC, SUBMIT] {
        assert!(plans.plan(operation, "state-exchange", Direction::Request).is_none());
        assert!(plans.plan(operation, "state-exchange", Direction::Reply).is_none());
        let reason = plans.not_offered(operation, "state-exchange").unwrap();
        assert_eq!((reason.path.as_str(), reason.category), ("student.birth_date", "birth_date"));
    }
    assert!(plans.plan(STATUS, "state-exchange", Direction::Request).is_some(), "needs no birth date");
    assert!(plans.purposes(SYNC).next().is_none());
}

/// The certificate of a reply holds a demanded IIN; a reply may still be read without it.
#[test]
fn replies_may_lack_what_the_schema_demands() {
    let plan = plan(STATUS, "reporting", Direction::Reply);
    let iin = plan.fields().find(|field| field.path == "certificate.iin").unwrap();
    assert_eq!(iin.fate, FieldFate::Withheld);
    assert_eq!(iin.clause, "6");
}

#[test]
fn a_local_field_stays_even_when_its_category_moves() {
    let text =
        PACK.replacen("- { category: name,", "- { category: email, clause: \"3\" }\n      - { category: name,", 1);
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let plans = Plans::compile(&contract(), &pack).unwrap();
    let plan = plans.plan(SYNC, "state-exchange", Direction::Request).unwrap();
    let email = plan.fields().find(|field| field.path == "student.email").unwrap();
    assert_eq!((email.fate, email.clause), (FieldFate::Withheld, ""));
    assert_eq!(email.why.reason.en, "The external system has no place for it");
}

/// Trap 5: an IIN gives away what the policy may think it withholds. The plan says so.
#[test]
fn an_iin_gives_away_birth_date_and_sex() {
    let plan = plan(STATUS, "reporting", Direction::Request);
    let iin = plan.fields().find(|field| field.path == "iin").unwrap();
    assert_eq!(iin.derives.len(), 2);
}
