//! What is refused at the headers: what is no gRPC, and whom the entrance does not let in, whatever they announce. And what
//! may be held of messages that do not arrive.
//!
//! A body that never ends is the proof that nobody waits for it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE, SUBMIT_GROUP, SYNC_STUDENTS};
use qaqpa_tests::{Caller, Seen, World, code, exchange_id, receipt, record_code};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::rights;

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
const SHADOW: &str = "/qaqpa.policy.v1.Policies/Shadow";

/// One method of every service that the listener has.
const EVERYWHERE: [&str; 8] =
    [GET_SCHOOL, SUBMIT_GROUP, SYNC_STUDENTS, GIVE, rights::REPORT, SHADOW, HEALTH, REFLECTION];

/// A message that announces 4 MiB and of which one octet has come.
const ANNOUNCED: [u8; 6] = [0, 0, 0x3f, 0xff, 0xff, 0];

fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat().into()
}

/// Status, `allow` and body of a request by HTTP/2 with a message that would be carried out.
async fn ask(caller: &Caller, method: Method, path: &str, types: &[&str]) -> (u16, String, String) {
    let mut request = http::Request::builder().method(method).uri(path).header("te", "trailers");
    for value in types {
        request = request.header("content-type", *value);
    }
    let body = Body::new(Full::new(framed(&people::submit("", vec![]).encode_to_vec())));
    let response = caller.http(request.body(body).unwrap()).await;
    let allow = response.headers().get("allow").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, allow, String::from_utf8(body.to_vec()).unwrap())
}

