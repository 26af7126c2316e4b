//! GBD FL: what is sent is the recorded request, octet for octet, and the recorded answer is read to its last leaf.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

use std::sync::LazyLock;

use prost::Message as _;
use qaqpa_adapters::codec::{Codec, Fills, Limits, Read, ReadError, WriteError, scalar};
use qaqpa_adapters::shep::sync::{self, Password, Reply, RequestInfo, ResponseInfo, Shape, Status};
use qaqpa_adapters::soap::Envelope;
use qaqpa_adapters::wsse;
use qaqpa_adapters::xml::{Document, c14n, text};
use qaqpa_proto::gbdfl::v1::{GetPersonRequest, GetPersonResponse};
use qaqpa_proto::v1::Context;
use qaqpa_proto::{Contract, Operation};

const REQUEST: &str = include_str!("../../tests/samples/sync-request-gbdfl.xml");
const ANSWER: &str = include_str!("../../tests/samples/sync-response-gbdfl-ok.xml");
const MESSAGE_ID: &str = "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10";

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().unwrap());
static CODEC: LazyLock<Codec> = LazyLock::new(|| Codec::compile(&CONTRACT, operation()).unwrap());

fn operation() -> &'static Operation {
    CONTRACT.operation("/qaqpa.gbdfl.v1.Persons/GetPerson").unwrap()
}

fn asked() -> GetPersonRequest {
    GetPersonRequest {
        context: Some(Context { purpose: "never written".into(), ..Context::default() }),
        iin: "991231500006".into(),
        kdp_token: "REVNTy1LRFAtVE9LRU4=".into(),
        kdp_public_key: "REVNTy1QVUJLRVk=".into(),
    }
}

fn fills() -> Fills<'static> {
    Fills {
        request_id: Some(MESSAGE_ID),
        request_date: Some("2026-03-02T10:15:30.120+05:00".parse().unwrap()),
        sender_code: Some("demo_sender"),
        ..Fills::default()
    }
}

/// The canonical form of what stands in the Body of an envelope.
fn canonical(envelope: &str) -> String {
    let document = Document::parse(envelope).unwrap();
    let mut octets = String::new();
    c14n::exclusive(Envelope::read(&document).unwrap().content().unwrap(), &[], &mut octets);
    octets
}

/// Reads the document in the answer of a whole envelope.
fn read(envelope: &str) -> Result<Read, ReadError> {
    let document = Document::parse(envelope).unwrap();
    let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
    let Reply::Response { data: Some(data), .. } = reply else { panic!("no data") };
    data.with_root(CODEC.reply().root(), |root| CODEC.read_reply(root, &Limits::default())).unwrap()
}

#[test]
fn what_is_sent_is_the_recorded_request() {
    let mut document = String::new();
    CODEC.write_request(&asked().encode_to_vec(), &fills(), &mut document).unwrap();
    let info = RequestInfo {
        message_id: MESSAGE_ID.into(),
        service_id: operation().service_id.clone(),
        message_date: fills().request_date.unwrap(),
        sender_id: "demo_sender".into(),
        password: Some(Password::new("demo_password")),
        ..RequestInfo::default()
    };
    let body = sync::write_request(&info, Shape::of_request(operation()), &document).unwrap();
    let recorded = text::normalise(REQUEST);
    assert!(recorded.contains(&body), "the sample holds exactly what is written");
    assert_eq!(canonical(&wsse::envelope_unsigned(&body)), canonical(&recorded));
}

#[test]
fn nothing_is_sent_without_its_token_or_its_sender() {
    let without = |fills: Fills<'_>, asked: GetPersonRequest| {
        CODEC.write_request(&asked.encode_to_vec(), &fills, &mut String::new()).unwrap_err()
    };
    for (wanted, fills, asked) in [
        ("senderCode", Fills { sender_code: None, ..fills() }, asked()),
        ("messageDate", Fills { request_date: None, ..fills() }, asked()),
        ("iin", fills(), GetPersonRequest { iin: String::new(), ..asked() }),
        ("kdp_token", fills(), GetPersonRequest { kdp_token: String::new(), ..asked() }),
        ("kdp_public_key", fills(), GetPersonRequest { kdp_public_key: String::new(), ..asked() }),
    ] {
        assert_eq!(without(fills, asked), WriteError::Missing(wanted.into()));
    }
}

