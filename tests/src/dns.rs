//! A DNS server for tests: UDP and TCP of one loopback port, and for each name a script of what is said to each asking.
//!
//! An asking is A and AAAA together, as one judgement asks them: both are told the first [`Reply`], then both the
//! second, and the last one stays. A question sent again, or put again by TCP, belongs to the asking before it. Names
//! without a script do not exist. It recurses to nobody, and stops when it is dropped.
//!
//! ```no_run
//! # async fn example() {
//! use qaqpa_tests::dns::{Dns, Reply};
//!
//! let dns = Dns::start().await;
//! dns.answer("shep.example.kz", &[Reply::with(&["195.12.113.29"]), Reply::with(&["8.8.8.8"]).ttl(0)]);
//! let server = dns.address(); // give it to the gateway
//! assert_eq!(dns.asked("shep.example.kz"), 0);
//! # }
//! ```

mod reply;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_proto::op::Message;
use hickory_proto::rr::RecordType;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

pub use reply::Reply;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// The server.
pub struct Dns {
    address: SocketAddr,
    scripts: Scripts,
    _serving: JoinSet<()>,
}

impl Dns {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), true).await
    }

    /// As [`Dns::start`]; TCP connections are refused.
    pub async fn start_without_tcp() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), false).await
    }

    /// Listens on a free port of `address`, a loopback one, by UDP and, if wanted, by TCP.
    pub async fn start_at(address: IpAddr, tcp: bool) -> Self {
        let (listener, socket) = one_port(address).await;
        let address = socket.local_addr().unwrap();
        let scripts = Scripts::default();
        let mut serving = JoinSet::new();
        serving.spawn(serve_udp(socket, scripts.clone()));
        if tcp {
            serving.spawn(serve_tcp(listener, scripts.clone()));
        }
        Self { address, scripts, _serving: serving }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says this about `host`, one reply per asking; the last stays. What was counted before is forgotten.
    pub fn answer(&self, host: &str, replies: &[Reply]) {
        let script = Script { replies: replies.to_vec(), ..Script::default() };
        self.scripts.0.lock().unwrap().insert(host.to_ascii_lowercase(), script);
    }

    /// How many questions about `host` came, of every type and by every transport.
    #[must_use]
    pub fn asked(&self, host: &str) -> usize {
        self.scripts.0.lock().unwrap().get(host).map_or(0, |script| script.asked.values().sum())
    }

    /// How many questions about `host` of this type came by this transport.
    #[must_use]
    pub fn asked_by(&self, host: &str, kind: RecordType, transport: Transport) -> usize {
        let scripts = self.scripts.0.lock().unwrap();
        scripts.get(host).and_then(|script| script.asked.get(&(kind, transport))).copied().unwrap_or_default()
    }

    /// Every name that was asked for, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let scripts = self.scripts.0.lock().unwrap();
        let mut names: Vec<_> =
            scripts.iter().filter(|(_, script)| !script.asked.is_empty()).map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}

#[expect(clippy::disallowed_methods, reason = "the other end of the door: a server of the test")]
async fn one_port(address: IpAddr) -> (TcpListener, UdpSocket) {
    loop {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            return (listener, socket);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the other end of the door: a server of the test")]
async fn serve_udp(socket: UdpSocket, scripts: Scripts) {
    let mut datagram = [0; 4096];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut datagram).await else { continue };
        let question = datagram.get(..length).unwrap_or_default();
        if let Some(answer) = scripts.reply(question, from, Transport::Udp) {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

async fn serve_tcp(listener: TcpListener, scripts: Scripts) {
    let mut connections = JoinSet::new();
    while let Ok((stream, from)) = listener.accept().await {
        let scripts = scripts.clone();
        connections.spawn(async move { converse(stream, from, &scripts).await });
    }
}

async fn converse(mut stream: TcpStream, from: SocketAddr, scripts: &Scripts) -> io::Result<()> {
    loop {
        let mut question = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut question).await?;
        let Some(answer) = scripts.reply(&question, from, Transport::Tcp) else { return Ok(()) };
        stream.write_u16(answer.len().try_into().unwrap()).await?;
        stream.write_all(&answer).await?;
    }
}

#[derive(Clone, Default)]
struct Scripts(Arc<Mutex<HashMap<String, Script>>>);

#[derive(Default)]
struct Script {
    replies: Vec<Reply>,
    told: HashMap<RecordType, usize>,
    last: HashMap<RecordType, (u16, SocketAddr)>,
    asked: HashMap<(RecordType, Transport), usize>,
}

impl Scripts {
    fn reply(&self, question: &[u8], from: SocketAddr, transport: Transport) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).ok()?;
        let query = question.queries.first()?.clone();
        let host = query.name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let mut scripts = self.0.lock().unwrap();
        let reply = scripts.entry(host).or_default().next(query.query_type, transport, (question.metadata.id, from));
        reply.say(question.metadata.id, &query, transport)
    }
}

impl Script {
    fn next(&mut self, kind: RecordType, transport: Transport, question: (u16, SocketAddr)) -> Reply {
        *self.asked.entry((kind, transport)).or_default() += 1;
        let told = self.told.entry(kind).or_default();
        if transport == Transport::Udp && self.last.insert(kind, question) != Some(question) {
            *told += 1;
        }
        let turn = told.saturating_sub(1).min(self.replies.len().saturating_sub(1));
        let reply = self.replies.get(turn).cloned().unwrap_or_else(Reply::no_such_name);
        reply.to(kind)
    }
}
