//! A peer that came through and is slow with what costs nothing to send: each connection ends within seconds, on a clock of its own.

use std::convert::Infallible;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;

use super::stay::stay;
use super::*;
use crate::listen::Trust;
use crate::listen::connection::serve;
use crate::listen::lifetime::Lifetime;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Empty SETTINGS (RFC 9113, 6.5).
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// The far end of a connection that is served, and what must live as long as it does.
struct Served {
    near: DuplexStream,
    _held: (watch::Sender<bool>, watch::Sender<Trust>),
}

/// `/never` is never answered.
fn served() -> Served {
    let filter = PeerFilter::new(tables::peers(vec![laptop(&[])]), at_home(), clock(), Arc::new(|_| {}));
    let ((stop, stopped), trust) = (watch::channel(false), watch::Sender::new(PKI.server.clone()));
    let proven = (PKI.chain.clone(), trust.subscribe());
    let lifetime = Lifetime::new(proven, stopped, stay(&filter, [127, 0, 0, 1]), Terms::default());
    let service = tower::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
        if request.uri().path() == "/never" {
            std::future::pending::<()>().await;
        }
        Ok::<_, Infallible>(http::Response::new(Body::empty()))
    });
    let (near, far) = tokio::io::duplex(64 << 10);
    tokio::spawn(serve(far, service, lifetime));
    Served { near, _held: (stop, trust) }
}

/// Seconds until the connection of somebody who says this, an octet a second of the last part, is cut.
async fn lasts(at_once: &[u8], dripping: &[u8]) -> u64 {
    let Served { near, _held } = served();
    let begun = Instant::now();
    let (mut reader, mut writer) = tokio::io::split(near);
    writer.write_all(at_once).await.unwrap();
    let drip = async {
        for octet in dripping {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if writer.write_all(&[*octet]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut heard = Vec::new();
    tokio::select! {
        ended = reader.read_to_end(&mut heard) => drop(ended),
        () = drip => {}
    }
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_with_the_beginning_is_cut_within_seconds() {
    let half = &PREFACE[..12];
    let head: &[u8] = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n";
    // HEADERS of 16,000 octets on stream 1 (RFC 9113, 6.2).
    let headers = [&[0, 0x3e, 0x80, 1, 4, 0, 0, 0, 1][..], &[0x82; 991]].concat();
    let answered: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (wanted, at_once, dripping, what) in [
        (10, &[][..], &[][..], "nothing"),
        (10, half, &[], "half a preface"),
        (10, &[], PREFACE, "a preface that drips"),
        (10, head, &[b'a'; 1000], "headers that drip"),
        (10, answered, &[], "an answered request, and no other"),
        (40, &[PREFACE, SETTINGS].concat(), &[], "a PING that is not answered"),
        (40, &[PREFACE, SETTINGS].concat(), &headers, "a frame of headers that drips"),
    ] {
        assert_eq!(lasts(at_once, dripping).await, wanted, "{what}");
    }
}

/// Seconds until a client that answers each PING has no connection any more, with this call on it or none.
async fn client_lasts(path: Option<&str>) -> u64 {
    let Served { near, _held } = served();
    let begun = Instant::now();
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .handshake::<_, http_body_util::Empty<bytes::Bytes>>(TokioIo::new(near))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    if let Some(path) = path {
        let request = http::Request::get(format!("http://localhost{path}")).body(http_body_util::Empty::new()).unwrap();
        tokio::spawn(sender.send_request(request));
    }
    _ = connection.await.unwrap();
    drop(sender);
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_no_use_is_asked_to_go_and_one_with_a_call_is_not() {
    assert_eq!(client_lasts(None).await, 300, "no call at all");
    assert_eq!(client_lasts(Some("/")).await, 300, "one call, at once answered");
    assert_eq!(
        client_lasts(Some("/never")).await,
        3_600 + 10,
        "a call under way: until the connection is as old as it may be"
    );
}
