//! The stream between HTTP and TLS: lets a set number of octets of a reply through, then fails as a broken network does.
//!
//! HTTP writes a whole and honest reply; that only a part of it arrives is decided here, so no reply is written in two ways.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is still let through; shared with whoever decides.
#[derive(Clone)]
pub(crate) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    pub(crate) fn unlimited() -> Self {
        Self(Arc::new(AtomicUsize::new(UNLIMITED)))
    }

    /// From now on no more than `octets`.
    pub(crate) fn limit(&self, octets: usize) {
        self.0.store(octets, Ordering::Relaxed);
    }

    fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn use_up(&self, octets: usize) {
        let left = self.left();
        if left != UNLIMITED {
            self.limit(left.saturating_sub(octets));
        }
    }
}

pub(crate) struct Truncated<S> {
    inner: S,
    allowance: Allowance,
}

impl<S> Truncated<S> {
    pub(crate) fn new(inner: S, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Truncated<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Truncated<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.allowance.left();
        if left == 0 {
            // What was let through does arrive.
            ready!(Pin::new(&mut self.inner).poll_flush(context))?;
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let part = octets.get(..left.min(octets.len())).unwrap_or(octets);
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, part))?;
        self.allowance.use_up(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

const UNLIMITED: usize = usize::MAX;
