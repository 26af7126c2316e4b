//! gRPC reflection v1 over the descriptor set as it is, and over those of health and of reflection itself: what is listed is
//! what can be looked up.
//!
//! tonic-reflection decodes the set into prost's types and so loses the custom options: the very annotations that tell
//! a reader which kind of datum a field is. Here each file's bytes are handed on untouched.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool, FileDescriptor, MessageDescriptor};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{ServerReflection, ServerReflectionServer};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionRequest,
    ServerReflectionResponse, ServiceResponse,
};

use super::Method;
use super::entrance::Access;
use crate::limits::MAX_OWN_REQUEST;

const V1: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
/// The v1alpha service name that older tools use; its messages are those of v1, byte for byte.
const V1_ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// A call of the older service as one of the newer.
pub(crate) fn as_v1<B>(mut request: http::Request<B>) -> http::Request<B> {
    if request.uri().path() == V1_ALPHA {
        *request.uri_mut() = http::Uri::from_static(V1);
    }
    request
}

/// Every method, for every known caller.
pub(super) const METHODS: [Method; 2] = [method(V1), method(V1_ALPHA)];

const fn method(path: &'static str) -> Method {
    Method { path, access: Access::Known, longest: MAX_OWN_REQUEST, streams: true }
}

/// The outer message of a descriptor set, with its files left as bytes.
#[derive(Clone, PartialEq, prost::Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// Why something cannot be offered by reflection. The gateway's maker is at fault: at start the contracts were read already.
#[derive(Debug, thiserror::Error)]
pub enum NotDescribed {
    /// No descriptor set.
    #[error(transparent)]
    Set(#[from] prost::DecodeError),
    /// Its files do not fit together, or not to those of another set.
    #[error(transparent)]
    Files(#[from] DescriptorError),
}

/// Reflection of the contracts, and of the services that the crates beside us bring.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn service(contracts: &[u8]) -> Result<ServerReflectionServer<impl ServerReflection>, NotDescribed> {
    Ok(ServerReflectionServer::new(Reflection(Arc::new(Index::of(&[
        contracts,
        HEALTH,
        REFLECTION,
        REFLECTION_ALPHA,
    ])?))))
}

#[derive(Clone)]
struct Reflection(Arc<Index>);

const HEALTH: &[u8] = tonic_health::pb::FILE_DESCRIPTOR_SET;
const REFLECTION: &[u8] = tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET;
const REFLECTION_ALPHA: &[u8] = tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET;

/// What is asked for by name. The pool that it is made from would be the largest thing in an idle heap (2.3 of 5.8 MB).
struct Index {
    files: HashMap<String, Vec<u8>>,
    services: Vec<String>,
    /// The file of each service, message, enumeration and extension.
    symbols: HashMap<String, Arc<str>>,
    /// For each message, its extensions by number, and their files.
    extensions: HashMap<String, BTreeMap<u32, Arc<str>>>,
}

impl Index {
    fn of(sets: &[&[u8]]) -> Result<Self, NotDescribed> {
        let (mut pool, mut files) = (DescriptorPool::new(), HashMap::new());
        for set in sets {
            pool.decode_file_descriptor_set(*set)?;
            let names = prost_types::FileDescriptorSet::decode(*set)?;
            let names = names.file.iter().map(|file| file.name().to_owned());
            files.extend(names.zip(Files::decode(*set)?.file));
        }
        Ok(Self::made(&pool, files))
    }

    fn made(pool: &DescriptorPool, files: HashMap<String, Vec<u8>>) -> Self {
        let names: HashMap<String, Arc<str>> = files.keys().map(|name| (name.clone(), name.as_str().into())).collect();
        let place = |file: FileDescriptor| names.get(file.name()).cloned().unwrap_or_default();
        let services = pool.services().map(|found| (found.full_name().to_owned(), place(found.parent_file())));
        let messages = pool.all_messages().map(|found| (found.full_name().to_owned(), place(found.parent_file())));
        let enums = pool.all_enums().map(|found| (found.full_name().to_owned(), place(found.parent_file())));
        let extensions = pool.all_extensions().map(|found| (found.full_name().to_owned(), place(found.parent_file())));
        let symbols = services.chain(messages).chain(enums).chain(extensions).collect();
        let numbers = |message: &MessageDescriptor| {
            message.extensions().map(|found| (found.number(), place(found.parent_file()))).collect()
        };
        Self {
            services: pool.services().map(|service| service.full_name().to_owned()).collect(),
            symbols,
            extensions: pool.all_messages().map(|found| (found.full_name().to_owned(), numbers(&found))).collect(),
            files,
        }
    }
}

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream = Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let reflection = self.clone();
        Ok(Response::new(Box::pin(request.into_inner().map(move |request| Ok(reflection.respond(request?))))))
    }
}

impl Reflection {
    fn respond(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let answer = match request.message_request.as_ref() {
            Some(MessageRequest::FileByFilename(name)) => self.file(name),
            Some(MessageRequest::FileContainingSymbol(symbol)) => self.symbol(symbol),
            Some(MessageRequest::FileContainingExtension(wanted)) => {
                self.extension(&wanted.containing_type, wanted.extension_number)
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => self.extension_numbers(name),
            Some(MessageRequest::ListServices(_)) => Ok(self.services()),
            None => Err(Code::InvalidArgument),
        };
        let answer = answer.unwrap_or_else(|code| {
            MessageResponse::ErrorResponse(ErrorResponse {
                error_code: code as i32,
                error_message: code.description().to_owned(),
            })
        });
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        }
    }

    fn file(&self, name: &str) -> Result<MessageResponse, Code> {
        let file = self.0.files.get(name).ok_or(Code::NotFound)?;
        Ok(MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: vec![file.clone()],
        }))
    }

    fn symbol(&self, symbol: &str) -> Result<MessageResponse, Code> {
        let parent = symbol.rsplit_once('.').map_or(symbol, |(parent, _)| parent);
        // A method or a field is found through what holds it.
        let file = self.0.symbols.get(symbol).or_else(|| self.0.symbols.get(parent));
        self.file(file.ok_or(Code::NotFound)?)
    }

    fn extension(&self, containing: &str, number: i32) -> Result<MessageResponse, Code> {
        let extensions = self.0.extensions.get(containing).ok_or(Code::NotFound)?;
        let number = u32::try_from(number).map_err(|_| Code::InvalidArgument)?;
        self.file(extensions.get(&number).ok_or(Code::NotFound)?)
    }

    fn extension_numbers(&self, name: &str) -> Result<MessageResponse, Code> {
        let extensions = self.0.extensions.get(name).ok_or(Code::NotFound)?;
        let extension_number = extensions.keys().filter_map(|number| i32::try_from(*number).ok()).collect();
        Ok(MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
            base_type_name: name.to_owned(),
            extension_number,
        }))
    }

    fn services(&self) -> MessageResponse {
        let named = |name: &String| ServiceResponse { name: name.clone() };
        MessageResponse::ListServicesResponse(ListServiceResponse {
            service: self.0.services.iter().map(named).collect(),
        })
    }
}
