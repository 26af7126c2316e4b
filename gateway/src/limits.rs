//! Limits that are constants, not keys of `gateway.toml`: HTTP/2, sizes of messages, handshakes, times of connections.
//!
//! Each bounds what one peer can make the process hold. Octets and counts; what an operator may choose (quotas, ages,
//! timeouts) is in `gateway.toml`.

use std::time::Duration;

/// HTTP/2 streams that a client may have open on one connection (RFC 9113, `SETTINGS_MAX_CONCURRENT_STREAMS`).
pub const STREAMS_PER_CONNECTION: u32 = 64;
/// HTTP/2 flow-control window of a connection, octets: what a client may send before we have read it.
pub const CONNECTION_WINDOW: u32 = 1 << 20;
/// HTTP/2 flow-control window of a stream, octets.
pub const STREAM_WINDOW: u32 = 256 << 10;
/// Longest headers of a request, octets.
pub const MAX_HEADERS: u32 = 16 << 10;

/// Longest request of a contract (an exchange), octets.
pub const MAX_REQUEST: usize = 4 << 20;
/// Longest request to `Consents` and `Subjects`, octets.
pub const MAX_OWN_REQUEST: usize = 64 << 10;
/// Longest request to `Policies`, octets: a policy pack of 1 MiB and what stands around it.
pub const MAX_POLICY_REQUEST: usize = (1 << 20) + (16 << 10);
/// Octets of messages that have not arrived whole, held for all callers together. A message that comes in one piece is not
/// among them, so that who is modest is answered also when this is used up.
pub const UNFINISHED: usize = 16 << 20;
/// Octets of one caller's messages that have not arrived whole. As long as the longest message.
pub const UNFINISHED_OF_CALLER: usize = UNFINISHED / 4;
/// How long a message may take from its first octet to its last.
pub const WHOLE_WITHIN: Duration = Duration::from_secs(10);
/// When a caller whose message found no room may send it again.
pub const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Longest reply of a state system, octets. The readers of XML and SOAP in `qaqpa-adapters` have the same limit for themselves
/// (`xml::text::BODY_LIMIT`).
pub const MAX_ANSWER: usize = 16 << 20;
/// Longest revocation list that is fetched, octets.
pub const MAX_REVOCATION_LIST: usize = 16 << 20;

/// Exchanges of one stream that are under way at once; the stream's own flow control holds back the rest.
pub const IN_FLIGHT: usize = 32;

/// Connections that the kernel keeps until they are accepted; it drops what comes beyond them, and the peer tries again after a
/// second. The kernel's own bound is `net.core.somaxconn`, 4,096 as a rule.
pub const LISTEN_BACKLOG: i32 = 4096;
/// A ClientHello that is not there after this: nobody who wants in is so slow with the first octets.
pub const CLIENT_HELLO_TIMEOUT: Duration = Duration::from_secs(3);
/// A TLS handshake that is not through after this is a stuck or hostile peer.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// TLS handshakes under way at once, and as many PROXY headers that are awaited; a newcomer takes the place of the oldest.
pub const HANDSHAKES_AT_ONCE: usize = 512;
/// TLS handshakes under way at once of one network (/24, /48).
pub const HANDSHAKES_OF_A_NETWORK: usize = 128;
/// Open connections of all certificates of one network that no rule knows.
pub const CONNECTIONS_OF_STRANGERS: usize = 16;
/// HTTP/2's preface, from the end of the handshake.
pub const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);
/// The headers of a request in HTTP/1.1, from its first octet or from the end of the last answer.
pub const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that sends no frame for this long is asked by a PING (RFC 9113, 6.7) whether it is still there.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// Who does not answer the PING within this is gone.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection without a call for this long is asked to go.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(300);
