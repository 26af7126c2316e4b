//! HTTP on one connection that room 1 has let in: HTTP/2 and, for `/metrics`, HTTP/1.1.
//!
//! Ends it when its lifetime does ([`super::lifetime`]). Who calls and what is called is not looked at here.

use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use tokio::time::Instant;

use super::lifetime::{End, Lifetime};
use crate::limits::{CONNECTION_WINDOW, STREAM_WINDOW, STREAMS_PER_CONNECTION};

/// Serves one connection until it ends or its lifetime does. The reason, where its certificate is accepted no more.
pub(crate) async fn serve<I, S>(io: I, service: S, mut lifetime: Lifetime) -> Option<&'static str>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: tower::Service<
            http::Request<hyper::body::Incoming>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let service = hyper_util::service::TowerToHyperService::new(service);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http2()
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW);
    let connection = builder.serve_connection(io, service);
    tokio::pin!(connection);
    let mut cut_at = None;
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
        }
    }
}
