//! Every way in which the state, or what stands in its place, may answer. Good answers are read however they are spelt; of bad
//! ones nothing is handed on, and the failure is on record with what has left.

use std::time::Duration;

use prost::Message as _;
use qaqpa_mock::{Behaviour, CANARY, FORGED, Sound};
use qaqpa_proto::avtoshkola::v1::{GetSchoolRequest, GetSchoolResponse};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Caller, Seen, World, receipt};
use tonic::Code;

const MALFORMED: (&str, Code) = ("reply.malformed", Code::DataLoss);
const NOT_AUTHENTIC: (&str, Code) = ("reply.not_authentic", Code::DataLoss);
const REPLAYED: (&str, Code) = ("reply.replayed", Code::DataLoss);
const CUT: (&str, Code) = ("upstream.cut", Code::Unavailable);
const NOT_SOAP: (&str, Code) = ("upstream.not_soap", Code::Unavailable);

/// Behaviour, what the caller is told, and the word that narrows it down in the journal.
const BAD: &[(&str, (&str, Code), &str)] = &[
    ("silence", ("upstream.timeout", Code::DeadlineExceeded), ""),
    ("slow=9s", ("upstream.timeout", Code::DeadlineExceeded), ""),
    ("cut-before-reply", CUT, ""),
    ("cut-mid-headers", CUT, ""),
    ("cut-mid-body", CUT, ""),
    ("reset", CUT, ""),
    ("html-502", NOT_SOAP, "http_502"),
    ("wrong-content-type", NOT_SOAP, "http_200"),
    ("redirect", ("residency.redirect", Code::FailedPrecondition), "307"),
    ("too-large", ("upstream.too_large", Code::Unavailable), ""),
    ("truncated-xml", MALFORMED, "truncated"),
    ("dtd", MALFORMED, "dtd"),
    ("entity-bomb", MALFORMED, "dtd"),
    ("processing-instruction", MALFORMED, "processing_instruction"),
    ("deep", MALFORMED, "depth"),
    ("soap-fault", ("upstream.fault", Code::Unavailable), "SCE909"),
    ("soap-fault=SCE005", ("upstream.fault", Code::Unavailable), "SCE005"),
    ("soap-fault=991231500006", ("upstream.fault", Code::Unavailable), "other"),
    ("soap-fault-nested", ("upstream.fault", Code::Unavailable), "SCE909"),
    ("status", ("upstream.status", Code::FailedPrecondition), "SCSE002"),
    ("status=991231500006", ("upstream.status", Code::FailedPrecondition), "other"),
    ("no-data", MALFORMED, "no_data"),
    ("wrong-correlation", REPLAYED, "other_message"),
    ("stale-date", ("reply.out_of_time", Code::DataLoss), "too_old"),
    ("replayed", REPLAYED, "other_message"),
    ("unsigned", NOT_AUTHENTIC, "unsigned"),
    ("tampered-body", NOT_AUTHENTIC, "digest"),
    ("wrong-signer", NOT_AUTHENTIC, "wrong_signer"),
    ("duplicate-id", NOT_AUTHENTIC, "duplicate_id"),
    ("wrapped-1", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-2", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-3", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-4", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-5", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-6", NOT_AUTHENTIC, "wrapped"),
    ("wrapped-7", NOT_AUTHENTIC, "wrapped"),
    ("foreign-transform", NOT_AUTHENTIC, "foreign_transform"),
    ("sha1", NOT_AUTHENTIC, "algorithm"),
];

const THREE_SECONDS: &str = "[channels.shep]\ntotal_timeout_seconds = 3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_bad_reply_nothing_is_handed_on() {
    let world = World::with(THREE_SECONDS).await;
    let school = world.caller("clients/school");
    let call = || school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into());
    assert_eq!(world.observe(call()).await, Seen::answered());
    for (text, (told, grpc), word) in BAD {
        world.government.behave_once(text.parse().unwrap());
        assert_eq!(world.observe(call()).await, Seen::failed(told, *grpc), "{text}");
        let outcome = world.records().await.pop().unwrap();
        assert_eq!(outcome["detail"].as_str().unwrap_or_default(), *word, "{text}: {outcome}");
        assert_eq!(world.observe(call()).await, Seen::answered(), "the call after {text}");
    }
    let everything = world.records().await.iter().map(ToString::to_string).collect::<String>();
    for token in [FORGED, CANARY, "991231500006"] {
        assert!(!everything.contains(token), "the journal holds {token}");
    }
}

