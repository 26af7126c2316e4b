//! Who may do what for whom.

use prost::Message as _;
use qaqpa_policy::{Bin, Claim, Mode, NotPermitted, Pack, Permit, Plans, Role, permit};
use qaqpa_proto::avtoshkola::v1::GetStudentStatusRequest;
use qaqpa_proto::v1::Context;

use crate::sample::{PACK, STATUS, SYNC, caller, contract, plans};

fn claim(purpose: &str, on_behalf_of: &str) -> Claim {
    let context = Context {
        purpose: purpose.into(),
        on_behalf_of: on_behalf_of.into(),
        request_id: "r-1".into(),
        ..Context::default()
    };
    let request = GetStudentStatusRequest { context: Some(context), iin: "991231500006".into() };
    Claim::read(&request.encode_to_vec()).unwrap()
}

fn judged(role: Role, granted: &[&str], operation: &str, purpose: &str, school: &str) -> Result<Permit, NotPermitted> {
    let contract = contract();
    let caller = caller(role, granted, &["990141000002"]);
    permit(&caller, contract.operation(operation).unwrap(), &claim(purpose, school), &plans())
}

#[test]
fn every_grant_is_needed() {
    let all = &["state-exchange", "reporting", "support"][..];
    for (wanted, role, granted, operation, purpose, school, why) in [
        (Ok(()), Role::Exchange, all, STATUS, "reporting", "", "granted by all three"),
        (Ok(()), Role::Exchange, all, STATUS, "reporting", "990141000002", "for a school of its list"),
        (Ok(()), Role::Exchange, all, STATUS, "reporting", "140940023564", "for the operator itself"),
        (Err("caller.role"), Role::Auditor, all, STATUS, "reporting", "", "an auditor"),
        (Err("caller.role"), Role::Admin, all, STATUS, "reporting", "", "an administrator"),
        (Err("purpose.unknown"), Role::Exchange, all, STATUS, "marketing", "", "not in the pack"),
        (Err("purpose.unknown"), Role::Exchange, all, STATUS, "Reporting", "", "another case"),
        (Err("purpose.not_allowed"), Role::Exchange, &all[..1], STATUS, "reporting", "", "not granted"),
        (Err("purpose.not_allowed"), Role::Exchange, all, SYNC, "reporting", "", "not for this operation"),
        (Err("purpose.not_allowed"), Role::Exchange, all, STATUS, "support", "", "support needs no state system"),
        (Err("delegation.not_allowed"), Role::Exchange, all, STATUS, "reporting", "990150000001", "a stranger"),
    ] {
        let found = judged(role, granted, operation, purpose, school);
        assert_eq!(found.map(|_| ()).map_err(|error| error.reason().code()), wanted, "{why}");
    }
}

#[test]
fn a_permit_carries_what_the_journal_needs() {
    let permit = judged(Role::Exchange, &["reporting"], STATUS, "reporting", "990141000002").unwrap();
    assert_eq!(permit.caller().id(), "backend");
    assert_eq!(permit.operator(), "avtomektep");
    assert_eq!(permit.operation(), STATUS);
    assert_eq!(permit.purpose().dpv, "dpv:RecordManagement");
    assert_eq!(permit.purpose().clause, "3(4)");
    assert_eq!(permit.acting(), &Bin::parse("990141000002").unwrap());
    assert_eq!(permit.pack().sha256().len(), 64, "the server pins the version, not the caller");
    assert!(!format!("{permit:?}").contains("990141000002"));
}

#[test]
fn a_purpose_that_cannot_be_served_is_not_offered() {
    let text = PACK.replacen("      - { category: birth_date, clause: \"3\" }\n", "", 1);
    let plans = Plans::compile(&contract(), &Pack::parse(&text, "pack.yaml").unwrap()).unwrap();
    let caller = caller(Role::Exchange, &["state-exchange"], &[]);
    let error = permit(&caller, contract().operation(SYNC).unwrap(), &claim("state-exchange", ""), &plans).unwrap_err();
    assert_eq!(error.reason().code(), "purpose.not_offered");
    assert!(error.to_string().contains("student.birth_date"));
}

