//! A connection ends with the judgement that opened it: idle, busy, in a pool, in the middle of a handshake.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::civil::date;
use qaqpa_residency::EndpointKind;
use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};
use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::network::{Counting, HOST, NAME, Network};
use crate::dial::{Door, Stream};

const REVOKED: &str = "residency.revoked";

/// Two streams; a third to an address that stays.
#[tokio::test]
async fn idle_and_busy_streams_end_at_once() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.1"], &["8.8.8.8"]]);
    let door = network.door(listener.port());
    let mut idle = door.connect(NAME).await.unwrap();
    let mut busy = door.connect(NAME).await.unwrap();
    let idle = tokio::spawn(async move { idle.read_u8().await.unwrap_err().to_string() });
    let busy = tokio::spawn(async move {
        let chunk = vec![7; 64 << 10];
        loop {
            if let Err(error) = busy.write_all(&chunk).await {
                return (error.to_string(), busy);
            }
        }
    });
    while listener.heard().await.1 == 0 {}
    assert!(!idle.is_finished() && !busy.is_finished());
    network.forward(31);
    assert_eq!(door.judge(NAME).await.err().unwrap().reason.code(), "residency.loopback");
    assert_eq!(idle.await.unwrap(), REVOKED);
    let (error, mut busy) = busy.await.unwrap();
    assert_eq!(error, REVOKED);
    assert_eq!(busy.read_u8().await.unwrap_err().to_string(), REVOKED, "and whatever is tried next");
    assert_eq!(busy.flush().await.unwrap_err().to_string(), REVOKED);
    drop(busy);
    listener.until_ended(2).await;
}

#[tokio::test]
async fn only_what_leads_to_a_lost_address_ends() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.1"], &["127.0.0.1", "127.0.0.2"], &["127.0.0.2"]]);
    let door = network.door(listener.port());
    let mut stream = door.connect(NAME).await.unwrap();
    for (step, error) in [("renewed", None), ("moved away", Some(REVOKED))] {
        network.forward(31);
        door.judge(NAME).await.unwrap();
        assert_eq!(stream.write_all(b"x").await.err().map(|error| error.to_string()).as_deref(), error, "{step}");
    }
}

#[tokio::test]
async fn silence_of_dns_ends_no_connection_for_a_while_and_begins_none() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.1"]]);
    let door = network.door(listener.port());
    let mut stream = door.connect(NAME).await.unwrap();
    network.silent.store(true, Ordering::Relaxed);
    for (seconds, error) in [(31, None), (200, None), (100, Some(REVOKED))] {
        network.forward(seconds);
        assert_eq!(door.judge(NAME).await.err().unwrap().reason.code(), "residency.no_address");
        assert_eq!(door.connect(NAME).await.err().unwrap().to_string(), "residency.no_address", "none begins");
        let written = stream.write_all(b"x").await.err().map(|error| error.to_string());
        assert_eq!(written.as_deref(), error, "{seconds} seconds later");
    }
}

#[tokio::test]
async fn a_pooled_connection_ends_before_anybody_asks_for_it() {
    let (port, mut ended) = server().await;
    let network = Network::new(&[&["127.0.0.1"], &["8.8.8.8"]]);
    let door = network.door(port);
    let client = Client::builder(TokioExecutor::new()).build(door.connector(NAME).unwrap());
    let uri: http::Uri = format!("http://{HOST}:{port}/").parse().unwrap();
    for _ in 0..3 {
        let request = http::Request::get(uri.clone()).body(Full::<Bytes>::default()).unwrap();
        let response = client.request(request).await.unwrap();
        http_body_util::BodyExt::collect(response).await.unwrap();
    }
    assert_eq!(network.questions(), 1);
    network.forward(31);
    assert!(door.judge(NAME).await.is_err());
    tokio::time::timeout(Duration::from_secs(2), ended.recv()).await.unwrap().unwrap();
    let request = http::Request::get(uri).body(Full::default()).unwrap();
    assert!(client.request(request).await.is_err());
    assert_eq!(network.questions(), 3, "the refusal was asked for again, and nothing dialled");
    assert!(ended.try_recv().is_err(), "one connection was all");
}

/// A server that answers; one message per connection that has ended.
async fn server() -> (u16, tokio::sync::mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, ended) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let told = told.clone();
            let answer = |_| async { Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(b"yes")))) };
            let service = hyper::service::service_fn(answer);
            tokio::spawn(async move {
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                let _ = told.send(());
            });
        }
    });
    (port, ended)
}

/// Tables of the made-up world, the state's network seen in this country.
fn world(country: &'static str) -> Arc<Tables> {
    let networks = NETWORKS.map(|network| match network.prefix {
        "195.12.112.0/22" => network.seen_in(country),
        _ => network,
    });
    let made = MadeUpTables::of(&networks, date(2026, 11, 10)).unwrap();
    let location = Location::parse_text(made.geoip.as_bytes(), made.geoip6.as_bytes()).unwrap();
    let forever = MaxAge { registry_days: 36_500, locations_days: 36_500, origins_days: 36_500 };
    Arc::new(Tables::new(Registry::embedded(), vec![location], Origins::embedded(), forever))
}

#[tokio::test]
async fn new_tables_judge_what_is_open() {
    let network = Network::new(&[&["195.12.113.29"]]);
    let url = format!("https://{HOST}/");
    let door: Door = network.door_to(&url, EndpointKind::Internet, rustls::RootCertStore::empty());
    let alone = Tables::new(Registry::embedded(), Vec::new(), Origins::embedded(), MaxAge::default());
    door.replace_tables(Arc::new(alone));
    assert_eq!(door.judge(NAME).await.err().unwrap().reason.code(), "residency.unconfirmed", "one table is not enough");
    door.replace_tables(world("KZ"));
    let resident = door.judge(NAME).await.unwrap();
    let line = &door.entry(NAME).unwrap().line;
    let lease = line.lease(resident.address()).unwrap();
    door.replace_tables(world("KZ"));
    assert!(lease.check().is_ok(), "the address passes by the new tables as well");
    door.replace_tables(world("DE"));
    assert_eq!(lease.check().unwrap_err().to_string(), REVOKED);
    assert_eq!(line.lease(resident.address()).unwrap_err().reason.code(), REVOKED, "nor is another one opened");
    assert_eq!(door.judge(NAME).await.err().unwrap().reason.code(), "residency.disagree");
    assert_eq!(network.questions(), 3, "tables judge the answer there was; only then is the name asked for again");
}

#[tokio::test]
async fn an_open_connection_is_judged_though_nobody_asks() {
    let listener = Counting::at("127.0.0.1:0").await;
    let network = Network::new(&[&["127.0.0.1"], &["127.0.0.1"], &["8.8.8.8"]]);
    let door = network.door(listener.port());
    let mut stream: Stream = door.connect(NAME).await.unwrap();
    let line = &door.entry(NAME).unwrap().line;
    for (row, seconds, asked, error) in
        [("too early", 29, 1, None), ("renewed", 2, 2, None), ("refused", 31, 3, Some(REVOKED))]
    {
        network.forward(seconds);
        assert!(line.look_after().await, "{row}: a connection is open");
        assert_eq!(network.questions(), asked, "{row}");
        assert_eq!(stream.write_all(b"x").await.err().map(|error| error.to_string()).as_deref(), error, "{row}");
    }
    drop(stream);
    assert!(!line.look_after().await, "nothing is left to look after");
}
