//! The ledger of consents through the corridor: without one nothing leaves, with one it does, and from the moment it is
//! taken back nothing does again, whoever is asking at that moment.

use crate::rights;
use qaqpa_proto::consent::v1::withdraw_request::Which;
use qaqpa_proto::moment::{moment, stamp};
use std::collections::BTreeSet;

use prost::Message as _;
use qaqpa_gateway::serve::consent::v1::consents_client::ConsentsClient;
use qaqpa_proto::consent::v1::{
    Form, GetRequest, GiveRequest, ListRequest, State, WatchRequest, WithdrawRequest, WithdrawResponse,
    WithdrawalReason,
};
use qaqpa_tests::people::{self, GET_STUDENT_STATUS, REPORTING, SCHOOL, SCHOOL_2};
use qaqpa_tests::{Caller, Seen, World, code, exchange_id, receipt};
use tonic::transport::Channel;
use tonic::{Code, Request};

/// Person nobody else speaks of here.
const WHO: usize = 21;

fn ledger(caller: &Caller) -> ConsentsClient<Channel> {
    ConsentsClient::new(caller.channel.clone())
}

fn written(world: &World, request_id: &str) -> GiveRequest {
    GiveRequest {
        iin: people::iin(WHO),
        purposes: vec![REPORTING.into()],
        form: Form::Written.into(),
        given_at: Some(stamp(world.site.time.clock().now())),
        evidence_sha256: vec![7; 32],
        reference: "K-17".into(),
        on_behalf_of: SCHOOL.into(),
        request_id: request_id.into(),
        ..GiveRequest::default()
    }
}

fn by_id(id: &str, school: &str) -> WithdrawRequest {
    let reason = WithdrawalReason::SubjectRequest.into();
    WithdrawRequest { which: Some(Which::Id(id.into())), reason, on_behalf_of: school.into() }
}

async fn status(world: &World) -> Seen {
    let message = people::status_of("", REPORTING, &people::iin(WHO)).encode_to_vec();
    world.observe(world.caller("clients/school").wire(GET_STUDENT_STATUS, message.into())).await
}

