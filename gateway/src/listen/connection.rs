//! HTTP on one connection that room 1 has let in. ALPN offers HTTP/2 alone; HTTP/1.1 is heard too, because `/metrics` may be
//! asked in it by whoever insists on no protocol, and because a refusal of an RPC in it must be readable.
//!
//! Ends it when its lifetime does ([`super::lifetime`]), when the other side is gone, and when it is slow with what costs
//! nothing to send:
//!
//! | what is awaited | within |
//! |---|---|
//! | the first 24 octets, which are HTTP/2's preface | 10 s |
//! | the headers of a request in HTTP/1.1 | 10 s |
//! | any frame of HTTP/2, after that the answer to a PING | 30 s, 10 s |
//!
//! Who calls and what is called is not looked at here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_util::io::InspectReader;

use super::calls::Counting;
use super::lifetime::{End, Lifetime};
use crate::limits::{
    CONNECTION_WINDOW, HEADERS_TIMEOUT, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, MAX_HEADERS, PREFACE_TIMEOUT,
    STREAM_WINDOW, STREAMS_PER_CONNECTION,
};

/// Octets of HTTP/2's connection preface (RFC 9113, 3.4). A request in HTTP/1.1 is longer.
const PREFACE: usize = 24;

/// Serves one connection until it ends or its lifetime does. The reason, where its certificate is accepted no more.
pub(crate) async fn serve<I, S>(io: I, service: S, mut lifetime: Lifetime) -> Option<&'static str>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: tower::Service<
            http::Request<hyper::body::Incoming>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let service = TowerToHyperService::new(Counting(service, lifetime.calls()));
    let read = Arc::new(AtomicUsize::new(0));
    let counted = read.clone();
    let io = InspectReader::new(io, move |octets| _ = counted.fetch_add(octets.len(), Ordering::Relaxed));
    let builder = builder();
    let connection = builder.serve_connection(TokioIo::new(io), service);
    tokio::pin!(connection);
    let (mut cut_at, mut preface_by) = (None, Some(Instant::now() + PREFACE_TIMEOUT));
    loop {
        tokio::select! {
            _ = &mut connection => return None,
            end = lifetime.end() => match end {
                End::Cut(word) => return Some(word),
                End::Go(parting) => {
                    connection.as_mut().graceful_shutdown();
                    let at = Instant::now() + parting;
                    cut_at = Some(cut_at.map_or(at, |before: Instant| before.min(at)));
                }
            },
            // Who was asked to go may go on opening streams, and a stream need not end by itself.
            () = tokio::time::sleep_until(cut_at.unwrap_or_else(Instant::now)), if cut_at.is_some() => return None,
            () = tokio::time::sleep_until(preface_by.unwrap_or_else(Instant::now)), if preface_by.is_some() => {
                if read.load(Ordering::Relaxed) < PREFACE {
                    return None;
                }
                preface_by = None;
            }
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .max_header_list_size(MAX_HEADERS)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT).max_buf_size(MAX_HEADERS as usize);
    builder
}
