//! The last moment before a message leaves: whoever takes a consent back, restricts, objects or erases is answered only when
//! nothing about the person leaves any more. What had left by then is named, and nothing else is.
//!
//! A turnstile before the government holds connections back while their TLS is being agreed on: the intent is on record, the
//! message is signed, and not a byte of it has been taken. What happens then is the test's to say.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use qaqpa_proto::consent::v1::{Form, WithdrawRequest, WithdrawalReason};
use qaqpa_proto::subject::v1::{UnrestrictRequest, UnrestrictResponse};
use qaqpa_tests::people::{self, REPORTING, STATE_EXCHANGE, SUBMIT_GROUP};
use qaqpa_tests::{Caller, World, code, exchange_id, receipt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::Status;

use crate::rights::{self, OFFICER, OFFICER_OF_MYVERIFY, SCHOOL, person};

/// Takes connections, and lets them through when it is opened.
struct Turnstile {
    address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Turnstile {
    #[expect(clippy::disallowed_methods, reason = "the other end of the gateway's connection")]
    async fn before(government: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, opened) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let mut opened = opened.clone();
                tokio::spawn(async move {
                    if opened.wait_for(|open| *open).await.is_ok() {
                        let mut outside = TcpStream::connect(government).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
                    }
                });
            }
        });
        Self { address, open }
    }

    fn overlay(&self) -> String {
        format!("[endpoints.shep]\nurl = \"https://localhost:{}/bip-sync-wss-gost/\"\n", self.address.port())
    }
}

/// Something about a person that ends their exchanges, and what it said had left before.
async fn stopped(world: &World, how: &str, iin: &str, consent: &str) -> Vec<String> {
    let officer = world.caller(OFFICER);
    match how {
        "withdraw" => rights::withdraw(&world.caller(SCHOOL), consent).await.unwrap().under_way,
        "withdraw, by person" => {
            let reason = WithdrawalReason::SubjectRequest.into();
            let request = WithdrawRequest { which: rights::of_person(iin), reason, ..WithdrawRequest::default() };
            let reply: qaqpa_proto::consent::v1::WithdrawResponse =
                officer.call(rights::WITHDRAW, &request).await.unwrap();
            reply.under_way
        }
        "restrict" => rights::restrict(&officer, iin, "").await.unwrap().under_way,
        "restrict one purpose" => rights::restrict(&officer, iin, REPORTING).await.unwrap().under_way,
        "object" => rights::object(&officer, iin, REPORTING).await.unwrap().under_way,
        "erase" => {
            assert!(rights::erase(&officer, iin).await.unwrap().found);
            Vec::new()
        }
        other => panic!("{other}"),
    }
}

const WAYS: [(&str, &str); 6] = [
    ("withdraw", "consent.withdrawn"),
    ("withdraw, by person", "consent.withdrawn"),
    ("restrict", "subject.restricted"),
    ("restrict one purpose", "subject.restricted"),
    ("object", "subject.objected"),
    ("erase", "consent.missing"),
];

fn asking(caller: &Caller, iin: &str) -> JoinHandle<Result<Bytes, Status>> {
    let (caller, iin) = (caller.clone(), iin.to_owned());
    tokio::spawn(async move { rights::status(&caller, REPORTING, &iin).await })
}