#[test]
fn every_behaviour_that_is_not_accepted_has_a_row() {
    for entry in Behaviour::ALL.iter().filter(|entry| entry.sound != Sound::Accepts) {
        assert!(BAD.iter().any(|(text, ..)| *text == entry.name), "no row for {}", entry.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_reply_is_read_however_it_is_spelt() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let wanted = ask(&school).await;
    assert_eq!(wanted.school.as_ref().unwrap().name_kz, "«Демо Автомектеп» ЖШС");
    for entry in Behaviour::ALL.iter().filter(|entry| entry.sound == Sound::Accepts) {
        let behaviour = match &entry.behaviour {
            Behaviour::Slow(_) => Behaviour::Slow(Duration::from_millis(300)),
            other => other.clone(),
        };
        world.government.behave_once(behaviour);
        let reply = ask(&school).await;
        assert_eq!(reply.school, wanted.school, "{}", entry.name);
        let records = world.records().await;
        let outcome = records.last().unwrap();
        let drifted = if entry.name == "drift" { 4 } else { 0 };
        assert_eq!((outcome["result"].as_str(), outcome["shep"].as_str()), (Some("answered"), Some("SCSS001")));
        assert_eq!(outcome["drift"].as_u64(), Some(drifted), "{}", entry.name);
    }
    assert_eq!(
        world.government.requests(),
        1 + Behaviour::ALL.iter().filter(|e| e.sound == Sound::Accepts).count() as u64
    );
}

async fn ask(school: &Caller) -> GetSchoolResponse {
    let reply = school.call(GET_SCHOOL, &people::get_school(people::context("", STATE_EXCHANGE))).await.unwrap();
    GetSchoolResponse { receipt: None, ..reply }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_state_itself_is_an_answer() {
    let world = World::start().await;
    let context = Some(people::context("", STATE_EXCHANGE));
    let request = GetSchoolRequest { context, school_bin: people::SCHOOL_2.to_owned() };
    let reply = world.caller("clients/school").wire(GET_SCHOOL, request.encode_to_vec().into()).await.unwrap();
    let id = receipt(&reply).exchange_id;
    let reply = GetSchoolResponse::decode(reply).unwrap();
    let result = reply.head.unwrap().result.unwrap();
    let outcome = world.records_of(&id).await.pop().unwrap();
    assert_eq!(outcome["business"].as_str(), Some(result.code.as_str()), "{outcome}");
    assert_eq!((outcome["shep"].as_str(), outcome["result"].as_str()), (Some("SCSS001"), Some("answered")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_who_it_should_be_gets_no_message() {
    let world = World::start().await;
    for (row, ca, told) in [
        ("a server of another authority", "pki/signers/ca.pem", "upstream.tls"),
        ("nobody listens", "pki/ca.pem", "upstream.connect"),
    ] {
        let port = if told == "upstream.connect" { free_port() } else { world.government.address().port() };
        let overlay = format!("[endpoints.shep]\nurl = \"https://localhost:{port}/bip-sync-wss-gost/\"\nca = \"{ca}\"");
        let world = world.beside(&overlay).await;
        let call = world.caller("clients/school").wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await;
        let failed = Seen { left: 0, ..Seen::failed(told, Code::Unavailable) };
        assert_eq!(world.observe(std::future::ready(call)).await, failed, "{row}");
    }
}

/// A port of loopback at which nobody listens.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
