//! Writes sample documents of every operation of the embedded contract into a directory, for an independent validator.
//!
//! `cargo run -p qaqpa-adapters --example codec -- DIRECTORY`, then
//! `xmllint --noout --schema schemas/xsd/aisas-RECONSTRUCTED.xsd DIRECTORY/avtoshkola.*.document.xml`, and for `gbdfl.*.request.document.xml`
//! and `gbdfl.*.reply.document.xml` the schemas `gbdfl-data-request.xsd` and `gbdfl-data-response.xsd`. Two of each: with what the schema
//! demands (`least`) and with all that the contract knows (`most`). `*.envelope.xml` are whole unsigned messages.

mod sample;

use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use qaqpa_adapters::codec::{Codec, Fills};
use qaqpa_adapters::shep::sync::{self, Password, RequestInfo, ResponseInfo, Shape, Status};
use qaqpa_adapters::wsse;
use qaqpa_proto::v1::Payload;
use qaqpa_proto::{Contract, Operation};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: codec DIRECTORY")?;
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    let contract = Contract::embedded()?;
    for operation in contract.operations() {
        write(directory, &contract, operation, "least", |_| 0)?;
        write(directory, &contract, operation, "most", |below| below.saturating_sub(1))?;
    }
    Ok(())
}

fn write(
    directory: &Path,
    contract: &Contract,
    operation: &Operation,
    size: &str,
    mut choose: impl FnMut(u64) -> u64,
) -> Result<(), Box<dyn Error>> {
    let codec = Codec::compile(contract, operation)?;
    let now: Timestamp = "2026-03-02T05:15:30.120Z".parse()?;
    let fills = Fills {
        request_id: Some(MESSAGE_ID),
        request_date: Some(now),
        requestor_bin: Some("990140000007"),
        operator_bin: Some("990141000002"),
        sender_code: Some("demo_sender"),
    };
    let (mut request, mut reply) = (String::new(), String::new());
    codec.write_request(&sample::message(contract, operation.request, &mut choose).whole, &fills, &mut request)?;
    codec.write_reply(&sample::message(contract, operation.reply, &mut choose).whole, &mut reply)?;
    let request_body = sync::write_request(&request_info(operation, now), Shape::of_request(operation), &request)?;
    let reply_body = sync::write_reply(&response_info(now), Some((Shape::of_reply(operation), &reply)))?;
    for (kind, text) in [
        ("request.document", standing_alone(operation, request)),
        ("reply.document", standing_alone(operation, reply)),
        ("request.envelope", wsse::envelope_unsigned(&request_body)),
        ("reply.envelope", wsse::envelope_unsigned(&reply_body)),
    ] {
        let name = format!("{}.{}.{size}.{kind}.xml", operation.system.id, operation.name);
        std::fs::write(directory.join(name), text)?;
    }
    Ok(())
}

/// A document without a root of its own has SHEP's `data` for one.
fn standing_alone(operation: &Operation, document: String) -> String {
    match operation.payload {
        Payload::Children | Payload::XsiType => format!("<data>{document}</data>"),
        Payload::Root | Payload::Escaped | Payload::Unspecified => document,
    }
}

fn request_info(operation: &Operation, now: Timestamp) -> RequestInfo {
    RequestInfo {
        message_id: MESSAGE_ID.into(),
        service_id: operation.service_id.clone(),
        message_date: now,
        sender_id: "demo_sender".into(),
        password: Some(Password::new("demo_password")),
        ..RequestInfo::default()
    }
}

fn response_info(now: Timestamp) -> ResponseInfo {
    ResponseInfo {
        message_id: "129f9727-a75a-4a0f-911e-bf507334a9b1".into(),
        correlation_id: Some(MESSAGE_ID.into()),
        response_date: now,
        status: Status { code: "SCSS001".into(), message: "Message has been processed successfully".into() },
        session_id: Some("f0774397-4fcd-484a-9434-f71535ee4326".into()),
    }
}

const MESSAGE_ID: &str = "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10";
