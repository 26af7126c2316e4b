//! Peers that are not through yet: the oldest of a network makes room for its next, nobody waits for them, and their time is short.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::caller::{call, connect, end, tls};
use super::*;

const SECOND: Duration = Duration::from_secs(1);
/// Eight places, of which a network has four.
const FEW: Bounds = Bounds { all: 100, of_network: 100, of_caller: 100, handshakes: 8 };

fn rules() -> Vec<PeerRule> {
    vec![balancer(&["127.0.0.3/32"]), laptop(&["127.0.0.0/8"]), office(), anyone()]
}

async fn silent(world: &World, from: &str, count: usize) -> Vec<TcpStream> {
    silent_after(world, from, "", count).await
}

/// Connections that say this and no more, each in its place before the next.
async fn silent_after(world: &World, from: &str, said: &str, count: usize) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for _ in 0..count {
        let mut stream = connect(from, world.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        silent.push(stream);
    }
    silent
}

/// Places in the list of those who were reset.
async fn reset(streams: &mut [TcpStream]) -> Vec<usize> {
    let mut reset = Vec::new();
    for (at, stream) in streams.iter_mut().enumerate() {
        let heard = tokio::time::timeout(Duration::from_millis(50), end(stream, SECOND)).await;
        if let Ok(heard) = heard {
            assert_eq!(heard, (Vec::new(), Some(ErrorKind::ConnectionReset)));
            reset.push(at);
        }
    }
    reset
}

#[tokio::test]
async fn a_network_that_has_its_share_displaces_its_own_oldest() {
    let world = World::within(FEW, "127.0.0.1:0", rules()).await;
    let mut elsewhere = silent(&world, "127.0.1.1", 1).await;
    let mut flood = silent(&world, "127.0.0.1", 10).await;
    assert_eq!(reset(&mut flood).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(reset(&mut elsewhere).await, [0; 0], "an older one of another network stays");
    assert_eq!(*world.alerts.lock().unwrap(), ["handshake_displaced"; 6]);
    assert_eq!((world.unfinished)(), (0, 5));
    // An honest one among them does not wait for anybody.
    let mut honest = tls(connect("127.0.0.2", world.address).await.unwrap()).await.unwrap();
    assert!(call(&mut honest, "/", "").await.is_ok());
}

#[tokio::test]
async fn when_all_places_are_taken_whoever_holds_most_makes_room() {
    let world = World::within(FEW, "127.0.0.1:0", rules()).await;
    let mut few = silent(&world, "127.0.1.1", 2).await;
    let mut others = silent(&world, "127.0.2.1", 2).await;
    let mut most = silent(&world, "127.0.0.1", 4).await;
    let mut newcomer = silent(&world, "127.0.4.1", 1).await;
    assert_eq!(reset(&mut most).await, [0]);
    for streams in [&mut few, &mut others, &mut newcomer] {
        assert_eq!(reset(streams).await, [0; 0]);
    }
    let mut honest = tls(connect("127.0.5.1", world.address).await.unwrap()).await.unwrap();
    assert!(call(&mut honest, "/", "").await.is_ok());
}

#[tokio::test]
async fn behind_a_balancer_the_network_is_the_callers() {
    let world = World::within(FEW, "127.0.0.1:0", rules()).await;
    let mut office = silent_after(&world, "127.0.0.3", "PROXY TCP4 10.20.0.9 10.0.0.5 51234 443\r\n", 1).await;
    let mut flood = silent_after(&world, "127.0.0.3", "PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n", 6).await;
    assert_eq!(reset(&mut flood).await, [0, 1]);
    assert_eq!(reset(&mut office).await, [0; 0]);
    assert_eq!((world.unfinished)(), (0, 5));
}

#[tokio::test]
async fn headers_that_are_awaited_displace_each_other_and_no_handshake() {
    let world = World::within(FEW, "127.0.0.1:0", rules()).await;
    let mut direct = silent(&world, "127.0.0.1", 1).await;
    let mut balancers = silent_after(&world, "127.0.0.3", "PROXY", 10).await;
    assert_eq!((world.unfinished)(), (8, 1));
    assert_eq!(reset(&mut balancers).await, [0, 1]);
    assert_eq!(reset(&mut direct).await, [0; 0]);
    let refused = world.refused();
    assert!(refused.len() == 2 && refused.iter().all(|line| line.ends_with(" note=displaced")), "{refused:?}");
}

#[tokio::test]
async fn who_does_not_say_hello_is_reset_after_three_seconds() {
    let world = World::open("127.0.0.1:0", rules()).await;
    let begun = tokio::time::Instant::now();
    let mut nothing = connect("127.0.0.1", world.address).await.unwrap();
    let mut half = connect("127.0.0.1", world.address).await.unwrap();
    half.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.unwrap();
    for stream in [&mut nothing, &mut half] {
        assert_eq!(end(stream, 5 * SECOND).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    }
    assert!(begun.elapsed() >= 3 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(*world.alerts.lock().unwrap(), ["client_hello_timeout"; 2]);
    assert_eq!((world.unfinished)(), (0, 0));
}
