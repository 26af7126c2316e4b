//! What is destroyed at the end of its term, by a clock that the test turns: contents of withdrawn consents within one working
//! day, with the salts of what relied on them; salts and records at the end of theirs. `Due` says so before, the journal after.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use qaqpa_policy::calendar::KAZAKHSTAN;
use qaqpa_proto::consent::v1::{Form, GetRequest, GetResponse, State};
use qaqpa_proto::moment::moment;
use qaqpa_proto::subject::v1::{ConfirmClockRequest, ConfirmClockResponse, DueKind, DueRequest, DueResponse};
use qaqpa_tests::people::{GET_SCHOOL, REPORTING, STATE_EXCHANGE};
use qaqpa_tests::{Caller, World, code, people};
use serde_json::Value;

use crate::rights::{self, OFFICER, OFFICER_OF_MYVERIFY, SCHOOL, person};

const GET: &str = "/qaqpa.consent.v1.Consents/Get";

async fn due(officer: &Caller, until: &str) -> Vec<(String, DueKind, u64)> {
    let reply: DueResponse =
        officer.call(rights::DUE, &DueRequest { until: until.parse().ok(), ..DueRequest::default() }).await.unwrap();
    reply.items.into_iter().map(|item| (item.at.unwrap().to_string(), item.what(), item.count)).collect()
}

fn of(due: &[(String, DueKind, u64)], what: DueKind) -> Vec<String> {
    due.iter().filter(|(_, named, _)| *named == what).map(|(at, ..)| at.clone()).collect()
}

/// Runs the job at a moment; what it says it has destroyed.
async fn job(world: &World, at: Timestamp) -> Vec<(&'static str, u64)> {
    world.site.time.turn_to(at);
    world.running.gateway.persons().believed_clock.believe();
    world.running.gateway.retention().keep().await.unwrap().into_iter().collect()
}

fn salts(world: &World) -> usize {
    qaqpa_journal::salts::held(world.journal()).unwrap().len()
}

async fn events(world: &World, phase: &str) -> Vec<Value> {
    let lines = world.records().await.into_iter().filter(|line| line["phase"] == phase);
    lines.map(|line| line["event"].clone()).collect()
}

/// Friday evening, before a weekend: the clock stands still until Monday.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawn_on_friday_destroyed_on_monday() {
    let world = rights::world("").await;
    let friday = KAZAKHSTAN.to_timestamp(date(2027, 2, 12).at(18, 30, 0, 0)).unwrap();
    world.site.time.turn_to(friday);
    let (school, officer, iin) = (world.caller(SCHOOL), world.caller(OFFICER), person(32));
    let kept = rights::give(&world, SCHOOL, &["statistics"], &iin, Form::Written).await;
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    rights::status(&school, REPORTING, &iin).await.unwrap();
    rights::status(&school, "statistics", &iin).await.unwrap();
    let done = rights::withdraw(&school, &consent).await.unwrap();
    let end = moment(&done.destroy_by.unwrap()).unwrap();
    let monday = KAZAKHSTAN.to_timestamp(date(2027, 2, 15).at(18, 30, 0, 0)).unwrap();
    assert!(end >= monday && end < monday + SignedDuration::from_mins(1), "{end}");
    assert_eq!(of(&due(&officer, "").await, DueKind::ConsentContent), [done.destroy_by.unwrap().to_string()]);
    assert_eq!(of(&due(&officer, &friday.to_string()).await, DueKind::ConsentContent), Vec::<String>::new());
    assert_eq!(due(&world.caller(OFFICER_OF_MYVERIFY), "").await, [], "another operator's is not told");

    assert_eq!(salts(&world), 2);
    for (row, at, done, left) in [
        ("Saturday", friday + SignedDuration::from_hours(24), vec![], 2),
        ("Monday morning", monday - SignedDuration::from_hours(8), vec![], 2),
        ("when it is due", end, vec![("consent-content", 1)], 1),
        ("and once only", end + SignedDuration::from_hours(1), vec![], 1),
    ] {
        assert_eq!(job(&world, at).await, done, "{row}");
        assert_eq!(salts(&world), left, "{row}: what relied on the other consent keeps its salt");
    }
    for (row, wanted, id) in [("destroyed", State::Destroyed, &consent), ("in force", State::Live, &kept)] {
        let got: GetResponse = school.call(GET, &GetRequest { id: id.clone() }).await.unwrap();
        assert_eq!(got.consent.unwrap().state(), wanted, "{row}");
    }
    assert_eq!(of(&due(&officer, "").await, DueKind::ConsentContent), Vec::<String>::new());
    assert_eq!(code(&rights::status(&school, REPORTING, &iin).await), "consent.withdrawn", "as before");
    let consents = events(&world, "CONSENT").await;
    assert_eq!(consents, ["GIVEN", "GIVEN", "WITHDRAWN", "DESTROYED", "READ", "READ"]);
    assert_eq!(events(&world, "RETENTION").await, ["destroyed"]);
    let lines = serde_json::to_string(&world.records().await).unwrap();
    assert!(!lines.contains(&iin));
}

