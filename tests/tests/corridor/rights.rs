//! What is asked of a gateway about a person: exchanges of both systems, consents, and the rights that officers exercise.
//!
//! Nothing is checked here. All callers come with every purpose of their operator that a state system serves, with quotas
//! that no test reaches; two operators have an officer.
//!
//! Example: `give(&world, "clients/myverify", &["statistics"], &person(4), Form::Kdp).await`

use bytes::Bytes;
use jiff::ToSpan as _;
use prost::Message as _;
use qaqpa_proto::consent::v1::withdraw_request::Which;
use qaqpa_proto::consent::v1::{
    Form, GiveRequest, GiveResponse, KdpToken, OfPerson, WithdrawRequest, WithdrawResponse, WithdrawalReason,
};
use qaqpa_proto::gbdfl::v1::GetPersonRequest;
use qaqpa_proto::moment::stamp;
use qaqpa_proto::subject::v1::{
    Basis, EraseRequest, EraseResponse, ObjectRequest, ObjectResponse, ReportRequest, ReportResponse, RestrictRequest,
    RestrictResponse,
};
use qaqpa_proto::v1::Context;
use qaqpa_tests::consents;
use qaqpa_tests::people::{self, GET_STUDENT_STATUS};
use qaqpa_tests::{Caller, World};
use tonic::Status;

pub(crate) const GET_PERSON: &str = "/qaqpa.gbdfl.v1.Persons/GetPerson";
pub(crate) const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
pub(crate) const WITHDRAW: &str = "/qaqpa.consent.v1.Consents/Withdraw";
pub(crate) const REPORT: &str = "/qaqpa.subject.v1.Subjects/Report";
pub(crate) const FIND_USAGE: &str = "/qaqpa.subject.v1.Subjects/FindUsage";
pub(crate) const RESTRICT: &str = "/qaqpa.subject.v1.Subjects/Restrict";
pub(crate) const UNRESTRICT: &str = "/qaqpa.subject.v1.Subjects/Unrestrict";
pub(crate) const CORRECT: &str = "/qaqpa.subject.v1.Subjects/Correct";
pub(crate) const ERASE: &str = "/qaqpa.subject.v1.Subjects/Erase";
pub(crate) const OBJECT: &str = "/qaqpa.subject.v1.Subjects/Object";
pub(crate) const DUE: &str = "/qaqpa.subject.v1.Subjects/Due";
pub(crate) const CONFIRM_CLOCK: &str = "/qaqpa.subject.v1.Subjects/ConfirmClock";

pub(crate) const SCHOOL: &str = "clients/school";
pub(crate) const OFFICER: &str = "clients/officer";
/// Holds the certificate of the other school.
pub(crate) const OFFICER_OF_MYVERIFY: &str = "clients/school-2";

/// A world of these callers, with more of `gateway.toml` laid over it.
pub(crate) async fn world(overlay: &str) -> World {
    World::with(&[callers(), overlay.to_owned()].concat()).await
}

/// The callers as TOML.
pub(crate) fn callers() -> String {
    let rows: [(&str, &str, &str, &[&str]); 9] = [
        ("school", "avtomektep", "exchange", &["state-exchange", "reporting", "statistics", "photo-identification"]),
        ("officer", "avtomektep", "officer", &[]),
        ("admin", "avtomektep", "admin", &[]),
        ("auditor", "avtomektep", "auditor", &[]),
        ("school-2", "myverify", "officer", &[]),
        ("cpm", "cpm", "exchange", &["verification"]),
        ("smartustaz", "smartustaz", "exchange", &["verification"]),
        ("myverify", "myverify", "exchange", &["identification", "data-confirmation", "anti-fraud", "statistics"]),
        ("qyzmet-desk", "qyzmet-desk", "exchange", &["identity-check", "biometric-identification", "statistics"]),
    ];
    let row = |(name, operator, role, purposes): (&str, &str, &str, &[&str])| {
        let schools =
            if name == "school" { format!("on_behalf_of = [\"{}\"]\n", people::SCHOOL) } else { String::new() };
        format!(
            "[[callers]]\nid = \"{name}\"\nuri = \"urn:qaqpa:dev:{name}\"\noperator = \"{operator}\"\nrole = \"{role}\"\n\
             purposes = {purposes:?}\n{schools}"
        )
    };
    let passport = |system| format!("[systems.{system}]\nnominal_per_hour = 100000\npeak_per_hour = 200000\n");
    let quotas = "[quotas]\ncaller_per_second = 100000\npurpose_per_minute = 10000000\nsubjects_per_hour = 100000\n";
    [rows.map(row).concat(), passport("avtoshkola"), passport("gbdfl"), quotas.to_owned()].concat()
}

