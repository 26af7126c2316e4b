//! One DNS query to one server: over UDP, and again over TCP when the answer is truncated.
//!
//! Identifiers, the case of the letters and (by the kernel) the local port are random, so that an answer forged from
//! elsewhere has to guess them. Every question has a socket of its own. There is no EDNS: an answer of more than 512
//! bytes comes by TCP, where it cannot be forged piece by piece.

use std::io;
use std::net::SocketAddr;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

use super::{NoAnswer, Sockets};

/// A server, and until when it may answer.
pub(super) struct Server<'a> {
    pub(super) address: SocketAddr,
    pub(super) sockets: &'a dyn Sockets,
    pub(super) deadline: Instant,
}

/// Why a server gave no answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failure {
    /// The server did not answer; another one may be asked.
    Silence(NoAnswer),
    /// The server gave an answer that is refused; no other server is asked.
    Refusal(NoAnswer),
}

impl Server<'_> {
    /// The server's answer about `name`; its code and records are not judged yet.
    pub(super) async fn ask(&self, name: &Name, kind: RecordType) -> Result<Message, Failure> {
        match self.by_udp(&Question::new(name, kind)?).await? {
            Heard::Answer(message) => Ok(message),
            Heard::ByTcp(otherwise) => {
                match timeout_at(self.deadline, self.by_tcp(&Question::new(name, kind)?)).await {
                    Ok(Ok(message)) => Ok(message),
                    Ok(Err(TcpFailure::Refused(why))) => Err(Failure::Refusal(why)),
                    Ok(Err(TcpFailure::Io)) | Err(_) => Err(Failure::Refusal(otherwise)),
                }
            }
        }
    }

    /// Sends the question, and sends it again when half of the time is over: datagrams get lost.
    async fn by_udp(&self, question: &Question) -> Result<Heard, Failure> {
        let late = |_| Failure::Silence(NoAnswer::Timeout);
        let socket = timeout_at(self.deadline, self.sockets.udp(self.address)).await.map_err(late)?.map_err(silence)?;
        self.confirm(socket.peer_addr()).map_err(Failure::Refusal)?;
        let pause = self.deadline.saturating_duration_since(Instant::now()) / SENDINGS;
        let mut nonsense = false;
        for _ in 0..SENDINGS {
            socket.send(&question.bytes).await.map_err(silence)?;
            if let Ok(heard) = timeout(pause, hear(&socket, question, &mut nonsense)).await {
                return heard;
            }
        }
        Err(if nonsense { Failure::Refusal(NoAnswer::Malformed) } else { Failure::Silence(NoAnswer::Timeout) })
    }

    async fn by_tcp(&self, question: &Question) -> Result<Message, TcpFailure> {
        let mut stream = self.sockets.tcp(self.address).await?;
        self.confirm(stream.peer_addr()).map_err(TcpFailure::Refused)?;
        let answer = converse(&mut stream, &question.bytes).await?;
        match question.check(&answer) {
            Check::Answer { message, .. } => Ok(message),
            Check::CutOff => Err(TcpFailure::Refused(NoAnswer::Truncated)),
            Check::NotOurs | Check::Malformed => Err(TcpFailure::Refused(NoAnswer::Malformed)),
        }
    }

    /// The door has confirmed the peer; this is the second look.
    fn confirm(&self, peer: io::Result<SocketAddr>) -> Result<(), NoAnswer> {
        let same = |peer: SocketAddr| peer.ip() == self.address.ip() && peer.port() == self.address.port();
        if peer.is_ok_and(same) { Ok(()) } else { Err(NOT_PERMITTED) }
    }
}

enum Heard {
    Answer(Message),
    /// The query must be repeated over TCP; the reason if that fails.
    ByTcp(NoAnswer),
}

enum TcpFailure {
    Io,
    Refused(NoAnswer),
}

impl From<io::Error> for TcpFailure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::PermissionDenied { Self::Refused(NOT_PERMITTED) } else { Self::Io }
    }
}

fn silence(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Failure::Refusal(NOT_PERMITTED),
        _ => Failure::Silence(NoAnswer::Unreachable),
    }
}

/// Waits for the answer. What does not carry our identifier may be a forgery, and the true answer may still come.
async fn hear(socket: &UdpSocket, question: &Question, nonsense: &mut bool) -> Result<Heard, Failure> {
    let mut datagram = [0; MAX_DATAGRAM];
    loop {
        let length = socket.recv(&mut datagram).await.map_err(silence)?;
        match question.check(datagram.get(..length).unwrap_or_default()) {
            Check::Answer { message, same_case: true } => return Ok(Heard::Answer(message)),
            Check::Answer { same_case: false, .. } => return Ok(Heard::ByTcp(NoAnswer::Malformed)),
            Check::CutOff => return Ok(Heard::ByTcp(NoAnswer::Truncated)),
            Check::Malformed => return Err(Failure::Refusal(NoAnswer::Malformed)),
            Check::NotOurs => *nonsense = true,
        }
    }
}

/// One question and one answer, each after its length (RFC 1035, 4.2.2).
async fn converse(stream: &mut TcpStream, question: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    let framed = [&length.to_be_bytes(), question].concat();
    stream.write_all(&framed).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// A question as it was sent.
struct Question {
    id: u16,
    query: Query,
    bytes: Vec<u8>,
}

enum Check {
    Answer {
        message: Message,
        /// Whether the name came back letter for letter. Old servers send it in lower case; so may a forger.
        same_case: bool,
    },
    CutOff,
    NotOurs,
    Malformed,
}

impl Question {
    fn new(name: &Name, kind: RecordType) -> Result<Self, Failure> {
        let mut query = Query::query(name.clone(), kind);
        query.name.randomize_label_case();
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        let bytes = message.to_vec().map_err(|_| Failure::Refusal(NoAnswer::Refused("bad_name")))?;
        Ok(Self { id: message.metadata.id, query, bytes })
    }

    fn check(&self, bytes: &[u8]) -> Check {
        let Some((&[high, low, flags], _)) = bytes.split_first_chunk() else { return Check::NotOurs };
        if u16::from_be_bytes([high, low]) != self.id {
            return Check::NotOurs;
        }
        if flags & TRUNCATION != 0 {
            return Check::CutOff; // perhaps in the middle of a record, so it is not read
        }
        let Ok(message) = Message::from_vec(bytes) else { return Check::Malformed };
        let metadata = &message.metadata;
        let [query] = message.queries.as_slice() else { return Check::Malformed };
        let answers = metadata.message_type == MessageType::Response && metadata.op_code == OpCode::Query;
        let ours = query.query_type == self.query.query_type && query.query_class == DNSClass::IN;
        if !(answers && ours && query.name == self.query.name) {
            return Check::Malformed;
        }
        let same_case = query.name.eq_case(&self.query.name);
        Check::Answer { message, same_case }
    }
}

const NOT_PERMITTED: NoAnswer = NoAnswer::Refused("not_permitted");
const SENDINGS: u32 = 2;
/// A server that is not told otherwise sends at most 512 bytes.
const MAX_DATAGRAM: usize = 4096;
/// In the third byte of the header (RFC 1035, 4.1.1).
const TRUNCATION: u8 = 0b10;
