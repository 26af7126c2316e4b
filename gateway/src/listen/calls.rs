//! The calls of one connection: how many are under way, and for how long there has been none. An answer is under way until its
//! last octet was given to the connection: a stream is no idle connection, however quiet it is.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::body::Body;

/// Counts the calls of a connection. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(super) struct Calls(Arc<Mutex<Count>>);

#[derive(Debug)]
struct Count {
    under_way: usize,
    /// When the last call ended, or the connection was opened.
    quiet_since: Instant,
}

/// A call under way, until this is dropped.
struct Call(Calls);

impl Calls {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Count { under_way: 0, quiet_since: Instant::now() })))
    }

    fn begin(&self) -> Call {
        self.count().under_way += 1;
        Call(self.clone())
    }

    /// Waits until there was no call for this long, or up to twice as long where one was under way meanwhile.
    pub(super) async fn idle(&self, long: Duration) {
        loop {
            let at = match *self.count() {
                Count { under_way: 0, quiet_since } => quiet_since + long,
                Count { .. } => Instant::now() + long,
            };
            if at <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(at).await;
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut count = self.0.count();
        count.under_way -= 1;
        count.quiet_since = Instant::now();
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub(super) struct Counting<S>(pub(super) S, pub(super) Calls);

impl<S> tower::Service<Request<Incoming>> for Counting<S>
where
    S: tower::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let (call, answer) = (self.1.begin(), self.0.call(request));
        Box::pin(async move { Ok(answer.await?.map(|body| Body::new(Answer { body, _call: call }))) })
    }
}

/// The body of an answer, and the call that it answers.
struct Answer {
    body: Body,
    _call: Call,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(300);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_no_call_was_under_way_for_so_long() {
        let (calls, begun) = (Calls::new(), Instant::now());
        calls.idle(LONG).await;
        assert_eq!(begun.elapsed(), LONG, "none at all");

        let calls = Calls::new();
        let first = calls.begin();
        let second = calls.begin();
        drop(first);
        let idle = calls.idle(LONG);
        tokio::pin!(idle);
        assert!(tokio::time::timeout(10 * LONG, &mut idle).await.is_err(), "one is under way");
        drop(second);
        let ended = Instant::now();
        idle.await;
        assert!(ended.elapsed() >= LONG && ended.elapsed() <= 2 * LONG, "{:?}", ended.elapsed());
    }
}
