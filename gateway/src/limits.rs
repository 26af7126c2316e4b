//! Limits that are constants, not keys of `gateway.toml`: HTTP/2, sizes of messages, handshakes.
//!
//! Each bounds what one peer can make the process hold. Octets and counts; what an operator may choose (quotas, ages,
//! timeouts) is in `gateway.toml`.

use std::time::Duration;

/// HTTP/2 streams that a client may have open on one connection (RFC 9113, `SETTINGS_MAX_CONCURRENT_STREAMS`).
pub const STREAMS_PER_CONNECTION: u32 = 1024;
/// HTTP/2 flow-control window of a connection, octets: what a client may send before we have read it.
pub const CONNECTION_WINDOW: u32 = 4 << 20;
/// HTTP/2 flow-control window of a stream, octets.
pub const STREAM_WINDOW: u32 = 1 << 20;

/// Longest request of a contract (an exchange), octets.
pub const MAX_REQUEST: usize = 4 << 20;
/// Longest request to `Consents` and `Subjects`, octets.
pub const MAX_OWN_REQUEST: usize = 64 << 10;
/// Longest request to `Policies`, octets: a policy pack of 1 MiB and what stands around it.
pub const MAX_POLICY_REQUEST: usize = (1 << 20) + (16 << 10);
/// Longest reply of a state system, octets. The readers of XML and SOAP in `qaqpa-adapters` have the same limit for themselves
/// (`xml::text::BODY_LIMIT`).
pub const MAX_ANSWER: usize = 16 << 20;
/// Longest revocation list that is fetched, octets.
pub const MAX_REVOCATION_LIST: usize = 16 << 20;

/// Exchanges of one stream that are under way at once; the stream's own flow control holds back the rest.
pub const IN_FLIGHT: usize = 32;

/// A TLS handshake that is not through after this is a stuck or hostile peer.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// TLS handshakes under way at once; further peers wait in the kernel's queue.
pub const HANDSHAKES_AT_ONCE: usize = 256;
