//! The gRPC server: every RPC of the descriptor set is an exchange, served by one generic handler; beside them the
//! gateway's own services, gRPC health and reflection, and `/metrics`.
//!
//! Messages pass as bytes (`Raw`), so that they are minimised before anything decodes them. A stream is a sequence of
//! exchanges: bounded in number, results in any order with their request ids, no record ends it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, header};
use hyper::body::Incoming;
use qaqpa_policy::{Caller, Role};
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::v1::Receipt;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, StreamingService};
use tonic::{Code, Status, Streaming};
use tower::ServiceExt as _;

use crate::exchange::receipt::with_receipt;
use crate::exchange::system::Served;
use crate::exchange::{Answer, Call};
use crate::gateway::Gateway;
use crate::limits::{IN_FLIGHT, MAX_REQUEST};
use crate::listen::Peer;
use crate::listen::identity::identity;
use crate::refusal::NotDone;
use crate::serve::reflection;
use crate::serve::{Client, consents, language, policies, subjects};

/// The gRPC server of a gateway.
#[derive(Clone)]
pub struct Server {
    gateway: Arc<Gateway>,
    others: axum::Router,
}

impl Server {
    /// Serves `gateway`, with the health service that reports on it.
    ///
    /// # Errors
    /// When the descriptor set cannot be offered by reflection.
    pub fn new(
        gateway: Arc<Gateway>,
        health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
    ) -> Result<Self, prost::DecodeError> {
        let reflection = reflection::service(&gateway.descriptor_set)?;
        let consents = consents::service(gateway.clone(), gateway.persons.ledger.clone());
        let own = tonic::service::Routes::new(health).add_service(reflection).add_service(consents);
        let others =
            own.add_service(subjects::service(gateway.clone())).add_service(policies::service(gateway.clone()));
        let others = others.prepare().into_axum_router();
        Ok(Self { gateway, others })
    }

    /// The service of one connection: room 2 happens here, once.
    #[must_use]
    pub fn connection(&self, peer: &Peer) -> Connection {
        let identity = identity(peer.certificate(), peer.vouching());
        Connection {
            caller: self.gateway.identify(&identity),
            certificate: hex::encode(identity.certificate_sha256).into(),
            peer: peer.arrival().to_string().into(),
            server: self.clone(),
        }
    }
}

/// The service of one connection, with its identified caller.
#[derive(Clone)]
pub struct Connection {
    server: Server,
    caller: Option<Caller>,
    certificate: Arc<str>,
    peer: Arc<str>,
}

impl Connection {
    /// Id of the caller, where the configuration knows the certificate.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.as_ref().map(Caller::id)
    }
}

impl tower::Service<Request<Incoming>> for Connection {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let connection = self.clone();
        Box::pin(async move { Ok(connection.route(request).await) })
    }
}

impl Connection {
    async fn route(self, mut request: Request<Incoming>) -> Response<Body> {
        if let Some(served) = self.server.gateway.served.get(request.uri().path()).cloned() {
            let exchanges = Exchanges {
                gateway: self.server.gateway.clone(),
                caller: self.caller,
                certificate: self.certificate,
                peer: self.peer,
                served,
            };
            // No compression is spoken. Told so, tonic would refuse by itself, and the refusal would not be recorded.
            request.headers_mut().remove("grpc-encoding");
            return Grpc::new(Raw).max_decoding_message_size(MAX_REQUEST).streaming(exchanges, request).await;
        }
        // Health, reflection and metrics are for known callers only: the certificate alone is not enough.
        let metrics = request.uri().path() == "/metrics";
        let Some(caller) = &self.caller else {
            self.server.gateway.refusal_counter.count(Refusal::CallerUnknown.code());
            return if metrics {
                forbidden()
            } else {
                NotDone::from(Refusal::CallerUnknown).status(language(request.headers()), "").into_http()
            };
        };
        if metrics {
            return self.metrics(caller);
        }
        let client = Client { caller: caller.clone(), certificate: self.certificate.clone(), peer: self.peer.clone() };
        request.extensions_mut().insert(client);
        match self.server.others.clone().oneshot(reflection::as_v1(request)).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    fn metrics(&self, caller: &Caller) -> Response<Body> {
        if caller.role() == Role::Exchange {
            return forbidden();
        }
        let text = self.server.gateway.telemetry.prometheus();
        let mut response = Response::new(Body::new(http_body_util::Full::new(Bytes::from(text))));
        let text_format = header::HeaderValue::from_static("text/plain; version=0.0.4");
        response.headers_mut().insert(header::CONTENT_TYPE, text_format);
        response
    }
}

fn forbidden() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    response
}

