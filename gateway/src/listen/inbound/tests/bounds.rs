//! Open connections: who exceeds a bound is closed at once and told of, and whoever ends makes room.

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::caller::{call, connect, tls};
use super::*;
use crate::limits::CONNECTIONS_OF_STRANGERS;

const FEW: Bounds = Bounds { all: 64, of_network: 3, of_caller: 2, handshakes: 8 };

/// A connection that was answered.
async fn answered(world: &World, from: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut stream = tls(connect(from, world.address).await?).await?;
    call(&mut stream, "/", "").await.map(|_| stream)
}

fn loopback() -> Vec<PeerRule> {
    vec![laptop(&["127.0.0.0/8"])]
}

#[tokio::test]
async fn a_caller_beyond_its_bound_is_closed_and_named() {
    let world = World::within(FEW, "127.0.0.1:0", loopback()).await;
    let first = answered(&world, "127.0.0.1").await.unwrap();
    let _second = answered(&world, "127.0.1.1").await.unwrap();
    assert!(answered(&world, "127.0.2.1").await.is_err(), "from whatever network");
    assert_eq!(*world.exceeded.lock().unwrap(), [("connections.caller", Some("school".to_owned()))]);
    drop(first);
    let mut again = answered(&world, "127.0.2.1").await;
    while again.is_err() {
        again = answered(&world, "127.0.2.1").await; // until the gateway has seen that the first is gone
    }
}

#[tokio::test]
async fn certificates_that_nobody_knows_have_a_small_bound_of_their_own() {
    let world = World::open("127.0.0.1:0", loopback()).await;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS_OF_STRANGERS {
        open.push(answered(&world, "127.0.0.9").await.unwrap());
    }
    assert!(answered(&world, "127.0.0.9").await.is_err());
    assert_eq!(*world.exceeded.lock().unwrap(), [("connections.stranger", None)]);
    assert!(answered(&world, "127.0.0.1").await.is_ok(), "a caller of the same network");
}

#[tokio::test]
async fn a_network_beyond_its_bound_is_closed_whoever_calls() {
    let world = World::within(FEW, "127.0.0.1:0", loopback()).await;
    let mut open = Vec::new();
    for from in ["127.0.0.1", "127.0.0.9", "127.0.0.9"] {
        open.push(answered(&world, from).await.unwrap());
    }
    assert!(answered(&world, "127.0.0.2").await.is_err());
    assert_eq!(*world.exceeded.lock().unwrap(), [("connections.network", Some("school".to_owned()))]);
    assert!(answered(&world, "127.0.1.1").await.is_ok(), "another network");
}
