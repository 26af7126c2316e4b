//! Purposes that may not be joined: for one person and operator, what went out for one of them closes the others until its
//! window is over; after a restart too, and when both come at once.

use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::SyncStudentsRequest;
use qaqpa_proto::consent::v1::Form;
use qaqpa_tests::consents;
use qaqpa_tests::people::{self, SYNC_STUDENTS};
use qaqpa_tests::{Caller, World, code, receipt, record_code};

use crate::rights::{self, person};

const DESK: &str = "clients/qyzmet-desk";
const DAY: i64 = 86_400;

/// Consents that outlive every window of the test.
async fn consented(world: &World, iin: &str) {
    for (purpose, form) in
        [("identity-check", Form::Written), ("statistics", Form::Written), ("biometric-identification", Form::Written)]
    {
        let mut request = rights::consent(world, &[purpose], iin, form);
        request.end = consents::days(3_650);
        let given = world.caller(DESK).call::<qaqpa_proto::consent::v1::GiveResponse>(rights::GIVE, &request).await;
        assert_eq!(code(&given), "answered");
    }
}

async fn told(caller: &Caller, purpose: &str, iin: &str) -> String {
    code(&rights::ask(caller, purpose, iin).await)
}

/// Whom is asked for what, how many days after the row before.
type Row<'a> = (&'a str, i64, &'a str, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_purpose_closes_the_other_for_a_year() {
    let world = rights::world("").await;
    let (desk, iin) = (world.caller(DESK), person(42));
    consented(&world, &iin).await;
    consented(&world, &person(44)).await;
    let requests = world.government.requests();
    let rows: [Row<'_>; 6] = [
        ("the first", 0, "identity-check", "answered"),
        ("the other, at once", 0, "statistics", "purpose.incompatible"),
        ("the same again", 1, "identity-check", "answered"),
        ("a third, which its parent lets meet the first", 0, "biometric-identification", "answered"),
        ("the window counts from the last time", 363, "statistics", "purpose.incompatible"),
        ("which stays open for its own", 0, "identity-check", "answered"),
    ];
    for (row, days, purpose, wanted) in rows {
        world.site.time.forward(days * DAY);
        assert_eq!(told(&desk, purpose, &iin).await, wanted, "{row}");
    }
    assert_eq!(world.government.requests() - requests, 4);
    assert_eq!(told(&desk, "statistics", &person(44)).await, "answered", "another person is another matter");
}

/// The one pair whose window is shorter than the certificates of a development environment live.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_window_the_other_goes() {
    let world = rights::world("").await;
    let (school, number) = (world.caller(rights::SCHOOL), 46);
    for purpose in ["statistics", "photo-identification"] {
        let mut request = rights::consent(&world, &[purpose], &person(number), Form::Written);
        request.end = consents::days(300);
        school.call::<qaqpa_proto::consent::v1::GiveResponse>(rights::GIVE, &request).await.unwrap();
    }
    let rows: [Row<'_>; 7] = [
        ("figures first", 0, "statistics", "answered"),
        ("then a photo", 0, "photo-identification", "purpose.incompatible"),
        ("a moment too early", 29, "photo-identification", "purpose.incompatible"),
        ("a month later", 1, "photo-identification", "answered"),
        ("and the other way round", 0, "statistics", "purpose.incompatible"),
        ("still", 29, "statistics", "purpose.incompatible"),
        ("until its month is over too", 1, "statistics", "answered"),
    ];
    for (row, days, purpose, wanted) in rows {
        world.site.time.forward(days * DAY);
        assert_eq!(of_school(&world, &school, purpose, number).await, wanted, "{row}");
    }
}

async fn of_school(world: &World, school: &Caller, purpose: &str, number: usize) -> String {
    if purpose == "statistics" {
        return code(&rights::status(school, purpose, &person(number)).await);
    }
    let student = people::student(number, world.site.time.clock().today());
    let context = Some(people::context("", purpose));
    let request = SyncStudentsRequest { context, ..people::sync("", student) };
    let replies = school.send(SYNC_STUDENTS, vec![request.encode_to_vec().into()]).await.unwrap();
    record_code(&receipt(&replies[0]))
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
    world.running.gateway.retention().keep().await.unwrap();
    assert_eq!(told(&desk, "identity-check", &iin).await, "purpose.incompatible", "the job forgets none either");
    world.site.time.forward(364 * DAY);
    assert_eq!(told(&desk, "identity-check", &iin).await, "purpose.incompatible");
    assert_eq!(told(&desk, "statistics", &iin).await, "answered");
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
