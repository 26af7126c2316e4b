//! Whose sockets are used, and what a stranger at the other end can do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use qaqpa_gateway::dial::{DnsClient, NoAnswer, Resolve, Sockets};
use qaqpa_tests::dns::{Dns, Reply, Transport};
use tokio::net::{TcpStream, UdpSocket};

use crate::{HOST, Judged, LONG, SHORT, V4, ask, found};

#[tokio::test]
async fn a_server_that_was_not_judged_hears_nothing() {
    let (judged, other) = (Dns::start().await, Dns::start().await);
    judged.answer(HOST, &[Reply::with(&[V4])]);
    other.answer(HOST, &[Reply::with(&[V4])]);
    let sockets = Judged::new(&[judged.address()]);
    let client = DnsClient::new(vec![other.address(), judged.address()], sockets.clone(), LONG);
    assert_eq!(client.resolve(HOST).await, Err(NoAnswer::Refused("not_permitted")));
    assert_eq!((other.asked(HOST), judged.asked(HOST)), (0, 0));
    assert!(sockets.opened.lock().unwrap().is_empty());
}

/// A door that is wrong: whoever is asked for, its sockets lead to `.0`.
struct Astray(SocketAddr);

impl Sockets for Astray {
    fn tcp(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(self.0))
    }

    fn udp(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<UdpSocket>> {
        Box::pin(async move {
            let socket = UdpSocket::bind("127.0.0.1:0").await?;
            socket.connect(self.0).await?;
            Ok(socket)
        })
    }
}

#[tokio::test]
async fn a_socket_to_somebody_else_is_not_used() {
    let (meant, astray) = (Dns::start().await, Dns::start().await);
    astray.answer(HOST, &[Reply::with(&[V4])]);
    let client = DnsClient::new(vec![meant.address()], Arc::new(Astray(astray.address())), LONG);
    assert_eq!(client.resolve(HOST).await, Err(NoAnswer::Refused("not_permitted")));
    assert_eq!(astray.asked(HOST), 0);
}

#[tokio::test]
async fn sockets_are_opened_to_the_server_only_and_to_a_new_port_each() {
    let dns = Dns::start().await;
    dns.answer(HOST, &[Reply::with(&[V4]).truncated()]);
    let sockets = Judged::new(&[dns.address()]);
    let client = DnsClient::new(vec![dns.address()], sockets.clone(), LONG);
    for _ in 0..20 {
        client.resolve(HOST).await.unwrap();
    }
    let opened = sockets.opened.lock().unwrap().clone();
    assert_eq!(opened.iter().filter(|open| **open == (Transport::Udp, dns.address())).count(), 40);
    assert_eq!(opened.iter().filter(|open| **open == (Transport::Tcp, dns.address())).count(), 40);
    assert_eq!(opened.len(), 80);
    let mut ports = sockets.locals.lock().unwrap().clone();
    ports.sort_unstable();
    ports.dedup();
    assert!(ports.len() > 30, "{} ports for 40 questions", ports.len());
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_the_question_with_it() {
    let dns = Dns::start().await;
    dns.answer(HOST, &[Reply::silence()]);
    let client = DnsClient::new(vec![dns.address()], Judged::new(&[dns.address()]), 4 * SHORT);
    assert!(tokio::time::timeout(SHORT, client.resolve(HOST)).await.is_err());
    let asked = dns.asked(HOST);
    tokio::time::sleep(4 * SHORT).await;
    assert_eq!((asked, dns.asked(HOST)), (2, 2), "nothing was sent after that");
}

#[tokio::test]
async fn a_forged_answer_before_the_true_one_is_passed_over() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let serving = tokio::spawn(async move {
        loop {
            let mut bytes = [0; 512];
            let (length, from) = server.recv_from(&mut bytes).await.unwrap();
            let mut answer = bytes[..length].to_vec();
            answer[2] |= 0x80;
            if answer[length - 3] == 1 {
                answer[7] = 1; // one answer: A, a pointer to the name asked for
                answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 195, 12, 113, 29]);
            }
            let mut forged = answer.clone();
            if let Some(last) = forged.last_mut() {
                *last = 66;
            }
            stranger.send_to(&forged, from).await.unwrap(); // right identifier, wrong sender
            forged[1] ^= 1;
            server.send_to(&forged, from).await.unwrap(); // right sender, wrong identifier
            server.send_to(&[], from).await.unwrap();
            server.send_to(&answer, from).await.unwrap();
        }
    });
    assert_eq!(ask(&[address], LONG, HOST).await, found(&[V4], &[]));
    serving.abort();
}

#[tokio::test]
async fn names_are_sent_in_random_case_and_identifiers_differ() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let seen = tokio::spawn(async move {
        let mut seen = Vec::new();
        for _ in 0..16 {
            let mut bytes = [0; 512];
            let length = server.recv(&mut bytes).await.unwrap();
            seen.push(bytes[..length].to_vec());
        }
        (server, seen)
    });
    for _ in 0..8 {
        let asked = ask(&[address], SHORT / 40, HOST).await;
        assert_eq!(asked, Err(NoAnswer::Timeout));
    }
    let (_server, seen) = seen.await.unwrap();
    let mixed = seen.iter().filter(|bytes| bytes.iter().skip(12).any(u8::is_ascii_uppercase)).count();
    let mut ids: Vec<_> = seen.iter().map(|bytes| [bytes[0], bytes[1]]).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(mixed > 12 && ids.len() > 6, "{mixed} in mixed case, {} identifiers", ids.len());
}