#[test]
fn plans_of_another_operator_are_not_taken() {
    let text = PACK.replacen("id: avtomektep", "id: other", 1);
    let plans = Plans::compile(&contract(), &Pack::parse(&text, "pack.yaml").unwrap()).unwrap();
    let caller = caller(Role::Exchange, &["reporting"], &[]);
    let error = permit(&caller, contract().operation(STATUS).unwrap(), &claim("reporting", ""), &plans).unwrap_err();
    assert_eq!(error.reason().code(), "caller.operator");
}

const SPECIMEN: &str = include_str!("specimen.yaml");

/// Judges a claim by the specimen pack, changed as `edit` says.
fn by_specimen(edit: impl Fn(String) -> String, purpose: &str, school: &str) -> Result<Permit, NotPermitted> {
    let text = edit(SPECIMEN.replacen("id: specimen", "id: avtomektep", 1));
    let plans = Plans::compile(&contract(), &Pack::parse(&text, "pack.yaml").unwrap()).unwrap();
    let granted = ["state-exchange", "identification", "advertising", "newsletters", "exchange"];
    let caller = caller(Role::Exchange, &granted, &["990141000002"]);
    permit(&caller, contract().operation(STATUS).unwrap(), &claim(purpose, school), &plans)
}

/// No grant of a certificate outweighs a prohibition of the pack, its own or a parent's.
#[test]
fn a_prohibited_purpose_is_permitted_to_nobody() {
    for (wanted, purpose, why) in [
        (Ok(()), "state-exchange", "a purpose like any other"),
        (Err("purpose.prohibited"), "advertising", "prohibited itself"),
        (Err("purpose.prohibited"), "newsletters", "part of a prohibited one"),
        (Err("purpose.not_allowed"), "exchange", "grants do not come up from children"),
        (Err("purpose.not_allowed"), "identification", "nor for another operation"),
    ] {
        let found = by_specimen(|text| text, purpose, "");
        assert_eq!(found.map(|_| ()).map_err(|error| error.reason().code()), wanted, "{why}");
    }
}

#[test]
fn an_operator_without_a_bin_makes_no_exchange_for_itself() {
    let without = |text: String| text.replacen("  bin: \"990140000007\"\n", "", 1);
    for (wanted, school, why) in [
        (Err("delegation.not_allowed"), "", "for nobody"),
        (Err("delegation.not_allowed"), "990140000007", "for a school that is not in the caller's list"),
        (Ok(Bin::parse("990141000002").unwrap()), "990141000002", "for a school of its list"),
    ] {
        let found = by_specimen(without, "state-exchange", school);
        assert_eq!(found.map(|permit| *permit.acting()).map_err(|error| error.reason().code()), wanted, "{why}");
    }
}

#[test]
fn a_permit_knows_what_its_purpose_demands() {
    let strict = |text: String| {
        text.replacen("strict: [qaqpa.avtoshkola.v1.Training/GetSchool]", "strict: [qaqpa.avtoshkola.v1.Training/*]", 1)
    };
    assert_eq!(
        by_specimen(|text| text, "state-exchange", "").unwrap().mode(),
        Mode::Strip,
        "strict for another operation"
    );
    assert_eq!(by_specimen(strict, "state-exchange", "").unwrap().mode(), Mode::Strict);
    let permit = by_specimen(|text| text, "state-exchange", "").unwrap();
    assert!(permit.consent_rule().is_none());
    let apart: Vec<&str> = permit.incompatible().iter().map(|other| other.purpose.as_str()).collect();
    assert_eq!(apart, ["advertising", "newsletters"], "its parent's");
    let asked = |text: String| {
        text.replacen("Training/SyncStudents]", "Training/GetStudentStatus]", 1).replacen(
            "disclose: [{ category: photo,",
            "disclose: [{ category: iin, clause: \"2\" }, { category: photo,",
            1,
        )
    };
    let permit = by_specimen(asked, "identification", "").unwrap();
    assert!(permit.consent_rule().is_some_and(|rule| rule.separate && rule.max_days == Some(365)));
}
