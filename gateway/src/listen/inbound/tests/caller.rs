//! A caller: a socket from where the test wants it, bytes before TLS if any, TLS with the school's certificate, HTTP/1.1.
//!
//! Example: `Caller::from("127.0.0.2").to(world.address).await`

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use qaqpa_certs_dev::{Credential, DevPki};
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listen::{TlsFiles, Trust};
use crate::tls::{provider, roots};

pub(super) struct Pki {
    pub(super) server: Trust,
    /// Of the school.
    pub(super) chain: Vec<CertificateDer<'static>>,
    client: Arc<ClientConfig>,
}

pub(super) static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join("pki").join(name);
    let pki = DevPki::make(now().into()).unwrap();
    pki.write(&directory.path().join("pki")).unwrap();
    let files = TlsFiles {
        certificate: file("servers/gateway.pem"),
        key: file("servers/gateway.key"),
        client_ca: file("ca.pem"),
        crl: file("ca.crl"),
        is_renewed: false,
        issuers: Vec::new(),
    };
    let chain = vec![pki.clients.school.certificate_der()];
    Pki {
        server: files.load(now().try_into().unwrap()).unwrap(),
        chain,
        client: client(&pki.clients.school, &file("ca.pem")),
    }
});

/// TLS of a caller who trusts `ca` and shows `credential`.
fn client(credential: &Credential, ca: &Path) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots(ca).unwrap())
        .with_client_auth_cert(vec![credential.certificate_der()], credential.key_der());
    Arc::new(config.unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the certificates that TLS judges live in real time")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Connects from an address of this machine.
#[expect(clippy::disallowed_methods, reason = "the other end of the listener")]
pub(super) async fn connect(from: &str, to: SocketAddr) -> io::Result<TcpStream> {
    let from: IpAddr = from.parse().unwrap();
    let socket = if from.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}

/// TLS over a stream, with a certificate that the gateway trusts.
pub(super) async fn tls(stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    TlsConnector::from(PKI.client.clone()).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// One call on a connection that stays open; the body of its answer.
pub(super) async fn call(stream: &mut TlsStream<TcpStream>, path: &str, headers: &str) -> io::Result<String> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").as_bytes()).await?;
    let mut came = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&came);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return Ok(body.to_owned());
            }
        }
        if stream.read_buf(&mut came).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// What comes until the connection ends by itself, and how it ended. Panics when it does not end within `within`.
pub(super) async fn end(stream: &mut TcpStream, within: Duration) -> (Vec<u8>, Option<io::ErrorKind>) {
    let mut came = Vec::new();
    let ended = tokio::time::timeout(within, stream.read_to_end(&mut came)).await.unwrap();
    (came, ended.err().map(|error| error.kind()))
}
