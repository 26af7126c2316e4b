//! A message's body is asked for once, and only when it can leave; what comes back is read or refused, never followed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::network::{NAME, Network};
use crate::dial::post::{exchange, pool};

/// Four bytes that count how often they were asked for.
struct Counted(Option<Bytes>, Arc<AtomicUsize>);

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.0.take();
        self.1.fetch_add(usize::from(bytes.is_some()), Ordering::SeqCst);
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 3\r\n\r\n<a>";
const ELSEWHERE: &str = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\nalt-svc: h2=\":1\"\r\ncontent-length: 0\r\n\r\n";
const SHORT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n<a>";
const HUGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 16777217\r\n\r\n";

/// Reads one request per connection, answers it and closes; counts connections.
async fn server(answer: &'static str, zeros: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut seen = Vec::new();
            while !seen.ends_with(b"SOAP") && stream.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {}
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.write_all(&vec![0; zeros]).await;
        }
    });
    (port, connections)
}

#[tokio::test]
async fn every_answer_has_its_word() {
    for (row, answer, zeros, told) in [
        ("an answer", OK, 0, "ok"),
        ("a redirect and another service", ELSEWHERE, 0, "residency.redirect"),
        ("nothing", "", 0, "upstream.cut"),
        ("half of one", SHORT, 0, "upstream.cut"),
        ("no HTTP", "SSH-2.0-x\r\n", 0, "upstream.cut"),
        ("one byte too many", HUGE, (16 << 20) + 1, "upstream.too_large"),
    ] {
        let (port, connections) = server(answer, zeros).await;
        let door = Network::new(&[&["127.0.0.1"]]).door(port);
        let resident = door.judge(NAME).await.unwrap();
        let pool = pool(&door.entry(NAME).unwrap().line, &resident.judgement);
        for call in 1..=2 {
            let polls = Arc::new(AtomicUsize::new(0));
            let body = Counted(Some(Bytes::from_static(b"SOAP")), polls.clone());
            let reply = exchange(&pool, &resident.uri, &[("soapaction", "\"\"")], body).await;
            assert_eq!(reply.map_or_else(|not_done| not_done.reason.code(), |_| "ok"), told, "{row}");
            assert_eq!(polls.load(Ordering::SeqCst), 1, "{row}: its body left once");
            tokio::time::sleep(Duration::from_millis(20)).await; // the pool hears that the server has closed
            assert_eq!(connections.load(Ordering::SeqCst), call, "{row}: one connection per call, no second try");
        }
    }
}

#[tokio::test]
async fn without_a_connection_the_body_is_not_asked_for() {
    let (port, connections) = server(OK, 0).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for (row, port, later, told) in [
        ("nobody listens", free, "127.0.0.1", "upstream.connect"),
        ("refused meanwhile", port, "8.8.8.8", "residency.loopback"),
        ("moved away meanwhile", port, "127.0.0.2", "residency.revoked"),
    ] {
        let network = Network::new(&[&["127.0.0.1"], &[later]]);
        let door = network.door(port);
        let resident = door.judge(NAME).await.unwrap();
        let pool = pool(&door.entry(NAME).unwrap().line, &resident.judgement);
        network.forward(31);
        let polls = Arc::new(AtomicUsize::new(0));
        let body = Counted(Some(Bytes::from_static(b"SOAP")), polls.clone());
        let not_done = exchange(&pool, &resident.uri, &[("soapaction", "\"\"")], body).await.unwrap_err();
        assert_eq!((not_done.reason.code(), polls.load(Ordering::SeqCst)), (told, 0), "{row}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
