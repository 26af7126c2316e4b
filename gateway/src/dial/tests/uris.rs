//! A connector serves its own endpoint's URI and no other.

use std::time::Duration;

use http::Uri;
use tower::ServiceExt as _;

use super::network::{Counting, HOST, NAME, Network};

#[tokio::test]
async fn another_uri_gets_no_packet() {
    let listener = Counting::at("127.0.0.1:0").await;
    let other = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.1"]]);
    let door = network.door(listener.port());
    let (port, elsewhere) = (listener.port(), other.port());
    for uri in [
        format!("http://abroad.example:{port}/"),
        format!("http://{HOST}:{elsewhere}/"),
        format!("http://{HOST}/"),
        format!("https://{HOST}:{port}/"),
        format!("ftp://{HOST}:{port}/"),
        format!("http://{HOST}.:{port}/"),
        format!("http://{HOST}.evil.example:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("{HOST}:{port}"),
        "/".to_owned(),
    ] {
        let uri: Uri = uri.parse().unwrap();
        let error = door.connector(NAME).unwrap().oneshot(uri.clone()).await.unwrap_err();
        assert_eq!(error.to_string(), "residency.not_declared", "{uri}");
    }
    assert_eq!((listener.heard().await, other.heard().await), ((0, 0), (0, 0)));
    assert_eq!(network.questions(), 0, "no name was asked for");
    for uri in [format!("http://{HOST}:{port}/any/path?and=query"), format!("http://SHEP.example.KZ:{port}")] {
        door.connector(NAME).unwrap().oneshot(uri.parse::<Uri>().unwrap()).await.unwrap();
    }
    assert_eq!((listener.heard().await, network.questions()), ((2, 0), 1), "its own is served, by one judgement");
}

#[tokio::test]
async fn what_is_not_declared_is_not_there() {
    let door = Network::new(&[]).door(1);
    assert_eq!(door.connect("other").await.unwrap_err().to_string(), "residency.not_declared");
    assert_eq!(door.judge("other").await.err().unwrap().reason.code(), "residency.not_declared");
    assert!(door.connector("other").is_err() && door.channel("other").is_err());
}

#[tokio::test]
async fn a_channel_of_tonic_comes_through_the_same_door() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let channel = network.door(listener.port()).channel(NAME).unwrap();
    let call = || async {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        let path = http::uri::PathAndQuery::from_static("/qaqpa.Test/Nothing");
        tokio::time::timeout(Duration::from_millis(200), grpc.unary(tonic::Request::new(()), path, codec)).await
    };
    let refused = call().await.unwrap().unwrap_err();
    assert!(format!("{refused:?}").contains("residency.loopback"), "{refused:?}");
    assert_eq!(listener.heard().await, (0, 0));
    assert!(call().await.is_err(), "the listener never answers");
    assert_eq!(listener.heard().await.0, 1, "and was reached");
}