#[test]
fn the_recorded_answer_is_read_to_its_last_leaf() {
    let recorded = text::normalise(ANSWER);
    let read = read(&recorded).unwrap();
    assert!(read.drift.is_none(), "{:?}", read.drift);
    let reply = GetPersonResponse::decode(read.wire.as_slice()).unwrap();
    let person = &reply.persons.as_ref().unwrap().person[0];
    assert_eq!(reply.request_id, MESSAGE_ID);
    assert_eq!(reply.sender.as_ref().unwrap().change_date, "", "nil is absent");
    assert_eq!(person.gender.as_ref().unwrap().change_date, "2013-09-19T08:44:33.000+05:00");
    assert_eq!(person.addresses.as_ref().map(|addresses| addresses.address.len()), Some(0), "empty is not absent");
    assert_eq!(person.documents.as_ref().unwrap().document[0].birth_date, "2099-12-31");
    assert_eq!(person.removed, None);
    assert_eq!(whole(&read.wire), without_nil(&recorded), "all that was in it is in the message");
}

/// The answer as the mock government would write it, `data` alone.
fn whole(wire: &[u8]) -> String {
    let mut document = String::new();
    CODEC.write_reply(wire, &mut document).unwrap();
    let body = sync::write_reply(&info(), Some((Shape::of_reply(operation()), &document))).unwrap();
    data_of(&canonical(&wsse::envelope_unsigned(&body)))
}

/// The recorded answer spelt as the writer spells it.
fn without_nil(recorded: &str) -> String {
    data_of(&canonical(recorded))
        .replace("<changeDate xsi:nil=\"true\"></changeDate>", "")
        .replace("T09:44:33+06:00", "T08:44:33.000+05:00")
        .replace("T09:45:37+06:00", "T08:45:37.000+05:00")
        .replace("T09:45:48+06:00", "T08:45:48.000+05:00")
        .replace("T09:45:30+06:00", "T08:45:30.000+05:00")
}

fn data_of(octets: &str) -> String {
    octets[octets.find("<data").unwrap()..octets.find("</data>").unwrap()].to_owned()
}

fn info() -> ResponseInfo {
    ResponseInfo {
        message_id: "129f9727-a75a-4a0f-911e-bf507334a9b1".into(),
        correlation_id: Some(MESSAGE_ID.into()),
        response_date: "2026-03-02T10:15:31.004+05:00".parse().unwrap(),
        status: Status { code: "SCSS001".into(), message: String::new() },
        session_id: None,
    }
}

#[test]
fn the_frame_is_read_whatever_is_in_it() {
    let persons = ANSWER.find("<persons>").unwrap()..ANSWER.find("</data>").unwrap();
    let with = |inside: &str| {
        let mut answer = ANSWER.trim_start_matches('\u{feff}').to_owned();
        answer.replace_range(persons.clone(), inside);
        read(&answer.replace("<code>00000<", "<code>10001<"))
    };
    let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo/></ds:Signature>";
    let one = "<iin>991231500006</iin><birthDate>1999-12-31</birthDate>";
    for (sentence, found, missing, inside) in [
        ("an error has no persons", None, &[][..], String::new()),
        ("nil persons are none", None, &[], "<persons xsi:nil=\"true\"/>".into()),
        ("a closing signature is no drift", None, &[], signature.into()),
        ("persons without one are drift", Some(0), &["persons.person"], "<persons/>".into()),
        (
            "what the schema demands and a person lacks is named",
            Some(2),
            &[
                "persons.person.gender",
                "persons.person.nationality",
                "persons.person.citizenship",
                "persons.person.life_status",
                "persons.person.birth_place",
            ],
            format!("<persons><person>{one}</person><person>{one}</person></persons>"),
        ),
    ] {
        let read = with(&inside).unwrap();
        let reply = GetPersonResponse::decode(read.wire.as_slice()).unwrap();
        assert_eq!(reply.message_result.unwrap().code, "10001", "{sentence}");
        assert_eq!(reply.persons.map(|persons| persons.person.len()), found, "{sentence}");
        assert_eq!(
            (read.drift.missing.as_slice(), read.drift.count),
            (&missing.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..], 0),
            "{sentence}"
        );
    }
    let twice = with(&format!("<persons><person>{one}{one}</person></persons>"));
    assert_eq!(twice, Err(ReadError::Repeated("persons.person.iin".into())));
    let drifted = with(&format!("<persons><person>{one}<creditRating>1</creditRating></person></persons>")).unwrap();
    assert_eq!(drifted.drift.names, ["persons.person.creditRating"]);
}

#[test]
fn the_contract_says_where_result_and_birth_date_stand() {
    let read = read(&text::normalise(ANSWER)).unwrap();
    let result = operation().business_result.as_ref().unwrap();
    let subject = &operation().subject;
    for (wanted, path) in [
        ("00000", Some(&result.code)),
        (MESSAGE_ID, result.request_id.as_ref()),
        ("2099-12-31", subject.reply_birth_date.as_ref()),
    ] {
        assert_eq!(scalar(&read.wire, path.unwrap()), Some(wanted));
    }
    assert_eq!(scalar(&asked().encode_to_vec(), subject.iin.as_ref().unwrap()), Some("991231500006"));
}
