//! A pending pack beside the live one: what it would change in the traffic that really comes, by paths and counts, and not a
//! value of it.

use std::time::Duration;

use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::Student;
use qaqpa_proto::consent::v1::Form;
use qaqpa_proto::policy::v1::{ShadowRequest, ShadowResponse};
use qaqpa_tests::people::{self, GET_SCHOOL, GET_STUDENT_STATUS, REPORTING, STATE_EXCHANGE, SUBMIT_GROUP};
use qaqpa_tests::{Caller, World, code};
use tonic::{Status, Streaming};
use tonic_types::StatusExt as _;

use crate::rights::{self, SCHOOL, person};

const SHADOW: &str = "/qaqpa.policy.v1.Policies/Shadow";
const ADMIN: &str = "clients/admin";

/// The live pack of the development environment, with parts of it replaced.
fn pack(world: &World, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(world.site.file("policy/avtomektep.yaml")).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    text
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn run(pack_yaml: String) -> ShadowRequest {
    ShadowRequest { pack_yaml, operator: "avtomektep".into(), duration: seconds(600), max_exchanges: 0 }
}

async fn begin(caller: &Caller, request: &ShadowRequest) -> Result<Streaming<bytes::Bytes>, Status> {
    let message = request.encode_to_vec().into();
    caller.open(SHADOW, futures_util::stream::iter([message])).await
}

/// Reports until one is as wanted, for ten seconds at most.
async fn until(reports: &mut Streaming<bytes::Bytes>, wanted: impl Fn(&ShadowResponse) -> bool) -> ShadowResponse {
    let waiting = async {
        loop {
            let report = ShadowResponse::decode(reports.message().await.unwrap().unwrap()).unwrap();
            if wanted(&report) {
                return report;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap()
}

/// `operation purpose direction path change code count`, without the package.
fn changes(report: &ShadowResponse) -> Vec<String> {
    let words = |change: &qaqpa_proto::policy::v1::Change| {
        let operation = change.operation.rsplit('/').next().unwrap();
        let word = |name: &str, of: &str| name.strip_prefix(of).unwrap().to_lowercase();
        let direction = word(change.direction().as_str_name(), "DIRECTION_");
        let kind = word(change.change().as_str_name(), "CHANGE_KIND_");
        let words =
            [operation, &change.purpose, &direction, &change.path, &kind, &change.code, &change.count.to_string()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    report.changes.iter().map(words).collect()
}

fn students(world: &World, numbers: &[usize], phone: &str) -> Vec<u8> {
    let today = world.site.time.clock().today();
    let student = |number: &usize| Student {
        phone: phone.into(),
        patronymic: "ТЕСТОВИЧ".into(),
        ..people::student(*number, today)
    };
    people::submit("", numbers.iter().map(student).collect()).encode_to_vec()
}

/// For the state exchange: the patronymic stays, the phone goes. For reports: the IIN comes back as a pseudonym, and of the
/// school nothing is asked.
const PENDING: [(&str, &str); 3] = [
    (
        "      - { category: name, clause: \"3\" }\n",
        "      - { category: name, only: [student.surname, student.name], clause: \"3\" }\n      - { category: phone, clause: \"3(5)\" }\n",
    ),
    (
        "    receive:\n      - { category: technical, clause: \"7\" }\n      - { category: organisation, clause: \"3\" }\n      - { category: education, clause: \"3, 4\" }\n\n",
        "    receive:\n      - { category: iin, transform: pseudonym, clause: \"3\" }\n      - { category: technical, clause: \"7\" }\n      - { category: organisation, clause: \"3\" }\n      - { category: education, clause: \"3, 4\" }\n\n",
    ),
    (
        "    operations:\n      - qaqpa.avtoshkola.v1.Training/GetSchool\n      - qaqpa.avtoshkola.v1.Training/GetStudentStatus\n    disclose:\n      - { category: iin, clause: \"3\" }\n      - { category: organisation, clause: \"3\" }\n    # A report",
        "    operations:\n      - qaqpa.avtoshkola.v1.Training/GetStudentStatus\n    disclose:\n      - { category: iin, clause: \"3\" }\n      - { category: organisation, clause: \"3\" }\n    # A report",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_change_is_counted_and_nothing_is_kept() {
    let world = rights::world("").await;
    let (school, admin, iin) = (world.caller(SCHOOL), world.caller(ADMIN), person(2));
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    school.wire(SUBMIT_GROUP, students(&world, &[2], "+77005550100").into()).await.unwrap();
    let mut reports = begin(&admin, &run(pack(&world, &PENDING))).await.unwrap();
    let first = until(&mut reports, |_| true).await;
    assert_eq!((first.exchanges_seen, first.changes.as_slice()), (0, [].as_slice()), "before it began nothing counts");

    for (numbers, phone) in [(&[4][..], "+77005550199"), (&[5, 6], "+77005550198"), (&[7], "")] {
        let answer = school.wire(SUBMIT_GROUP, students(&world, numbers, phone).into()).await;
        assert_eq!(code(&answer), "answered", "the live pack alone decides");
    }
    let certificate = qaqpa_proto::avtoshkola::v1::IssueCertificateRequest {
        context: Some(people::context("", STATE_EXCHANGE)),
        certificate: Some(qaqpa_proto::avtoshkola::v1::Certificate { iin: iin.clone(), ..people::certificate(2) }),
    };
    school.wire(people::ISSUE_CERTIFICATE, certificate.encode_to_vec().into()).await.unwrap();
    rights::status(&school, REPORTING, &iin).await.unwrap();
    school.wire(GET_SCHOOL, people::school("", REPORTING).into()).await.unwrap();
    let refused =
        school.wire(GET_STUDENT_STATUS, people::status_of("", "marketing", &iin).encode_to_vec().into()).await;
    assert_eq!(code(&refused), "purpose.prohibited");
    rights::ask(&world.caller("clients/myverify"), "statistics", &iin).await.unwrap_err(); // another operator's
    let report = until(&mut reports, |report| report.exchanges_seen >= 7).await;
    assert_eq!(
        changes(&report),
        [
            "GetSchool reporting request would_be_refused purpose.not_allowed 1",
            "GetStudentStatus reporting reply certificate.iin newly_released 1",
            "SubmitGroup state-exchange request student.patronymic newly_withheld 3",
            "SubmitGroup state-exchange request student.phone newly_released 2",
        ]
    );
    assert_eq!((report.exchanges_seen, report.exchanges_changed, report.done), (7, 5, false));
    assert_ne!(report.live_sha256, report.pending_sha256);
    let text = format!("{report:?}");
    for value in [iin.as_str(), "+7700", "ТЕСТ", people::SCHOOL] {
        assert!(!text.contains(value), "{value} is in a report");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_by_number_by_time_and_when_nobody_listens() {
    let world = rights::world("").await;
    let (school, admin) = (world.caller(SCHOOL), world.caller(ADMIN));
    let ask = async || school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await.map(drop);
    let mut by_number = begin(&admin, &ShadowRequest { max_exchanges: 2, ..run(pack(&world, &[])) }).await.unwrap();
    let second = begin(&admin, &run(pack(&world, &[]))).await;
    assert_eq!(code(&second.map(drop)), "quota.shadow");
    for _ in 0..4 {
        ask().await.unwrap();
    }
    let last = until(&mut by_number, |report| report.done).await;
    assert_eq!((last.exchanges_seen, last.exchanges_changed), (2, 0), "the same pack changes nothing");
    assert!(by_number.message().await.unwrap().is_none(), "the last report is the last");

    let mut by_time = begin(&admin, &ShadowRequest { duration: seconds(60), ..run(pack(&world, &[])) }).await.unwrap();
    until(&mut by_time, |report| !report.done).await;
    world.site.time.forward(61);
    until(&mut by_time, |report| report.done).await;

    let left = begin(&admin, &run(pack(&world, &[]))).await.unwrap();
    drop(left);
    let mut again = None;
    for _ in 0..50 {
        match begin(&admin, &run(pack(&world, &[]))).await {
            Ok(reports) => again = Some(reports),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        if again.is_some() {
            break;
        }
    }
    let mut listening = again.unwrap();
    until(&mut listening, |report| !report.done).await;
    let stopping = tokio::spawn(world.running.stop());
    let ended = async {
        loop {
            if let Err(status) = listening.message().await {
                return code::<()>(&Err(status));
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap(), "gateway.stopping");
    tokio::time::timeout(Duration::from_secs(10), stopping).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_be_is_refused_and_on_record() {
    let world = rights::world("").await;
    let admin = world.caller(ADMIN);
    let good = || run(pack(&world, &[]));
    let broken = run(pack(
        &world,
        &[("category: education_result", "category: education_results"), ("clause: \"3, 4\"", "clause: \"3, 44\"")],
    ));
    let cpm = std::fs::read_to_string(world.site.file("policy/cpm.yaml")).unwrap();
    for (wanted, row, who, request) in [
        ("policy.invalid", "two problems", ADMIN, broken.clone()),
        ("policy.invalid", "nothing", ADMIN, run(String::new())),
        ("policy.invalid", "no YAML", ADMIN, run("{[".into())),
        ("request.invalid", "another operator's pack", ADMIN, run(cpm.clone())),
        ("request.invalid", "another operator", ADMIN, ShadowRequest { operator: "cpm".into(), ..run(cpm) }),
        ("request.invalid", "no time", ADMIN, ShadowRequest { duration: None, ..good() }),
        ("request.invalid", "more than a day", ADMIN, ShadowRequest { duration: seconds(86_401), ..good() }),
        ("caller.role", "a school", SCHOOL, good()),
        ("caller.role", "an officer", rights::OFFICER, good()),
        ("caller.role", "an auditor", "clients/auditor", good()),
    ] {
        let status = begin(&world.caller(who), &request).await.map(drop).unwrap_err();
        assert_eq!(code::<()>(&Err(status.clone())), wanted, "{row}");
        let id = qaqpa_tests::exchange_id(&status);
        assert_eq!(world.recorded(&id).await, format!("DENIED {wanted}"), "{row}");
    }
    let status = begin(&admin, &broken).await.map(drop).unwrap_err();
    let places = status.get_details_bad_request().unwrap().field_violations;
    let line = |word: &str| pack(&world, &[]).lines().position(|line| line.contains(word)).unwrap() + 1;
    let places: Vec<String> = places.into_iter().map(|place| place.field).collect();
    for wanted in [line("category: education_result"), line("clause: \"3, 4\"")] {
        assert!(
            places.iter().any(|place| place.starts_with(&format!("pack_yaml:{wanted}:"))),
            "{wanted} in {places:?}"
        );
    }
    let began = world.records().await.into_iter().filter(|line| line["event"] == "shadow_began").count();
    assert_eq!(began, 0);
}