/// A grown-up whom the state knows, by number; 3, 5 and 7 at the end are other people in GBD FL.
pub(crate) fn person(number: usize) -> String {
    people::iin(number)
}

/// A consent to these purposes, given a minute ago for a month; its id.
pub(crate) async fn give(world: &World, who: &str, purposes: &[&str], iin: &str, form: Form) -> String {
    let request = consent(world, purposes, iin, form);
    let reply: GiveResponse = world.caller(who).call(GIVE, &request).await.unwrap();
    reply.consent.unwrap().id
}

pub(crate) fn consent(world: &World, purposes: &[&str], iin: &str, form: Form) -> GiveRequest {
    let token = KdpToken { token: TOKEN.into(), public_key: PUBLIC_KEY.into() };
    GiveRequest {
        iin: iin.into(),
        purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect(),
        form: form.into(),
        given_at: Some(stamp(world.site.time.clock().now() - 1.minute())),
        end: consents::days(30),
        evidence_sha256: if matches!(form, Form::Written | Form::Electronic) { vec![7; 32] } else { Vec::new() },
        kdp: (form == Form::Kdp).then_some(token),
        ..GiveRequest::default()
    }
}

pub(crate) const TOKEN: &str = "REVNTy1LRFAtVE9LRU4=";
pub(crate) const PUBLIC_KEY: &str = "REVNTy1QVUJLRVk=";

/// Asks GBD FL.
pub(crate) async fn ask(caller: &Caller, purpose: &str, iin: &str) -> Result<Bytes, Status> {
    caller.wire(GET_PERSON, asked(purpose, iin).encode_to_vec().into()).await
}

pub(crate) fn asked(purpose: &str, iin: &str) -> GetPersonRequest {
    GetPersonRequest {
        context: Some(Context { purpose: purpose.into(), ..Context::default() }),
        iin: iin.into(),
        kdp_token: TOKEN.into(),
        kdp_public_key: PUBLIC_KEY.into(),
    }
}

/// Asks AIS Avtoshkola how a student stands.
pub(crate) async fn status(school: &Caller, purpose: &str, iin: &str) -> Result<Bytes, Status> {
    school.wire(GET_STUDENT_STATUS, people::status_of("", purpose, iin).encode_to_vec().into()).await
}

pub(crate) async fn withdraw(caller: &Caller, id: &str) -> Result<WithdrawResponse, Status> {
    let reason = WithdrawalReason::SubjectRequest.into();
    caller
        .call(WITHDRAW, &WithdrawRequest { which: Some(Which::Id(id.into())), reason, ..WithdrawRequest::default() })
        .await
}

pub(crate) async fn restrict(officer: &Caller, iin: &str, purpose: &str) -> Result<RestrictResponse, Status> {
    let basis = Basis::SubjectRequest.into();
    officer.call(RESTRICT, &RestrictRequest { iin: iin.into(), basis, purpose: purpose.into() }).await
}

pub(crate) async fn object(officer: &Caller, iin: &str, purpose: &str) -> Result<ObjectResponse, Status> {
    officer.call(OBJECT, &ObjectRequest { iin: iin.into(), purpose: purpose.into() }).await
}

pub(crate) async fn erase(officer: &Caller, iin: &str) -> Result<EraseResponse, Status> {
    officer.call(ERASE, &EraseRequest { iin: iin.into(), basis: Basis::SubjectRequest.into() }).await
}

/// The whole report, on one page.
pub(crate) async fn report(officer: &Caller, iin: &str) -> ReportResponse {
    officer.call(REPORT, &ReportRequest { iin: iin.into(), ..ReportRequest::default() }).await.unwrap()
}

/// All consents of a person.
pub(crate) fn of_person(iin: &str) -> Option<Which> {
    Some(Which::Person(OfPerson { iin: iin.to_owned(), purposes: Vec::new() }))
}