async fn withdraw(caller: &Caller, request: WithdrawRequest) -> Result<WithdrawResponse, tonic::Status> {
    ledger(caller).withdraw(request).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_before_it_was_given_nor_after_it_was_taken_back() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let refused = |code| Seen::refused(code, Code::FailedPrecondition);
    assert_eq!(status(&world).await, refused("consent.missing"));
    let given = ledger(&school).give(written(&world, "c-1")).await.unwrap().into_inner();
    let consent = given.consent.unwrap();
    assert_eq!((consent.state(), given.repeated, given.journal.is_some()), (State::Live, false, true));
    assert_eq!(status(&world).await, Seen::answered());
    let again = ledger(&school).give(written(&world, "c-1")).await.map(tonic::Response::into_inner);
    assert_eq!(code(&again), "request.duplicate", "another moment is another consent");
    let done = withdraw(&school, by_id(&consent.id, SCHOOL)).await.unwrap();
    assert_eq!((done.withdrawn.as_slice(), done.under_way.len()), ([consent.id.clone()].as_slice(), 0));
    assert!(done.destroy_by.as_ref().and_then(moment) > done.stopped_at.as_ref().and_then(moment));
    assert_eq!(status(&world).await, refused("consent.withdrawn"));
    assert_eq!(code(&withdraw(&school, by_id(&consent.id, SCHOOL)).await), "consent.already_withdrawn");
    let listed = ListRequest { iin: people::iin(WHO), on_behalf_of: SCHOOL.into(), ..ListRequest::default() };
    let listed = ledger(&school).list(listed).await.unwrap().into_inner().consents;
    assert_eq!(listed.iter().map(|consent| consent.state()).collect::<Vec<_>>(), [State::Withdrawn]);
    let records = world.records().await;
    let events: Vec<_> =
        records.iter().filter(|record| record["phase"] == "CONSENT").map(|record| record["event"].clone()).collect();
    assert_eq!(events, ["GIVEN", "WITHDRAWN", "READ"]);
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains(&people::iin(WHO)) && !text.contains("K-17"), "the journal names somebody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reaches_what_is_its_own() {
    let world = World::start().await;
    let (school, other, officer) =
        (world.caller("clients/school"), world.caller("clients/school-2"), world.caller("clients/officer"));
    let id = ledger(&school).give(written(&world, "c-1")).await.unwrap().into_inner().consent.unwrap().id;
    let person = |school: &str| WithdrawRequest { which: rights::of_person(&people::iin(WHO)), ..by_id("", school) };
    for (wanted, who, caller, request) in [
        ("delegation.not_allowed", "for a school it may not act for", &other, by_id(&id, SCHOOL)),
        ("consent.stranger", "another school, by id", &other, by_id(&id, SCHOOL_2)),
        ("consent.unknown", "another school, by person", &other, person(SCHOOL_2)),
        ("consent.unknown", "no such id", &school, by_id("0", SCHOOL)),
        ("caller.role", "an auditor", &world.caller("clients/auditor"), by_id(&id, SCHOOL)),
        ("caller.role", "an administrator", &world.caller("clients/admin"), by_id(&id, SCHOOL)),
        ("request.invalid", "no reason", &school, WithdrawRequest { reason: 0, ..by_id(&id, SCHOOL) }),
        ("request.invalid", "nothing named", &school, by_id("", SCHOOL)),
        ("request.invalid", "neither an id nor a person", &school, WithdrawRequest { which: None, ..person(SCHOOL) }),
        (
            "request.invalid",
            "an impossible number",
            &school,
            WithdrawRequest { which: rights::of_person("991231500007"), ..by_id("", SCHOOL) },
        ),
    ] {
        let result = withdraw(caller, request).await;
        assert_eq!(code(&result), wanted, "{who}");
        let call = exchange_id(&result.unwrap_err());
        assert_eq!(world.recorded(&call).await, format!("DENIED {wanted}"), "{who}");
    }
    let got = ledger(&other).get(GetRequest { id: id.clone() }).await.map(tonic::Response::into_inner);
    assert_eq!(code(&got), "consent.stranger");
    let not_granted = GiveRequest { purposes: vec!["quality-security".into()], ..written(&world, "c-2") };
    assert_eq!(code(&ledger(&school).give(not_granted).await), "purpose.not_allowed");
    let kazakh = {
        let mut request = Request::new(by_id("0", SCHOOL));
        request.metadata_mut().insert("accept-language", "kk".parse().unwrap());
        ledger(&school).withdraw(request).await.unwrap_err()
    };
    assert!(kazakh.message().contains("Мұндай келісім"), "{}", kazakh.message());
    assert!(withdraw(&officer, by_id(&id, "")).await.is_ok(), "the officer reaches all of the operator's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_ends_with_the_gateway() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let mut events = ledger(&school).watch(WatchRequest::default()).await.unwrap().into_inner();
    let id = ledger(&school).give(written(&world, "c-1")).await.unwrap().into_inner().consent.unwrap().id;
    assert_eq!(events.message().await.unwrap().unwrap().id, id);
    let stopping = tokio::spawn(world.running.stop());
    assert_eq!(code(&events.message().await), "gateway.stopping");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_watches_four_streams_and_no_more() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let watch = async || ledger(&school).watch(WatchRequest::default()).await;
    let mut watched = Vec::new();
    for _ in 0..4 {
        watched.push(watch().await.unwrap());
    }
    let refused = watch().await;
    assert_eq!(code(&refused), "quota.watchers");
    assert_eq!(world.recorded(&exchange_id(&refused.unwrap_err())).await, "DENIED quota.watchers");
    assert!(
        ledger(&world.caller("clients/officer")).watch(WatchRequest::default()).await.is_ok(),
        "others have their own"
    );
    watched.pop();
    for _ in 0..100 {
        match watch().await {
            Ok(_) => return,
            Err(status) => assert_eq!(code::<()>(&Err(status)), "quota.watchers"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a stream that has ended was not given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_still_under_way_is_named_and_comes_back() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let id = ledger(&school).give(written(&world, "c-1")).await.unwrap().into_inner().consent.unwrap().id;
    world.government.behave_once("slow=1500ms".parse().unwrap());
    let before = world.government.requests();
    let asking = {
        let school = school.clone();
        let message = people::status_of("", REPORTING, &people::iin(WHO)).encode_to_vec();
        tokio::spawn(async move { school.wire(GET_STUDENT_STATUS, message.into()).await })
    };
    world.until_requests(before + 1).await;
    let done = withdraw(&school, by_id(&id, SCHOOL)).await.unwrap();
    let answer = asking.await.unwrap().unwrap();
    assert_eq!(done.under_way, [receipt(&answer).exchange_id]);
    assert_eq!(world.recorded(&done.under_way[0]).await, "INTENT, OUTCOME answered");
    assert_eq!(status(&world).await, Seen::refused("consent.withdrawn", Code::FailedPrecondition));
}

/// 64 callers ask about one person when the consent is taken back. What the journal has as answered after the withdrawal
/// must have left before it, and so be named as under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_withdrawal_nothing_new_leaves() {
    let world = World::with("[quotas]\ncaller_per_second = 10000\npurpose_per_minute = 1000000\n").await;
    let school = world.caller("clients/school");
    let id = ledger(&school).give(written(&world, "c-1")).await.unwrap().into_inner().consent.unwrap().id;
    let asking: Vec<_> = (0..64)
        .map(|_| {
            let school = school.clone();
            tokio::spawn(async move {
                for _ in 0..200 {
                    let message = people::status_of("", REPORTING, &people::iin(WHO)).encode_to_vec();
                    match code(&school.wire(GET_STUDENT_STATUS, message.into()).await).as_str() {
                        "answered" => {}
                        refused => return refused.to_owned(),
                    }
                }
                "answered".to_owned()
            })
        })
        .collect();
    world.until_requests(64).await;
    let done = withdraw(&school, by_id(&id, SCHOOL)).await.unwrap();
    let left = world.government.requests();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), "consent.withdrawn");
    }
    let records = world.records().await;
    let withdrawn = records.iter().position(|record| record["event"] == "WITHDRAWN").unwrap();
    let late: BTreeSet<_> = records[withdrawn..]
        .iter()
        .filter(|record| record["phase"] == "OUTCOME" && record["result"] == "answered")
        .map(|record| record["txn"].as_str().unwrap().to_owned())
        .collect();
    let under_way: BTreeSet<_> = done.under_way.iter().cloned().collect();
    assert!(late.is_subset(&under_way), "{late:?} left, {under_way:?} were named");
    let arrived_late = world.government.requests() - left;
    assert!(arrived_late <= under_way.len() as u64, "{arrived_late} arrived after it, {} were named", under_way.len());
}