async fn until_intents(world: &World, wanted: usize) {
    for _ in 0..500 {
        let records = world.records().await;
        if records.iter().filter(|record| record["phase"] == "INTENT").count() >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are not {wanted} intents")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_at_the_door_does_not_leave_any_more() {
    let first = World::start().await;
    for (number, (how, told)) in WAYS.into_iter().enumerate() {
        let turnstile = Turnstile::before(first.government.address()).await;
        let world = first.beside(&[rights::callers(), turnstile.overlay()].concat()).await;
        let (iin, other) = (person(20 + number), person(40 + number));
        let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
        rights::give(&world, SCHOOL, &[REPORTING], &other, Form::Written).await;
        let school = world.caller(SCHOOL);
        let waiting: Vec<_> = (0..8).map(|_| asking(&school, &iin)).collect();
        let of_another = asking(&school, &other);
        until_intents(&world, 9).await;
        let seen = first.government.seen().len();

        assert_eq!(stopped(&world, how, &iin, &consent).await, Vec::<String>::new(), "{how}: nothing had left");
        turnstile.open.send_replace(true);
        for call in waiting {
            let status = call.await.unwrap().unwrap_err();
            assert_eq!(code::<()>(&Err(status.clone())), told, "{how}");
            let id = exchange_id(&status);
            assert_eq!(world.recorded(&id).await, format!("INTENT, OUTCOME failed {told}"), "{how}");
            assert_eq!(world.records_of(&id).await[1]["detail"], "held_back", "{how}");
        }
        let answer = of_another.await.unwrap().unwrap();
        let arrived: Vec<_> = first.government.seen().split_off(seen).into_iter().map(|got| got.message_id).collect();
        assert_eq!(arrived, [receipt(&answer).exchange_id], "{how}: of others nothing is held back");

        let next = rights::status(&school, REPORTING, &iin).await;
        assert_eq!(code(&next), told, "{how}, afterwards");
        let id = exchange_id(&next.unwrap_err());
        assert_eq!(world.recorded(&id).await, format!("DENIED {told}"), "{how}: it does not even come to an intent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_persons_holds_the_message_of_both() {
    let first = World::start().await;
    let turnstile = Turnstile::before(first.government.address()).await;
    let world = first.beside(&[rights::callers(), turnstile.overlay()].concat()).await;
    let today = world.site.time.clock().today();
    let both = people::submit("", vec![people::student(1, today), people::student(2, today)]).encode_to_vec();
    let school = world.caller(SCHOOL);
    let call = tokio::spawn(async move { school.wire(SUBMIT_GROUP, both.into()).await });
    until_intents(&world, 1).await;
    let elsewhere = rights::restrict(&world.caller(OFFICER_OF_MYVERIFY), &person(1), "").await.unwrap();
    let reporting = rights::restrict(&world.caller(OFFICER), &person(1), REPORTING).await.unwrap();
    let here = rights::restrict(&world.caller(OFFICER), &person(2), STATE_EXCHANGE).await.unwrap();
    assert_eq!([elsewhere.under_way, reporting.under_way, here.under_way].concat(), Vec::<String>::new());
    turnstile.open.send_replace(true);
    assert_eq!(code(&call.await.unwrap()), "subject.restricted");
    assert_eq!(first.government.requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_for_another_purpose_or_operator_stops_nothing() {
    let first = World::start().await;
    let turnstile = Turnstile::before(first.government.address()).await;
    let world = first.beside(&[rights::callers(), turnstile.overlay()].concat()).await;
    let iin = person(61);
    for purpose in [REPORTING, "statistics"] {
        rights::give(&world, SCHOOL, &[purpose], &iin, Form::Written).await;
    }
    let statistics = rights::give(&world, SCHOOL, &["statistics"], &iin, Form::Written).await;
    let call = asking(&world.caller(SCHOOL), &iin);
    until_intents(&world, 1).await;
    rights::withdraw(&world.caller(SCHOOL), &statistics).await.unwrap();
    rights::restrict(&world.caller(OFFICER_OF_MYVERIFY), &iin, "").await.unwrap();
    rights::object(&world.caller(OFFICER), &iin, "statistics").await.unwrap();
    rights::restrict(&world.caller(OFFICER), &person(62), "").await.unwrap();
    turnstile.open.send_replace(true);
    assert_eq!(code(&call.await.unwrap()), "answered");
}

/// What has left is named by whose it is: an officer hears of no other operator's exchanges.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_had_left_is_named_to_its_own_operator() {
    let world = rights::world("").await;
    let iin = person(64);
    let (school, myverify) = (world.caller(SCHOOL), world.caller("clients/myverify"));
    let consent = rights::give(&world, SCHOOL, &["statistics"], &iin, Form::Written).await;
    rights::give(&world, "clients/myverify", &["statistics"], &iin, Form::Kdp).await;
    let (own, others) = (world.caller(OFFICER), world.caller(OFFICER_OF_MYVERIFY));
    for how in ["restrict", "withdraw"] {
        (0..2).for_each(|_| world.government.behave_once("slow=2s".parse().unwrap()));
        let before = world.government.requests();
        let (iin_1, iin_2) = (iin.clone(), iin.clone());
        let (school, myverify) = (school.clone(), myverify.clone());
        let of_school = tokio::spawn(async move { rights::status(&school, "statistics", &iin_1).await });
        let of_myverify = tokio::spawn(async move { rights::ask(&myverify, "statistics", &iin_2).await });
        world.until_requests(before + 2).await;
        let (named, lift) = match how {
            "restrict" => {
                let held = rights::restrict(&own, &iin, "").await.unwrap();
                (held.under_way, Some(held.hold.unwrap().id))
            }
            _ => (rights::withdraw(&own, &consent).await.unwrap().under_way, None),
        };
        let of_school = receipt(&of_school.await.unwrap().unwrap()).exchange_id;
        assert_eq!(named, [of_school], "{how}: what had left is answered, and named");
        assert_eq!(code(&of_myverify.await.unwrap()), "answered", "{how}");
        if let Some(id) = lift {
            let request = UnrestrictRequest { id };
            let stranger = others.call::<UnrestrictResponse>(rights::UNRESTRICT, &request).await;
            assert_eq!(code(&stranger), "hold.stranger");
            own.call::<UnrestrictResponse>(rights::UNRESTRICT, &request).await.unwrap();
        }
    }
}

/// 64 callers ask about one person until they are refused; in the middle somebody stops it. By the messages that arrived
/// and by the order of the journal, nothing leaves afterwards but what was named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_nothing_leaves_after_the_answer() {
    let world = rights::world("[journal]\nsegment_mib = 64\n").await; // one that is full would be a refusal of its own
    for (round, (how, told)) in WAYS.into_iter().cycle().take(9).enumerate() {
        let iin = person(100 + round);
        let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
        let before = world.government.requests();
        let callers: Vec<Caller> = (0..4).map(|_| world.caller(SCHOOL)).collect();
        let asking: Vec<_> = (0..64)
            .map(|number: usize| {
                let (caller, iin) = (callers[number % 4].clone(), iin.clone());
                tokio::spawn(async move {
                    loop {
                        match code(&rights::status(&caller, REPORTING, &iin).await).as_str() {
                            "answered" => {}
                            refused => return refused.to_owned(),
                        }
                    }
                })
            })
            .collect();
        world.until_requests(before + 8 + 17 * (round as u64 * 5 % 7)).await;
        let under_way: BTreeSet<_> = stopped(&world, how, &iin, &consent).await.into_iter().collect();
        let arrived: BTreeSet<_> = ids(&world);
        for asked in asking {
            assert_eq!(asked.await.unwrap(), told, "round {round}, {how}");
        }
        let late: BTreeSet<_> = ids(&world).difference(&arrived).cloned().collect();
        if how == "erase" {
            assert!(late.len() <= 64, "what was under way, and nothing after it");
        } else {
            assert!(late.is_subset(&under_way), "round {round}, {how}: {late:?} arrived, {under_way:?} were named");
        }
        assert_eq!(answered_after_the_stop(&world).await, Vec::<String>::new(), "round {round}, {how}");
    }
}

fn ids(world: &World) -> BTreeSet<String> {
    world.government.seen().into_iter().map(|exchange| exchange.message_id).collect()
}

/// Exchanges of the last stop's round whose intent stands after it, and which were answered all the same.
async fn answered_after_the_stop(world: &World) -> Vec<String> {
    let records = world.records().await;
    let stops = ["WITHDRAWN", "RESTRICTED", "OBJECTED", "ERASED"];
    let stop = records.iter().rposition(|record| stops.iter().any(|event| record["event"] == *event)).unwrap();
    let of = |phase: &str| {
        let lines = records[stop..].iter().filter(move |record| record["phase"] == phase).cloned();
        lines.collect::<Vec<_>>()
    };
    let answered: BTreeSet<String> =
        of("OUTCOME").iter().filter(|line| line["result"] == "answered").map(|line| line["txn"].to_string()).collect();
    of("INTENT").iter().map(|line| line["txn"].to_string()).filter(|txn| answered.contains(txn)).collect()
}

/// The journal fails between the vault and the line: the withdrawal is in force, here and after a restart, which makes up
/// for the line; and the destruction comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_without_its_line_is_one_all_the_same() {
    let world = rights::world("").await;
    let iin = person(66);
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let school = world.caller(SCHOOL);
    assert_eq!(code(&rights::status(&school, REPORTING, &iin).await), "answered");
    world.records().await;
    copy(world.journal(), &world.site.file("journal-before"));
    std::fs::remove_file(world.journal().join("seg-000000.log")).unwrap();
    for row in ["the journal fails", "and still does"] {
        assert_eq!(code(&rights::withdraw(&school, &consent).await), "journal.unavailable", "{row}");
    }
    let left = world.government.requests();
    assert_ne!(code(&rights::status(&school, REPORTING, &iin).await), "answered");
    assert_eq!(world.government.requests(), left);

    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-before\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let next = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    let school = next.caller(SCHOOL);
    assert_eq!(code(&rights::status(&school, REPORTING, &iin).await), "consent.withdrawn", "after a restart");
    next.site.time.forward(5 * 86_400);
    next.running.gateway.persons().believed_clock.believe();
    next.running.gateway.retention().keep().await.unwrap();
    let of_consent: Vec<_> = next
        .records()
        .await
        .into_iter()
        .filter(|line| line["consent"] == consent)
        .map(|line| line["event"].clone())
        .collect();
    assert_eq!(of_consent, ["GIVEN", "WITHDRAWN", "DESTROYED"], "the line is made up for at the start");
}

/// The journal fails between the vault and the line of a hold, and of a destruction: both are in force, and the next start makes
/// up for their lines. By the id in it the hold is lifted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_and_destructions_without_their_lines_get_them_at_the_next_start() {
    let world = rights::world("").await;
    let (held, left) = (person(67), person(68));
    rights::give(&world, SCHOOL, &[REPORTING], &held, Form::Written).await;
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &left, Form::Written).await;
    world.records().await;
    copy(world.journal(), &world.site.file("journal-before"));
    std::fs::remove_file(world.journal().join("seg-000000.log")).unwrap();
    assert_eq!(code(&rights::restrict(&world.caller(OFFICER), &held, "").await), "journal.unavailable");
    assert!(world.running.gateway.persons().ledger.destroy(&consent, "a call").await.is_err());
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;

    let overlay = "[journal]\ndirectory = \"journal-before\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let next = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    assert_eq!(code(&rights::status(&next.caller(SCHOOL), REPORTING, &held).await), "subject.restricted");
    let records = next.records().await;
    let lines = |event: &str| records.iter().filter(|line| line["event"] == event).cloned().collect::<Vec<_>>();
    let restricted = lines("RESTRICTED");
    assert_eq!((restricted.len(), lines("DESTROYED").len()), (1, 1), "made up for at the start, once");
    assert_eq!(lines("DESTROYED")[0]["consent"], consent);
    let request = UnrestrictRequest { id: restricted[0]["id"].as_str().unwrap().to_owned() };
    next.caller(OFFICER).call::<UnrestrictResponse>(rights::UNRESTRICT, &request).await.unwrap();
    assert_eq!(code(&rights::status(&next.caller(SCHOOL), REPORTING, &held).await), "answered");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
