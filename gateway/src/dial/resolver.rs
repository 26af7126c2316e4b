//! The DNS client. Asks judged servers for every address of a name, and believes an answer only when all of it can be
//! believed.
//!
//! It opens no sockets: they come from [`Sockets`], which the door implements and which refuses a server that was not
//! judged. It remembers nothing, reads no hosts file and adds no search list: every judgement asks anew, and a name is
//! asked for as it stands. A and AAAA are asked for side by side; when one of them fails, is cut off or is malformed,
//! there is no answer, because the addresses that are missing might be the ones abroad. The next server is asked only
//! when the one before said nothing at all; what a server has said is never put to a second one.
//!
//! The messages are hickory's; the exchange is ours, because hickory's resolver answers `localhost` by itself, shares
//! queries in flight, asks the next server after a failed TCP connection, and spends its time limit on the first one.
//!
//! `shep.example.kz` asked of `195.12.113.10:53` gives `Answer { addresses: [195.12.113.29], aliases: [] }`.

mod ask;
mod read;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hickory_proto::rr::{Name, RecordType};
use qaqpa_residency::Answer;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::Instant;

use ask::{Failure, Server};
use read::{Part, read};

/// Asks for the addresses of a name: [`DnsClient`], or a table in tests and the demo.
pub trait Resolve: Send + Sync {
    /// All addresses of `host`, and the names it was an alias of. The future may be dropped at any time.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>>;
}

/// Opens the DNS client's sockets. A server that was not judged is refused with [`io::ErrorKind::PermissionDenied`].
pub trait Sockets: Send + Sync {
    /// A connection to `server`.
    fn tcp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
    /// A socket at a local port of the system's choice, connected to `server`, so that the kernel drops what others
    /// send and reports a port that is closed.
    fn udp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<UdpSocket>>;
}

/// Why there is no answer. Nothing is dialled then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// NXDOMAIN, or no address of either family.
    #[error("the name has no address")]
    NotFound,
    /// SERVFAIL, REFUSED or any other code for one of the families.
    #[error("the DNS server could or would not answer")]
    ServerFailure,
    /// No server answered, or one answered for one family only.
    #[error("the DNS server did not answer in time")]
    Timeout,
    /// No server's port is open.
    #[error("the DNS server cannot be reached")]
    Unreachable,
    /// The answer did not fit a datagram and could not be had over TCP.
    #[error("the DNS server cut its answer off and gave no whole one over TCP")]
    Truncated,
    /// The answer is malformed or answers another query.
    #[error("the DNS server sent what is not an answer to the question")]
    Malformed,
    /// No server is configured.
    #[error("no DNS server is configured")]
    NoResolver,
    /// We refuse to ask or to believe: `not_permitted`, `bad_name`, `alias_loop`, `too_many_aliases`,
    /// `too_many_addresses`.
    #[error("the name is not resolved: {0}")]
    Refused(&'static str),
}

impl NoAnswer {
    /// One stable word for evidence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::ServerFailure => "server_failure",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::NoResolver => "no_resolver",
            Self::Refused(word) => word,
        }
    }
}

/// Asks its servers in the order given.
pub struct DnsClient {
    servers: Vec<SocketAddr>,
    sockets: Arc<dyn Sockets>,
    timeout: Duration,
}

impl DnsClient {
    /// Default timeout for all servers together: 5 s.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// A client of `servers`; each has its equal share of `timeout`.
    #[must_use]
    pub fn new(servers: Vec<SocketAddr>, sockets: Arc<dyn Sockets>, timeout: Duration) -> Self {
        Self { servers, sockets, timeout }
    }

    async fn ask(&self, host: &str) -> Result<Answer, NoAnswer> {
        let name = question(host)?;
        let share = self.timeout / u32::try_from(self.servers.len()).unwrap_or(u32::MAX).max(1);
        let mut silence = NoAnswer::NoResolver;
        for &address in &self.servers {
            let server = Server { address, sockets: self.sockets.as_ref(), deadline: Instant::now() + share };
            match both(&server, &name).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Refusal(refusal)) => return Err(refusal),
                Err(Failure::Silence(why)) => silence = why,
            }
        }
        Err(silence)
    }
}

impl Resolve for DnsClient {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>> {
        Box::pin(self.ask(host))
    }
}

/// Both families from one server. Silence is silence of both: a server that answers half is not passed over.
async fn both(server: &Server<'_>, name: &Name) -> Result<Answer, Failure> {
    match tokio::join!(family(server, name, RecordType::A), family(server, name, RecordType::AAAA)) {
        (Ok(a), Ok(aaaa)) => merge(a, aaaa).map_err(Failure::Refusal),
        (Err(Failure::Silence(why)), Err(Failure::Silence(_))) => Err(Failure::Silence(why)),
        (Err(Failure::Refusal(why)), _) | (_, Err(Failure::Refusal(why))) => Err(Failure::Refusal(why)),
        (Err(Failure::Silence(why)), Ok(_)) | (Ok(_), Err(Failure::Silence(why))) => Err(Failure::Refusal(why)),
    }
}

async fn family(server: &Server<'_>, name: &Name, kind: RecordType) -> Result<Part, Failure> {
    let message = server.ask(name, kind).await?;
    read(name, &message).map_err(Failure::Refusal)
}

fn merge(a: Part, aaaa: Part) -> Result<Answer, NoAnswer> {
    let mut answer = Answer { addresses: Vec::new(), aliases: a.aliases };
    for alias in aaaa.aliases {
        if !answer.aliases.contains(&alias) {
            answer.aliases.push(alias);
        }
    }
    for address in a.addresses.into_iter().chain(aaaa.addresses) {
        if !answer.addresses.contains(&address) {
            answer.addresses.push(address);
        }
        if answer.addresses.len() > MAX_ADDRESSES {
            return Err(NoAnswer::Refused("too_many_addresses"));
        }
    }
    if answer.addresses.is_empty() { Err(NoAnswer::NotFound) } else { Ok(answer) }
}

/// The name as it is asked for: absolute, and nothing but letters, digits, `-` and `_` between its dots.
fn question(host: &str) -> Result<Name, NoAnswer> {
    const BAD: NoAnswer = NoAnswer::Refused("bad_name");
    let host = host.strip_suffix('.').unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if host.is_empty() || !host.bytes().all(plain) || host.parse::<IpAddr>().is_ok() {
        return Err(BAD);
    }
    let mut name = Name::from_ascii(host).map_err(|_| BAD)?.to_lowercase();
    name.set_fqdn(true);
    Ok(name)
}

/// More are refused: nobody needs them, and each is judged.
const MAX_ADDRESSES: usize = 64;
