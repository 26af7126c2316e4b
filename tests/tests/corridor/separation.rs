//! Purposes that may not be joined: for one person and operator, what went out for one of them closes the others until its
//! window is over; after a restart too, and when both come at once.

use qaqpa_proto::consent::v1::Form;
use qaqpa_tests::people::{self};
use qaqpa_tests::{Caller, World, code};

use crate::rights::{self, person};

const DESK: &str = "clients/qyzmet-desk";
const DAY: i64 = 86_400;

/// Consents that outlive every window of the test.
async fn consented(world: &World, iin: &str) {
    for (purpose, form) in [
        ("identity-check", Form::Written),
        ("statistics", Form::Written),
        ("biometric-identification", Form::Written),
    ] {
        let mut request = rights::consent(world, &[purpose], iin, form);
        request.term_days = 3_650;
        let given = world.caller(DESK).call::<qaqpa_proto::consent::v1::GiveReply>(rights::GIVE, &request).await;
        assert_eq!(code(&given), "answered");
    }
}

async fn told(caller: &Caller, purpose: &str, iin: &str) -> String {
    code(&rights::ask(caller, purpose, iin).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_purpose_closes_the_other_for_its_window() {
    let world = rights::world("").await;
    let (desk, iin) = (world.caller(DESK), person(42));
    consented(&world, &iin).await;
    consented(&world, &person(44)).await;
    let requests = world.government.requests();
    for (row, days, purpose, wanted) in [
        ("the first", 0, "identity-check", "answered"),
        ("the other, at once", 0, "statistics", "purpose.incompatible"),
        ("the same again", 1, "identity-check", "answered"),
        ("a third, which both parents let meet", 0, "biometric-identification", "answered"),
        ("the window counts from the last time", 364, "statistics", "purpose.incompatible"),
        ("its window is over", 1, "statistics", "answered"),
        ("and now the other way round", 0, "identity-check", "purpose.incompatible"),
        ("and for everything below its parent", 364, "biometric-identification", "purpose.incompatible"),
        ("until that is over", 1, "biometric-identification", "answered"),
    ] {
        world.land.time.forward(days * DAY);
        assert_eq!(told(&desk, purpose, &iin).await, wanted, "{row}");
    }
    assert_eq!(world.government.requests() - requests, 5);
    assert_eq!(told(&desk, "statistics", &person(44)).await, "answered", "another person is another matter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_operator_is_another_matter() {
    let world = rights::world("").await;
    let iin = person(46);
    consented(&world, &iin).await;
    rights::give(&world, "clients/myverify", &["statistics"], &iin, Form::Kdp).await;
    assert_eq!(told(&world.caller(DESK), "identity-check", &iin).await, "answered");
    assert_eq!(told(&world.caller("clients/myverify"), "statistics", &iin).await, "answered");
    assert_eq!(told(&world.caller(DESK), "statistics", &iin).await, "purpose.incompatible");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_no_purpose() {
    let world = rights::world("").await;
    let iin = person(48);
    consented(&world, &iin).await;
    assert_eq!(told(&world.caller(DESK), "statistics", &iin).await, "answered");
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let world = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    let desk = world.caller(DESK);
    assert_eq!(told(&desk, "identity-check", &iin).await, "purpose.incompatible");
    world.running.gateway.clone().keep_retention().await.unwrap();
    assert_eq!(told(&desk, "identity-check", &iin).await, "purpose.incompatible", "the job forgets none either");
    world.land.time.forward(365 * DAY);
    assert_eq!(told(&desk, "identity-check", &iin).await, "answered");
}

/// What was refused before it left, or held back, still counts: the stricter way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_come_at_once_one_goes() {
    let world = rights::world("").await;
    let desks: Vec<Caller> = (0..2).map(|_| world.caller(DESK)).collect();
    for number in 0..12 {
        let iin = people::iin(50 + number * 10);
        consented(&world, &iin).await;
        let requests = world.government.requests();
        let calls: Vec<_> = ["identity-check", "statistics", "identity-check", "statistics"]
            .into_iter()
            .enumerate()
            .map(|(at, purpose)| {
                let (desk, iin) = (desks[at % 2].clone(), iin.clone());
                tokio::spawn(async move { (purpose, told(&desk, purpose, &iin).await) })
            })
            .collect();
        let mut went = Vec::new();
        for call in calls {
            match call.await.unwrap() {
                (purpose, told) if told == "answered" => went.push(purpose),
                (_, told) => assert_eq!(told, "purpose.incompatible"),
            }
        }
        assert!(matches!(went.as_slice(), [one, other] if one == other), "{went:?}");
        assert_eq!(world.government.requests() - requests, 2);
    }
}
