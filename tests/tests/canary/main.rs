//! The canary: every personal value is a token of its own, everything is exchanged, and then all that anybody could read later is
//! searched for the tokens: messages, replies, journal, log, traces of refusals, metrics, and the files of journal and vault as
//! raw bytes.
//!
//! It is a test binary of its own, because it captures what the process logs at TRACE.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod captured;
mod tokens;

use std::path::Path;

use bytes::Bytes;
use prost::Message;
use qaqpa_mock::{Behaviour, CANARY};
use qaqpa_proto::avtoshkola::v1::{
    Certificate, IssueCertificateRequest, RevokeCertificateRequest, Student, SubmitOutcomesRequest,
};
use qaqpa_tests::people::{self, REPORTING, STATE_EXCHANGE};
use qaqpa_tests::{Caller, World, code, receipt, record_code};
use tonic::Status;

use crate::captured::Captured;
use crate::tokens::{PERSONAL, WITHHELD, found};

/// Everything that came back to the caller.
#[derive(Default)]
struct Told {
    replies: Vec<Bytes>,
    errors: Vec<Status>,
}

impl Told {
    async fn ask(&mut self, caller: &Caller, path: &'static str, request: &impl Message) -> String {
        let result = caller.send(path, vec![request.encode_to_vec().into()]).await;
        let told = match &result {
            Ok(replies) => record_code(&receipt(replies.first().unwrap())),
            Err(_) => code(&result),
        };
        match result {
            Ok(replies) => self.replies.extend(replies),
            Err(status) => self.errors.push(status),
        }
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_found_where_it_must_not_be() {
    let captured = Captured::install();
    let world = World::start().await;
    let school = world.caller("clients/school");
    let mut told = Told::default();
    school.gives(tokens::consent(world.site.time.now())).await;
    let number = everything(&school, &mut told).await;
    refusals_and_failures(&world, &school, &mut told).await;

    assert!(captured.text().lines().count() > 20, "the log was captured");
    assert!(captured.text().contains("drift") || captured.text().contains("is not as the contract says"));
    let soap: Vec<u8> = world.government.seen().iter().flat_map(|exchange| exchange.request.to_vec()).collect();
    assert_eq!(found(&soap, WITHHELD), Vec::<&str>::new(), "in the messages that left");
    assert_eq!(found(&soap, &[tokens::SURNAME, tokens::IIN]).len(), 2, "what had to leave has left");

    let reporting: Vec<u8> =
        told.replies.iter().filter(|reply| purpose_is_reporting(reply)).flatten().copied().collect();
    assert!(!reporting.is_empty(), "there were replies for reporting");
    assert_eq!(found(&reporting, PERSONAL), Vec::<&str>::new(), "in replies for reporting");
    assert_eq!(found(&reporting, &[&number]), Vec::<&str>::new(), "the certificate's number, for reporting");
    let replies: Vec<u8> = told.replies.iter().flatten().copied().collect();
    assert_eq!(found(&replies, WITHHELD), Vec::<&str>::new(), "in replies");
    assert_eq!(found(&replies, &[CANARY]), Vec::<&str>::new(), "what the contract does not know, in replies");
    let errors: String = told.errors.iter().map(|status| format!("{status:?} {:?}", status.details())).collect();
    let details: Vec<u8> = told.errors.iter().flat_map(|status| status.details().to_vec()).collect();

    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    let export: String = world.records().await.iter().map(ToString::to_string).collect();
    let places = [
        ("errors", errors.into_bytes()),
        ("details of errors", details),
        ("the export", export.into_bytes()),
        ("the journal's files", bytes_of(world.journal())),
        ("the vault's files", bytes_of(world.config.vault.file.parent().unwrap())),
        ("the log at TRACE", captured.text().into_bytes()),
        ("metrics", metrics.into_bytes()),
    ];
    for (place, bytes) in &places {
        assert!(!bytes.is_empty(), "{place} is empty");
        for tokens in [PERSONAL, WITHHELD, &[CANARY, number.as_str()], tokens::KEYS] {
            assert_eq!(found(bytes, tokens), Vec::<&str>::new(), "in {place}");
        }
    }
}

/// All seven operations, both purposes, and a reply that drifts. The number of the certificate that was issued.
async fn everything(school: &Caller, told: &mut Told) -> String {
    let context = |purpose| Some(people::context("", purpose));
    let student = tokens::student();
    let mut group = people::submit("REQUEST-ID-TOKEN-1", vec![student.clone()]);
    group.group = Some(tokens::group());
    assert_eq!(told.ask(school, people::SUBMIT_GROUP, &group).await, "answered");
    let mut sync = people::sync("REQUEST-ID-TOKEN-2", Student { iin: people::iin(1_700), ..student });
    sync.group = Some(tokens::group());
    assert_eq!(told.ask(school, people::SYNC_STUDENTS, &sync).await, "answered");
    for purpose in [STATE_EXCHANGE, REPORTING] {
        let request = people::get_school(people::context("", purpose));
        assert_eq!(told.ask(school, people::GET_SCHOOL, &request).await, "answered");
        let request = people::status_of("", purpose, tokens::IIN);
        assert_eq!(told.ask(school, people::GET_STUDENT_STATUS, &request).await, "answered");
    }
    let outcome = vec![qaqpa_proto::avtoshkola::v1::Outcome { iin: tokens::IIN.into(), ..people::outcome(1) }];
    let request = SubmitOutcomesRequest { context: context(STATE_EXCHANGE), outcome };
    assert_eq!(told.ask(school, people::SUBMIT_OUTCOMES, &request).await, "answered");
    let certificate = Some(Certificate { iin: tokens::IIN.into(), ..people::certificate(1) });
    let request = IssueCertificateRequest { context: context(STATE_EXCHANGE), certificate: certificate.clone() };
    assert_eq!(told.ask(school, people::ISSUE_CERTIFICATE, &request).await, "answered");
    let issued =
        qaqpa_proto::avtoshkola::v1::IssueCertificateResponse::decode(told.replies.last().unwrap().clone()).unwrap();
    let number = issued.certificate.unwrap().certificate_number;
    let certificate = certificate.map(|certificate| Certificate {
        certificate_number: number.clone(),
        revocation_reason: tokens::REASON.into(),
        ..certificate
    });
    let request = RevokeCertificateRequest { context: context(STATE_EXCHANGE), certificate };
    assert_eq!(told.ask(school, people::REVOKE_CERTIFICATE, &request).await, "answered");
    number
}

/// Refusals about every value, and failures of every kind that speak of one.
async fn refusals_and_failures(world: &World, school: &Caller, told: &mut Told) {
    for behaviour in
        ["drift", "soap-fault", "status", "tampered-body", "truncated-xml", "html-502", "cut-mid-body", "wrapped-3"]
    {
        let behaviour: Behaviour = behaviour.parse().unwrap();
        for purpose in [STATE_EXCHANGE, REPORTING] {
            world.government.behave_once(behaviour.clone());
            told.ask(school, people::GET_STUDENT_STATUS, &people::status_of("", purpose, tokens::IIN)).await;
        }
    }
    let wrong = |change: fn(&mut Student)| {
        let mut student = tokens::student();
        change(&mut student);
        people::submit("REQUEST-ID-TOKEN-3", vec![student])
    };
    for (wanted, request) in [
        ("request.invalid", wrong(|student| student.iin = tokens::BAD_IIN.into())),
        ("request.invalid", wrong(|student| student.birth_date = tokens::BAD_DATE.into())),
        ("request.invalid", wrong(|student| student.guardian_iin = tokens::BAD_IIN.into())),
        (
            "consent.guardian_missing",
            wrong(|student| {
                student.birth_date = tokens::MINOR_DATE.into();
                student.guardian_iin.clear();
            }),
        ),
    ] {
        assert_eq!(told.ask(school, people::SUBMIT_GROUP, &request).await, wanted);
    }
    for (wanted, context) in [
        ("purpose.unknown", people::context("", tokens::PURPOSE)),
        ("request.invalid", people::context(tokens::REQUEST_ID, STATE_EXCHANGE)),
        (
            "delegation.not_allowed",
            qaqpa_proto::v1::Context { on_behalf_of: people::SCHOOL_2.into(), ..people::context("", STATE_EXCHANGE) },
        ),
    ] {
        assert_eq!(told.ask(school, people::GET_SCHOOL, &people::get_school(context)).await, wanted);
    }
}

fn purpose_is_reporting(reply: &Bytes) -> bool {
    receipt(reply).withheld_from_reply.iter().any(|withheld| withheld.path.ends_with("iin"))
}

/// All files below a folder, one after the other.
fn bytes_of(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes_of(&path) } else { std::fs::read(path).unwrap() }).collect()
}
