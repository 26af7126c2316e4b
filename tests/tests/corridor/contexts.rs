//! Purpose, delegation, request id and role: who may ask for what, and how it has to be said.

use bytes::Bytes;
use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::{GetSchoolRequest, Group, SubmitGroupRequest};
use qaqpa_proto::v1::Context;
use qaqpa_tests::people::{self, GET_SCHOOL, REPORTING, SCHOOL_2, STATE_EXCHANGE, SUBMIT_GROUP};
use qaqpa_tests::{Seen, World, code, exchange_id};
use tonic::Code;
use tonic_types::StatusExt as _;

fn school(context: Context) -> Bytes {
    people::get_school(context).encode_to_vec().into()
}

/// A context, and more bytes of it.
fn with(context: &Context, more: &[u8]) -> Bytes {
    let whole = [context.encode_to_vec(), more.to_vec()].concat();
    let mut wire = vec![0x0a, u8::try_from(whole.len()).unwrap()];
    wire.extend(whole);
    wire.extend(GetSchoolRequest { context: None, school_bin: people::SCHOOL.to_owned() }.encode_to_vec());
    wire.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_context_says_one_purpose_of_this_caller_for_this_school() {
    let world = World::start().await;
    let caller = world.caller("clients/school");
    let good = people::context("", STATE_EXCHANGE);
    let of = |change: &dyn Fn(&mut Context)| {
        let mut context = good.clone();
        change(&mut context);
        school(context)
    };
    let group: Bytes = people::submit("", vec![]).encode_to_vec().into();
    let reporting = SubmitGroupRequest { context: Some(people::context("", REPORTING)), ..people::submit("", vec![]) };
    let other_school = Group { school_bin: SCHOOL_2.to_owned(), ..people::group() };
    let other_school = SubmitGroupRequest { group: Some(other_school), ..people::submit("", vec![]) };
    let (invalid, denied) = (Code::InvalidArgument, Code::PermissionDenied);
    let rows: Vec<(&str, &'static str, Bytes, &str, Code)> = vec![
        ("no context", GET_SCHOOL, good_bin(), "purpose.missing", invalid),
        ("no purpose", GET_SCHOOL, of(&|c| c.purpose.clear()), "purpose.missing", invalid),
        ("an unknown purpose", GET_SCHOOL, of(&|c| c.purpose = "curiosity".into()), "purpose.unknown", denied),
        (
            "a purpose that the policy prohibits",
            GET_SCHOOL,
            of(&|c| c.purpose = "marketing".into()),
            "purpose.prohibited",
            denied,
        ),
        ("a purpose of 1 KiB", GET_SCHOOL, of(&|c| c.purpose = "p".repeat(1024)), "purpose.unknown", denied),
        (
            "a purpose not granted to the caller",
            GET_SCHOOL,
            of(&|c| c.purpose = "support".into()),
            "purpose.not_allowed",
            denied,
        ),
        (
            "a purpose not for the operation",
            SUBMIT_GROUP,
            reporting.encode_to_vec().into(),
            "purpose.not_allowed",
            denied,
        ),
        ("two purposes", GET_SCHOOL, with(&good, b"\x0a\x09reporting"), "purpose.ambiguous", invalid),
        (
            "two contexts",
            GET_SCHOOL,
            [school(good.clone()), school(good.clone())].concat().into(),
            "purpose.ambiguous",
            invalid,
        ),
        (
            "a school that is not granted",
            GET_SCHOOL,
            of(&|c| c.on_behalf_of = SCHOOL_2.into()),
            "delegation.not_allowed",
            denied,
        ),
        (
            "another school inside the message",
            SUBMIT_GROUP,
            other_school.encode_to_vec().into(),
            "delegation.not_allowed",
            denied,
        ),
        (
            "a school that is no BIN",
            GET_SCHOOL,
            of(&|c| c.on_behalf_of = "990140000008".into()),
            "request.invalid",
            invalid,
        ),
        ("two schools", GET_SCHOOL, with(&good, b"\x1a\x0c990140000017"), "request.malformed", invalid),
        (
            "a request id of 65 characters",
            GET_SCHOOL,
            of(&|c| c.request_id = "r".repeat(65)),
            "request.invalid",
            invalid,
        ),
        ("a request id with a space", GET_SCHOOL, of(&|c| c.request_id = "a b".into()), "request.invalid", invalid),
        (
            "a request id that is not ASCII",
            GET_SCHOOL,
            of(&|c| c.request_id = "сұрау".into()),
            "request.invalid",
            invalid,
        ),
        ("a consent of 257 bytes", GET_SCHOOL, of(&|c| c.consent = "c".repeat(257)), "request.invalid", invalid),
        ("a consent with a line feed", GET_SCHOOL, of(&|c| c.consent = "a\nb".into()), "request.invalid", invalid),
        ("no student", SUBMIT_GROUP, group, "request.invalid", invalid),
    ];
    for (row, path, message, told, grpc) in rows {
        let seen = world.observe(caller.wire(path, message)).await;
        assert_eq!(seen, Seen::refused(told, grpc), "{row}");
    }
    let seen = world.observe(caller.wire(GET_SCHOOL, of(&|c| c.request_id = "r".repeat(64)))).await;
    assert_eq!(seen, Seen::answered(), "the next call works");
}

fn good_bin() -> Bytes {
    GetSchoolRequest { context: None, school_bin: people::SCHOOL.to_owned() }.encode_to_vec().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_or_a_missing_one_does_not_exchange() {
    let world = World::start().await;
    for (row, credential, told, grpc) in [
        ("an auditor", "clients/auditor", "caller.role", Code::PermissionDenied),
        ("an administrator", "clients/admin", "caller.role", Code::PermissionDenied),
        ("an officer", "clients/officer", "caller.role", Code::PermissionDenied),
        ("a certificate that nobody registered", "enemies/unknown", "caller.unknown", Code::Unauthenticated),
        (
            "a school that has the purpose but not this school",
            "clients/school-2",
            "delegation.not_allowed",
            Code::PermissionDenied,
        ),
    ] {
        let message = people::school("", REPORTING).into();
        let seen = world.observe(world.caller(credential).wire(GET_SCHOOL, message)).await;
        assert_eq!(seen, Seen::refused(told, grpc), "{row}");
    }
    let message = people::school("", REPORTING).into();
    assert_eq!(world.observe(world.caller("clients/school").wire(GET_SCHOOL, message)).await, Seen::answered());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_is_carried_out_once_under_way_and_afterwards() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let message: Bytes = people::school("once", STATE_EXCHANGE).into();
    world.government.behave_once("slow=1500ms".parse().unwrap());
    let first = tokio::spawn({
        let (school, message) = (school.clone(), message.clone());
        async move { school.wire(GET_SCHOOL, message).await }
    });
    world.until_requests(1).await;
    let duplicate = Seen::refused("request.duplicate", Code::AlreadyExists);
    assert_eq!(world.observe(school.wire(GET_SCHOOL, message.clone())).await, duplicate, "under way");
    assert_eq!(code(&first.await.unwrap()), "answered");
    assert_eq!(world.observe(school.wire(GET_SCHOOL, message.clone())).await, duplicate, "done");
    world.site.time.forward(3_700);
    assert_eq!(world.observe(school.wire(GET_SCHOOL, message)).await, Seen::answered(), "an hour later");
    world.government.behave_once("unsigned".parse().unwrap());
    let again: Bytes = people::school("again", STATE_EXCHANGE).into();
    let failed = Seen::failed("reply.not_authentic", Code::DataLoss);
    assert_eq!(world.observe(school.wire(GET_SCHOOL, again.clone())).await, failed);
    assert_eq!(world.observe(school.wire(GET_SCHOOL, again)).await, Seen::answered(), "what failed may be tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purpose_that_withholds_what_the_state_demands_is_not_offered() {
    let world = World::start().await;
    let pack = std::fs::read_to_string(world.site.file("policy/avtomektep.yaml")).unwrap();
    let narrow = pack.replace("      - { category: birth_date, clause: \"3\" }\n", "");
    assert_ne!(pack, narrow);
    std::fs::write(world.site.file("policy/narrow.yaml"), narrow).unwrap();
    let world = world.beside("[[operators]]\nid = \"avtomektep\"\npolicy = \"policy/narrow.yaml\"").await;
    let today = world.site.time.clock().today();
    let message = people::submit("", vec![people::student(1, today)]).encode_to_vec();
    let seen = world.observe(world.caller("clients/school").wire(SUBMIT_GROUP, message.into())).await;
    assert_eq!(seen, Seen::refused("purpose.not_offered", Code::FailedPrecondition));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_speaks_the_callers_language_and_says_whose_turn_it_is() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let frame = |message: &[u8]| [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    for (header, locale, text) in [
        ("kk", "kk", "Мақсат көрсетілмеген. context.purpose өрісіне оператор саясатындағы мақсатты жазыңыз."),
        ("ru-KZ,en;q=0.5", "ru", "Цель не указана. Заполните context.purpose целью из политики оператора."),
        ("de", "en", "No purpose is claimed. Set context.purpose to a purpose of the operator's policy."),
    ] {
        let body = frame(&people::school("", ""));
        let status = school.frames(GET_SCHOOL, &body, ("accept-language", header)).await;
        let told = status.get_details_localized_message().unwrap();
        assert_eq!((told.locale.as_str(), told.message.as_str()), (locale, text));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.domain.as_str(), info.metadata["fault"].as_str()), ("qaqpa", "caller"));
        assert_eq!(world.recorded(&exchange_id(&status)).await, "DENIED purpose.missing");
    }
}
