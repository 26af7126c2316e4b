//! Behind a declared balancer: the header is mandatory, and its address is judged by the rules that declare none.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::caller::{call, connect, end, tls};
use super::*;

/// The balancer is 127.0.0.3; a laptop may call from 127.0.0.1, listed, and by rule `any-laptop` from everywhere on this machine.
fn rules() -> Vec<PeerRule> {
    let any = PeerRule { name: "any-laptop".to_owned(), ..laptop(&[]) };
    vec![balancer(&["127.0.0.3/32"]), laptop(&["127.0.0.1/32"]), any, office(), anyone()]
}

const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn v1(source: &str) -> Vec<u8> {
    let family = if source.contains(':') { "TCP6" } else { "TCP4" };
    let destination = if source.contains(':') { "::1" } else { "10.0.0.5" };
    format!("PROXY {family} {source} {destination} 51234 443\r\n").into_bytes()
}

fn v2(source: [u8; 4]) -> Vec<u8> {
    [V2, &[0x21, 0x11, 0, 12], &source, &[10, 0, 0, 5, 0xc8, 0x22, 1, 0xbb]].concat()
}

#[tokio::test]
async fn the_address_in_the_header_is_judged() {
    let world = World::open("127.0.0.1:0", rules()).await;
    for (wanted, header) in [
        (
            Ok("endpoint=anyone plane=inbound code=residency.ok rule=country addresses=195.12.113.29 "),
            v1("195.12.113.29"),
        ),
        (
            Ok("endpoint=anyone plane=inbound code=residency.ok rule=country addresses=195.12.113.29 "),
            v1("::ffff:195.12.113.29"),
        ),
        (
            Ok("endpoint=anyone plane=inbound code=residency.ok rule=country addresses=2a00:5da0::7 "),
            v1("2a00:5da0::7"),
        ),
        (
            Ok("endpoint=anyone plane=inbound code=residency.ok rule=country addresses=195.12.113.29 "),
            v2([195, 12, 113, 29]),
        ),
        (Ok("endpoint=office plane=inbound code=residency.ok rule=pinned addresses=10.20.0.9 "), v2([10, 20, 0, 9])),
        (Ok("endpoint=laptop plane=inbound code=residency.ok rule=loopback addresses=127.0.0.1 "), v1("127.0.0.1")),
        (Err("residency.foreign "), v1("8.8.8.8")),
        (Err("residency.foreign "), v2([8, 8, 8, 8])),
        (Err("residency.foreign "), v1("2001:4860:4860::8888")),
        (Err("residency.special "), v1("10.21.0.9")),
        (Err("residency.special "), v1("192.168.0.1")),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=loopback"), v1("127.0.0.2")),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=loopback"), v1("::1")),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=another_proxy"), v1("127.0.0.3")),
        (
            Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=unspecified"),
            b"PROXY UNKNOWN\r\n".to_vec(),
        ),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=local"), [V2, &[0x20, 0, 0, 0]].concat()),
        (
            Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=unix"),
            [V2, &[0x21, 0x31, 0, 216]].concat(),
        ),
        (
            Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=long"),
            [V2, &[0x21, 0x11, 255, 255]].concat(),
        ),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=malformed"), v1("195.12.113.999")),
        (Err("residency.proxy_header rule=- addresses=127.0.0.3 tables=- note=missing"), Vec::new()), // TLS at once
    ] {
        let row = header.escape_ascii().to_string();
        let came = async {
            let mut stream = connect("127.0.0.3", world.address).await?;
            stream.write_all(&header).await?;
            call(&mut tls(stream).await?, "/", "").await
        };
        match (wanted, came.await) {
            (Ok(line), came) => {
                let came = came.unwrap();
                assert!(came.starts_with(line), "{row}: {came}");
                assert!(came.ends_with(" proxy=127.0.0.3 proxy_rule=balancer"), "{row}: {came}");
            }
            (Err(line), came) => {
                assert!(came.is_err(), "{row}");
                let refusal = world.refusal().await;
                assert!(refusal.contains(&format!(" plane=inbound code={line}")), "{row}: {refusal}");
            }
        }
        assert_eq!(world.refused(), [""; 0], "{row}");
    }
    assert_eq!(world.alerts.lock().unwrap().as_slice(), [""; 0]);
}

#[tokio::test]
async fn a_header_in_single_bytes_with_tls_right_behind_it() {
    let world = World::open("127.0.0.1:0", rules()).await;
    for header in [v1("195.12.113.29"), v2([195, 12, 113, 29])] {
        let mut stream = connect("127.0.0.3", world.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        for byte in header {
            stream.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut stream = tls(stream).await.unwrap();
        assert!(call(&mut stream, "/", "").await.unwrap().contains(" addresses=195.12.113.29 "));
    }
}

#[tokio::test]
async fn one_call_directly_and_one_behind_the_balancer_stand_side_by_side() {
    let world = World::open("127.0.0.1:0", rules()).await;
    let mut direct = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
    assert!(!call(&mut direct, "/", "").await.unwrap().contains("proxy"));
}

#[tokio::test]
async fn a_balancer_whom_a_wider_rule_lists_too_is_a_balancer() {
    let world = World::open("127.0.0.1:0", vec![anyone(), laptop(&[]), balancer(&["127.0.0.3/32"])]).await;
    let mut stream = connect("127.0.0.3", world.address).await.unwrap();
    stream.write_all(&v1("195.12.113.29")).await.unwrap();
    let came = call(&mut tls(stream).await.unwrap(), "/", "").await.unwrap();
    assert!(came.ends_with(" proxy=127.0.0.3 proxy_rule=balancer"), "{came}");
}

#[tokio::test]
async fn a_balancer_that_says_nothing_is_reset_after_five_seconds_and_holds_no_handshake() {
    let world = World::open("127.0.0.1:0", rules()).await;
    let mut stream = connect("127.0.0.3", world.address).await.unwrap();
    stream.write_all(b"PROXY TCP4 195.12").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((world.unfinished)(), (1, 0));
    let mut direct = tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap();
    assert!(call(&mut direct, "/", "").await.is_ok());
    let ended = end(&mut stream, Duration::from_secs(7)).await;
    assert_eq!(ended, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert!(world.refusal().await.ends_with(" note=slow"));
    assert_eq!((world.unfinished)(), (0, 0));
}
