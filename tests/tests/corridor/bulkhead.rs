//! A state system that hangs: it takes no more exchanges than its bulkhead has room for, and after a while none.

use std::time::Duration;

use futures_util::future::join_all;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World, code};
use tonic::Code;
use tonic_types::StatusExt as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_are_under_way_than_may_be_and_the_rest_is_told_to_come_back() {
    let world = World::with("[systems.avtoshkola]\nat_once = 2").await;
    let school = world.caller("clients/school");
    let call = || {
        let school = school.clone();
        async move { school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await }
    };
    world.government.behave_once("slow=1500ms".parse().unwrap());
    world.government.behave_once("slow=1500ms".parse().unwrap());
    let slow = [call(), call()].map(tokio::spawn);
    world.until_requests(2).await;
    let status = call().await.unwrap_err();
    assert!(status.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    assert_eq!(world.observe(call()).await, Seen::refused("system.busy", Code::ResourceExhausted));
    for answer in join_all(slow).await {
        assert_eq!(code(&answer.unwrap()), "answered");
    }
    assert_eq!(world.observe(call()).await, Seen::answered(), "room again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_does_not_answer_is_left_alone_until_one_message_is_answered() {
    let world = World::with("[channels.shep]\ntotal_timeout_seconds = 1").await;
    let school = world.caller("clients/school");
    let call = || school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into());
    for _ in 0..5 {
        world.government.behave_once("silence".parse().unwrap());
        assert_eq!(code(&call().await), "upstream.timeout");
    }
    let before = world.government.requests();
    let status = call().await.unwrap_err();
    assert_eq!(code::<()>(&Err(status.clone())), "upstream.suspended");
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!((Duration::from_secs(1)..=Duration::from_secs(10)).contains(&wait), "{wait:?}");
    assert_eq!(world.government.requests(), before, "nothing was sent");
    assert_eq!(world.observe(call()).await.recorded, "DENIED upstream.suspended");
    for _ in 0..100 {
        let (_, metrics) = world.caller("clients/admin").get("/metrics").await;
        if metrics.lines().any(|line| line.starts_with("qaqpa_system_circuit") && line.ends_with(" 2")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, metrics) = world.caller("clients/admin").get("/metrics").await;
    let shown = metrics.lines().find(|line| line.starts_with("qaqpa_system_circuit") && line.contains("avtoshkola"));
    assert!(shown.is_some_and(|line| line.ends_with(" 2")), "{shown:?}");
    world.site.time.set(-60);
    assert_eq!(code(&call().await), "upstream.suspended", "by the monotonic clock");
    world.site.time.forward(61);
    assert_eq!(world.observe(call()).await, Seen::answered(), "the one that tries");
    assert_eq!(world.observe(call()).await, Seen::answered(), "and all others");
}
