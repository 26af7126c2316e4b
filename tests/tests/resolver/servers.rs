//! Which server is asked, how often, by what transport, and how long.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;
use qaqpa_gateway::dial::NoAnswer;
use qaqpa_tests::dns::{Dns, Reply, Transport};
use tokio::net::{TcpListener, UdpSocket};

use crate::{ABROAD, HOST, LONG, SHORT, V4, V6, ask, found};

#[tokio::test]
async fn the_next_server_is_asked_only_after_silence() {
    let here = || found(&[V4], &[]);
    let table = [
        ("silence of both families", here(), 2, Reply::silence()),
        ("an answer", found(&[ABROAD], &[]), 0, Reply::with(&[ABROAD])),
        ("no such name", Err(NoAnswer::NotFound), 0, Reply::no_such_name()),
        ("no data", Err(NoAnswer::NotFound), 0, Reply::nothing()),
        ("failure", Err(NoAnswer::ServerFailure), 0, Reply::failure()),
        ("refused", Err(NoAnswer::ServerFailure), 0, Reply::refused()),
        ("half an answer", Err(NoAnswer::Timeout), 0, Reply::each(Reply::with(&[V4]), Reply::silence())),
        ("garbage", Err(NoAnswer::Malformed), 0, Reply::garbage()),
        ("a wrong identifier", Err(NoAnswer::Malformed), 0, Reply::with(&[V4]).wrong_id()),
        ("cut off, and TCP hangs up", Err(NoAnswer::Truncated), 0, Reply::with(&[V4]).hangs_up()),
    ];
    let (first, second) = (Dns::start().await, Dns::start().await);
    for (case, wanted, asked, reply) in table {
        first.answer(HOST, &[reply]);
        second.answer(HOST, &[Reply::with(&[V4])]);
        assert_eq!(ask(&[first.address(), second.address()], 4 * SHORT, HOST).await, wanted, "{case}");
        assert_eq!(second.asked(HOST), asked, "{case}");
    }
}

#[tokio::test]
async fn a_closed_port_is_passed_over_at_once() {
    let (closed, dns) = ("127.0.0.77:9".parse().unwrap(), Dns::start().await);
    dns.answer(HOST, &[Reply::with(&[V4])]);
    let since = Instant::now();
    assert_eq!(ask(&[closed, dns.address()], LONG, HOST).await, found(&[V4], &[]));
    assert_eq!(ask(&[closed], LONG, HOST).await, Err(NoAnswer::Unreachable));
    assert!(since.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn an_answer_cut_off_by_a_server_without_tcp_is_refused() {
    let (dns, next) = (Dns::start_without_tcp().await, Dns::start().await);
    dns.answer(HOST, &[Reply::with(&[V4]).truncated()]);
    next.answer(HOST, &[Reply::with(&[V4])]);
    let since = Instant::now();
    assert_eq!(ask(&[dns.address(), next.address()], LONG, HOST).await, Err(NoAnswer::Truncated));
    assert_eq!(next.asked(HOST), 0);
    assert!(since.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_time_limit_is_for_all_servers_together() {
    let servers = [Dns::start().await, Dns::start().await, Dns::start().await];
    let addresses: Vec<_> = servers.iter().map(Dns::address).collect();
    for dns in &servers {
        dns.answer(HOST, &[Reply::silence()]);
    }
    let since = Instant::now();
    assert_eq!(ask(&addresses, 3 * SHORT, HOST).await, Err(NoAnswer::Timeout));
    assert!(since.elapsed() < 6 * SHORT);
    for dns in &servers {
        assert_eq!(dns.asked_by(HOST, RecordType::A, Transport::Udp), 2, "sent, and sent again");
    }
}

#[tokio::test]
async fn no_server_is_no_answer() {
    assert_eq!(ask(&[], SHORT, HOST).await, Err(NoAnswer::NoResolver));
}

#[tokio::test]
async fn a_server_over_ipv6_is_asked_by_both_transports() {
    let dns = Dns::start_at(Ipv6Addr::LOCALHOST.into(), true).await;
    dns.answer(HOST, &[Reply::with(&[V4, V6]).truncated()]);
    assert_eq!(ask(&[dns.address()], LONG, HOST).await, found(&[V4, V6], &[]));
    assert_eq!(dns.asked_by(HOST, RecordType::AAAA, Transport::Tcp), 1);
}

#[tokio::test]
async fn tcp_that_says_nothing_is_not_waited_for_longer_than_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap(); // the kernel accepts; nobody reads
    let address = listener.local_addr().unwrap();
    let server = UdpSocket::bind(address).await.unwrap();
    let serving = tokio::spawn(async move {
        loop {
            let mut bytes = [0; 512];
            let (length, from) = server.recv_from(&mut bytes).await.unwrap();
            bytes[2] |= 0x82; // an answer, cut off
            server.send_to(&bytes[..length], from).await.unwrap();
        }
    });
    let since = Instant::now();
    assert_eq!(ask(&[address], SHORT, HOST).await, Err(NoAnswer::Truncated));
    assert!(since.elapsed() < 4 * SHORT);
    serving.abort();
}
