//! Every behaviour is what its name says, and the mock goes on serving after each.

use std::time::{Duration, Instant};

use qaqpa_adapters::shep::sync::{NotAnswered, Sent, answers};
use qaqpa_adapters::xml::text;
use qaqpa_mock::{Behaviour, CANARY, Entry, FORGED, Sound};
use qaqpa_proto::avtoshkola::v1::{GetSchoolRequest, GetSchoolResponse};

use crate::client::{Came, Ended};
use crate::world::{Asked, ask, fault, judged, not_authentic, now, options, start};

fn question(message_id: &str) -> Asked {
    ask("GetSchool", message_id, &GetSchoolRequest { school_bin: "990140000007".into(), context: None })
}

/// What the first look at the reply shows: how the connection ended, the HTTP status, and what the house's reader says.
fn seen(came: &Came) -> String {
    if came.ended != Ended::Closed {
        return format!("{:?}", came.ended);
    }
    let promised = came.header("content-length").map_or(0, |length| length.parse().unwrap());
    match (came.octets.is_empty(), came.has_whole_head()) {
        (true, _) => return "cut before headers".into(),
        (_, false) => return "cut in headers".into(),
        _ if came.body().len() < promised => return "cut in body".into(),
        _ => {}
    }
    let judged = judged(came.body(), came.header("content-type")).unwrap_or_else(|code| format!("!{code}"));
    format!("{} {judged}", came.status())
}

#[tokio::test]
async fn each_behaviour_is_what_its_name_says() {
    let rows: &[(&str, &str)] = &[
        ("200 SCSS001", "normal"),
        ("200 SCSS001", "slow=50ms"),
        ("Silent", "silence"),
        ("cut before headers", "cut-before-reply"),
        ("cut in headers", "cut-mid-headers"),
        ("cut in body", "cut-mid-body"),
        ("Reset", "reset"),
        ("502 !dtd", "html-502"),
        ("200 SCSS001", "wrong-content-type"),
        ("307 !dtd", "redirect"),
        ("200 !too_large", "too-large"),
        ("200 !truncated", "truncated-xml"),
        ("200 !dtd", "dtd"),
        ("200 !dtd", "entity-bomb"),
        ("200 !processing_instruction", "processing-instruction"),
        ("200 !depth", "deep"),
        ("500 !unsigned", "soap-fault"),
        ("500 !unsigned", "soap-fault-nested"),
        ("200 SCSE002", "status"),
        ("200 SBF-AD-1", "status=SBF-AD-1"),
        ("200 SCSS001", "no-data"),
        ("200 SCSS001", "wrong-correlation"),
        ("200 SCSS001", "stale-date"),
        ("200 SCSS001", "replayed"),
        ("200 !unsigned", "unsigned"),
        ("200 !digest", "tampered-body"),
        ("200 !wrong_signer", "wrong-signer"),
        ("200 !duplicate_id", "duplicate-id"),
        ("200 !wrapped", "wrapped-1"),
        ("200 !wrapped", "wrapped-2"),
        ("200 !wrapped", "wrapped-3"),
        ("200 !wrapped", "wrapped-4"),
        ("200 !wrapped", "wrapped-5"),
        ("200 !wrapped", "wrapped-6"),
        ("200 !wrapped", "wrapped-7"),
        ("200 !foreign_transform", "foreign-transform"),
        ("200 !algorithm", "sha1"),
        ("200 SCSS001", "drift"),
        ("200 SCSS001", "issuer-serial"),
        ("200 SCSS001", "utf-16"),
        ("200 SCSS001", "windows-1251"),
        ("200 SCSS001", "bom"),
        ("200 SCSS001", "cdata"),
        ("200 SCSS001", "other-prefixes"),
        ("200 SCSS001", "default-namespace"),
        ("200 SCSS001", "data-in-xsi-namespace"),
        ("200 SCSS001", "escaped-data"),
        ("200 SCSS001", "unbraced-session"),
        ("200 SCSS001", "date-spellings"),
    ];
    for entry in Behaviour::ALL {
        assert!(rows.iter().any(|(_, text)| text.split('=').next() == Some(entry.name)), "no row for {}", entry.name);
    }
    let (government, client) = start(options()).await;
    for (wanted, text) in rows {
        let question = question(text);
        government.behave_once(text.parse().unwrap());
        let came = client.post(question.signed()).await;
        assert_eq!(seen_of(&came), *wanted, "{text}");
        let after = client.post(question.signed()).await;
        assert_eq!(seen(&after), "200 SCSS001", "after {text}");
    }
    assert_eq!(government.requests(), 2 * rows.len() as u64);
    government.stop().await;
}

/// A flood is chunked; its length is what counts.
fn seen_of(came: &Came) -> String {
    match came.header("transfer-encoding") {
        Some("chunked") if came.body().len() > text::BODY_LIMIT => format!("{} !too_large", came.status()),
        _ => seen(came),
    }
}

