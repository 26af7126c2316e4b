//! A state system added with files only: a `.proto`, an XSD, replies, a pack and lines of `gateway.toml`, all in `library/`, which its README lists.
//!
//! Nothing here and nothing in the house knows the library. The operation is discovered from what the gateway says of itself by
//! reflection, the message is made from that description, and the last word has the far end: what the mock government received.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what went wrong by panicking"
)]

use std::path::Path;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};
use qaqpa_tests::{Caller, Seen, World, receipt};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

const IIN: &str = "991231500006";
const PHONE: &str = "+77005550123";

async fn world() -> World {
    World::with_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files_only/library")).await
}

async fn reflect(caller: &Caller, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let replies = caller.send(path, vec![request.encode_to_vec().into()]).await.unwrap();
    ServerReflectionResponse::decode(replies[0].clone()).unwrap().message_response.unwrap()
}

/// Every file that a symbol needs, as a client without the files asks for them.
async fn described(caller: &Caller, symbol: &str) -> DescriptorPool {
    let mut files: Vec<prost_types::FileDescriptorProto> = Vec::new();
    let mut encoded = Vec::new();
    let mut asked = vec![MessageRequest::FileContainingSymbol(symbol.to_owned())];
    while let Some(request) = asked.pop() {
        let MessageResponse::FileDescriptorResponse(found) = reflect(caller, request).await else { panic!("no file") };
        let file = prost_types::FileDescriptorProto::decode(found.file_descriptor_proto[0].as_slice()).unwrap();
        asked.extend(file.dependency.iter().cloned().map(MessageRequest::FileByFilename));
        files.push(file);
        encoded.extend(found.file_descriptor_proto);
    }
    let mut pool = DescriptorPool::new();
    for bytes in encoded.iter().rev() {
        pool.decode_file_descriptor_proto(bytes.as_slice()).unwrap();
    }
    pool
}

/// The one operation of the system, by its annotation.
async fn discovered(caller: &Caller) -> MethodDescriptor {
    let list = reflect(caller, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(list) = list else { panic!("no list of services") };
    let mut names = list.service.into_iter().map(|service| service.name);
    let service = names.find(|name| name.contains(".library.")).unwrap();
    let pool = described(caller, &service).await;
    let operation = pool.get_extension_by_name("qaqpa.v1.operation").unwrap();
    let mut methods = pool.get_service_by_name(&service).unwrap().methods().collect::<Vec<_>>().into_iter();
    methods.find(|method| method.options().has_extension(&operation)).unwrap()
}

fn asked(method: &MethodDescriptor, iin: &str) -> DynamicMessage {
    let mut request = DynamicMessage::new(method.input());
    let mut context =
        DynamicMessage::new(method.input().get_field_by_name("context").unwrap().kind().as_message().unwrap().clone());
    context.set_field_by_name("purpose", Value::String("lending".into()));
    request.set_field_by_name("context", Value::Message(context));
    request.set_field_by_name("iin", Value::String(iin.into()));
    request.set_field_by_name("phone", Value::String(PHONE.into()));
    request
}

fn path(method: &MethodDescriptor) -> &'static str {
    format!("/{}/{}", method.parent_service().full_name(), method.name()).leak()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_without_a_line_of_rust_is_asked_and_answers() {
    let world = world().await;
    let caller = world.caller("clients/myverify");
    let method = discovered(&caller).await;
    let reply = caller.wire(path(&method), asked(&method, IIN).encode_to_vec().into()).await.unwrap();
    let told = DynamicMessage::decode(method.output(), reply.clone()).unwrap();
    let mut told_json = serde_json::to_value(&told).unwrap();
    let receipt_json = told_json["receipt"].take();

    let reader =
        serde_json::json!({ "name": "ТЕСТОВ ТЕСТ", "birthDate": "1999", "branch": { "code": "7", "text": "№ 7" } });
    assert_eq!((&told_json["result"]["code"], &told_json["reader"]), (&"0".into(), &reader), "{told_json}");
    let withheld =
        |key: &str| receipt_json[key].as_array().unwrap().iter().map(|field| field["path"].clone()).collect::<Vec<_>>();
    assert_eq!(withheld("withheldFromRequest"), ["phone"]);
    assert_eq!(withheld("withheldFromReply"), ["reader.city"]);
    assert_eq!(world.recorded(&receipt(&reply).exchange_id).await, "INTENT, OUTCOME answered");

    // The far end: what the state received, byte for byte, and under which name.
    let seen = world.government.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].service_id, "RECONSTRUCTED_Library_FindReader");
    let received = String::from_utf8(seen[0].request.to_vec()).unwrap();
    assert!(received.contains(&format!("<askedBy>990140000087</askedBy><iin>{IIN}</iin></")), "{received}");
    assert!(!received.contains(PHONE), "the phone stayed behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_library_refuses_is_its_business_result() {
    let world = world().await;
    let caller = world.caller("clients/myverify");
    let method = discovered(&caller).await;
    let nobody = asked(&method, "991231500016").encode_to_vec();
    let reply = caller.wire(path(&method), nobody.into()).await.unwrap();
    let told = serde_json::to_value(DynamicMessage::decode(method.output(), reply).unwrap()).unwrap();
    assert_eq!((&told["result"]["text"], told.get("reader")), (&"no such reader".into(), None), "{told}");
    // A number that is none leaves nothing behind, in a system that nobody wrote code for as in all others.
    let seen = world.observe(caller.wire(path(&method), asked(&method, "991231500007").encode_to_vec().into())).await;
    assert_eq!(seen.left, 0, "{seen:?}");
    assert_ne!(seen, Seen::answered());
}

/// Everything that is wrong with the files is named before the gateway starts, a line of a `.proto` by file and place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_is_none_does_not_start() {
    let world = world().await;
    let other = world.site.file("other/qaqpa/library/v1");
    std::fs::create_dir_all(&other).unwrap();
    let contract = world.site.file("library/contracts/qaqpa/library/v1/readers.proto");
    let contract = std::fs::read_to_string(contract).unwrap();
    for (wanted, text) in [
        ("`contracts`: qaqpa/library/v1/readers.proto:11:3: ", contract.replace("namespace: ", "name: ")),
        (
            "`contracts`: field `qaqpa.library.v1.Entry.text` has no category",
            contract.replace("text = 2 [(qaqpa.v1.field) = { inherit: true }]", "text = 2"),
        ),
        (
            "`contracts`: `qaqpa.library.v1.Readers.FindReader`: `channel` is missing",
            contract.replace("channel: SYNC", ""),
        ),
    ] {
        std::fs::write(other.join("readers.proto"), text).unwrap();
        let found = world.try_beside("contracts = [\"other\", \"nowhere\"]").await.map(drop).unwrap_err();
        assert!(found.contains("nowhere: No such file") && found.contains(wanted), "{found}, not {wanted}");
    }
}

/// Whoever wants to talk to the mock with a SOAP stack of his own finds the schema beside the channel's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_replies_are_those_of_the_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files_only/library/replies/library");
    let schema = std::fs::read_to_string(folder.join("schemas/library-RECONSTRUCTED.xsd")).unwrap();
    for case in ["1-known-reader", "2-anybody-else"] {
        let reply = std::fs::read_to_string(folder.join(case).join("reply.xml")).unwrap();
        for element in reply.split('<').filter_map(|part| part.split(['>', ' ', '/']).next()) {
            let local = element.rsplit(':').next().unwrap_or_default();
            let is_declared =
                local.is_empty() || local.starts_with('?') || schema.contains(&format!("name=\"{local}\""));
            assert!(is_declared, "{case}: `{local}` is not in the schema");
        }
    }
}