/// Refusals counted so far by one code of one caller; none when the configuration does not know it.
async fn counted(world: &World, code: &str, caller: Option<&str>, wanted: u64) {
    let mut count = 0;
    for _ in 0..100 {
        let records = world.records().await;
        let of = records.iter().filter(|record| record["code"] == code && record["caller"].as_str() == caller);
        count = of.map(|record| record["count"].as_u64().unwrap()).sum();
        if count >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(count, wanted, "{code} of {caller:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_grpc_has_no_effect_on_any_service() {
    let world = World::start().await;
    let (school, stranger) = (world.caller("clients/school"), world.caller("enemies/unknown"));
    let before = world.records().await.len();
    let types: [&[&str]; 9] = [
        &["application/grpc+json"],
        &["application/json"],
        &["text/plain"],
        &["application/x-www-form-urlencoded"],
        &["multipart/form-data"],
        &["application/grpc-web-text"],
        &["application/grpc", "text/plain"],
        &[""],
        &[],
    ];
    for path in EVERYWHERE {
        for kind in types {
            let (status, _, body) = ask(&school, Method::POST, path, kind).await;
            assert_eq!(status, 415, "{path} {kind:?}");
            assert!(body.starts_with("request.not_grpc: "), "{path} {kind:?}: {body}");
        }
        for method in [Method::GET, Method::PUT, Method::OPTIONS] {
            let (status, allow, _) = ask(&school, method.clone(), path, &["application/grpc"]).await;
            assert_eq!((status, allow.as_str()), (405, "POST"), "{path} {method}");
        }
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n");
        let answer = school.http1(&format!("{head}content-type: application/grpc\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 505"), "{path}: {answer}");
    }
    assert_eq!(ask(&stranger, Method::POST, GET_SCHOOL, &["text/plain"]).await.0, 415);
    let auditor = world.caller("clients/auditor");
    for (path, caller, method, wanted) in [
        ("/metrics", &auditor, Method::POST, (405, "GET")),
        ("/metrics", &auditor, Method::HEAD, (405, "GET")),
        ("/metrics", &auditor, Method::GET, (200, "")),
        ("/metrics", &school, Method::GET, (403, "")),
        ("/", &school, Method::GET, (405, "POST")),
    ] {
        let (status, allow, _) = ask(caller, method.clone(), path, &[]).await;
        assert_eq!((status, allow.as_str()), wanted, "{method} {path}");
    }
    counted(&world, "request.not_grpc", Some("school"), EVERYWHERE.len() as u64 * 13 + 1).await;
    counted(&world, "request.not_grpc", Some("auditor"), 2).await;
    counted(&world, "request.not_grpc", None, 1).await;
    let records = world.records().await.split_off(before);
    let other: Vec<_> = records.iter().filter(|record| record["code"] != "request.not_grpc").collect();
    assert!(other.iter().all(|record| record["phase"] == "ADMIN"), "{other:?}");
    assert!(records.len() < 40, "{} lines for more than a hundred refusals", records.len());
    assert_eq!(world.government.requests(), 0);
    for kind in ["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"] {
        assert_eq!(ask(&school, Method::POST, SUBMIT_GROUP, &[kind]).await.0, 200, "{kind}");
    }
}

/// The stable code of a refusal.
fn word(status: &Status) -> String {
    code(&Err::<(), _>(status.clone()))
}

/// The status in the head of an answer.
fn told(head: &HeaderMap) -> Status {
    Status::from_header_map(head).unwrap_or_else(|| panic!("no refusal: {head:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_entrance_does_not_let_in_is_told_before_a_message_has_come() {
    let world = World::start().await;
    let (gzip, plain) = (&[("grpc-encoding", "gzip")][..], &[][..]);
    let (denied, unknown) = (Code::PermissionDenied, Code::Unauthenticated);
    let rows = [
        ("enemies/unknown", GET_SCHOOL, plain, "caller.unknown", unknown),
        ("enemies/unknown", SYNC_STUDENTS, plain, "caller.unknown", unknown),
        ("enemies/unknown", rights::REPORT, plain, "caller.unknown", unknown),
        ("enemies/unknown", HEALTH, plain, "caller.unknown", unknown),
        ("enemies/unknown", REFLECTION, plain, "caller.unknown", unknown),
        ("enemies/unknown", "/nothing.Is/Here", plain, "caller.unknown", unknown),
        ("clients/officer", GET_SCHOOL, plain, "caller.role", denied),
        ("clients/auditor", SYNC_STUDENTS, plain, "caller.role", denied),
        ("clients/school", rights::REPORT, plain, "caller.role", denied),
        ("clients/school", SHADOW, plain, "caller.role", denied),
        ("clients/auditor", GIVE, plain, "caller.role", denied),
        ("clients/school", "/nothing.Is/Here", plain, "request.method_unknown", Code::Unimplemented),
        (
            "clients/school",
            "/qaqpa.avtoshkola.v1.Training/Delete",
            plain,
            "request.method_unknown",
            Code::Unimplemented,
        ),
        ("clients/school", GET_SCHOOL, gzip, "request.compressed", Code::Unimplemented),
        ("clients/school", SYNC_STUDENTS, gzip, "request.compressed", Code::Unimplemented),
        ("clients/school", GIVE, gzip, "request.compressed", Code::Unimplemented),
        ("clients/school", HEALTH, gzip, "request.compressed", Code::Unimplemented),
        ("clients/school", REFLECTION, gzip, "request.compressed", Code::Unimplemented),
    ];
    let before = world.records().await.len();
    for (caller, path, headers, wanted, grpc) in rows {
        let head = world.caller(caller).unfinished(path, &ANNOUNCED, headers).await;
        let status = told(&head);
        assert_eq!((word(&status).as_str(), status.code()), (wanted, grpc), "{caller} at {path}");
        assert_eq!(head["grpc-accept-encoding"], "identity", "{caller} at {path}");
        if wanted == "caller.role" || wanted == "request.compressed" {
            let recorded = world.recorded(&exchange_id(&status)).await;
            assert_eq!(recorded, format!("DENIED {wanted}"), "{caller} at {path}");
        }
    }
    counted(&world, "request.method_unknown", Some("school"), 2).await;
    let strangers = async || {
        let records = world.records().await.split_off(before);
        let of = records.iter().filter(|record| record["code"] == "caller.unknown");
        of.map(|record| record["count"].as_u64().unwrap()).sum::<u64>()
    };
    for _ in 0..60 {
        if strangers().await == 6 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await; // counts become lines once a second
    }
    assert_eq!(strangers().await, 6, "none is forgotten");
    assert_eq!(world.government.requests(), 0);
    let school = world.caller("clients/school");
    let seen = world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await;
    assert_eq!(seen, Seen::answered(), "the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_one_token_and_who_has_none_is_not_listened_to() {
    let world = World::with("[quotas]\ncaller_per_second = 3").await;
    let today = world.site.time.clock().today();
    let record = |number: usize| Bytes::from(people::sync("", people::student(number, today)).encode_to_vec());
    let school = world.caller("clients/school");
    let replies = school.send(SYNC_STUDENTS, (0..5).map(record).collect()).await.unwrap();
    let results: Vec<String> = replies.iter().map(|reply| record_code(&receipt(reply))).collect();
    let answered = results.iter().filter(|result| *result == "answered").count();
    assert!(answered >= 3, "three tokens are three records, and more where the machine is slow: {results:?}");
    for path in [GET_SCHOOL, SYNC_STUDENTS, GIVE, rights::REPORT] {
        let mut status = Status::ok("");
        for _ in 0..20 {
            join_all((0..12).map(|_| school.wire(GET_SCHOOL, Bytes::new()))).await; // a slow machine gives tokens back
            let asked = school.unfinished(path, &ANNOUNCED, &[]);
            status = tokio::time::timeout(Duration::from_secs(1), asked).await.map_or(status, |head| told(&head));
            if word(&status) == "quota.caller" {
                break;
            }
        }
        assert_eq!(word(&status), "quota.caller", "{path}: quota before role");
        assert!(status.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    }
    assert_eq!(
        told(&world.caller("enemies/unknown").unfinished(GET_SCHOOL, &ANNOUNCED, &[]).await).code(),
        Code::Unauthenticated
    );
    assert_eq!(
        code(&school.wire(HEALTH, Bytes::new()).await),
        "answered",
        "whether the gateway lives is not a question of quota"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_caller_s_unfinished_messages_have_a_bound_and_harm_nobody() {
    let world = World::start().await;
    let (school, bystander) = (world.caller("clients/school"), world.caller("clients/school-2"));
    let message = people::school("", STATE_EXCHANGE);
    // 3 MiB that stay, then 2 more.
    let unfinished = |octets: usize| [&[0, 0, 0x3f, 0xff, 0xff][..], &vec![0; octets]].concat();
    let (caller, first) = (school.clone(), unfinished(3 << 20));
    let held = tokio::spawn(async move { caller.unfinished(GET_SCHOOL, &first, &[]).await });
    tokio::time::sleep(Duration::from_secs(2)).await; // until its octets are there; of two that come at once either may be refused
    let status = told(&school.unfinished(SUBMIT_GROUP, &unfinished(2 << 20), &[]).await);
    assert_eq!((word(&status).as_str(), status.code()), ("quota.unfinished", Code::ResourceExhausted));
    assert_eq!(status.get_details_error_info().unwrap().metadata["quota"], "unfinished/school");
    assert!(status.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    assert_eq!(world.recorded(&exchange_id(&status)).await, "DENIED quota.unfinished");
    for caller in [&school, &bystander] {
        let told = code(&caller.wire(GET_SCHOOL, message.clone().into()).await);
        assert!(["answered", "purpose.not_allowed"].contains(&told.as_str()), "what comes whole is heard: {told}");
    }
    // In its ten seconds the first does not become whole.
    let late = told(&held.await.unwrap());
    assert_eq!((word(&late).as_str(), late.code()), ("request.unfinished", Code::DeadlineExceeded));
    assert_eq!(world.recorded(&exchange_id(&late)).await, "DENIED request.unfinished");
    let whole = people::submit(&"x".repeat(3 << 20), vec![]).encode_to_vec();
    let told = code(&school.wire(SUBMIT_GROUP, whole.into()).await);
    assert_eq!(told, "request.invalid", "there is room again: it was read, and its request id is too long");
}
