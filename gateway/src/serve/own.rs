//! The methods of the gateway's own services, health and reflection: who may call each, and how long its messages are.
//!
//! The services behind are ordinary tonic services. They are given a call when the entrance has let it in, with its
//! messages read and whole: tonic never sees the length of a message that has not arrived.

use std::sync::Arc;

use futures_util::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use hyper::body::Incoming;
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

use super::budget::Budget;
use super::entrance::{Access, refused};
use super::frames::framed;
use super::messages::{Messages, Unread};
use super::protocol::Grpc;
use super::{Admitted, Method, NotDescribed, consents, policies, reflection, subjects};
use crate::exchange::Client;
use crate::gateway::Gateway;
use crate::limits::MAX_OWN_REQUEST;

/// The gateway's own services.
#[derive(Clone)]
pub(super) struct Own(axum::Router);

impl Own {
    /// Those of `gateway`, with the health service that reports on it.
    ///
    /// # Errors
    /// When the descriptor set cannot be offered by reflection.
    pub(super) fn new(
        gateway: &Arc<Gateway>,
        health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
    ) -> Result<Self, NotDescribed> {
        let services = tonic::service::Routes::new(health)
            .add_service(reflection::service(&gateway.descriptor_set)?)
            .add_service(consents::service(gateway.clone(), gateway.persons.ledger.clone()))
            .add_service(subjects::service(gateway.clone()))
            .add_service(policies::service(gateway.clone()));
        Ok(Self(services.prepare().into_axum_router()))
    }

    /// The method at a path.
    pub(super) fn method(path: &str) -> Option<&'static Method> {
        methods().find(|method| method.path == path)
    }

    /// Serves a call of `method`.
    pub(super) async fn serve(
        &self,
        (gateway, unfinished): (&Arc<Gateway>, &Arc<Budget>),
        client: &Client,
        method: &'static Method,
        (call, body): (Grpc, Incoming),
    ) -> Response<Body> {
        let admitted = match Admitted::enter(gateway, client, method, &call).await {
            Ok(admitted) => admitted,
            Err((exchange_id, not_done)) => return refused(&not_done, call.language(), &exchange_id),
        };
        let messages = Messages::new(body, method.longest, unfinished, admitted.caller.id());
        let body = match method.streams {
            true => streamed(gateway.clone(), admitted.clone(), messages),
            false => match messages.only().await {
                Ok(message) => Body::new(Full::new(framed(&message))),
                Err(unread) => return unreadable(gateway, &admitted, unread).await.into_http(),
            },
        };
        let mut request = reflection::as_v1(call.with_body(body));
        request.extensions_mut().insert(admitted);
        match self.0.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

/// Every method, in the order of services.
fn methods() -> impl Iterator<Item = &'static Method> {
    [&consents::METHODS[..], subjects::METHODS, &policies::METHODS, &reflection::METHODS, &HEALTH].into_iter().flatten()
}

/// The messages of a stream, each in one piece.
fn streamed(gateway: Arc<Gateway>, admitted: Admitted, messages: Messages) -> Body {
    let pieces = stream::unfold(Some(messages), move |messages| {
        let (gateway, admitted) = (gateway.clone(), admitted.clone());
        async move {
            let mut messages = messages?;
            match messages.next().await {
                Ok(message) => Some((Ok(Frame::data(framed(&message?))), Some(messages))),
                Err(unread) => Some((Err(unreadable(&gateway, &admitted, unread).await), None)),
            }
        }
    });
    Body::new(StreamBody::new(Box::pin(pieces)))
}

async fn unreadable(gateway: &Gateway, admitted: &Admitted, unread: Unread) -> Status {
    match unread {
        Unread::Gone => Status::cancelled(""), // nobody is there to read it
        Unread::Refused(not_done) => admitted.refuse(gateway, not_done).await,
    }
}

const HEALTH: [Method; 2] = [
    Method { path: "/grpc.health.v1.Health/Check", access: Access::Known, longest: MAX_OWN_REQUEST, streams: false },
    Method { path: "/grpc.health.v1.Health/Watch", access: Access::Known, longest: MAX_OWN_REQUEST, streams: false },
];
