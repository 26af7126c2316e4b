//! The wire filter against prost, against mutated bytes, and against the traps of earlier prototypes.

use crate::sample::{self, STATUS, SUBMIT, circumstances, cleared, plan, request, student, sync_plan};
use proptest::prelude::*;
use prost::Message as _;
use qaqpa_policy::minimise::MAX_FLAWS;
use qaqpa_policy::plan::FieldFate;
use qaqpa_policy::{Claim, Direction, Mode, NotMinimised, Subjects};
use qaqpa_proto::avtoshkola::v1::{
    Certificate, Dict, GetSchoolResponse, GetStudentStatusResponse, Group, Outcome, ReplyHead, School, Student,
    SubmitGroupRequest, SubmitOutcomesRequest, SyncStudentsRequest,
};
use qaqpa_proto::language::Language;
use qaqpa_proto::wire::Fault;

fn flaws(error: &NotMinimised) -> Vec<String> {
    error.fields().iter().map(|field| format!("{}:{}", field.path, field.flaw.code())).collect()
}

fn malformed(result: Result<qaqpa_policy::Minimised, NotMinimised>) -> Fault {
    match result.unwrap_err() {
        NotMinimised::Malformed { problem, .. } => problem.fault,
        other => panic!("not malformed but {other:?}"),
    }
}

#[test]
fn a_student_loses_what_the_purpose_does_not_need() {
    let minimised = sync_plan().minimise(&request().encode_to_vec(), Mode::Strip, &circumstances()).unwrap();
    assert_eq!(SyncStudentsRequest::decode(minimised.bytes()).unwrap(), cleared(request()));
    let told: Vec<_> = minimised
        .withheld()
        .map(|withheld| format!("{} {} {} x{}", withheld.path, withheld.category, withheld.clause, withheld.count))
        .collect();
    assert_eq!(
        told,
        [
            "group.teacher_iin staff 2, 3 x1",
            "group.master_iin staff 2, 3 x1",
            "student.phone phone 3(5) x1",
            "student.photo_sha256 photo 8 x1",
            "student.photo_file_identifier photo 8 x1",
            "student.email email 3 x1",
            "student.home_address address 3 x1",
            "student.photo photo 8 x1",
            "student.geolocation geolocation 3 x1",
            "student.device device 5 x1",
            "student.note user_content 4 x1",
        ]
    );
    let phone = minimised.withheld().find(|withheld| withheld.path == "student.phone").unwrap();
    assert_eq!(phone.reason(Language::Ru), "Номер телефона получен только для связи и поддержки");
    assert_eq!(format!("{minimised:?}"), format!("Minimised({} bytes, 11 withheld)", minimised.bytes().len()));
}

#[test]
fn the_context_never_leaves_and_is_not_counted() {
    let minimised = sync_plan().minimise(&cleared_with_context(), Mode::Strict, &circumstances()).unwrap();
    assert_eq!(SyncStudentsRequest::decode(minimised.bytes()).unwrap().context, None);
    assert_eq!(minimised.withheld_count(), 0);
}

fn cleared_with_context() -> Vec<u8> {
    let mut message = cleared(request());
    message.context = request().context;
    message.encode_to_vec()
}

#[test]
fn strict_mode_names_paths_and_no_values() {
    let error = sync_plan().minimise(&request().encode_to_vec(), Mode::Strict, &circumstances()).unwrap_err();
    assert_eq!(error.reason().code(), "request.invalid");
    assert_eq!(error.fields().len(), 11);
    assert!(flaws(&error).contains(&"student.email:withheld".to_owned()));
    let printed = format!("{error} {error:?}");
    for value in ["991231500006", "Сынақов", "someone@example.kz", "+7701", "free text"] {
        assert!(!printed.contains(value), "{value} is in an error");
    }
}

