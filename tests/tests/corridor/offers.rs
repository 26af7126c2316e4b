//! What the gateway offers beside exchanges: health, reflection with our own options, and metrics for those who may.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_reflect::{DescriptorPool, Value};
use prost_types::FileDescriptorProto;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Caller, World};
use tonic::Code;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

const REFLECTIONS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

async fn reflect(caller: &Caller, path: &'static str, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let replies = caller.send(path, vec![request.encode_to_vec().into()]).await.unwrap();
    ServerReflectionResponse::decode(replies[0].clone()).unwrap().message_response.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_hands_out_the_contracts_with_their_options() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    for path in REFLECTIONS {
        let MessageResponse::ListServicesResponse(list) =
            reflect(&school, path, MessageRequest::ListServices(String::new())).await
        else {
            panic!("no list of services")
        };
        let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
        for wanted in ["qaqpa.avtoshkola.v1.Training", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"] {
            assert!(names.contains(&wanted), "{wanted} in {names:?}");
        }
        let mut pool = DescriptorPool::global();
        for file in [
            "google/protobuf/descriptor.proto",
            "google/protobuf/any.proto",
            "google/rpc/status.proto",
            "qaqpa/v1/options.proto",
            "qaqpa/v1/exchange.proto",
            "qaqpa/avtoshkola/v1/training.proto",
        ] {
            let MessageResponse::FileDescriptorResponse(found) =
                reflect(&school, path, MessageRequest::FileByFilename(file.to_owned())).await
            else {
                panic!("no file {file}")
            };
            let bytes = found.file_descriptor_proto[0].as_slice();
            if pool.get_file_by_name(file).is_none() {
                pool.decode_file_descriptor_proto(bytes).unwrap();
            }
        }
        let student = pool.get_message_by_name("qaqpa.avtoshkola.v1.Student").unwrap();
        let option = pool.get_extension_by_name("qaqpa.v1.field").unwrap();
        let options = student.get_field_by_name("iin").unwrap().options();
        let Value::Message(field) = options.get_extension(&option).into_owned() else { panic!("no option") };
        assert_eq!(field.get_field_by_name("required").unwrap().as_bool(), Some(true));
        assert!(field.get_field_by_name("category").unwrap().as_enum_number() > Some(0));
    }
}

/// A file by name or by a symbol in it.
async fn file(caller: &Caller, path: &'static str, request: MessageRequest) -> FileDescriptorProto {
    match reflect(caller, path, request.clone()).await {
        MessageResponse::FileDescriptorResponse(found) => {
            FileDescriptorProto::decode(found.file_descriptor_proto[0].as_slice()).unwrap()
        }
        other => panic!("{path}: {request:?}: {other:?}"),
    }
}

/// What any tool does with a list: asks for each name, then for every file that the answer needs, and builds them all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_listed_can_be_described_and_is_served() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    for path in REFLECTIONS {
        let listed = match reflect(&school, path, MessageRequest::ListServices(String::new())).await {
            MessageResponse::ListServicesResponse(list) => list.service.into_iter().map(|service| service.name),
            other => panic!("{other:?}"),
        };
        let (mut pool, mut wanted, mut files) = (DescriptorPool::new(), Vec::new(), BTreeMap::new());
        let listed: Vec<String> = listed.collect();
        // Details of errors stand in an Any: nothing imports them, and a tool asks for them by their names.
        let details = ["ErrorInfo", "BadRequest", "RetryInfo", "QuotaFailure", "LocalizedMessage"];
        let details = details.map(|name| format!("google.rpc.{name}"));
        for symbol in listed.iter().chain(&details).chain([&"google.rpc.Status".to_owned()]) {
            let found = file(&school, path, MessageRequest::FileContainingSymbol(symbol.clone())).await;
            wanted.push(found.name().to_owned());
        }
        while let Some(name) = wanted.pop() {
            if files.contains_key(&name) {
                continue;
            }
            let found = file(&school, path, MessageRequest::FileByFilename(name.clone())).await;
            assert_eq!(found.name(), name);
            wanted.extend(found.dependency.iter().cloned());
            files.insert(name, found);
        }
        pool.add_file_descriptor_protos(files.into_values()).unwrap();
        assert!(details.iter().all(|name| pool.get_message_by_name(name).is_some()));
        let described: BTreeSet<String> = pool.services().map(|service| service.full_name().to_owned()).collect();
        assert_eq!(described, listed.into_iter().collect(), "{path}");
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let told = school.frames(&path, &[9, 0, 0, 0, 0], ("x-row", "1")).await;
            assert_ne!(told.code(), Code::Unimplemented, "{path}: {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_to_known_callers() {
    let world = World::start().await;
    for (service, wanted) in [("", 1), ("qaqpa.avtoshkola.v1.Training", 1)] {
        let request = [&[0x0a, u8::try_from(service.len()).unwrap()][..], service.as_bytes()].concat();
        for caller in ["clients/school", "clients/auditor"] {
            let reply =
                world.caller(caller).wire("/grpc.health.v1.Health/Check", request.clone().into()).await.unwrap();
            assert_eq!(reply.to_vec(), [0x08, wanted], "{service} for {caller}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_for_auditors_and_administrators() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await.unwrap();
    let refused = school.wire(GET_SCHOOL, people::school("", "").into()).await;
    assert!(refused.is_err());
    for caller in ["clients/auditor", "clients/admin"] {
        let caller = world.caller(caller);
        let (status, text) = caller.get("/metrics").await;
        assert_eq!(status, 200);
        for wanted in [
            "qaqpa_exchanges_total",
            "result=\"ok\"",
            "result=\"purpose.missing\"",
            "qaqpa_exchange_duration_seconds_bucket",
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        let answer = caller.get_http1("/metrics").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("qaqpa_exchanges_total"), "{answer}");
    }
    let (status, text) = school.get("/metrics").await;
    assert_eq!((status, text.as_str()), (403, ""));
    assert!(school.get_http1("/metrics").await.starts_with("HTTP/1.1 403"));
}
