//! Which addresses are dialled: judged ones, in order, and no other.

use std::sync::Arc;

use qaqpa_residency::EndpointKind;

use super::network::{Counting, HOST, NAME, Network};
use crate::dial::connector::confirm;
use crate::dial::socket;

#[tokio::test]
async fn the_next_judged_address_is_tried_and_none_beyond() {
    let listener = Counting::at("127.0.0.1:0").await;
    let port = listener.port();
    let further = Counting::at(&format!("127.0.0.3:{port}")).await;
    let network = Network::new(&[&["127.0.0.2", "127.0.0.1", "127.0.0.3"]]);
    let stream = network.door(port).connect(NAME).await.unwrap();
    assert_eq!(stream.peer().unwrap(), listener.address);
    assert_eq!((listener.heard().await, further.heard().await), ((1, 0), (0, 0)));

    let network = Network::new(&[&["127.0.0.2", "127.0.0.4"]]);
    let error = network.door(port).connect(NAME).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!((listener.heard().await, further.heard().await), ((1, 0), (0, 0)), "they were not judged");
}

#[tokio::test]
async fn one_refused_address_refuses_all() {
    let listener = Counting::at("127.0.0.1:0").await;
    for (code, answer) in [
        ("residency.mixed", &["127.0.0.1", "8.8.8.8"][..]),
        ("residency.mixed", &["8.8.8.8", "127.0.0.1"]),
        ("residency.loopback", &["195.12.113.29"]),
        ("residency.no_address", &[]),
    ] {
        let door = Network::new(&[answer]).door(listener.port());
        assert_eq!(door.connect(NAME).await.unwrap_err().to_string(), code, "{answer:?}");
    }
    assert_eq!(listener.heard().await, (0, 0));
}

#[tokio::test]
async fn a_peer_that_was_not_judged_hears_nothing() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.2"]]);
    let door = network.door(listener.port());
    let resident = door.judge(NAME).await.unwrap();
    let reached = socket::tcp(([0, 0, 0, 0], listener.port()).into(), None).await.unwrap();
    assert_eq!(reached.peer_addr().unwrap(), listener.address, "the kernel takes 0.0.0.0 for this machine");
    let refusal = confirm(&resident.judgement.judged, reached.peer_addr().unwrap()).unwrap_err();
    assert_eq!(refusal.reason().code(), "residency.peer");
    assert_eq!(listener.heard().await.1, 0);
}

#[tokio::test]
async fn one_question_goes_out_at_a_time() {
    let answered = Network::new(&[&["127.0.0.1"]]);
    let refused = Network::new(&[&["8.8.8.8"]]);
    for (network, allowed) in [(answered, true), (refused, false)] {
        let door = Arc::new(network.door(1));
        let judge = |_| {
            let door = door.clone();
            async move { door.judge(NAME).await.is_ok() }
        };
        let verdicts = futures_util::future::join_all((0..20).map(judge)).await;
        assert_eq!(verdicts, vec![allowed; 20]);
        assert_eq!(network.questions(), 1, "those who waited share the verdict");
        assert_eq!(door.judge(NAME).await.is_ok(), allowed);
        assert_eq!(network.questions(), if allowed { 1 } else { 2 }, "a refusal is not remembered");
    }
}

#[tokio::test]
async fn every_decision_is_told_once() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let network = Network::new(&[&["127.0.0.1"], &["8.8.8.8"], &["127.0.0.1"]]);
    let listener = Counting::at("127.0.0.1:0").await;
    let door = network.door(listener.port());
    let sink = told.clone();
    door.observe(move |decision| sink.lock().unwrap().push(decision.to_string()));
    for (seconds, allowed, decisions) in [(0, true, 1), (29, true, 1), (2, false, 2), (0, true, 3), (0, true, 3)] {
        network.forward(seconds);
        assert_eq!(door.connect(NAME).await.is_ok(), allowed);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), decisions, "{told:?}");
    }
}

#[tokio::test]
async fn an_interface_is_bound_or_nothing_is_dialled() {
    let listener = Counting::at("127.0.0.1:0").await;
    socket::tcp(listener.address, Some("lo")).await.unwrap();
    assert!(socket::tcp(listener.address, Some("no-such-if")).await.is_err());
    assert_eq!(listener.heard().await, (1, 0));
    let peer = socket::udp(listener.address, None).await.unwrap().peer_addr().unwrap();
    assert_eq!(peer, listener.address);
}

#[tokio::test]
async fn a_name_on_the_internet_may_not_lead_here() {
    let listener = Counting::at("127.0.0.1:0").await;
    let url = format!("https://{HOST}:{}/", listener.port());
    let door = Network::new(&[&["127.0.0.1"]]).door_to(&url, EndpointKind::Internet, rustls::RootCertStore::empty());
    assert_eq!(door.connect(NAME).await.unwrap_err().to_string(), "residency.special");
    assert_eq!(listener.heard().await, (0, 0));
}