/// A holiday of the configuration stretches the term; without a calendar it would be shorter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holiday_is_no_working_day() {
    let overlay = "[calendar]\nholidays = [\"2027-03-22\", \"2027-03-23\"]\n";
    let world = rights::world(overlay).await;
    let friday = KAZAKHSTAN.to_timestamp(date(2027, 3, 19).at(18, 30, 0, 0)).unwrap();
    world.site.time.turn_to(friday);
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &person(34), Form::Written).await;
    let done = rights::withdraw(&world.caller(SCHOOL), &consent).await.unwrap();
    let end = moment(&done.destroy_by.unwrap()).unwrap();
    let wednesday = KAZAKHSTAN.to_timestamp(date(2027, 3, 24).at(18, 30, 0, 0)).unwrap();
    assert!(end >= wednesday && end < wednesday + SignedDuration::from_mins(1), "Monday and Tuesday are off: {end}");
}

/// Terms come from the pack: a year for salts of this operator, three for a consent that is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn salts_and_records_end_with_their_terms() {
    let world = rights::world("").await;
    let (school, officer, iin) = (world.caller(SCHOOL), world.caller(OFFICER), person(36));
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let begun = world.site.time.clock().now();
    rights::status(&school, REPORTING, &iin).await.unwrap();
    school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await.unwrap();
    rights::give(&world, "clients/myverify", &["statistics"], &iin, Form::Kdp).await;
    rights::ask(&world.caller("clients/myverify"), "statistics", &iin).await.unwrap();

    let days = |days: i64| begun + SignedDuration::from_hours(24 * days);
    let until = days(4_000).to_string();
    let told = due(&officer, &until).await;
    let salted: Vec<_> = told.iter().filter(|(_, what, _)| *what == DueKind::Salts).collect();
    assert_eq!(salted.iter().map(|(.., count)| count).sum::<u64>(), 2, "of its own operator: {told:?}");
    let ends: Timestamp = salted[0].0.parse().unwrap();
    assert!(ends >= days(365) && ends <= days(367), "a year, told by whole days: {ends}");
    let record: Timestamp = of(&told, DueKind::ConsentRecord)[0].parse().unwrap();
    assert!(record >= days(29 + 1_095) && record <= days(31 + 1_095), "a month's consent, and three years: {record}");
    assert!(told.is_sorted(), "soonest first");
    assert_eq!(
        code(
            &officer
                .call::<DueResponse>(
                    rights::DUE,
                    &DueRequest {
                        until: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
                        ..DueRequest::default()
                    }
                )
                .await
        ),
        "request.invalid"
    );

    assert_eq!(salts(&world), 3);
    assert_eq!(job(&world, days(364)).await, []);
    assert_eq!(job(&world, days(367)).await, [("salts", 2), ("uses", 2)]);
    assert_eq!(salts(&world), 1, "myverify's pack names no term: the gateway's own, three years");
    assert_eq!(of(&due(&officer, &until).await, DueKind::Salts), Vec::<String>::new());
    let got = school.call::<GetResponse>(GET, &GetRequest { id: consent.clone() }).await;
    assert_eq!(got.unwrap().consent.unwrap().state(), State::Expired);
    let third = job(&world, days(31 + 1_096)).await;
    assert_eq!(third, [("consent-record", 2), ("salts", 1)]);
    assert_eq!(code(&school.call::<GetResponse>(GET, &GetRequest { id: consent }).await), "consent.unknown");
    assert_eq!(job(&world, days(31 + 1_097)).await, []);
    let lines: Vec<_> = world.records().await.into_iter().filter(|line| line["phase"] == "RETENTION").collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["facts"]["consent-record"], "2");
}

