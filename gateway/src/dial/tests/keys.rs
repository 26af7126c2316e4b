//! A server shows a key that was agreed upon, on top of a chain that holds.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use qaqpa_certs_dev::{Credential, DevPki};
use qaqpa_proto::reason::Failure;
use qaqpa_residency::EndpointKind;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::network::{NAME, Network};
use crate::clock::offset_date_time;
use crate::dial::post::ended;
use crate::dial::{SpkiPin, Trust};
use crate::tls::provider;

/// Answers a byte to whoever comes through the handshake.
async fn server(credential: &Credential) -> SocketAddr {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![credential.certificate_der()], credential.key_der())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(b"!").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    address
}

#[tokio::test]
async fn a_pin_is_demanded_after_everything_else() {
    let network = Network::new(&[&["127.0.0.1"]]);
    let pki = DevPki::make(offset_date_time(&network.clock())).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(pki.tls.certificate_der()).unwrap();
    let pin = |credential: &Credential| SpkiPin::of(&credential.certificate_der()).unwrap();
    let (shep, other) = (pin(&pki.servers.shep), pin(&pki.servers.gateway));
    let impostor = pin(&pki.enemies.impostor_server);
    let rows: [(&str, &Credential, Vec<SpkiPin>, Option<bool>); 6] = [
        ("no pin", &pki.servers.shep, vec![], None),
        ("the pinned key", &pki.servers.shep, vec![shep], None),
        ("one of the pinned keys", &pki.servers.shep, vec![other, shep], None),
        ("another key of the same authority", &pki.servers.shep, vec![other], Some(true)),
        ("a pinned key of a stranger", &pki.enemies.impostor_server, vec![impostor], Some(false)),
        ("a pinned key with a name of its own", &pki.enemies.wrong_name_server, vec![shep], Some(false)),
    ];
    for (row, credential, pins, refused_for_the_key) in rows {
        let url = format!("https://localhost:{}/", server(credential).await.port());
        let trust = Trust::from(roots.clone()).pinned(pins);
        let door = network.door_to(&url, EndpointKind::DevelopmentLoopback, trust);
        for _ in 0..2 {
            // Twice, so that a session that is resumed would show.
            let told = match door.connect(NAME).await {
                Ok(mut stream) => stream.read_u8().await.map(|_| ()).err(),
                Err(error) => Some(error),
            };
            let not_done = told.as_ref().map(|error| ended(error).expect("an error of TLS"));
            assert!(
                not_done.as_ref().is_none_or(|not_done| not_done.reason == Failure::UpstreamTls),
                "{row}: {not_done:?}"
            );
            let of_key = not_done.map(|not_done| not_done.detail.as_deref() == Some("spki"));
            assert_eq!(of_key, refused_for_the_key, "{row}: {told:?}");
        }
    }
}

#[test]
fn a_pin_is_32_bytes_in_base64() {
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    assert!(SpkiPin::parse(&base64(&[7; 32])).is_some());
    for text in ["", "x", "====", &base64(&[7; 31]), &base64(&[7; 33]), &base64(&[7; 32])[..43]] {
        assert!(SpkiPin::parse(text).is_none(), "{text}");
    }
}
