//! PROXY protocol, versions 1 and 2 (HAProxy's `proxy-protocol.txt`): reads the address of the forwarded caller before
//! the first byte of TLS.
//!
//! Read to its last byte and not one further, within five seconds and a bounded length. Refuses whatever does not name
//! one TCP caller by address: `LOCAL`, `UNKNOWN`, Unix sockets, datagrams. Further fields (TLVs) are passed over.
//!
//! ```text
//! PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n      the caller is 195.12.113.29:51234
//! \r\n\r\n\0\r\nQUIT\n 21 11 000C ...                  the same in binary
//! ```

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A proxy writes its header in one piece, right after it has connected.
const WITHIN: Duration = Duration::from_secs(5);
/// Longest line of version 1, with its end (section 2.1).
const LONGEST_LINE: usize = 107;
/// Longest version 2 after its 16 fixed bytes: 36 bytes of addresses, the rest is for fields that are passed over.
const LONGEST_REST: usize = 1024;

/// Why a PROXY header names no caller; the proxy is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// Something else came first, a ClientHello for example.
    #[error("missing")]
    Missing,
    /// It begins as a PROXY header and is malformed.
    #[error("malformed")]
    Malformed,
    /// Longer than the bound of its version.
    #[error("long")]
    Long,
    /// Not complete within five seconds.
    #[error("slow")]
    Slow,
    /// Too many others were awaited, and this one was the oldest.
    #[error("displaced")]
    Displaced,
    /// The connection ended within it.
    #[error("cut")]
    Cut,
    /// The proxy speaks for itself (`LOCAL`).
    #[error("local")]
    Local,
    /// The header states no address (`UNKNOWN`, `AF_UNSPEC`).
    #[error("unspecified")]
    Unspecified,
    /// A Unix socket, which is no place.
    #[error("unix")]
    Unix,
    /// It names an address that is itself declared as a proxy's.
    #[error("another_proxy")]
    AnotherProxy,
    /// It names this machine, which no rule lists.
    #[error("loopback")]
    Loopback,
    /// It was believed, and the rule that declared its sender a proxy is gone.
    #[error("not_declared")]
    NotDeclared,
}

impl From<io::Error> for HeaderProblem {
    fn from(_: io::Error) -> Self {
        Self::Cut
    }
}

/// Reads one PROXY header off `stream` and returns the canonical address of the caller. What follows the header stays
/// unread.
///
/// # Errors
/// [`HeaderProblem`]: the connection must be cut.
pub(super) async fn caller(stream: &mut (impl AsyncRead + Unpin)) -> Result<SocketAddr, HeaderProblem> {
    tokio::time::timeout(WITHIN, read(stream)).await.unwrap_or(Err(HeaderProblem::Slow))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<SocketAddr, HeaderProblem> {
    let mut start = [0; 12]; // version 2's signature; the shortest line of version 1 is longer
    stream.read_exact(&mut start).await?;
    if start == v2::PROTOCOL_PREFIX {
        binary(stream).await
    } else if start.starts_with(b"PROXY ") {
        text(&start, stream).await
    } else {
        Err(HeaderProblem::Missing)
    }
}

/// Version 1 says nowhere how long it is: byte for byte to the end of the line, so that none of TLS is taken.
async fn text(start: &[u8], stream: &mut (impl AsyncRead + Unpin)) -> Result<SocketAddr, HeaderProblem> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST_LINE {
            return Err(HeaderProblem::Long);
        }
        line.push(stream.read_u8().await?);
    }
    match v1::Header::try_from(line.as_slice()) {
        Ok(header) if header.header.len() == line.len() => match header.addresses {
            v1::Addresses::Tcp4(tcp) => Ok(canonical(tcp.source_address, tcp.source_port)),
            v1::Addresses::Tcp6(tcp) => Ok(canonical(tcp.source_address, tcp.source_port)),
            v1::Addresses::Unknown => Err(HeaderProblem::Unspecified),
        },
        _ => Err(HeaderProblem::Malformed),
    }
}

