//! Four limits: each refuses by its name, says when to come back, and lets nothing through to the state.

use std::time::Duration;

use futures_util::future::join_all;
use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::GetSchoolRequest;
use qaqpa_tests::people::{self, GET_SCHOOL, GET_STUDENT_STATUS, REPORTING, STATE_EXCHANGE};
use qaqpa_tests::{Caller, Seen, World, code};
use serde_json::Value;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Name of the quota, as QuotaFailure and ErrorInfo agree on it, and whether the wait is more than nothing.
fn quota(status: &Status) -> (String, bool) {
    let failure = status.get_details_quota_failure().unwrap();
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
    let subject = failure.violations[0].subject.clone();
    assert_eq!(status.get_details_error_info().unwrap().metadata["quota"], subject);
    (subject, wait > Duration::ZERO)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_has_a_name_and_a_wait() {
    let world = World::start().await;
    let rows = [
        (
            "quota.purpose",
            "purpose/state-exchange/qaqpa.avtoshkola.v1.Training/GetSchool",
            "[quotas]\npurpose_per_minute = 2",
        ),
        (
            "quota.system",
            "system/MIA_AISAS_GetSchoolInfo",
            "[systems.avtoshkola]\nnominal_per_hour = 1\npeak_per_hour = 3\n[quotas]\nguaranteed_percent = 0",
        ),
    ];
    for (told, name, overlay) in rows {
        let world = world.beside(overlay).await;
        let school = world.caller("clients/school");
        let call = |purpose| school.wire(GET_SCHOOL, people::school("", purpose).into());
        for _ in 0..2 {
            assert_eq!(world.observe(call(STATE_EXCHANGE)).await, Seen::answered(), "{told}: within");
        }
        let status = call(STATE_EXCHANGE).await.unwrap_err();
        assert_eq!(quota(&status), (name.to_owned(), true));
        assert_eq!(world.observe(call(STATE_EXCHANGE)).await, Seen::refused(told, Code::ResourceExhausted));
        let other =
            if told == "quota.purpose" { Seen::answered() } else { Seen::refused(told, Code::ResourceExhausted) };
        assert_eq!(world.observe(call(REPORTING)).await, other, "{told}: a purpose has a quota, a passport is for all");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_caller_does_not_empty_a_passport_for_all() {
    let world = World::with("[systems.avtoshkola]\nnominal_per_hour = 1\npeak_per_hour = 41").await;
    let (school, other) = (world.caller("clients/school"), world.caller("clients/school-2"));
    let mut answered = 0;
    while code(&school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await) == "answered" {
        answered += 1;
    }
    assert!((10..40).contains(&answered), "its own share and what is free of the others': {answered}");
    let status = school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await.unwrap_err();
    assert_eq!(quota(&status), ("system/MIA_AISAS_GetSchoolInfo".to_owned(), true));
    let mut context = people::context("", REPORTING);
    context.on_behalf_of = people::SCHOOL_2.into();
    let message = GetSchoolRequest { school_bin: people::SCHOOL_2.into(), ..people::get_school(context) };
    let seen = world.observe(other.wire(GET_SCHOOL, message.encode_to_vec().into())).await;
    assert_eq!(seen, Seen::answered(), "another caller's first of the day");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn persons_are_counted_not_calls() {
    let world = World::with("[quotas]\nsubjects_per_hour = 3").await;
    let school = world.caller("clients/school");
    let ask = |number| {
        let message = people::status_of("", STATE_EXCHANGE, &people::iin(number)).encode_to_vec();
        school.wire(GET_STUDENT_STATUS, message.into())
    };
    for number in [1, 2, 3, 1, 2, 3] {
        assert_eq!(world.observe(ask(number)).await, Seen::answered(), "person {number}");
    }
    let status = ask(4).await.unwrap_err();
    assert_eq!(quota(&status), ("subject/school".to_owned(), true));
    assert_eq!(world.observe(ask(5)).await, Seen::refused("quota.subject", Code::ResourceExhausted), "a fourth person");
    assert_eq!(world.observe(ask(3)).await, Seen::answered(), "who was asked about may be asked about again");
    world.site.time.forward(3_600);
    assert_eq!(world.observe(ask(5)).await, Seen::answered(), "an hour later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_counted_and_does_not_fill_the_journal() {
    let world = World::with("[quotas]\ncaller_per_second = 1").await;
    let school = world.caller("clients/school");
    assert_eq!(code(&school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await), "answered");
    let (before, requests) = (world.records().await.len(), world.government.requests());
    let mut refused = 0;
    for _ in 0..20 {
        let calls = (0..100).map(|_| school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()));
        for result in join_all(calls).await {
            let Err(status) = result else { continue };
            assert_eq!(quota(&status), ("caller/school".to_owned(), true));
            refused += 1;
        }
    }
    let let_through = 2_000 - refused;
    let count = |record: &Value| record["count"].as_u64().filter(|_| record["code"] == "quota.caller").unwrap_or(0);
    let mut records = Vec::new();
    for _ in 0..100 {
        records = world.records().await.split_off(before);
        records.retain(|record| record["phase"] != "ADMIN");
        if records.iter().map(count).sum::<u64>() >= refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(records.iter().map(count).sum::<u64>(), refused, "no refusal is forgotten");
    let denied: Vec<_> = records.iter().filter(|record| record["code"] == "quota.caller").collect();
    assert_eq!(records.len() as u64 - denied.len() as u64, 2 * let_through, "{records:?}");
    assert!(denied.len() < 80, "{} lines for {refused} refusals", denied.len());
    for line in denied {
        assert_eq!(line["who"]["caller"].as_str().or(line["caller"].as_str()), Some("school"), "{line}");
    }
    assert_eq!(world.government.requests() - requests, let_through);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let seen = world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await;
    assert_eq!(seen, Seen::answered(), "the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_costs_as_much_as_many() {
    let world = World::with("[quotas]\ncaller_per_second = 4").await;
    let school = world.caller("clients/school");
    let mut long = people::school("", STATE_EXCHANGE);
    prost::encoding::bytes::encode(99, &vec![0_u8; 1 << 20], &mut long);
    // The first token of a call is taken at its headers: of several at once each may lack what the others took.
    let alone = school.wire(GET_SCHOOL, long.clone().into()).await;
    assert_eq!(code(&alone), "answered", "what may be sent can be");
    let calls = (0..3).map(|_| school.wire(GET_SCHOOL, long.clone().into()));
    let told: Vec<String> = join_all(calls).await.iter().map(code).collect();
    assert!(told.contains(&"quota.caller".to_owned()), "each costs a second's worth: {told:?}");
}

/// Until it has been answered once, a client does not know how many streams it may open, and those beyond are refused.
async fn known_to(caller: &Caller) {
    caller.wire("/grpc.health.v1.Health/Check", bytes::Bytes::new()).await.unwrap();
}

/// The lines of refusals once they tell of `wanted`, as code and count.
async fn refusals(world: &World, wanted: u64) -> Vec<(String, u64)> {
    for _ in 0..100 {
        let mut records = world.records().await;
        records.retain(|record| record["phase"] == "DENIED");
        let line = |record: &Value| (record["code"].as_str().unwrap().to_owned(), record["count"].as_u64().unwrap());
        let lines: Vec<_> = records.iter().map(line).collect();
        if lines.iter().map(|(_, count)| count).sum::<u64>() >= wanted {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not every refusal was counted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_does_not_fit_costs_quota_and_does_not_fill_the_journal() {
    let world = World::with("[quotas]\ncaller_per_second = 20").await;
    let school = world.caller("clients/school");
    known_to(&school).await;
    for _ in 0..4 {
        let calls = (0..100).map(|_| school.wire("/qaqpa.subject.v1.Subjects/Report", bytes::Bytes::new()));
        let told: Vec<String> = join_all(calls).await.iter().map(code).collect();
        let strange: Vec<_> =
            told.iter().filter(|told| !["caller.role", "quota.caller"].contains(&told.as_str())).collect();
        assert_eq!(strange, Vec::<&String>::new());
    }
    let lines = refusals(&world, 400).await;
    let of = |wanted: &str| lines.iter().filter(|(code, _)| code == wanted).map(|(_, count)| count).sum::<u64>();
    assert_eq!(of("caller.role") + of("quota.caller"), 400, "none is lost: {lines:?}");
    assert!(of("caller.role") >= 20 && of("quota.caller") >= 200, "the quota is asked first: {lines:?}");
    assert!(lines.len() < 100, "{} lines", lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_within_the_quota_do_not_fill_the_journal_either() {
    let world = World::with("[quotas]\ncaller_per_second = 10000").await;
    let school = world.caller("clients/school");
    known_to(&school).await;
    for _ in 0..6 {
        join_all((0..100).map(|_| school.wire(GET_SCHOOL, people::school("", "curiosity").into()))).await;
    }
    let lines = refusals(&world, 600).await;
    assert_eq!(lines.iter().map(|(_, count)| count).sum::<u64>(), 600);
    assert!(lines.iter().all(|(code, _)| code == "purpose.unknown"), "{lines:?}");
    assert!((51..100).contains(&lines.len()), "{} lines", lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_shortens_no_hour_and_lengthens_none() {
    let world = World::with("[quotas]\nsubjects_per_hour = 3").await;
    let school = world.caller("clients/school");
    let ask = |number| {
        let message = people::status_of("", STATE_EXCHANGE, &people::iin(number)).encode_to_vec();
        school.wire(GET_STUDENT_STATUS, message.into())
    };
    let once = || school.wire(GET_SCHOOL, people::school("once", STATE_EXCHANGE).into());
    assert_eq!(world.observe(once()).await, Seen::answered());
    world.site.time.set(DAY);
    let set = world.until_recorded("clock_set", |record| record["event"] == "clock_set").await;
    assert_eq!(set["facts"]["seconds"], "86400");
    let duplicate = Seen::refused("request.duplicate", Code::AlreadyExists);
    assert_eq!(world.observe(once()).await, duplicate, "no hour has passed");
    for number in [1, 2, 3] {
        assert_eq!(world.observe(ask(number)).await, Seen::answered(), "person {number}");
    }
    world.site.time.set(-DAY);
    assert_eq!(world.observe(ask(4)).await, Seen::refused("quota.subject", Code::ResourceExhausted));
    world.site.time.forward(3_601);
    assert_eq!(world.observe(ask(4)).await, Seen::answered(), "an hour of true time later");
    assert_eq!(world.observe(once()).await, Seen::answered());
}

const DAY: i64 = 86_400;
