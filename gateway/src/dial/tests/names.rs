//! The declared DNS servers come through the door: only they, only judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use qaqpa_residency::{EndpointKind, Tables};
use rustls::RootCertStore;

use super::network::{Counting, HOST, NAME, Network, dns, endpoint};
use crate::dial::{Door, Names, Target};

/// A door whose names are asked of a server that counts and never answers.
fn door(server: &str, port: u16) -> Door {
    let target = |endpoint| {
        let timeouts = (Duration::from_millis(200), Duration::from_secs(1));
        Target::new(endpoint, Vec::new(), RootCertStore::empty(), timeouts).unwrap()
    };
    let url = format!("http://{HOST}:{port}/");
    let targets = BTreeMap::from([
        (NAME.to_owned(), target(endpoint(&url, EndpointKind::DevelopmentLoopback))),
        ("dns-1".to_owned(), target(dns(server))),
    ]);
    let names = Names::Servers(vec!["dns-1".to_owned(), "not-declared".to_owned()]);
    Door::new(targets, Arc::new(Tables::embedded()), names, Network::new(&[]).clock())
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the server that is asked")]
async fn a_judged_server_is_asked_and_its_silence_is_no_address() {
    let server = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let listener = Counting::at("127.0.0.1:0").await;
    let door = door(&format!("dns://127.0.0.1:{}", server.local_addr().unwrap().port()), listener.port());
    assert_eq!(door.connect(NAME).await.unwrap_err().to_string(), "residency.no_address");
    let mut room = [0; 512];
    let (length, _) = server.recv_from(&mut room).await.unwrap();
    assert!(length > 12, "a question arrived");
    assert_eq!(listener.heard().await, (0, 0));
}
