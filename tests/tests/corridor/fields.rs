//! Fields that are not what they should be: named by path and word, never by value, and nothing leaves.

use bytes::Bytes;
use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::{Outcome, Student, SubmitGroupRequest, SubmitOutcomesRequest};
use qaqpa_tests::people::{self, STATE_EXCHANGE, SUBMIT_GROUP, SUBMIT_OUTCOMES};
use qaqpa_tests::{Seen, World};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Fields at fault as a caller sees them.
fn violations(status: &Status) -> String {
    let request = status.get_details_bad_request().unwrap();
    let fields = request.field_violations.iter().map(|field| format!("{} {}", field.field, field.description));
    fields.collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flaw_is_named_by_its_path() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let student = |change: &dyn Fn(&mut Student)| {
        let mut student = people::student(1, today);
        change(&mut student);
        (SUBMIT_GROUP, Bytes::from(people::submit("", vec![people::student(2, today), student]).encode_to_vec()))
    };
    let group = |change: &dyn Fn(&mut SubmitGroupRequest)| {
        let mut request = people::submit("", vec![people::student(1, today)]);
        change(&mut request);
        (SUBMIT_GROUP, Bytes::from(request.encode_to_vec()))
    };
    let marks = |change: &dyn Fn(&mut Outcome)| {
        let mut outcome = people::outcome(1);
        change(&mut outcome);
        let context = Some(people::context("", STATE_EXCHANGE));
        (SUBMIT_OUTCOMES, Bytes::from(SubmitOutcomesRequest { context, outcome: vec![outcome] }.encode_to_vec()))
    };
    let rows: Vec<(&str, (&'static str, Bytes))> = vec![
        ("student[1].iin iin_check_digit", student(&|s| s.iin = "991231500007".into())),
        ("student[1].iin iin", student(&|s| s.iin = "99123150000".into())),
        ("student[1].iin iin", student(&|s| s.iin = "99123150000x".into())),
        ("student[1].iin missing", student(&|s| s.iin.clear())),
        ("student[1].surname missing", student(&|s| s.surname.clear())),
        ("student[1].birth_date date", student(&|s| s.birth_date = "1999-02-30".into())),
        ("student[1].birth_date date", student(&|s| s.birth_date = "01.02.1999".into())),
        ("student[1].birth_date missing", student(&|s| s.birth_date.clear())),
        ("student[1].guardian_iin iin_check_digit", student(&|s| s.guardian_iin = "991231500007".into())),
        (
            "student[1].iin iin_check_digit, student[1].name missing",
            student(&|s| {
                s.iin = "991231500007".into();
                s.name.clear();
            }),
        ),
        ("group.school_bin bin_check_digit", group(&|r| r.group.as_mut().unwrap().school_bin = "990140000008".into())),
        ("group.school_bin bin", group(&|r| r.group.as_mut().unwrap().school_bin = "7".into())),
        ("group.start_date date", group(&|r| r.group.as_mut().unwrap().start_date = "2026-13-01".into())),
        ("group.category enumeration", group(&|r| r.group.as_mut().unwrap().category = 99)),
        ("group.category missing", group(&|r| r.group.as_mut().unwrap().category = 0)),
        ("group missing", group(&|r| r.group = None)),
        ("student missing", group(&|r| r.student.clear())),
        ("outcome[0].rules grade", marks(&|o| o.rules = 6)),
        ("outcome[0].practice grade", marks(&|o| o.practice = 1)),
        ("outcome[0].maintenance missing", marks(&|o| o.maintenance = 0)),
    ];
    for (wanted, (path, message)) in rows {
        let result = school.wire(path, message.clone()).await;
        assert_eq!(violations(result.as_ref().unwrap_err()), wanted);
        let seen = world.observe(school.wire(path, message)).await;
        assert_eq!(seen, Seen::refused("request.invalid", Code::InvalidArgument), "{wanted}");
    }
    let (path, message) = student(&|_| {});
    assert_eq!(world.observe(school.wire(path, message)).await, Seen::answered(), "the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_behind_is_not_judged() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let mut request = people::submit("", vec![people::student(1, today)]);
    request.student[0].phone = "no phone".into();
    request.group.as_mut().unwrap().teacher_iin = "991231500007".into();
    let seen = world.observe(school.wire(SUBMIT_GROUP, request.encode_to_vec().into())).await;
    assert_eq!(seen, Seen::answered());
    let left = String::from_utf8_lossy(&world.government.seen()[0].request).into_owned();
    assert!(!left.contains("no phone") && !left.contains("991231500007"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_may_leave_must_be_one() {
    let world = World::start().await;
    let pack = std::fs::read_to_string(world.site.file("policy/avtomektep.yaml")).unwrap();
    let iin = "      - { category: iin, clause: \"3\" }\n";
    let wide = pack.replacen(iin, &format!("{iin}      - {{ category: phone, clause: \"3\" }}\n"), 1);
    std::fs::write(world.site.file("policy/wide.yaml"), wide).unwrap();
    let world = world.beside("[[operators]]\nid = \"avtomektep\"\npolicy = \"policy/wide.yaml\"").await;
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let refused = Seen::refused("request.invalid", Code::InvalidArgument);
    for (wanted, phone) in [
        (refused.clone(), "7701"),
        (refused.clone(), "+7 701 000 00 0x"),
        (refused, "+770100000000000000"),
        (Seen::answered(), "+77010000001"),
    ] {
        let student = Student { phone: phone.into(), ..people::student(1, today) };
        let message = people::submit("", vec![student]).encode_to_vec();
        assert_eq!(world.observe(school.wire(SUBMIT_GROUP, message.into())).await, wanted, "{phone}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_has_as_many_students_as_a_line_of_the_journal_can_name() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let group = |number| people::submit("", (1..=number).map(|number| people::student(number, today)).collect());
    let submit = |message: Vec<u8>| world.observe(school.wire(SUBMIT_GROUP, message.into()));
    assert_eq!(submit(group(100).encode_to_vec()).await, Seen::answered());
    let refused = Seen::refused("request.too_large", Code::OutOfRange);
    assert_eq!(submit(group(255).encode_to_vec()).await, refused, "recorded, and no client tries it again");
    let status = school.wire(SUBMIT_GROUP, group(101).encode_to_vec().into()).await.unwrap_err();
    assert_eq!(violations(&status), "student too_many");
    // Two million students of two octets: the longest message there is, and as dear to judge as a hundred.
    let empty = [group(0).encode_to_vec(), [0x1a, 0].repeat(2_000_000)].concat();
    assert_eq!(submit(empty).await, refused);
}
