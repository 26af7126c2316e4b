//! What the door is tried with: a clock and names in the test's hand, and listeners that count.
//!
//! Example: `let network = Network::new(&[&["127.0.0.1"], &["8.8.8.8"]]);` and `network.forward(31)`.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use qaqpa_residency::{Answer, Endpoint, EndpointKind, EndpointRule, Plane, Tables};
use rustls::RootCertStore;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::dial::{Door, Names, NoAnswer, Resolve, Target, Trust};

pub(super) const NAME: &str = "shep";
pub(super) const HOST: &str = "shep.example.kz";

/// Answers to the one name there is, one after the other; the last stays.
#[derive(Clone, Default)]
pub(super) struct Network {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    pub(super) asked: Arc<AtomicUsize>,
    /// DNS says nothing.
    pub(super) silent: Arc<AtomicBool>,
    ahead: Arc<AtomicI64>,
}

impl Network {
    pub(super) fn new(answers: &[&[&str]]) -> Self {
        let address = |text: &&str| text.parse().unwrap();
        let answers = answers.iter().map(|answer| answer.iter().map(address).collect()).collect();
        Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() }
    }

    /// Lets the door's time pass; the runtime's stays.
    pub(super) fn forward(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn questions(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    #[expect(clippy::disallowed_methods, reason = "certificates live in real time")]
    pub(super) fn clock(&self) -> Clock {
        let (ahead, made) = (self.ahead.clone(), Instant::now());
        let elapsed = move || made.elapsed() + Duration::from_secs(ahead.load(Ordering::Relaxed).unsigned_abs());
        Clock::of(SystemTime::now, elapsed)
    }

    /// A door with one way: plain, on this machine, by name.
    pub(super) fn door(&self, port: u16) -> Door {
        self.door_to(&format!("http://{HOST}:{port}/"), EndpointKind::DevelopmentLoopback, RootCertStore::empty())
    }

    pub(super) fn door_to(&self, url: &str, kind: EndpointKind, trust: impl Into<Trust>) -> Door {
        let second = Duration::from_secs(1);
        let target = Target::new(endpoint(url, kind), Vec::new(), trust, (2 * second, 4 * second)).unwrap();
        let targets = BTreeMap::from([(NAME.to_owned(), target)]);
        Door::new(targets, Arc::new(Tables::embedded()), Names::Given(Arc::new(self.clone())), self.clock())
    }
}

pub(super) fn endpoint(url: &str, kind: EndpointKind) -> Endpoint {
    declared(NAME, url, Plane::Upstream, kind)
}

/// A DNS server on this machine.
pub(super) fn dns(url: &str) -> Endpoint {
    declared("dns-1", url, Plane::Support, EndpointKind::DevelopmentLoopback)
}

fn declared(name: &str, url: &str, plane: Plane, kind: EndpointKind) -> Endpoint {
    let rule = EndpointRule {
        name: name.to_owned(),
        url: url.to_owned(),
        plane,
        kind,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    };
    Endpoint::parse(rule).unwrap()
}

impl Resolve for Network {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>> {
        assert!(host == HOST || host == "localhost", "only the declared name is asked for, not {host}");
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(NoAnswer::Timeout)));
        }
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        drop(answers);
        Box::pin(async {
            tokio::task::yield_now().await; // so that questions overlap
            Ok(Answer { addresses: answer.unwrap_or_default(), aliases: Vec::new() })
        })
    }
}

/// Accepts everybody, says nothing, counts.
pub(super) struct Counting {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Counting {
    pub(super) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let counting = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            bytes: Arc::default(),
            ended: Arc::default(),
        };
        let (connections, bytes, ended) =
            (counting.connections.clone(), counting.bytes.clone(), counting.ended.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (bytes, ended) = (bytes.clone(), ended.clone());
                tokio::spawn(async move {
                    let mut room = [0; 1024];
                    while let Ok(read @ 1..) = stream.read(&mut room).await {
                        bytes.fetch_add(read, Ordering::SeqCst);
                    }
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        counting
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections and bytes so far, a moment later.
    pub(super) async fn heard(&self) -> (usize, usize) {
        tokio::time::sleep(Duration::from_millis(30)).await;
        (self.connections.load(Ordering::SeqCst), self.bytes.load(Ordering::SeqCst))
    }

    /// Waits until so many connections have ended.
    pub(super) async fn until_ended(&self, wanted: usize) {
        let ended = async {
            while self.ended.load(Ordering::SeqCst) < wanted {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), ended).await.expect("a connection goes on");
    }
}