/// The calls of one RPC; unary calls are streams of one.
struct Exchanges {
    gateway: Arc<Gateway>,
    caller: Option<Caller>,
    certificate: Arc<str>,
    peer: Arc<str>,
    served: Arc<Served>,
}

type Replies = Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, Status>> + Send>>;

impl StreamingService<Bytes> for Exchanges {
    type Response = Bytes;
    type ResponseStream = Replies;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Replies>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        let language = language(request.metadata().as_ref());
        let calls = Calls {
            gateway: self.gateway.clone(),
            caller: self.caller.clone(),
            certificate: self.certificate.clone(),
            peer: self.peer.clone(),
            served: self.served.clone(),
            language,
        };
        let requests = request.into_inner();
        Box::pin(async move {
            let replies =
                if calls.served.operation.streaming { calls.stream(requests) } else { calls.unary(requests).await? };
            Ok(tonic::Response::new(replies))
        })
    }
}

/// Caller, operation and language of one RPC, for each of its messages.
struct Calls {
    gateway: Arc<Gateway>,
    caller: Option<Caller>,
    certificate: Arc<str>,
    peer: Arc<str>,
    served: Arc<Served>,
    language: Language,
}

impl Calls {
    fn call(&self, request: Result<Bytes, NotDone>) -> Call {
        Call {
            caller: self.caller.clone(),
            certificate: self.certificate.clone(),
            peer: self.peer.clone(),
            served: self.served.clone(),
            request,
            language: self.language,
            accepted: self.gateway.clock.now(),
        }
    }

    async fn unary(self, mut requests: Streaming<Bytes>) -> Result<Replies, Status> {
        let request = only(&mut requests).await;
        let answer = self.gateway.clone().exchange(self.call(request)).await;
        let reply = answer.result.map_err(|not_done| not_done.status(self.language, &answer.exchange_id))?;
        Ok(Box::pin(stream::once(std::future::ready(Ok(reply.into_bytes())))))
    }

    /// One exchange per message. What cannot be read any further ends the stream, after the answers that are under way.
    fn stream(self, requests: Streaming<Bytes>) -> Replies {
        let (calls, unread) = (Arc::new(self), Arc::new(OnceLock::new()));
        let (last, broken) = (calls.clone(), unread.clone());
        let read = stream::unfold(requests, move |mut requests| {
            let unread = unread.clone();
            async move {
                match requests.message().await {
                    Ok(Some(request)) => Some((request, requests)),
                    Ok(None) => None,
                    Err(status) => {
                        // A client that went away leaves nobody to answer, and has asked nothing.
                        if !matches!(status.code(), Code::Cancelled | Code::Unknown) {
                            let _ = unread.set(unreadable(&status)); // the unfolding ends here, so it is the first
                        }
                        None
                    }
                }
            }
        });
        let answers = read.map(move |request| calls.gateway.clone().exchange(calls.call(Ok(request))));
        let language = last.language;
        let end = stream::once(async move {
            let not_done = broken.get()?.clone();
            let answer = last.gateway.clone().exchange(last.call(Err(not_done))).await;
            answer.result.err().map(|not_done| Err(not_done.status(last.language, &answer.exchange_id)))
        });
        // A client that goes away drops this stream, not the exchanges: each that has begun runs in a task of its own.
        let answers = answers.buffer_unordered(IN_FLIGHT).map(move |answer| Ok(record_reply(answer, language)));
        Box::pin(answers.chain(end.filter_map(std::future::ready)))
    }
}

/// The message of a unary call: one, and no second.
async fn only(requests: &mut Streaming<Bytes>) -> Result<Bytes, NotDone> {
    let malformed = |detail: &str| NotDone::from(Refusal::RequestMalformed).detailed(detail);
    let mut next = async || requests.message().await.map_err(|status| unreadable(&status));
    let message = next().await?.ok_or_else(|| malformed("no_message"))?;
    if next().await?.is_some() { Err(malformed("two_messages")) } else { Ok(message) }
}

/// One record's reply: itself, or a receipt that says why not.
fn record_reply(answer: Answer, language: Language) -> Bytes {
    match answer.result {
        Ok(reply) => reply.into_bytes(),
        Err(not_done) => {
            let receipt = Receipt {
                error: Some(not_done.error(language, &answer.exchange_id)),
                exchange_id: answer.exchange_id,
                request_id: answer.request_id,
                ..Receipt::default()
            };
            with_receipt(&receipt, &[])
        }
    }
}

/// Why tonic gave no message: too long, or a frame that is compressed, cut off or none.
fn unreadable(status: &Status) -> NotDone {
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Refusal::RequestTooLarge.into(),
        _ => NotDone::from(Refusal::RequestMalformed).detailed("frame"),
    }
}

/// The pass-through codec: messages as undecoded bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}
