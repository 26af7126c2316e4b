//! Whoever goes away in the middle: the caller, the gateway, the disk. What has left is on record to its end.

use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use prost::Message as _;
use qaqpa_journal::Trust;
use qaqpa_journal::verify::{Request, Verdict, verify};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE, SYNC_STUDENTS};
use qaqpa_tests::{Seen, World};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_hangs_up_does_not_end_its_exchange() {
    let world = World::start().await;
    let slow = || world.government.behave_once("slow=1200ms".parse().unwrap());
    let answered = |record: &serde_json::Value| record["phase"] == "OUTCOME" && record["result"] == "answered";

    slow();
    let school = world.caller("clients/school");
    let call = tokio::spawn({
        let school = school.clone();
        async move { school.wire(GET_SCHOOL, people::school("gone", STATE_EXCHANGE).into()).await }
    });
    world.until_requests(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    drop(school);
    let first = world.until_recorded("the outcome of an abandoned call", answered).await;

    slow();
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let record = people::sync("gone-too", people::student(1, today)).encode_to_vec().into();
    let replies = school.open(SYNC_STUDENTS, stream::iter([record])).await.unwrap();
    world.until_requests(2).await;
    drop((replies, school));
    let another = |record: &serde_json::Value| answered(record) && record["txn"] != first["txn"];
    world.until_recorded("the outcome of an abandoned stream", another).await;
    let school = world.caller("clients/school");
    let again = school.wire(GET_SCHOOL, people::school("gone", STATE_EXCHANGE).into());
    let refused = Seen::refused("request.duplicate", Code::AlreadyExists);
    assert_eq!(world.observe(again).await, refused, "it went through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_intent_and_outcome_is_settled_as_unknown() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    world.government.behave_once("silence".parse().unwrap());
    let hanging = tokio::spawn(async move { school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await });
    world.until_requests(1).await;
    let intent = world.records().await.into_iter().find(|record| record["phase"] == "INTENT").unwrap();
    copy(world.journal(), &world.site.file("journal-crashed"));
    copy(world.config.vault.file.parent().unwrap(), &world.site.file("vault-crashed"));

    let overlay = "[journal]\ndirectory = \"journal-crashed\"\n[vault]\nfile = \"vault-crashed/vault.sqlite\"";
    let next = world.beside(overlay).await;
    let records = next.records().await;
    let [.., outcome, recovery, _tables] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((&outcome["phase"], &outcome["txn"]), (&"OUTCOME".into(), &intent["txn"]));
    assert_eq!((&outcome["result"], &outcome["code"]), (&"unknown".into(), &"gateway.crashed".into()));
    assert_eq!((&recovery["phase"], &recovery["facts"]["settled_as_unknown"]), (&"RECOVERY".into(), &"1".into()));
    let call = next.caller("clients/school").wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await;
    assert_eq!(qaqpa_tests::code(&call), "answered", "the next call works");
    next.records().await;
    let trust = Trust::parse(&std::fs::read_to_string(world.site.file("trust.toml")).unwrap()).unwrap();
    let bundle = world.site.file("bundle.zip");
    let mut file = std::fs::File::create(&bundle).unwrap();
    qaqpa_journal::export::bundle(next.journal(), None, &mut file).unwrap();
    let report = verify(&Request { trust: Some(&trust), ..Request::new(&bundle) });
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!(report.open_intents, Vec::<String>::new());
    hanging.abort();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_journal_nothing_leaves() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let call = || school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into());
    assert_eq!(world.observe(call()).await, Seen::answered());
    assert_eq!(health(&world).await, SERVING);
    let (requests, octets) = (world.government.requests(), world.government.bytes_in());
    std::fs::remove_file(world.journal().join("seg-000000.log")).unwrap();
    for row in ["the first call", "and the next"] {
        let status = call().await.unwrap_err();
        assert_eq!(qaqpa_tests::code::<()>(&Err(status.clone())), "journal.unavailable", "{row}");
        assert_eq!(status.code(), Code::Unavailable);
    }
    let refused = school.wire(GET_SCHOOL, people::school("", "").into()).await;
    assert_eq!(qaqpa_tests::code(&refused), "journal.unavailable", "a refusal that cannot be recorded is told as such");
    assert_eq!((world.government.requests(), world.government.bytes_in()), (requests, octets));
    for _ in 0..30 {
        if health(&world).await == NOT_SERVING {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("health still says SERVING");
}

/// `grpc.health.v1.HealthCheckResponse` with its status, on the wire.
const SERVING: &[u8] = &[0x08, 0x01];
const NOT_SERVING: &[u8] = &[0x08, 0x02];

async fn health(world: &World) -> Vec<u8> {
    world.caller("clients/school").wire("/grpc.health.v1.Health/Check", Vec::new().into()).await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_stops_finishes_what_is_under_way() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    world.government.behave_once("slow=500ms".parse().unwrap());
    let call = tokio::spawn(async move { school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await });
    world.until_requests(1).await;
    let World { running, config, .. } = world;
    running.stop().await;
    assert_eq!(qaqpa_tests::code(&call.await.unwrap()), "answered");
    let mut lines = Vec::new();
    qaqpa_journal::export::jsonl(&config.journal.directory, None, &mut lines).unwrap();
    assert!(String::from_utf8(lines).unwrap().contains("\"result\":\"answered\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_stops_waits_no_longer_than_it_says() {
    let world = World::with("[listen]\ndrain_seconds = 1").await;
    let school = world.caller("clients/school");
    let mut open = school.open(SYNC_STUDENTS, stream::pending()).await.unwrap();
    let World { running, .. } = world;
    let address = running.address;
    let stopping = tokio::spawn(running.stop());
    tokio::time::timeout(Duration::from_secs(30), stopping).await.unwrap().unwrap();
    assert!(open.next().await.is_none_or(|it| it.is_err()), "who stays is cut");
    assert!(tokio::net::TcpListener::bind(address).await.is_ok(), "the port is free again");
}
