//! The caller's deadline (`grpc-timeout`) reaches the last leg: what is too late is not sent, what had left is recorded as
//! unknown, and the gateway's own limit holds whatever the caller would wait.

use prost::Message as _;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE, SYNC_STUDENTS};
use qaqpa_tests::{Seen, World};
use tonic::Code;

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_is_carried_to_the_state() {
    let world = World::with("[channels.shep]\ntotal_timeout_seconds = 3").await;
    let school = world.caller("clients/school");
    let request = framed(&people::school("", STATE_EXCHANGE));
    let late = Code::DeadlineExceeded;
    for (row, behaviour, timeout, wanted) in [
        ("over before it was sent", "normal", "1n", Seen::refused("request.deadline", late)),
        ("over while the state works", "slow=9s", "400m", Seen::failed("upstream.deadline", late)),
        ("longer than the gateway waits", "silence", "60S", Seen::failed("upstream.timeout", late)),
        ("none that gRPC has", "normal", "5s", Seen::refused("request.malformed", Code::InvalidArgument)),
    ] {
        world.government.behave(behaviour.parse().unwrap());
        let call = async { Err(school.frames(GET_SCHOOL, &request, ("grpc-timeout", timeout)).await) };
        assert_eq!(world.observe(call).await, wanted, "{row}");
    }
    world.government.behave("normal".parse().unwrap());
    let status = school.frames(GET_SCHOOL, &request, ("grpc-timeout", "30S")).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_s_deadline_is_that_of_each_record() {
    let world = World::start().await;
    world.government.behave("slow=9s".parse().unwrap());
    let today = world.site.time.clock().today();
    let record = people::sync("late", people::student(1, today)).encode_to_vec();
    let school = world.caller("clients/school");
    let status = school.frames(SYNC_STUDENTS, &framed(&record), ("grpc-timeout", "400m")).await;
    assert_eq!(status.code(), Code::Ok, "the record's receipt says what became of it");
    let line = world.until_recorded("the outcome", |record| record["phase"] == "OUTCOME").await;
    assert_eq!((&line["result"], &line["code"]), (&"failed".into(), &"upstream.deadline".into()));
    assert_eq!(world.government.requests(), 1);
}
