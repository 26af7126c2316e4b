//! Minors and their guardians.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use prost::Message as _;
use qaqpa_policy::consent::Moment;
use qaqpa_policy::{Claim, Consent, Iin, NotConsented, Permit, Role, Standing, Subjects, consent, permit};
use qaqpa_proto::avtoshkola::v1::{GetStudentStatusRequest, Student, SubmitGroupRequest};
use qaqpa_proto::wire::Fault;

use crate::sample::{STATUS, SUBMIT, SYNC, caller, contract, plans, request, student};
use crate::standing::of_guardian;

const TODAY: Date = date(2026, 11, 20);

fn permitted(operation: &str) -> Permit {
    let claim = Claim::read(&request().encode_to_vec()).unwrap();
    let caller = caller(Role::Exchange, &["state-exchange"], &[]);
    permit(&caller, contract().operation(operation).unwrap(), &claim, &plans()).unwrap()
}

/// With a ledger in which the guardian of these tests has consented for everybody, by the references `c` and `consent-1`.
fn judged(operation: &str, wire: &[u8], today: Date) -> Result<Consent, NotConsented> {
    let contract = contract();
    let operation = contract.operation(operation).unwrap();
    let subjects = Subjects::read(operation, wire).unwrap();
    let consents = ["c", "consent-1"].map(of_guardian).to_vec();
    let known = Arc::new(Standing { consents, ..Standing::default() });
    let moment = Moment { now: "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap(), today };
    consent::check(&permitted(&operation.path), operation, None, &subjects, &|_: &Iin| known.clone(), moment)
}

fn one(change: impl FnOnce(&mut Student)) -> Vec<u8> {
    let mut request = request();
    change(request.student.as_mut().unwrap());
    request.encode_to_vec()
}

fn told(result: Result<Consent, NotConsented>) -> Result<usize, String> {
    result.map(|consent| consent.minors()).map_err(|error| {
        let paths: Vec<&str> = error.lacks().iter().map(|lack| lack.path.as_str()).collect();
        format!("{} {}", error.reason().code(), paths.join(" "))
    })
}

#[test]
fn minors_need_a_guardian() {
    let student = |born: &'static str, guardian: &'static str, reference: &'static str| {
        one(move |student| {
            student.birth_date = born.into();
            student.guardian_iin = guardian.into();
            student.consent_ref = reference.into();
        })
    };
    let guardian = "991231600002";
    let missing = |paths: &str| Err(format!("consent.guardian_missing {paths}"));
    let unknown = || Err("consent.birth_date_unknown student.birth_date".to_owned());
    for (wanted, wire, why) in [
        (Ok(0), student("2000-01-31", "", ""), "of age"),
        (Ok(0), student("2008-11-20", "", ""), "of age today"),
        (missing("student.guardian_iin student.consent_ref"), student("2008-11-21", "", ""), "of age tomorrow"),
        (Ok(1), student("2008-11-21", guardian, "c"), "minor with guardian and consent"),
        (missing("student.consent_ref"), student("2010-01-01", guardian, ""), "no consent"),
        (missing("student.consent_ref"), student("2010-01-01", guardian, "  "), "blank consent"),
        (missing("student.guardian_iin"), student("2010-01-01", "", "c"), "no guardian"),
        (missing("student.guardian_iin"), student("2010-01-01", "991231600003", "c"), "guardian is no IIN"),
        (missing("student.guardian_iin"), student("2010-01-01", "991231500006", "c"), "guardian is the student"),
        (missing("student.guardian_iin student.consent_ref"), student("2099-12-31", "", ""), "born in the future"),
        (unknown(), student("", guardian, "c"), "no birth date"),
        (unknown(), student("2010-02-30", guardian, "c"), "no day of the calendar"),
    ] {
        assert_eq!(told(judged(SYNC, &wire, TODAY)), wanted, "{why}");
    }
}

#[test]
fn a_leap_day_child_is_of_age_in_march() {
    let wire = one(|student| {
        student.birth_date = "2008-02-29".into();
        student.guardian_iin.clear();
    });
    assert!(judged(SYNC, &wire, date(2026, 2, 28)).is_err());
    assert_eq!(judged(SYNC, &wire, date(2026, 3, 1)).unwrap().minors(), 0);
}

#[test]
fn each_record_of_a_group_is_judged_by_itself() {
    let minor = Student { birth_date: "2010-01-01".into(), ..student() };
    let alone = Student { guardian_iin: String::new(), ..minor.clone() };
    let group = SubmitGroupRequest { student: vec![student(), minor, alone], ..SubmitGroupRequest::default() };
    let found = told(judged(SUBMIT, &group.encode_to_vec(), TODAY));
    assert_eq!(found, Err("consent.guardian_missing student[2].guardian_iin".to_owned()));
    let subjects = Subjects::read(contract().operation(SUBMIT).unwrap(), &group.encode_to_vec()).unwrap();
    assert_eq!(subjects.iins().count(), 3);
}

#[test]
fn the_date_inside_an_iin_is_a_warning_only() {
    let consent = judged(SYNC, &request().encode_to_vec(), TODAY).unwrap();
    assert_eq!(consent.birth_date_mismatches(), ["student.iin"]);
    let equal = one(|student| student.birth_date = "2099-12-31".into());
    let consent = judged(SYNC, &equal, TODAY).unwrap();
    assert!(consent.birth_date_mismatches().is_empty());
}

#[test]
fn an_operation_without_birth_date_judges_nobody() {
    let wire = GetStudentStatusRequest { context: None, iin: "991231500006".into() }.encode_to_vec();
    let subjects = Subjects::read(contract().operation(STATUS).unwrap(), &wire).unwrap();
    assert_eq!(subjects.iins().map(Iin::as_str).collect::<Vec<_>>(), ["991231500006"]);
    assert_eq!(judged(STATUS, &wire, TODAY).unwrap().minors(), 0);
    let school = contract();
    let school = school.operation("/qaqpa.avtoshkola.v1.Training/GetSchool").unwrap();
    assert!(Subjects::read(school, &wire).unwrap().persons().is_empty());
}

#[test]
fn a_second_birth_date_is_not_overlooked() {
    let mut inner = student().encode_to_vec();
    inner.extend([0x2a, 10]);
    inner.extend(b"2010-01-01");
    let mut wire = vec![0x1a];
    prost::encoding::encode_varint(inner.len() as u64, &mut wire);
    wire.extend(inner);
    assert_eq!(Subjects::read(contract().operation(SYNC).unwrap(), &wire).unwrap_err().fault, Fault::Twice);
}

#[test]
fn nothing_personal_is_printed() {
    let wire = one(|student| {
        student.birth_date = "2010-01-01".into();
        student.guardian_iin.clear();
    });
    let subjects = Subjects::read(contract().operation(SYNC).unwrap(), &wire).unwrap();
    let error = judged(SYNC, &wire, TODAY).unwrap_err();
    assert_eq!(error.clause(), "13");
    let printed = format!("{error} {error:?} {subjects:?} {:?}", subjects.persons());
    for value in ["991231500006", "2010", "consent-1"] {
        assert!(!printed.contains(value), "{printed}");
    }
}
