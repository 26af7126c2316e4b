//! Minors: whoever is under 18 on the day, by Kazakhstan's calendar, needs a guardian who is somebody else, and whose consent is
//! in the ledger: under the reference that the record names, and still standing.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use prost::Message as _;
use qaqpa_policy::calendar::KAZAKHSTAN;
use qaqpa_proto::avtoshkola::v1::Student;
use qaqpa_tests::people::{self, SUBMIT_GROUP};
use qaqpa_tests::{Seen, World, consents, receipt};
use tonic::Code;

fn at(day: Date, hour: i8, minute: i8) -> Timestamp {
    KAZAKHSTAN.to_timestamp(day.at(hour, minute, 0, 0)).unwrap()
}

async fn submit(world: &World, student: Student) -> Seen {
    let message = people::submit("", vec![student]).encode_to_vec();
    world.observe(world.caller("clients/school").wire(SUBMIT_GROUP, message.into())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minor_needs_a_guardian() {
    let world = World::start().await;
    let today = world.site.time.clock().today() + 1.day(); // turned back, the clock would stand before the certificates were made
    world.site.time.turn_to(at(today, 12, 0));
    let minor = || people::born(1, today - 17.years());
    let itself = people::iin(1);
    let consent = |code| Seen::refused(code, Code::FailedPrecondition);
    let missing = || consent("consent.guardian_missing");
    let guarded = people::guarded(minor(), &people::iin(2));
    for (wanted, row, student) in [
        (consent("consent.missing"), "a guardian, but the ledger has no such consent", guarded.clone()),
        (missing(), "a minor alone", minor()),
        (missing(), "a minor who is the guardian", people::guarded(minor(), &itself)),
        (missing(), "a guardian, but no consent", Student { consent_ref: String::new(), ..guarded.clone() }),
        (missing(), "a consent of blanks", Student { consent_ref: "  ".into(), ..guarded.clone() }),
        (missing(), "a consent, but no guardian", Student { guardian_iin: String::new(), ..guarded.clone() }),
        (missing(), "born tomorrow", people::born(1, today + 1.day())),
        (missing(), "one day short of 18", people::born(1, today - 18.years() + 1.day())),
        (Seen::answered(), "18 today", people::born(1, today - 18.years())),
        (Seen::answered(), "a grown-up", people::student(1, today)),
    ] {
        assert_eq!(submit(&world, student).await, wanted, "{row}");
    }

    let school = world.caller("clients/school");
    let id = school.gives(consents::guardians(&guarded, world.site.time.now())).await;
    let other_guardian = people::guarded(minor(), &people::iin(3));
    let other_minor = people::guarded(people::born(4, today - 17.years()), &guarded.guardian_iin);
    for (wanted, row, student) in [
        (Seen::answered(), "a minor with a guardian's consent", guarded.clone()),
        (Seen::answered(), "the same, by the ledger's own id", Student { consent_ref: id.clone(), ..guarded.clone() }),
        (consent("consent.missing"), "another guardian, under the same reference", other_guardian),
        (consent("consent.missing"), "another minor, under the same reference", other_minor),
        (
            consent("consent.missing"),
            "another reference",
            Student { consent_ref: "GUARDIAN-0002".into(), ..guarded.clone() },
        ),
    ] {
        assert_eq!(submit(&world, student).await, wanted, "{row}");
    }
    school.takes_back(&id).await;
    assert_eq!(submit(&world, guarded).await, consent("consent.withdrawn"), "the guardian has taken it back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_eighteenth_birthday_begins_at_midnight_in_kazakhstan() {
    let world = World::start().await;
    let tomorrow = world.site.time.clock().today() + 1.day();
    let student = || people::born(1, tomorrow - 18.years());
    world.site.time.turn_to(at(tomorrow - 1.day(), 23, 58));
    assert_eq!(
        submit(&world, student()).await,
        Seen::refused("consent.guardian_missing", Code::FailedPrecondition),
        "two minutes before"
    );
    world.site.time.turn_to(at(tomorrow, 0, 1));
    assert_eq!(submit(&world, student()).await, Seen::answered(), "a minute after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_iin_that_contradicts_the_birth_date_is_a_warning() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let message = people::submit("", vec![people::student(1, today)]).encode_to_vec();
    let reply = world.caller("clients/school").wire(SUBMIT_GROUP, message.into()).await.unwrap();
    let warnings = receipt(&reply).warnings;
    let warnings: Vec<_> = warnings.iter().map(|warning| (warning.code.as_str(), warning.path.as_str())).collect();
    assert_eq!(warnings, [("iin.birth_date_mismatch", "student[0].iin")]);
}
