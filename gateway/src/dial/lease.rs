//! Leases: the right of an open connection to go on, bound to the residency judgement that opened it. When the
//! judgement is void, the lease is revoked, and its readers and writers get an error at once, also an idle connection
//! in a pool or a channel that only listens: it is woken up for that.
//!
//! A revoked connection lets no byte pass any more, and what the kernel has not sent yet is thrown away (RST).
//! Example: the tables are replaced, 195.12.113.29 is no longer at home: `read` → `residency.revoked`.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::refusal::revoked;

/// The right to keep one connection open.
#[derive(Debug, Clone)]
pub(super) struct Lease(Arc<Seat>);

/// Reader and writer may be two tasks; each is woken.
#[derive(Debug, Default)]
struct Seat {
    revoked: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Lease {
    /// Checks that the lease is not revoked. Costs one load.
    ///
    /// # Errors
    /// `residency.revoked`.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.revoked.load(Ordering::Acquire) { Err(revoked()) } else { Ok(()) }
    }

    /// Parks a pending read or write: registers first and checks afterwards, so that no revocation falls between.
    fn wait<T>(&self, waker: &AtomicWaker, cx: &Context<'_>) -> Poll<io::Result<T>> {
        waker.register(cx.waker());
        self.check().map_or_else(|error| Poll::Ready(Err(error)), |()| Poll::Pending)
    }
}

/// All leases of one endpoint, with the address that each leads to.
#[derive(Debug, Default)]
pub(super) struct Leases(Vec<(SocketAddr, Weak<Seat>)>);

impl Leases {
    /// One more connection, to `address`.
    pub(super) fn grant(&mut self, address: SocketAddr) -> Lease {
        self.0.retain(|(_, seat)| seat.strong_count() > 0);
        let seat = Arc::new(Seat::default());
        self.0.push((address, Arc::downgrade(&seat)));
        Lease(seat)
    }

    /// Ends every connection whose address does not pass any more.
    pub(super) fn revoke_unless(&mut self, passes: impl Fn(SocketAddr) -> bool) {
        self.0.retain(|(address, seat)| {
            let seat = seat.upgrade();
            let keep = passes(*address);
            if let Some(seat) = seat.as_ref().filter(|_| !keep) {
                seat.revoked.store(true, Ordering::Release);
                seat.reader.wake();
                seat.writer.wake();
            }
            keep && seat.is_some()
        });
    }

    /// Whether any connection is open.
    pub(super) fn are_held(&self) -> bool {
        self.0.iter().any(|(_, seat)| seat.strong_count() > 0)
    }
}

/// A socket that works for as long as its lease holds. TLS lies above it, so that handshakes and alerts end with it too.
#[derive(Debug)]
pub struct Leased {
    socket: TcpStream,
    lease: Lease,
}

impl Leased {
    pub(super) fn new(socket: TcpStream, lease: Lease) -> Self {
        Self { socket, lease }
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    pub(super) fn peer(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        waker: fn(&Seat) -> &AtomicWaker,
        act: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.lease.check()?;
        match act(Pin::new(&mut self.socket), cx) {
            Poll::Pending => self.lease.wait(waker(&self.lease.0), cx),
            ready => ready,
        }
    }
}

impl Drop for Leased {
    /// Resets a revoked connection, so that the kernel discards what it has not sent yet.
    fn drop(&mut self) {
        if self.lease.check().is_err() {
            let _ = self.socket.set_zero_linger();
        }
    }
}

impl AsyncRead for Leased {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll(cx, |seat| &seat.reader, |socket, cx| socket.poll_read(cx, buf))
    }
}

impl AsyncWrite for Leased {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll(cx, |seat| &seat.writer, |socket, cx| socket.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll(cx, |seat| &seat.writer, |socket, cx| socket.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll(cx, |seat| &seat.writer, |socket, cx| socket.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll(cx, |seat| &seat.writer, |socket, cx| socket.poll_shutdown(cx))
    }
}
