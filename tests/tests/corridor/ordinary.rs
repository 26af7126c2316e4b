//! What an ordinary HTTP client does where the door does not: the traps are real, and the listeners of these tests hear.
//!
//! reqwest as it comes, with a resolver that refuses every name. It is a good client; it was not made to be held back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Refuses every name, and counts how often it was asked.
#[derive(Clone, Default)]
struct Refusing(Arc<AtomicUsize>);

impl Resolve for Refusing {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err::<Addrs, _>("no name is resolved here".into()) })
    }
}

/// Answers one request with `head`, and says what it heard.
fn listener(host: &str, head: String) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"a person's data") {
            let mut octets = [0; 4096];
            let count = stream.read(&mut octets).unwrap();
            heard.extend_from_slice(&octets[..count]);
        }
        stream.write_all(head.as_bytes()).unwrap();
        String::from_utf8(heard).unwrap()
    });
    (address, heard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "this is what the door is held against")]
async fn it_goes_where_no_resolver_was_asked_and_where_a_redirect_points() {
    let asked = Refusing::default();
    let client = reqwest::Client::builder().no_proxy().dns_resolver(asked.clone()).build().unwrap();
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (elsewhere, heard_elsewhere) = listener("127.0.0.2", ok.to_owned());
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let (here, heard_here) = listener("127.0.0.1", redirect);
    // An address in an odd spelling, which is normalised before anybody is asked.
    let answer =
        client.post(format!("http://2130706433:{}/", here.port())).body("a person's data").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(heard_here.join().unwrap().contains("a person's data"), "the address was reached");
    assert!(heard_elsewhere.join().unwrap().contains("a person's data"), "and so was the one the redirect named");
    assert_eq!(asked.0.load(Ordering::Relaxed), 0, "though every name would have been refused");
}