/// Proof without salts is proof still: the lane verifies, and what was destroyed can be opened by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_starts_again_knows_what_is_due() {
    let world = rights::world("").await;
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &person(38), Form::Written).await;
    let done = rights::withdraw(&world.caller(SCHOOL), &consent).await.unwrap();
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    next.site.time.turn_to(moment(&done.destroy_by.unwrap()).unwrap());
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let world = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    // Nothing ran for more than a day: an officer says that the clock is right.
    job(&world, world.site.time.clock().now()).await;
    let destroyed = |line: &Value| line["event"] == "DESTROYED" && line["consent"] == consent;
    let line = world.until_recorded("the destruction that was due while the gateway was down", destroyed).await;
    assert_eq!((&line["who"]["caller"], line["marks"].as_array().unwrap().len()), (&"gateway".into(), 1));
}

/// A clock that is ahead once ends no term: not while it is away, not after a restart, and an officer's word is a line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_clock_is_away_nothing_is_destroyed() {
    let world = rights::world("").await;
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &person(40), Form::Written).await;
    rights::status(&world.caller(SCHOOL), REPORTING, &person(40)).await.unwrap();
    rights::withdraw(&world.caller(SCHOOL), &consent).await.unwrap();
    let begun = world.site.time.clock().now();
    let ahead = begun + SignedDuration::from_hours(24 * 300); // the certificates last a year
    let keep = async |world: &World| world.running.gateway.retention().keep().await.unwrap().len();
    world.site.time.turn_to(ahead);
    assert_eq!((keep(&world).await, keep(&world).await, salts(&world)), (0, 0, 1));
    world.site.revoke(&[], 0); // else no gateway starts: the callers' list would be over
    // A start with the wrong clock, and one more: the lines that it writes are not the lane's time.
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let overlay = [rights::callers(), overlay.to_owned()].concat();
    for _ in 0..2 {
        let again = next.beside(&overlay).await;
        assert_eq!((keep(&again).await, salts(&again)), (0, 1));
        again.running.stop().await;
    }
    next.site.time.turn_to(begun + SignedDuration::from_hours(2));
    let again = next.beside(&overlay).await;
    assert_eq!((keep(&again).await, salts(&again)), (0, 1), "right again, and nothing is due");
    next.site.time.turn_to(ahead);
    assert_eq!(keep(&again).await, 0);
    let told: ConfirmClockResponse =
        again.caller(OFFICER).call(rights::CONFIRM_CLOCK, &ConfirmClockRequest {}).await.unwrap();
    assert!(told.was_away && told.now.is_some());
    assert!(keep(&again).await > 0, "an officer said so");
    assert_eq!(salts(&again), 0);
    let clock = |line: &Value| line["event"].as_str().is_some_and(|event| event.starts_with("clock_"));
    let said: Vec<_> = again.records().await.into_iter().filter(clock).map(|line| line["event"].clone()).collect();
    assert_eq!(said, ["clock_away", "clock_back", "clock_away", "clock_confirmed"]);
}
