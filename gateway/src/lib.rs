//! The gateway: listens, walks the corridor, dials, signs, records, answers.
//!
//! One exchange, room by room; "room 7" in a comment is row 7 here. Read [`exchange`] first.
//!
//! | # | room | file | makes |
//! |---|---|---|---|
//! | 1 | admit: peer judged, TLS 1.3, client certificate, revocation | `gateway/src/listen.rs`, `gateway/src/listen/inbound.rs` | [`listen::Peer`] |
//! | 2 | identify: certificate to operator and role | `gateway/policy/src/caller.rs`, `gateway/src/listen/identity.rs` | `Caller` |
//! | 3 | caller's quota | `gateway/src/exchange/quota.rs` | [`exchange::quota::Within`] |
//! | 4 | purpose: caller, RPC, purpose, school | `gateway/src/exchange/purpose.rs`, `gateway/policy/src/permit.rs` | [`exchange::purpose::Permitted`] |
//! | 5 | minimise the request | `gateway/src/exchange/request.rs`, `gateway/policy/src/minimise.rs` | [`exchange::request::Request`] |
//! | 6 | consent, restriction, minors | `gateway/policy/src/consent.rs`, `gateway/src/persons/gate.rs` | `Consent` |
//! | 7 | once: idempotency of the request id | `gateway/src/exchange/duplicate.rs` | [`exchange::duplicate::Ticket`] |
//! | 8 | quotas of purpose, subject, system | `gateway/src/exchange/quota.rs` | [`exchange::quota::WithinAll`] |
//! | 9 | residency | `gateway/src/dial.rs` | [`dial::Resident`] |
//! | 10 | encode, wrap, sign | `gateway/src/exchange/sign.rs` | [`exchange::sign::Signed`] |
//! | 11 | record the intent | `gateway/src/exchange/record.rs` | `OutcomeOwed` |
//! | 12 | leave, past the gate of withdrawals | `gateway/src/exchange/send.rs`, `gateway/src/persons/gate.rs` | [`exchange::send::Received`] |
//! | 13 | verify: signer, Body, answers us, SHEP's status | `gateway/src/exchange/read.rs`, `adapters/src/shep/channel/reply.rs` | `Verified`, `Answered` |
//! | 14 | decode the verified nodes; minors in the reply | `gateway/src/exchange/read.rs`, `gateway/policy/src/consent.rs` | `Decoded`, `ReplyJudged` |
//! | 15 | minimise the reply | `gateway/src/exchange/read.rs` | [`exchange::read::Reply`] |
//! | 16 | record the outcome | `gateway/src/exchange/record.rs` | [`exchange::record::Recorded`] |
//! | 17 | answer: reply and receipt | `gateway/src/exchange/receipt.rs` | [`exchange::receipt::ReplyWithReceipt`] |
//!
//! What a room makes has private fields, and the room behind asks for it. So a room that is skipped does not compile: beside
//! each of these types stands an example that compiles and one, `Without room 7 it does not compile`, that does not.
//!
//! What runs across the rooms:
//!
//! | what | file |
//! |---|---|
//! | limits of HTTP/2, sizes of messages, handshakes, times of connections | `gateway/src/limits.rs` |
//! | unfinished handshakes: a share per network, the oldest makes room | `gateway/src/listen/handshake.rs`, `gateway/src/listen/unfinished.rs` |
//! | open connections: per caller, per network, in all, below the limit of open files | `gateway/src/listen/bounds.rs`, `gateway/src/start/process.rs` |
//! | HTTP of a connection: ALPN, preface, headers, PING | `gateway/src/listen/connection.rs` |
//! | what is gRPC, and whom rooms 2 and 3 turn away at the headers, before a message is read | `gateway/src/serve/protocol.rs`, `gateway/src/serve/entrance.rs` |
//! | messages as they arrive, and how much of them is held | `gateway/src/serve/frames.rs`, `gateway/src/serve/budget.rs` |
//! | how long a connection lives; revoked, ended, old, idle, stopping | `gateway/src/listen/lifetime.rs` |
//! | the last word of withdrawals and restrictions, as a message leaves (room 12) | `gateway/src/persons/gate.rs` |
//! | a state system that hangs: bulkhead and circuit breaker | `gateway/src/exchange/bulkhead.rs`, `gateway/src/exchange/circuit_breaker.rs` |
//! | who was turned away, or refused in a flood: the `DENIED` line with a count | `gateway/src/evidence/refusal_counter.rs` |
//! | after a crash: intents without outcome are settled, before anything listens | `gateway/src/start/recovery.rs` |
//! | whether the vault is this lane's own and as new; the command that repairs it | `gateway/src/persons/bond.rs`, `gateway/src/start/restore.rs` |
//! | by which clock retention destroys | `gateway/src/persons/believed_clock.rs` |
//! | SIGHUP: what is read again (never `gateway.toml` itself); SIGTERM | `gateway/src/start/running.rs`, `gateway/src/start/reload.rs` |
//! | every reason: code, whose fault, texts | `proto/src/reason/refusal.rs`, `proto/src/reason/failure.rs` |
//! | texts in kk, ru and en, and how one is picked | `proto/src/language.rs`; for a request in `gateway/src/serve/protocol.rs` |
//!
//! Around the corridor: [`start`] (configuration, checks, recovery, ticking, reload, signals, drain), [`serve`] (gRPC and the
//! own services), [`persons`] (consents, holds, retention), [`evidence`] (the journal's lines), [`refusal`] (every no),
//! [`dial`] (the one door outward). Who may know whom stands in `tests/tests/house/rooms.rs`, with the reasons.
//! What is decided is decided in `qaqpa-policy`; what is translated, in `qaqpa-adapters`; what is remembered, in
//! `qaqpa-journal` and `qaqpa-vault`. This crate acts.

pub mod clock;
pub mod dial;
pub mod evidence;
pub mod exchange;
pub mod gateway;
pub mod ids;
pub mod limits;
pub mod listen;
pub mod persons;
pub mod refusal;
pub mod secret;
pub mod serve;
pub mod start;
pub mod telemetry;
pub mod tls;

/// An exchange makes some hundreds of small allocations, and mimalloc serves them a tenth of an exchange's CPU cheaper than
/// glibc does. Here and not in `main.rs`, so that tests and the benchmark run on it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
