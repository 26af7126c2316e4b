//! An HTTP/1.1 client that hides nothing: it writes a request, reads until the connection ends, and says how it ended.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::world::PKI;

pub(crate) struct Client {
    address: SocketAddr,
}

/// All that came, headers included.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) octets: Vec<u8>,
    pub(crate) ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Closed,
    Reset,
    /// Nothing for half a second.
    Silent,
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    #[expect(clippy::disallowed_methods, reason = "the other end of the door; nothing of the gateway is here")]
    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(crate) async fn tls(&self) -> impl Stream + use<> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(PKI.tls.certificate_pem().as_bytes()).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::from(self.address.ip());
        TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await.unwrap()
    }

    /// POSTs over TLS and closes.
    pub(crate) async fn post(&self, body: impl AsRef<[u8]>) -> Came {
        talk(self.tls().await, &post(body.as_ref(), "close")).await
    }

    pub(crate) async fn get(&self, target: &str) -> Came {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: shep.localhost:{}\r\nConnection: close\r\n\r\n",
            self.address.port()
        );
        talk(self.tls().await, request.as_bytes()).await
    }
}

pub(crate) fn post(body: &[u8], connection: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /bip-sync-wss-gost/ HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: \"\"\r\n\
         Connection: {connection}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) async fn talk(mut stream: impl Stream, request: &[u8]) -> Came {
    // A server that hangs up early makes writing fail; what it said before is still there to read.
    let _ = stream.write_all(request).await;
    let _ = stream.flush().await;
    let (mut octets, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match timeout(Duration::from_millis(500), stream.read(&mut buffer)).await {
            Err(_) => return Came { octets, ended: Ended::Silent },
            Ok(Ok(0)) => return Came { octets, ended: Ended::Closed },
            Ok(Ok(read)) => octets.extend_from_slice(&buffer[..read]),
            Ok(Err(error)) => return Came { octets, ended: Ended::of(&error) },
        }
    }
}

impl Ended {
    /// TLS without close_notify is an ordinary end here.
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            io::ErrorKind::ConnectionReset => Self::Reset,
            other => panic!("{other}"),
        }
    }
}

impl Came {
    pub(crate) fn head(&self) -> &str {
        let end = self.split().unwrap_or(self.octets.len());
        std::str::from_utf8(&self.octets[..end]).unwrap()
    }

    pub(crate) fn status(&self) -> u16 {
        self.head().split(' ').nth(1).unwrap_or("0").parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head().lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// What follows the headers; chunked bodies are not taken apart.
    pub(crate) fn body(&self) -> &[u8] {
        self.split().map_or(&[], |end| &self.octets[end + 4..])
    }

    pub(crate) fn has_whole_head(&self) -> bool {
        self.split().is_some()
    }

    fn split(&self) -> Option<usize> {
        self.octets.windows(4).position(|window| window == b"\r\n\r\n")
    }
}