/// Version 2 after its signature. What it is for is judged by its fixed bytes, before the rest is read or parsed.
async fn binary(stream: &mut (impl AsyncRead + Unpin)) -> Result<SocketAddr, HeaderProblem> {
    let mut fixed = [0; 4];
    stream.read_exact(&mut fixed).await?;
    let [command, family, high, low] = fixed;
    match (command, family) {
        (0x20, _) => return Err(HeaderProblem::Local),
        (0x21, 0x11 | 0x21) => {}
        (0x21, 0x31 | 0x32) => return Err(HeaderProblem::Unix),
        (0x21, 0x00..=0x02 | 0x10 | 0x20 | 0x30) => return Err(HeaderProblem::Unspecified),
        _ => return Err(HeaderProblem::Malformed),
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST_REST {
        return Err(HeaderProblem::Long);
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    let whole = [v2::PROTOCOL_PREFIX, &fixed, &rest].concat();
    match v2::Header::try_from(whole.as_slice()) {
        Ok(header) if header.tlvs().all(|field| field.is_ok()) => match header.addresses {
            v2::Addresses::IPv4(tcp) => Ok(canonical(tcp.source_address, tcp.source_port)),
            v2::Addresses::IPv6(tcp) => Ok(canonical(tcp.source_address, tcp.source_port)),
            v2::Addresses::Unix(_) => Err(HeaderProblem::Unix),
            v2::Addresses::Unspecified => Err(HeaderProblem::Unspecified),
        },
        _ => Err(HeaderProblem::Malformed),
    }
}

fn canonical(address: impl Into<IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(address.into().to_canonical(), port)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::HeaderProblem::*;
    use super::*;

    const AFTER: &[u8] = b"\x16\x03\x01";

    /// A version 2 header of `command` and `family` around `rest`.
    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [v2::PROTOCOL_PREFIX, &[command, family], &length, rest].concat()
    }

    fn tcp4(source: [u8; 4]) -> Vec<u8> {
        [&source[..], &[10, 0, 0, 5], &51234_u16.to_be_bytes(), &443_u16.to_be_bytes()].concat()
    }

    fn tcp6(source: &str) -> Vec<u8> {
        let source: std::net::Ipv6Addr = source.parse().unwrap();
        [&source.octets()[..], &[0; 16], &51234_u16.to_be_bytes(), &443_u16.to_be_bytes()].concat()
    }

    fn rows() -> Vec<(Result<&'static str, HeaderProblem>, Vec<u8>)> {
        let line = |text: &str| text.as_bytes().to_vec();
        let field = |bytes: &[u8]| [&tcp4([195, 12, 113, 29])[..], bytes].concat();
        vec![
            (Ok("195.12.113.29:51234"), line("PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n")),
            (Ok("195.12.113.29:51234"), line("PROXY TCP6 ::ffff:195.12.113.29 ::1 51234 443\r\n")),
            (Ok("[2a00:5da0::1]:1"), line("PROXY TCP6 2a00:5da0::1 ::1 1 443\r\n")),
            (Ok("8.8.8.8:51234"), line("PROXY TCP4 8.8.8.8 10.0.0.5 51234 443\r\n")),
            (Err(Unspecified), line("PROXY UNKNOWN\r\n")),
            (Err(Unspecified), line("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n")),
            (Err(Malformed), line("PROXY TCP4 195.12.113.29 10.0.0.5 51234\r\n")),
            (Err(Malformed), line("PROXY TCP4 195.12.113.29 10.0.0.5 51234 443 x\r\n")),
            (Err(Malformed), line("PROXY TCP4  195.12.113.29 10.0.0.5 51234 443\r\n")),
            (Err(Malformed), line("PROXY TCP4 195.12.113.029 10.0.0.5 51234 443\r\n")),
            (Err(Malformed), line("PROXY TCP4 3272307997 10.0.0.5 51234 443\r\n")),
            (Err(Malformed), line("PROXY TCP4 195.12.113.29 10.0.0.5 70000 443\r\n")),
            (Err(Malformed), line("PROXY TCP4 195.12.113.29 10.0.0.5\r51234 443\r\n")),
            (Err(Malformed), line("PROXY UDP4 195.12.113.29 10.0.0.5 51234 443\r\n")),
            (Err(Malformed), line("PROXY \r\nabcdefghijkl\r\n")),
            (Err(Malformed), line("PROXY TCP4 \u{661}95.12.113.29 10.0.0.5 51234 443\r\n")),
            (Err(Long), [b"PROXY TCP6 ".to_vec(), vec![b'f'; 200]].concat()),
            (Err(Missing), line("GET / HTTP/1.1\r\n\r\n")),
            (Err(Missing), line("proxy TCP4 195.12.113.29 10.0.0.5 51234 443\r\n")),
            (Err(Missing), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00".to_vec()),
            (Err(Cut), line("PROXY TCP4 195.12.113.29")),
            (Err(Cut), v2::PROTOCOL_PREFIX.to_vec()),
            (Err(Cut), Vec::new()),
            (Ok("195.12.113.29:51234"), v2(0x21, 0x11, &tcp4([195, 12, 113, 29]))),
            (Ok("195.12.113.29:51234"), v2(0x21, 0x21, &tcp6("::ffff:195.12.113.29"))),
            (Ok("[2a00:5da0::1]:51234"), v2(0x21, 0x21, &tcp6("2a00:5da0::1"))),
            (Ok("195.12.113.29:51234"), v2(0x21, 0x11, &field(&[0x04, 0, 2, 7, 7]))),
            (Err(Malformed), v2(0x21, 0x11, &field(&[0x04, 0, 9, 7, 7]))),
            (Err(Malformed), v2(0x21, 0x11, &field(&[0x04]))),
            (Err(Malformed), v2(0x21, 0x11, &[195, 12, 113, 29])),
            (Err(Malformed), v2(0x21, 0x21, &tcp4([195, 12, 113, 29]))),
            (Err(Malformed), v2(0x11, 0x11, &tcp4([195, 12, 113, 29]))),
            (Err(Malformed), v2(0x22, 0x11, &tcp4([195, 12, 113, 29]))),
            (Err(Malformed), v2(0x21, 0x12, &tcp4([195, 12, 113, 29]))), // a datagram
            (Err(Local), v2(0x20, 0x00, &[])),
            (Err(Local), v2(0x20, 0x11, &tcp4([195, 12, 113, 29]))),
            (Err(Unspecified), v2(0x21, 0x00, &tcp4([195, 12, 113, 29]))),
            (Err(Unix), v2(0x21, 0x31, &[0; 216])),
            (Err(Unix), v2(0x21, 0x31, &[0; 300])),
            (Err(Long), v2(0x21, 0x11, &vec![0; LONGEST_REST + 1])),
        ]
    }

    #[tokio::test]
    async fn a_header_names_one_caller_and_leaves_the_rest_unread() {
        for (wanted, header) in rows() {
            let row = header.escape_ascii().to_string();
            let mut stream = io::Cursor::new([&header[..], if wanted == Err(Cut) { &[] } else { AFTER }].concat());
            let found = caller(&mut stream).await;
            assert_eq!(found.map(|address| address.to_string()), wanted.map(str::to_owned), "{row}");
            if wanted.is_ok() {
                let mut after = Vec::new();
                stream.read_to_end(&mut after).await.unwrap();
                assert_eq!(after, AFTER, "{row}");
            }
        }
    }

    #[tokio::test]
    async fn single_bytes_are_put_together() {
        for (wanted, header) in rows() {
            let (mut near, mut far) = tokio::io::duplex(1);
            let row = header.escape_ascii().to_string();
            let writing = tokio::spawn(async move {
                for byte in header {
                    if far.write_all(&[byte]).await.is_err() {
                        return;
                    }
                }
            });
            let found = caller(&mut near).await;
            drop(near);
            writing.await.unwrap();
            assert_eq!(found.map(|address| address.to_string()), wanted.map(str::to_owned), "{row}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_header_that_trickles_is_cut_after_five_seconds() {
        let (mut near, mut far) = tokio::io::duplex(256);
        let begun = tokio::time::Instant::now();
        let trickling = tokio::spawn(async move {
            for byte in b"PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n" {
                far.write_all(&[*byte]).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        assert_eq!(caller(&mut near).await, Err(Slow));
        assert_eq!(begun.elapsed(), WITHIN);
        trickling.abort();
    }
}
