//! The stream of students: a result per record with its key, bad records included, and never more under way than allowed.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use prost::Message as _;
use qaqpa_gateway::limits::IN_FLIGHT;
use qaqpa_tests::people::{self, SYNC_STUDENTS};
use qaqpa_tests::{World, code, receipt, record_code};

/// What came back for each request id: `answered`, or the reason.
async fn results(world: &World, records: Vec<Bytes>) -> BTreeMap<String, Vec<String>> {
    let replies = world.caller("clients/school").send(SYNC_STUDENTS, records).await.unwrap();
    let mut results: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for reply in &replies {
        let receipt = receipt(reply);
        let result = record_code(&receipt);
        let key = if receipt.request_id == receipt.exchange_id { "none".to_owned() } else { receipt.request_id };
        results.entry(key).or_default().push(result);
    }
    results
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_has_its_result_and_none_ends_the_stream() {
    let world = World::with("[quotas]\ncaller_per_second = 10000").await;
    let today = world.site.time.clock().today();
    let record = |number: usize| -> (Bytes, &str) {
        let mut request = people::sync(&format!("s-{number:03}"), people::student(number, today));
        let student = request.student.as_mut().unwrap();
        let result = match number % 125 {
            7 => {
                student.iin = "991231500007".into();
                "request.invalid"
            }
            31 => {
                student.surname.clear();
                "request.invalid"
            }
            57 => {
                student.birth_date = today.to_string();
                "consent.guardian_missing"
            }
            83 => {
                request.context.as_mut().unwrap().purpose = "support".into();
                "purpose.not_allowed"
            }
            109 => {
                request.group.as_mut().unwrap().school_bin = people::SCHOOL_2.into();
                "delegation.not_allowed"
            }
            _ => "answered",
        };
        (request.encode_to_vec().into(), result)
    };
    let sent: Vec<(Bytes, &str)> = (0..500).map(record).collect();
    let wanted: BTreeMap<String, Vec<String>> =
        sent.iter().enumerate().map(|(at, (_, result))| (format!("s-{at:03}"), vec![(*result).to_owned()])).collect();
    let results = results(&world, sent.iter().map(|(bytes, _)| bytes.clone()).collect()).await;
    assert_eq!(results, wanted);
    assert_eq!(world.government.requests(), 480);
    let records = world.records().await;
    let count = |phase| records.iter().filter(|record| record["phase"] == phase).count();
    assert_eq!((count("INTENT"), count("OUTCOME"), count("DENIED")), (480, 480, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_the_middle_is_one_refusal() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let good = |id: &str, number| Bytes::from(people::sync(id, people::student(number, today)).encode_to_vec());
    let cut = good("cut", 9);
    let records = vec![
        good("first", 1),
        Bytes::from_static(&[0xff; 40]),
        good("second", 2),
        Bytes::new(),
        cut.slice(..cut.len() - 3),
        good("second", 3),
        good("third", 4),
    ];
    let results = results(&world, records).await;
    let of = |key: &str| results[key].join(" ");
    assert_eq!((of("first"), of("third")), ("answered".to_owned(), "answered".to_owned()));
    let mut second = results["second"].clone();
    second.sort();
    assert_eq!(second, ["answered", "request.duplicate"]);
    let mut none = results["none"].clone();
    none.sort();
    assert_eq!(none, ["purpose.missing", "request.malformed", "request.malformed"], "{results:?}");
    assert_eq!(world.government.requests(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_any_further_ends_the_stream_after_the_answers() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let good = Bytes::from(people::sync("good", people::student(1, today)).encode_to_vec());
    let too_large = Bytes::from(vec![0; 5 << 20]);
    let school = world.caller("clients/school");
    let replies = school.open(SYNC_STUDENTS, stream::iter([good.clone(), too_large, good])).await.unwrap();
    let replies: Vec<_> = replies.collect().await;
    let told: Vec<String> = replies.iter().map(code).collect();
    assert_eq!(told, ["answered", "request.too_large"]);
    assert_eq!(world.government.requests(), 1);
    let records = world.records().await;
    assert_eq!(records.iter().filter(|record| record["code"] == "request.too_large").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_under_way_than_allowed() {
    let world = World::start().await;
    world.government.behave("slow=2s".parse().unwrap());
    let today = world.site.time.clock().today();
    let records: Vec<Bytes> = (0..IN_FLIGHT * 2)
        .map(|number| people::sync(&format!("s-{number}"), people::student(number, today)).encode_to_vec().into())
        .collect();
    let all = records.len() as u64;
    let school = world.caller("clients/school");
    let call = tokio::spawn(async move { school.send(SYNC_STUDENTS, records).await });
    world.until_requests(IN_FLIGHT as u64).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(world.government.requests(), IN_FLIGHT as u64, "the rest is held back");
    world.government.behave("normal".parse().unwrap());
    assert_eq!(call.await.unwrap().unwrap().len() as u64, all);
    assert_eq!(world.government.requests(), all);
    assert!(world.government.connections() <= IN_FLIGHT as u64);
}
