//! The calls of the contracts: every message is an exchange, walked through the corridor.
//!
//! Messages pass as bytes ([`Raw`]), so that they are minimised before anything decodes them. A stream is a sequence of
//! exchanges: bounded in number, results in any order with their request ids, no record ends it.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{Stream, StreamExt as _, stream};
use http::Response;
use http::header::CONTENT_TYPE;
use hyper::body::Incoming;
use qaqpa_policy::{Claim, Role};
use qaqpa_proto::language::Language;
use qaqpa_proto::v1::Receipt;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBody, EncodeBuf, Encoder, SingleMessageCompressionOverride};
use tonic::metadata::GRPC_CONTENT_TYPE;

use super::budget::Budget;
use super::entrance::{enter, refused};
use super::messages::{Messages, Unread};
use super::protocol::Grpc;
use crate::exchange::quota::Within;
use crate::exchange::receipt::with_receipt;
use crate::exchange::system::Served;
use crate::exchange::{Answer, Call, Client};
use crate::gateway::Gateway;
use crate::limits::{IN_FLIGHT, MAX_REQUEST};
use crate::refusal::NotDone;

/// Caller, operation and language of one RPC, for each of its messages.
struct Calls {
    gateway: Arc<Gateway>,
    client: Client,
    served: Arc<Served>,
    language: Language,
    deadline: Option<Instant>,
}

type Replies = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// Serves a call of the operation `served`.
pub(super) async fn serve(
    (gateway, unfinished): (&Arc<Gateway>, &Arc<Budget>),
    client: &Client,
    served: &Arc<Served>,
    (call, body): (Grpc, Incoming),
) -> Response<Body> {
    let (gateway, client, served, language) = (gateway.clone(), client.clone(), served.clone(), call.language());
    let mut calls = Calls { gateway, client, served, language, deadline: None };
    let entered = enter(&calls.gateway, &calls.client, &call, &[Role::Exchange]).and_then(|within| {
        calls.deadline = call.deadline()?;
        Ok(within)
    });
    let within = match entered {
        Ok(within) => within,
        Err(not_done) => {
            let (exchange_id, not_done) = calls.turn_away(not_done).await;
            return refused(&not_done, calls.language, &exchange_id);
        }
    };
    let messages = Messages::new(body, MAX_REQUEST, unfinished, within.caller().id()).until(calls.deadline);
    if calls.served.operation.streaming {
        return replies(calls.stream(within, messages));
    }
    match calls.unary(within, messages).await {
        Ok(reply) => replies(Box::pin(stream::once(std::future::ready(Ok(reply))))),
        Err(status) => status.into_http(),
    }
}

/// Replies as the body of a response.
fn replies(replies: Replies) -> Response<Body> {
    let plain = SingleMessageCompressionOverride::default();
    let mut response = Response::new(Body::new(EncodeBody::new_server(Raw, replies, None, plain, None)));
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

impl Calls {
    fn call(&self, within: Within, request: Bytes) -> Call {
        Call {
            within,
            certificate: self.client.certificate.clone(),
            peer: self.client.peer.clone(),
            served: self.served.clone(),
            request,
            language: self.language,
            accepted: self.gateway.clock.now(),
            deadline: self.deadline,
        }
    }

    async fn unary(&self, within: Within, messages: Messages) -> Result<Bytes, Status> {
        let request = match messages.only().await {
            Ok(request) => request,
            Err(Unread::Gone) => return Err(Status::cancelled("")), // nobody is there to read it
            Err(Unread::Refused(not_done)) => return Err(self.refused(not_done).await),
        };
        let answer = self.gateway.clone().exchange(self.call(within, request)).await;
        let reply = answer.result.map_err(|not_done| not_done.status(self.language, &answer.exchange_id))?;
        Ok(reply.into_bytes())
    }

    /// One exchange per message. What cannot be read any further ends the stream, after the answers that are under way.
    fn stream(self, within: Within, messages: Messages) -> Replies {
        let (calls, unread) = (Arc::new(self), Arc::new(OnceLock::new()));
        let (last, language) = (calls.clone(), calls.language);
        let records = calls.clone().records(within, messages, unread.clone());
        let answers = records.map(move |(within, request)| calls.clone().record(within, request));
        // A client that goes away drops this stream, not the exchanges: each that has begun runs in a task of its own.
        let answers = answers.buffer_unordered(IN_FLIGHT).map(move |answer| Ok(record_reply(answer, language)));
        let end = stream::once(async move { Some(Err(last.refused(unread.get()?.clone()).await)) });
        Box::pin(answers.chain(end.filter_map(std::future::ready)))
    }

    /// The messages of a stream. The first goes on the token that was taken at the headers, each other on one of its own.
    /// Why one could not be read is left in `unread`, and ends them.
    fn records(
        self: Arc<Self>,
        within: Within,
        messages: Messages,
        unread: Arc<OnceLock<NotDone>>,
    ) -> impl Stream<Item = (Result<Within, NotDone>, Bytes)> {
        stream::unfold((messages, Some(within)), move |(mut messages, first)| {
            let (calls, unread) = (self.clone(), unread.clone());
            async move {
                match messages.next().await {
                    Ok(message) => {
                        let message = message?;
                        let within = first.map_or_else(|| calls.gateway.admit(&calls.client), Ok);
                        Some(((within, message), (messages, None)))
                    }
                    Err(Unread::Gone) => None, // it has asked nothing
                    Err(Unread::Refused(not_done)) => {
                        let _ = unread.set(not_done); // they end here, so it is the first
                        None
                    }
                }
            }
        })
    }

    /// What becomes of one message of a stream.
    async fn record(self: Arc<Self>, within: Result<Within, NotDone>, request: Bytes) -> Answer {
        match within {
            Ok(within) => self.gateway.clone().exchange(self.call(within, request)).await,
            Err(not_done) => {
                let (exchange_id, not_done) = self.turn_away(not_done).await;
                let claim = Claim::read(&request).ok();
                let request_id = claim.as_ref().and_then(Claim::request_id).unwrap_or(&exchange_id).to_owned();
                Answer { exchange_id, request_id, result: Err(not_done) }
            }
        }
    }

    async fn refused(&self, not_done: NotDone) -> Status {
        let (exchange_id, not_done) = self.turn_away(not_done).await;
        not_done.status(self.language, &exchange_id)
    }

    /// As [`Gateway::turn_away`], and among the exchanges that metrics count.
    async fn turn_away(&self, not_done: NotDone) -> (String, NotDone) {
        let (began, path) = (self.gateway.clock.elapsed(), &self.served.operation.path);
        let (exchange_id, not_done) = self.gateway.turn_away(&self.client, ("exchange", path), not_done).await;
        let took = self.gateway.clock.elapsed().saturating_sub(began);
        self.gateway.telemetry.exchange(path, Some(not_done.reason), took);
        (exchange_id, not_done)
    }
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