#[test]
fn flaws_are_named_all_at_once() {
    let mut message = request();
    let group = message.group.as_mut().unwrap();
    group.category = 99;
    group.end_date = "2026-02-30".into();
    group.school_bin = "12".into();
    group.title.clear();
    group.teacher_iin = "not an IIN, but withheld".into();
    let student = message.student.as_mut().unwrap();
    student.iin = "991231500007".into();
    student.surname.clear();
    student.phone = "not a phone, but withheld".into();
    student.guardian_iin = "x".into();
    let error = sync_plan().minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(
        flaws(&error),
        [
            "group.school_bin:bin",
            "group.category:enumeration",
            "group.end_date:date",
            "group.title:missing",
            "student.iin:iin_check_digit",
            "student.guardian_iin:iin",
            "student.surname:missing",
        ]
    );
}

#[test]
fn missing_messages_and_enums_are_missing() {
    let empty = sync_plan().minimise(&[], Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(flaws(&empty), ["group:missing", "student:missing"]);
    let mut message = request();
    message.group.as_mut().unwrap().category = 0;
    let error = sync_plan().minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(flaws(&error), ["group.category:missing"]);
}

#[test]
fn repeated_records_are_named_by_position() {
    let mut bad = student();
    bad.birth_date = "31.01.2000".into();
    let message = SubmitGroupRequest {
        context: request().context,
        group: request().group,
        student: vec![student(), bad.clone(), student(), bad],
    };
    let plan = plan(SUBMIT, "state-exchange", Direction::Request);
    let error = plan.minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(flaws(&error), ["student[1].birth_date:date", "student[3].birth_date:date"]);
    let many = SubmitGroupRequest { student: vec![Student::default(); 1000], ..message };
    assert_eq!(
        plan.minimise(&many.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err().fields().len(),
        MAX_FLAWS
    );
}

#[test]
fn the_walk_ends_with_the_last_flaw_that_is_named_and_with_one_too_many() {
    let plan = plan(SUBMIT, "state-exchange", Direction::Request);
    let minimise = |wire: &[u8]| plan.minimise(wire, Mode::Strip, &circumstances());
    let group = |student| SubmitGroupRequest { context: request().context, group: request().group, student };
    // Cut off behind the flaws: whoever reads on finds it.
    let cut = [group(vec![Student::default(); 50]).encode_to_vec(), vec![0x1a, 0x7f]].concat();
    assert_eq!(minimise(&cut).unwrap_err().fields().len(), MAX_FLAWS);
    assert!(minimise(&group(vec![student(); 100]).encode_to_vec()).is_ok());
    let too_many = minimise(&group(vec![student(); 101]).encode_to_vec()).unwrap_err();
    assert_eq!(too_many.reason().code(), "request.too_large");
    let NotMinimised::Malformed { problem, .. } = &too_many else { panic!("{too_many}") };
    assert_eq!((problem.fault, &*problem.path), (Fault::TooMany, "student"));
}

#[test]
fn neither_a_claim_nor_the_persons_are_read_beyond_the_bounds() {
    let context = SubmitGroupRequest { context: request().context, ..SubmitGroupRequest::default() }.encode_to_vec();
    let with = |number| [context.clone(), [0x1a, 0].repeat(number)].concat();
    let contract = sample::contract();
    let persons = |number| Subjects::read(contract.operation(SUBMIT).unwrap(), &with(number));
    assert_eq!(persons(100).unwrap().persons().len(), 100);
    assert_eq!(persons(101).unwrap_err().fault, Fault::TooMany);
    assert!(Claim::read(&with(9_999)).is_ok());
    assert_eq!(Claim::read(&with(10_000)).unwrap_err().reason().code(), "request.too_large");
}

#[test]
fn marks_are_two_to_five() {
    let plan = plan("/qaqpa.avtoshkola.v1.Training/SubmitOutcomes", "state-exchange", Direction::Request);
    let outcome = Outcome {
        iin: "991231500006".into(),
        group_id: "100".into(),
        rules: 5,
        maintenance: 6,
        practice: 0,
        passed: false,
        theory_hours: Some(0),
        practice_hours: Some(-1),
    };
    let message = SubmitOutcomesRequest { context: None, outcome: vec![outcome.clone()] };
    let error = plan.minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(flaws(&error), ["outcome[0].maintenance:grade", "outcome[0].practice:missing"]);
    let good = Outcome { maintenance: 4, practice: 3, ..outcome };
    let message = SubmitOutcomesRequest { context: None, outcome: vec![good] };
    let minimised = plan.minimise(&message.encode_to_vec(), Mode::Strict, &circumstances()).unwrap();
    assert_eq!(minimised.bytes(), message.encode_to_vec(), "explicit zeros and negative numbers stay");
}

#[test]
fn a_report_gets_neither_iin_nor_certificate() {
    let dict = || Some(Dict { code: "1".into(), name_ru: "а".into(), name_kz: "ә".into() });
    let reply = GetStudentStatusResponse {
        receipt: None,
        head: Some(ReplyHead {
            request_id: "r".into(),
            response_date: "2026-03-02T10:15:30+05:00".into(),
            result: dict(),
        }),
        certificate: vec![
            Certificate {
                certificate_number: "KZ-1".into(),
                iin: "991231500006".into(),
                school_bin: "990140000007".into(),
                group_id: "100".into(),
                category: 4,
                issue_date: "2026-01-01".into(),
                status: dict(),
                revocation_reason: String::new(),
            };
            2
        ],
    };
    let for_report = plan(STATUS, "reporting", Direction::Reply)
        .minimise(&reply.encode_to_vec(), Mode::Strip, &circumstances())
        .unwrap();
    let seen = GetStudentStatusResponse::decode(for_report.bytes()).unwrap();
    assert!(seen.certificate.iter().all(|found| found.iin.is_empty() && found.certificate_number.is_empty()));
    assert!(seen.certificate.iter().all(|found| found.issue_date.is_empty() && found.group_id == "100"));
    let counts: Vec<_> = for_report.withheld().map(|withheld| (withheld.path, withheld.count)).collect();
    assert_eq!(counts, [("certificate.certificate_number", 2), ("certificate.iin", 2), ("certificate.issue_date", 2)]);
    let for_exchange = plan(STATUS, "state-exchange", Direction::Reply);
    let minimised = for_exchange.minimise(&reply.encode_to_vec(), Mode::Strip, &circumstances()).unwrap();
    assert_eq!(minimised.bytes(), reply.encode_to_vec());
}

#[test]
fn replies_are_whole_or_malformed_but_never_missing() {
    let plan = plan(STATUS, "state-exchange", Direction::Reply);
    assert!(plan.minimise(&[], Mode::Strip, &circumstances()).unwrap().bytes().is_empty());
    let reply = GetStudentStatusResponse {
        head: Some(ReplyHead { response_date: "yesterday".into(), ..ReplyHead::default() }),
        ..GetStudentStatusResponse::default()
    };
    let error = plan.minimise(&reply.encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
    assert_eq!(
        (error.reason().code(), flaws(&error)),
        ("reply.malformed", vec!["head.response_date:date_time".to_owned()])
    );
}

#[test]
fn packed_and_unpacked_enums_both_pass() {
    let plan = plan("/qaqpa.avtoshkola.v1.Training/GetSchool", "state-exchange", Direction::Reply);
    let reply = |category| GetSchoolResponse {
        receipt: None,
        head: None,
        school: Some(School { bin: "990140000007".into(), category, ..School::default() }),
    };
    let packed = reply(vec![4, 6]).encode_to_vec();
    assert_eq!(plan.minimise(&packed, Mode::Strip, &circumstances()).unwrap().bytes(), packed);
    let mut school = School { bin: "990140000007".into(), ..School::default() }.encode_to_vec();
    school.extend([0x58, 4, 0x58, 6]);
    let unpacked = [&[0x1a, school.len() as u8], school.as_slice()].concat();
    let minimised = plan.minimise(&unpacked, Mode::Strip, &circumstances()).unwrap();
    assert_eq!(GetSchoolResponse::decode(minimised.bytes()).unwrap(), reply(vec![4, 6]));
    for (wanted, values) in [("school.category[0]:enumeration", vec![99]), ("school.category[0]:enumeration", vec![0])]
    {
        let error = plan.minimise(&reply(values).encode_to_vec(), Mode::Strip, &circumstances()).unwrap_err();
        assert_eq!(flaws(&error), [wanted]);
    }
}

/// Trap 1 and 2 of the first prototypes: unknown fields went through.
#[test]
fn unknown_fields_stay_behind_at_every_depth() {
    let secret = [0xfa, 0x06, 6, b'S', b'E', b'C', b'R', b'E', b'T']; // field 111
    let mut student = student().encode_to_vec();
    student.extend(secret);
    student.extend([0xf9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]); // the same number as fixed64
    let mut wire = SyncStudentsRequest { student: None, ..request() }.encode_to_vec();
    wire.extend([0x1a]);
    prost::encoding::encode_varint(student.len() as u64, &mut wire);
    wire.extend(&student);
    wire.extend(secret);
    let minimised = sync_plan().minimise(&wire, Mode::Strip, &circumstances()).unwrap();
    assert!(!minimised.bytes().windows(6).any(|window| window == b"SECRET"));
    let unknown: Vec<_> = minimised.withheld().filter(|withheld| withheld.category == "unknown").collect();
    assert_eq!(
        unknown.iter().map(|found| (found.path, found.count)).collect::<Vec<_>>(),
        [("(unknown)", 1), ("student.(unknown)", 2)]
    );
    assert_eq!(unknown[0].reason(Language::Ru), "Контракт не знает этого поля");
    assert!(sync_plan().minimise(&wire, Mode::Strict, &circumstances()).is_err());
}

/// A field in two halves could be judged apart: the last one wins for prost, the first for others.
#[test]
fn what_stands_once_may_not_stand_twice() {
    let wire = request().encode_to_vec();
    assert_eq!(
        malformed(sync_plan().minimise(&[wire.clone(), wire].concat(), Mode::Strip, &circumstances())),
        Fault::Twice
    );
    let mut student = student().encode_to_vec();
    student.extend([0x2a, 10]);
    student.extend(b"2010-01-01");
    let wire = [&[0x1a, 0x80 | (student.len() & 0x7f) as u8, (student.len() >> 7) as u8], student.as_slice()].concat();
    assert_eq!(malformed(sync_plan().minimise(&wire, Mode::Strip, &circumstances())), Fault::Twice);
}

#[test]
fn malformed_bytes_are_closed() {
    let rows: [(Fault, &[u8], &str); 9] = [
        (Fault::WrongType, &[0x18, 0x01], "student as a number"),
        (Fault::WrongType, &[0x1a, 2, 0x08, 1], "IIN as a number"),
        (Fault::WrongType, &[0x1a, 2, 0x30, 1], "withheld phone as a number"),
        (Fault::WrongType, &[0x12, 3, 0x2a, 1, 4], "singular enum packed"),
        (Fault::Utf8, &[0x1a, 4, 0x12, 2, 0xff, 0xfe], "surname is not UTF-8"),
        (Fault::WireType, &[0x1a, 2, 0x0b, 0x0c], "group"),
        (Fault::Truncated, &[0x1a, 5, 0x0a, 9, b'1'], "cut off inside"),
        (Fault::Range, &[0x12, 7, 0x28, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00], "enum beyond 32 bits"),
        (Fault::Varint, &[0x12, 3, 0x28, 0x84, 0x00], "overlong enum"),
    ];
    for (wanted, wire, why) in rows {
        assert_eq!(malformed(sync_plan().minimise(wire, Mode::Strip, &circumstances())), wanted, "{why}");
    }
    let dropped = sync_plan().minimise(&[0x1a, 4, 0x32, 2, 0xff, 0xfe], Mode::Strip, &circumstances());
    assert!(matches!(dropped, Err(NotMinimised::Invalid { .. })), "what is dropped need not be UTF-8");
}

#[test]
fn released_fields_are_listed_with_their_values() {
    let minimised = sync_plan().minimise(&request().encode_to_vec(), Mode::Strip, &circumstances()).unwrap();
    let released = minimised.released();
    let find = |path: &str| released.iter().find(|released| released.path == path).map(|released| released.value);
    assert_eq!(find("student.iin"), Some(b"991231500006".as_slice()));
    assert_eq!(find("group.category"), Some([4].as_slice()));
    assert_eq!(find("student.phone"), None);
    assert_eq!(released.len(), 14);
    assert_eq!(format!("{:?}", released[0]), "Released(group.group_external_id, education)");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["", "[а-яәіңғүұқөһ]{1,20}", "\\PC{1,200}"]
}

fn any_group() -> impl Strategy<Value = Group> {
    (any_text(), any_text(), 1..16, any_text()).prop_map(|(group_id, title, category, teacher_iin)| Group {
        group_external_id: "g".into(),
        group_id,
        title: format!("t{title}"),
        category,
        teacher_iin,
        ..sample::group()
    })
}

fn any_student() -> impl Strategy<Value = Student> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
    (any_text(), any_text(), any_text(), any_text(), any_text(), bytes(), bytes(), any::<bool>()).prop_map(
        |(surname, patronymic, phone, email, note, photo, photo_sha256, guarded)| Student {
            surname: format!("s{surname}"),
            patronymic,
            phone,
            email,
            note,
            photo,
            photo_sha256,
            guardian_iin: if guarded { "991231500707".into() } else { String::new() },
            ..student()
        },
    )
}

fn any_request() -> impl Strategy<Value = SyncStudentsRequest> {
    (any_group(), any_student(), any::<bool>()).prop_map(|(group, student, context)| SyncStudentsRequest {
        context: if context { request().context } else { None },
        group: Some(group),
        student: Some(student),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_filter_equals_decode_clear_encode(message in any_request()) {
        let minimised = sync_plan_once().minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap();
        prop_assert_eq!(minimised.bytes(), cleared(message).encode_to_vec());
    }

    #[test]
    fn filtering_twice_changes_nothing(message in any_request()) {
        let once = sync_plan_once().minimise(&message.encode_to_vec(), Mode::Strip, &circumstances()).unwrap();
        let twice = sync_plan_once().minimise(once.bytes(), Mode::Strict, &circumstances()).unwrap();
        prop_assert_eq!(once.bytes(), twice.bytes());
    }

    #[test]
    fn mutated_bytes_never_leak(message in any_request(), changes in proptest::collection::vec((any::<u16>(), any::<u8>(), 0..4_u8), 1..6)) {
        let mut wire = message.encode_to_vec();
        for (position, byte, kind) in changes {
            let position = usize::from(position) % wire.len();
            match kind {
                0 => wire[position] = byte,
                1 => wire.insert(position, byte),
                2 if wire.len() > 1 => { wire.remove(position); }
                _ => wire[position] ^= 1 << (byte % 8),
            }
        }
        leaks_nothing(&wire)?;
    }

    #[test]
    fn arbitrary_bytes_never_leak(wire in proptest::collection::vec(any::<u8>(), 0..200)) {
        leaks_nothing(&wire)?;
    }
}

/// Whatever is accepted decodes, holds only what the plan lets move, and not one byte besides.
fn leaks_nothing(wire: &[u8]) -> Result<(), TestCaseError> {
    let plan = sync_plan_once();
    let Ok(minimised) = plan.minimise(wire, Mode::Strip, &circumstances()) else { return Ok(()) };
    let decoded = SyncStudentsRequest::decode(minimised.bytes()).unwrap();
    prop_assert_eq!(&decoded, &cleared(decoded.clone()));
    prop_assert_eq!(decoded.encoded_len(), minimised.bytes().len(), "no unknown and no hidden bytes");
    let allowed: Vec<&str> =
        plan.fields().filter(|field| field.fate == FieldFate::Released).map(|field| field.path).collect();
    for released in minimised.released() {
        prop_assert!(allowed.contains(&released.path.as_str()), "{} moves", released.path);
    }
    Ok(())
}

fn sync_plan_once() -> std::sync::Arc<qaqpa_policy::Plan> {
    static PLAN: std::sync::OnceLock<std::sync::Arc<qaqpa_policy::Plan>> = std::sync::OnceLock::new();
    PLAN.get_or_init(sync_plan).clone()
}