#[tokio::test]
async fn every_valid_spelling_carries_the_same_school() {
    let (government, client) = start(options()).await;
    let question = question("m-1");
    let (_, wanted) = question.read::<GetSchoolResponse>(client.post(question.signed()).await.body());
    let wanted = wanted.unwrap();
    assert_eq!(wanted.school.as_ref().unwrap().name_kz, "«Демо Автомектеп» ЖШС");
    let is_spelling = |entry: &&Entry| entry.sound == Sound::Accepts && entry.name != "slow";
    for entry in Behaviour::ALL.iter().filter(is_spelling) {
        government.behave_once(entry.behaviour.clone());
        let came = client.post(question.signed()).await;
        let decoded = text::decode(came.body(), came.header("content-type")).unwrap();
        let (info, found) = question.read::<GetSchoolResponse>(came.body());
        assert_eq!(found.as_ref(), Some(&wanted), "{}", entry.name);
        let sent = Sent { message_id: "m-1", correlation_id: None };
        assert!(answers(&info, sent, None, jiff::SignedDuration::from_mins(5), now()).is_ok(), "{}", entry.name);
        assert_eq!(decoded.contains(CANARY), entry.behaviour == Behaviour::Drift, "{}", entry.name);
    }
    government.stop().await;
}

#[tokio::test]
async fn what_is_signed_and_yet_no_answer() {
    let (government, client) = start(options()).await;
    let first = question("m-1");
    let good = client.post(first.signed()).await;
    for (wanted, behaviour) in [
        ("other_message", Behaviour::WrongCorrelation),
        ("too_old", Behaviour::StaleDate),
        ("other_message", Behaviour::Replayed),
    ] {
        government.behave_once(behaviour.clone());
        let question = question("m-2");
        let came = client.post(question.signed()).await;
        assert_eq!(not_authentic(came.body()), None);
        let (info, reply) = question.read::<GetSchoolResponse>(came.body());
        let sent = Sent { message_id: "m-2", correlation_id: None };
        let found = answers(&info, sent, None, jiff::SignedDuration::from_mins(5), now());
        assert_eq!(found.map_err(NotAnswered::code), Err(wanted), "{behaviour}");
        assert_eq!(
            reply.unwrap().head.unwrap().request_id,
            info.correlation_id.unwrap(),
            "head and responseInfo agree"
        );
        assert_eq!(came.body() == good.body(), behaviour == Behaviour::Replayed);
    }
    government.stop().await;
}

#[tokio::test]
async fn every_forgery_says_so_where_a_careless_reader_looks() {
    let (government, client) = start(options()).await;
    let forging = |entry: &&Entry| matches!(entry.behaviour, Behaviour::Wrapped(_) | Behaviour::TamperedBody);
    for entry in Behaviour::ALL.iter().filter(forging) {
        government.behave_once(entry.behaviour.clone());
        let came = client.post(question("m-1").signed()).await;
        let body = std::str::from_utf8(came.body()).unwrap();
        assert!(body.contains(FORGED), "{}", entry.name);
        let is_wrapped = entry.behaviour != Behaviour::TamperedBody;
        assert_eq!(body.contains("Message has been processed successfully"), is_wrapped, "{}", entry.name);
    }
    government.stop().await;
}

#[tokio::test]
async fn values_of_behaviours_arrive() {
    let (government, client) = start(options()).await;
    let question = question("m-1");

    government.behave_once("redirect=https://127.0.0.1:9/x".parse().unwrap());
    assert_eq!(client.post(question.signed()).await.header("location"), Some("https://127.0.0.1:9/x"));

    government.behave_once("soap-fault=SCE005".parse().unwrap());
    let error = fault(client.post(question.signed()).await.body()).error.unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("SCE005", "Транспортная подпись не актуальна"));

    government.behave_once(Behaviour::SoapFaultNested);
    let error = fault(client.post(question.signed()).await.body()).error.unwrap();
    assert_eq!((error.code.as_str(), error.sub.unwrap().code.as_str()), ("SCE909", "SCE006"));

    government.behave_once(Behaviour::NoData);
    let (info, reply) = question.read::<GetSchoolResponse>(client.post(question.signed()).await.body());
    assert_eq!((info.status.code.as_str(), reply), ("SCSS001", None));

    let began = Instant::now();
    government.behave_once(Behaviour::Slow(Duration::from_millis(200)));
    client.post(question.signed()).await;
    assert!(began.elapsed() >= Duration::from_millis(200));

    government.behave_once(Behaviour::WrongContentType);
    assert_eq!(client.post(question.signed()).await.header("content-type"), Some("application/json"));
    government.stop().await;
}

#[tokio::test]
async fn a_standing_behaviour_comes_after_what_is_queued() {
    let (government, client) = start(options()).await;
    government.behave("status=SCSE003".parse().unwrap());
    government.behave_once(Behaviour::Normal);
    for wanted in ["SCSS001", "SCSE003", "SCSE003"] {
        let (info, _) = question("m").read::<GetSchoolResponse>(client.post(question("m").signed()).await.body());
        assert_eq!(info.status.code, wanted);
    }
    government.stop().await;
}
