//! At accept: an address that no rule admits is reset, without a byte and without a place.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::caller::{call, connect, end, tls};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Connects, says nothing, and hears what comes until the end: which may be there before the connection is.
async fn silent(from: &str, to: SocketAddr) -> (Vec<u8>, Option<ErrorKind>) {
    match connect(from, to).await {
        Ok(mut stream) => end(&mut stream, SECOND).await,
        Err(error) => (Vec::new(), Some(error.kind())),
    }
}

#[tokio::test]
async fn who_is_admitted_is_answered_and_who_is_not_is_reset_without_a_byte() {
    for (wanted, listen, from, rules) in [
        (
            Ok("endpoint=laptop plane=inbound code=residency.ok rule=loopback addresses=127.0.0.1 "),
            "127.0.0.1:0",
            "127.0.0.1",
            vec![laptop(&["127.0.0.1/32"])],
        ),
        (
            Ok("endpoint=laptop plane=inbound code=residency.ok rule=loopback addresses=127.0.0.2 "),
            "127.0.0.1:0",
            "127.0.0.2",
            vec![anyone(), laptop(&[])],
        ),
        (
            Ok("endpoint=laptop plane=inbound code=residency.ok rule=loopback addresses=127.0.0.1 "),
            "[::]:0",
            "127.0.0.1",
            vec![laptop(&["127.0.0.1/32"])],
        ),
        (
            Ok("endpoint=laptop plane=inbound code=residency.ok rule=loopback addresses=::1 "),
            "[::]:0",
            "::1",
            vec![laptop(&["::1/128"])],
        ),
        (Err("residency.not_declared"), "127.0.0.1:0", "127.0.0.2", vec![laptop(&["127.0.0.1/32"])]),
        (Err("residency.not_declared"), "[::]:0", "127.0.0.2", vec![laptop(&["127.0.0.1/32"])]),
        (Err("residency.not_declared"), "[::1]:0", "::1", vec![laptop(&["127.0.0.1/32"])]),
        (Err("residency.not_declared"), "127.0.0.1:0", "127.0.0.1", vec![office()]),
        (Err("residency.not_declared"), "127.0.0.1:0", "127.0.0.1", Vec::new()),
        (Err("residency.special"), "127.0.0.1:0", "127.0.0.1", vec![anyone()]),
    ] {
        let row = format!("{from} to {listen}, {rules:?}");
        let world = World::open(listen, rules).await;
        let to = if from.contains(':') { ("::1", world.address.port()) } else { ("127.0.0.1", world.address.port()) };
        let to = SocketAddr::new(to.0.parse().unwrap(), to.1);
        let came = async { call(&mut tls(connect(from, to).await?).await?, "/", "").await }.await;
        match wanted {
            Ok(line) => assert!(came.unwrap().starts_with(line), "{row}"),
            Err(code) => {
                assert!(came.is_err(), "{row}");
                let refusal = world.refusal().await;
                assert!(refusal.contains(&format!(" plane=inbound code={code} ")), "{row}: {refusal}");
                assert_eq!(silent(from, to).await, (Vec::new(), Some(ErrorKind::ConnectionReset)), "{row}");
            }
        }
        assert_eq!(world.alerts.lock().unwrap().as_slice(), [""; 0], "{row}");
    }
}

#[tokio::test]
async fn all_that_is_served_stands_behind_the_same_judgement() {
    let world = World::open("127.0.0.1:0", vec![laptop(&["127.0.0.1/32"])]).await;
    for path in
        ["/", "/metrics", "/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
    {
        let mut admitted = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
        assert!(call(&mut admitted, path, "").await.unwrap().contains("addresses=127.0.0.1 "), "{path}");
        let not = async { tls(connect("127.0.0.2", world.address).await?).await }.await;
        assert!(not.is_err(), "{path}");
    }
}

#[tokio::test]
async fn what_http_says_of_addresses_is_never_read() {
    let world = World::open("127.0.0.1:0", vec![laptop(&["127.0.0.1/32"])]).await;
    let mut stream = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
    let plain = call(&mut stream, "/", "").await.unwrap();
    for headers in [
        "X-Forwarded-For: 195.12.113.29\r\n",
        "Forwarded: for=8.8.8.8;proto=https;by=195.12.113.29\r\n",
        "X-Real-IP: 127.0.0.2\r\n",
        "Via: 1.1 195.12.113.29\r\nTrue-Client-IP: 195.12.113.29\r\n",
    ] {
        assert_eq!(call(&mut stream, "/", headers).await.unwrap(), plain, "{headers}");
    }
}

#[tokio::test]
async fn a_header_from_one_who_is_no_declared_proxy_is_no_tls() {
    let world = World::open("127.0.0.1:0", vec![laptop(&["127.0.0.1/32"])]).await;
    let mut stream = connect("127.0.0.1", world.address).await.unwrap();
    stream.write_all(b"PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n").await.unwrap();
    assert!(tls(stream).await.is_err());
    assert_eq!(world.alerts.lock().unwrap().as_slice(), ["tls"]);
    assert_eq!(world.refused(), [""; 0]);
}

#[tokio::test]
async fn a_flood_of_strangers_takes_no_place_and_no_task() {
    const STRANGERS: usize = 2_000;
    let world = World::open("127.0.0.1:0", vec![laptop(&["127.0.0.1/32"])]).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut friend = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
    for stranger in 0..STRANGERS {
        let ended = silent("127.0.0.2", world.address).await;
        assert_eq!(ended, (Vec::new(), Some(ErrorKind::ConnectionReset)));
        if stranger % 100 == 0 {
            assert!(call(&mut friend, "/", "").await.is_ok());
        }
        assert_eq!((world.unfinished)(), (0, 0));
    }
    let mut late = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
    assert!(call(&mut late, "/", "").await.is_ok());
    assert_eq!(world.refused().len(), STRANGERS);
    assert_eq!((world.unfinished)(), (0, 0));
    assert_eq!(
        tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        tasks + 2,
        "the two friends' connections"
    );
}
