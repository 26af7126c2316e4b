//! Any message of any operation, written and read back, is the same message without what never leaves.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

#[path = "../examples/codec/sample.rs"]
mod sample;

use proptest::prelude::*;
use prost::Message as _;
use qaqpa_adapters::codec::{Codec, Fills, Limits, Table, WriteError};
use qaqpa_adapters::xml::{Document, c14n};
use qaqpa_proto::avtoshkola::v1::SubmitGroupRequest;
use qaqpa_proto::v1::FillValue;
use qaqpa_proto::{Contract, Operation};
use std::sync::LazyLock;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().unwrap());

const SUBMIT_GROUP: &str = "/qaqpa.avtoshkola.v1.Training/SubmitGroup";

fn fills() -> Fills<'static> {
    Fills {
        request_id: Some("r&1"),
        request_date: Some("2026-03-02T05:15:30.1209Z".parse().unwrap()),
        requestor_bin: Some("990140000007"),
        operator_bin: Some("990141000002"),
        sender_code: Some("demo_sender"),
    }
}

/// Answers with what is left of the entropy, then with zeros.
fn chooser(entropy: Vec<u64>) -> impl FnMut(u64) -> u64 {
    let mut left = entropy.into_iter();
    move |below| left.next().unwrap_or_default() % below.max(1)
}

fn tables(operation: &Operation) -> [(Table, qaqpa_proto::MessageIndex); 2] {
    let codec = Codec::compile(&CONTRACT, operation).unwrap();
    [(codec.request().clone(), operation.request), (codec.reply().clone(), operation.reply)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(entropy in prop::collection::vec(any::<u64>(), 0..200)) {
        let mut choose = chooser(entropy);
        for operation in CONTRACT.operations() {
            for (table, message) in tables(operation) {
                let sample = sample::message(&CONTRACT, message, &mut choose);
                let mut xml = String::new();
                table.write(&sample.whole, &fills(), &mut xml).unwrap();
                let document = Document::parse(&xml).unwrap();
                let mut canonical = String::new();
                c14n::exclusive(document.root_element(), &[], &mut canonical);
                prop_assert_eq!(&canonical, &xml);
                let read = table.read(document.root_element(), &Limits::default()).unwrap();
                prop_assert!(read.drift.is_none(), "{:?}", read.drift);
                prop_assert_eq!(read.wire, sample.written);
            }
        }
    }

    #[test]
    fn the_typed_message_comes_back(entropy in prop::collection::vec(any::<u64>(), 0..100)) {
        let operation = CONTRACT.operation(SUBMIT_GROUP).unwrap();
        let codec = Codec::compile(&CONTRACT, operation).unwrap();
        let sample = sample::message(&CONTRACT, operation.request, &mut chooser(entropy));
        let mut typed = SubmitGroupRequest::decode(sample.whole.as_slice()).unwrap();
        typed.context = Some(qaqpa_proto::v1::Context { purpose: "never written".into(), ..Default::default() });
        let mut xml = String::new();
        codec.write_request(&typed.encode_to_vec(), &fills(), &mut xml).unwrap();
        let document = Document::parse(&xml).unwrap();
        let read = codec.read_request(document.root_element(), &Limits::default()).unwrap();
        typed.context = None;
        for student in &mut typed.student {
            student.email.clear();
            student.home_address.clear();
            student.photo.clear();
            student.geolocation.clear();
            student.device.clear();
            student.note.clear();
        }
        prop_assert_eq!(SubmitGroupRequest::decode(read.wire.as_slice()).unwrap(), typed);
        prop_assert_eq!(read.filled, [
            (FillValue::RequestId, "r&1".to_owned()),
            (FillValue::RequestDate, "2026-03-02T10:15:30.120+05:00".to_owned()),
            (FillValue::RequestorBin, "990140000007".to_owned()),
            (FillValue::OperatorBin, "990141000002".to_owned()),
        ]);
    }

    #[test]
    fn any_bytes_are_written_or_refused(
        entropy in prop::collection::vec(any::<u64>(), 0..60),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut choose = chooser(entropy);
        for operation in CONTRACT.operations() {
            for (table, message) in tables(operation) {
                let mut wire = sample::message(&CONTRACT, message, &mut choose).whole;
                for (at, byte) in &noise {
                    if let Some(len) = (!wire.is_empty()).then_some(wire.len()) {
                        wire[at.index(len)] = *byte;
                    }
                }
                let mut xml = String::from("before");
                match table.write(&wire, &fills(), &mut xml) {
                    Ok(()) => prop_assert!(Document::parse(&xml["before".len()..]).is_ok()),
                    Err(_) => prop_assert_eq!(xml, "before"),
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_document_is_read_or_refused(
        entropy in prop::collection::vec(any::<u64>(), 0..60),
        noise in prop::collection::vec((any::<prop::sample::Index>(), "[<>/a-z0-9&; ]"), 0..3),
    ) {
        let mut choose = chooser(entropy);
        for operation in CONTRACT.operations() {
            for (table, message) in tables(operation) {
                let mut xml = String::new();
                table.write(&sample::message(&CONTRACT, message, &mut choose).whole, &fills(), &mut xml).unwrap();
                let mut characters: Vec<char> = xml.chars().collect();
                for (at, with) in &noise {
                    let at = at.index(characters.len());
                    characters.splice(at..=at, with.chars());
                }
                let xml: String = characters.into_iter().collect();
                let Ok(document) = Document::parse(&xml) else { continue };
                let Ok(read) = table.read(document.root_element(), &Limits::default()) else { continue };
                let mut again = String::new();
                if table.write(&read.wire, &fills(), &mut again).is_ok() {
                    prop_assert!(read.drift.missing.is_empty() || again.contains(">0<") || again.contains(">false<"));
                }
            }
        }
    }
}

#[test]
fn the_recorded_sample_is_what_we_write() {
    let recorded = include_str!("../../tests/samples/aisas-submit-group.RECON.xml").trim_end();
    let operation = CONTRACT.operation(SUBMIT_GROUP).unwrap();
    let codec = Codec::compile(&CONTRACT, operation).unwrap();
    let document = Document::parse(recorded).unwrap();
    let read = codec.read_request(document.root_element(), &Limits::default()).unwrap();
    assert!(read.drift.is_none());
    let fills = Fills {
        request_id: Some("0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10"),
        request_date: Some("2026-03-02T10:15:30.120+05:00".parse().unwrap()),
        requestor_bin: Some("990140000007"),
        operator_bin: Some("990141000002"),
        sender_code: Some("demo_sender"),
    };
    let mut xml = String::new();
    codec.write_request(&read.wire, &fills, &mut xml).unwrap();
    assert_eq!(xml.replace("<associationBin>990141000002</associationBin>", ""), recorded);
    let unfilled = codec.write_request(&read.wire, &Fills { operator_bin: None, ..fills }, &mut String::new());
    assert_eq!(unfilled, Err(WriteError::Missing("head/associationBin".into())));
}
