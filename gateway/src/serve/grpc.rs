//! The gRPC server: every RPC of the descriptor set is an exchange, served by one generic path; beside them the gateway's
//! own services, gRPC health and reflection, and `/metrics`.
//!
//! Here it is only decided which of them a request is for. What is no gRPC, and whom the entrance does not let in, is answered
//! at the headers; of its body nothing is read.
//!
//! ```text
//! GET  /metrics                                    metrics, for auditors, officers and administrators
//! POST /qaqpa.avtoshkola.v1.Training/GetSchool     an operation of a contract: exchanges.rs
//! POST /qaqpa.consent.v1.Consents/Give             a method of our own: own.rs
//! POST /anything/else                              request.method_unknown
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use qaqpa_policy::{Caller, Role};
use qaqpa_proto::reason::Refusal;
use tonic::body::Body;

use super::NotDescribed;
use super::budget::Budget;
use super::entrance::refused;
use super::exchanges;
use super::messages::unfinished;
use super::own::Own;
use super::protocol::{Grpc, language};
use crate::exchange::Client;
use crate::gateway::Gateway;
use crate::listen::Peer;
use crate::listen::identity::identity;

pub use super::exchanges::Raw;

/// The gRPC server of a gateway.
#[derive(Clone)]
pub struct Server {
    gateway: Arc<Gateway>,
    own: Own,
    /// Octets of messages that have not arrived whole, of all connections.
    unfinished: Arc<Budget>,
}

impl Server {
    /// Serves `gateway`, with the health service that reports on it.
    ///
    /// # Errors
    /// When the descriptor set cannot be offered by reflection.
    pub fn new(
        gateway: Arc<Gateway>,
        health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
    ) -> Result<Self, NotDescribed> {
        Ok(Self { own: Own::new(&gateway, health)?, gateway, unfinished: unfinished() })
    }

    /// The service of one connection: room 2 happens here, once.
    #[must_use]
    pub fn connection(&self, peer: &Peer) -> Connection {
        let identity = identity(peer.certificate(), peer.vouching());
        let certificate = hex::encode(identity.certificate_sha256).into();
        let client = Client::new(self.gateway.identify(&identity), certificate, peer.arrival().to_string().into());
        Connection { server: self.clone(), client }
    }
}

/// The service of one connection, with its identified caller.
#[derive(Clone)]
pub struct Connection {
    server: Server,
    client: Client,
}

impl Connection {
    /// Id of the caller, where the configuration knows the certificate.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.client.caller.as_ref().map(Caller::id)
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
    async fn route(self, request: Request<Incoming>) -> Response<Body> {
        if request.uri().path() == METRICS {
            return self.metrics(request.method());
        }
        let (language, (head, body)) = (language(request.headers()), request.into_parts());
        let call = match Grpc::judge(head, language) {
            Ok(call) => call,
            Err(not_grpc) => {
                self.count(Refusal::RequestNotGrpc);
                return not_grpc.response(language);
            }
        };
        let Self { server: Server { gateway, own, unfinished }, client } = &self;
        if let Some(served) = gateway.served.get(call.path()) {
            return exchanges::serve((gateway, unfinished), client, served, (call, body)).await;
        }
        match Own::method(call.path()) {
            Some(method) => own.serve((gateway, unfinished), client, method, (call, body)).await,
            None => self.nothing_there(&call),
        }
    }

    /// The answer to a path that nobody serves. It is not written down: a caller may put anything there.
    fn nothing_there(&self, call: &Grpc) -> Response<Body> {
        let refusal = if self.client.caller.is_some() { Refusal::RequestMethodUnknown } else { Refusal::CallerUnknown };
        self.count(refusal);
        refused(&refusal.into(), call.language(), "")
    }

    fn metrics(&self, method: &Method) -> Response<Body> {
        if method != Method::GET {
            self.count(Refusal::RequestNotGrpc);
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        match &self.client.caller {
            None => {
                self.count(Refusal::CallerUnknown);
                empty(StatusCode::FORBIDDEN)
            }
            Some(caller) if caller.role() == Role::Exchange => empty(StatusCode::FORBIDDEN),
            Some(_) => {
                let mut response = Response::new(Body::new(self.server.gateway.telemetry.prometheus()));
                let text_format = HeaderValue::from_static("text/plain; version=0.0.4");
                response.headers_mut().insert(CONTENT_TYPE, text_format);
                response
            }
        }
    }

    /// Counts what has no line of its own.
    fn count(&self, refusal: Refusal) {
        let (gateway, caller) = (&self.server.gateway, self.caller());
        gateway.refusal_counter.count_of(refusal.code(), caller);
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

const METRICS: &str = "/metrics";
