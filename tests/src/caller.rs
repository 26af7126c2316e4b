//! A caller that may send anything: messages as bytes, frames as bytes, or nothing at all. It comes through the same
//! door as the gateway's own connections, since there is only one.
//!
//! Example: `school.wire("/qaqpa.avtoshkola.v1.Training/GetSchool", Bytes::from_static(b"\xff")).await`

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::uri::PathAndQuery;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use qaqpa_gateway::dial::{Door, Names, Target};
use qaqpa_gateway::serve::grpc::Raw;
use qaqpa_gateway::tls::{credential as read, provider, roots};
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, Tables};
use rustls::{ClientConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tower::ServiceExt as _;

use crate::Site;

const GATEWAY: &str = "gateway";
const PLAIN: &str = "plain";

/// One connection to a gateway, made with the first call. Clones share it.
#[derive(Clone)]
pub struct Caller {
    door: Arc<Door>,
    /// For generated clients.
    pub channel: Channel,
}

impl Caller {
    pub(crate) fn new(
        site: &Site,
        address: SocketAddr,
        credential: Option<&str>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let file = |name: String| site.file(&format!("pki/{name}"));
        let tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots(&file("ca.pem".to_owned())).unwrap());
        let tls = match credential {
            None => tls.with_no_client_auth(),
            Some(name) => {
                let (chain, key) = read(&file(format!("{name}.pem")), &file(format!("{name}.key"))).unwrap();
                tls.with_client_auth_cert(chain, key).unwrap()
            }
        };
        let target = |scheme| {
            let timeouts = (Duration::from_secs(10), Duration::from_secs(60));
            Target::with_tls(endpoint(scheme, address), vec![address.ip()], tls.clone(), timeouts)
        };
        let targets = BTreeMap::from([(GATEWAY.to_owned(), target("https")), (PLAIN.to_owned(), target("http"))]);
        let tables = Arc::new(Tables::embedded());
        let door = Arc::new(Door::new(targets, tables, Names::Given(Arc::new(site.names.clone())), site.time.clock()));
        Self { channel: door.channel(GATEWAY).unwrap(), door }
    }

    /// A unary call of typed messages.
    ///
    /// # Errors
    /// As the gateway says.
    pub async fn call<R: Message + Default>(&self, path: &'static str, request: &impl Message) -> Result<R, Status> {
        let reply = self.wire(path, request.encode_to_vec().into()).await?;
        Ok(R::decode(reply).unwrap())
    }

    /// A unary call of bytes.
    ///
    /// # Errors
    /// As the gateway says.
    pub async fn wire(&self, path: &'static str, message: Bytes) -> Result<Bytes, Status> {
        let replies = self.send(path, vec![message]).await?;
        assert_eq!(replies.len(), 1, "a unary call has one reply");
        Ok(replies.into_iter().next().unwrap())
    }

    /// Any number of messages on one call, and all its replies.
    ///
    /// # Errors
    /// The status that ends the call.
    pub async fn send(&self, path: &'static str, messages: Vec<Bytes>) -> Result<Vec<Bytes>, Status> {
        let mut replies = self.open(path, stream::iter(messages)).await?;
        let mut all = Vec::new();
        while let Some(reply) = replies.next().await {
            all.push(reply?);
        }
        Ok(all)
    }

    /// A call that stays open for as long as `messages` does.
    ///
    /// # Errors
    /// When the gateway ends it before it has begun.
    pub async fn open(
        &self,
        path: &'static str,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Streaming<Bytes>, Status> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let replies = grpc.streaming(Request::new(messages), PathAndQuery::from_static(path), Raw).await?;
        Ok(replies.into_inner())
    }

    /// A call whose HTTP body is `body`, frames and all, with one more header.
    pub async fn frames(&self, path: &str, body: &[u8], (name, value): (&'static str, &str)) -> Status {
        let body = Full::new(Bytes::copy_from_slice(body));
        let response = self.http2(grpc(path).header(name, value).body(body).unwrap()).await;
        if let Some(status) = Status::from_header_map(response.headers()) {
            return status;
        }
        let body = response.into_body().collect().await.unwrap();
        Status::from_header_map(body.trailers().unwrap()).unwrap()
    }

    /// A call that has sent `octets` of its body and neither goes on nor ends: the head of the answer, which bears a status
    /// when there is no body ("Trailers-Only").
    pub async fn unfinished(&self, path: &str, octets: &[u8], headers: &[(&'static str, &str)]) -> http::HeaderMap {
        let first = Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(octets)));
        let body = StreamBody::new(stream::iter([first]).chain(stream::pending()));
        let request = headers.iter().fold(grpc(path), |request, (name, value)| request.header(*name, *value));
        self.http(request.body(Body::new(body)).unwrap()).await.headers().clone()
    }

    /// Any request by HTTP/2 on a connection of its own, without what tonic's channel makes of headers (it keeps
    /// `grpc-timeout` itself).
    async fn http2(&self, request: http::Request<Full<Bytes>>) -> http::Response<Incoming> {
        let stream = TokioIo::new(self.door.connect(GATEWAY).await.unwrap());
        let (mut requests, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        let (mut head, body) = request.into_parts();
        head.uri = format!("https://localhost{}", head.uri.path()).parse().unwrap();
        requests.send_request(http::Request::from_parts(head, body)).await.unwrap()
    }

    /// Any request by HTTP/2.
    pub async fn http(&self, request: http::Request<Body>) -> http::Response<Body> {
        self.channel.clone().oneshot(request).await.unwrap()
    }

    /// `GET` by HTTP/2: status and body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let response = self.http(http::Request::get(path).body(Body::empty()).unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// `GET` by HTTP/1.1: the whole answer as text.
    pub async fn get_http1(&self, path: &str) -> String {
        self.http1(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")).await
    }

    /// Any request by HTTP/1.1, after which the connection is closed: the whole answer as text.
    pub async fn http1(&self, request: &str) -> String {
        self.say(GATEWAY, request.as_bytes()).await.unwrap()
    }

    /// Connects, begins HTTP/2, and listens whether the gateway lets it: in TLS 1.3 a refused certificate is heard of
    /// afterwards.
    ///
    /// # Errors
    /// The alert.
    pub async fn handshake(&self) -> io::Result<()> {
        let mut stream = self.door.connect(GATEWAY).await?;
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
        stream.read_u8().await.map(drop)
    }

    /// Speaks without TLS, and hears what comes back.
    ///
    /// # Errors
    /// As the network says.
    pub async fn say_plainly(&self, words: &[u8]) -> io::Result<String> {
        self.say(PLAIN, words).await
    }

    async fn say(&self, target: &str, words: &[u8]) -> io::Result<String> {
        let mut stream = self.door.connect(target).await?;
        stream.write_all(words).await?;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await?;
        Ok(String::from_utf8_lossy(&heard).into_owned())
    }
}

fn grpc(path: &str) -> http::request::Builder {
    http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers")
}

fn endpoint(scheme: &str, address: SocketAddr) -> Endpoint {
    Endpoint::parse(EndpointRule {
        name: GATEWAY.to_owned(),
        url: format!("{scheme}://localhost:{}", address.port()),
        plane: Plane::Upstream,
        kind: EndpointKind::DevelopmentLoopback,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    })
    .unwrap()
}
