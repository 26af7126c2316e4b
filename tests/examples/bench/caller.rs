//! One caller with its client certificate: HTTP/2 over TLS 1.3, as little of it as gRPC needs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper::header::{CONTENT_TYPE, TE};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use qaqpa_gateway::tls::{credential, provider, roots};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Outcome;

/// The school of the development environment, and whom it calls.
pub(crate) struct Caller {
    tls: Arc<ClientConfig>,
    pub(crate) pki: PathBuf,
    pub(crate) address: SocketAddr,
}

/// A connection; clones share it.
#[derive(Clone)]
pub(crate) struct Connection(SendRequest<Full<Bytes>>);

impl Caller {
    /// With the certificates of a development PKI.
    pub(crate) fn new(pki: &Path, address: SocketAddr) -> Outcome<Self> {
        let (chain, key) = credential(&pki.join("clients/school.pem"), &pki.join("clients/school.key"))?;
        let mut tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots(&pki.join("ca.pem"))?)
            .with_client_auth_cert(chain, key)?;
        tls.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { tls: Arc::new(tls), pki: pki.to_owned(), address })
    }

    /// Connects and shakes hands.
    #[expect(clippy::disallowed_methods, reason = "a caller of the gateway, not the gateway")]
    pub(crate) async fn connect(&self) -> Outcome<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = TlsConnector::from(self.tls.clone()).connect(ServerName::try_from("localhost")?, stream).await?;
        let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .initial_connection_window_size(4 << 20)
            .initial_stream_window_size(1 << 20)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(connection);
        Ok(Connection(sender))
    }
}

impl Connection {
    /// A unary call; the length of the reply message.
    pub(crate) async fn call(&mut self, path: &str, message: &[u8]) -> Outcome<usize> {
        let request = Request::post(format!("https://localhost{path}"))
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Full::new(framed(message)?))?;
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        if failed(response.headers()) {
            return Err(format!("grpc-status {:?}", response.headers()).into());
        }
        let collected = response.into_body().collect().await?;
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let length = collected.to_bytes().len().saturating_sub(5);
        if failed(&trailers) || length == 0 {
            return Err(format!("grpc-status {trailers:?}").into());
        }
        Ok(length)
    }
}

fn failed(headers: &HeaderMap) -> bool {
    headers.get("grpc-status").is_some_and(|status| status != "0")
}

/// A gRPC message: uncompressed, its length, its octets.
fn framed(message: &[u8]) -> Result<Bytes, std::num::TryFromIntError> {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len())?);
    framed.put_slice(message);
    Ok(framed.freeze())
}
