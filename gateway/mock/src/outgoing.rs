//! The body of an HTTP reply: whole, or a flood that grows while it is sent and says nothing of its length.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

pub(crate) enum Outgoing {
    /// All there is; empty once it was taken.
    Whole(Bytes),
    /// A beginning, then this many spaces.
    Flood { start: Bytes, spaces: usize },
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
            Self::Whole(octets) => std::mem::take(octets),
            Self::Flood { start, .. } if !start.is_empty() => std::mem::take(start),
            Self::Flood { spaces, .. } => {
                let piece = SPACES.get(..*spaces).unwrap_or(SPACES);
                *spaces -= piece.len();
                Bytes::from_static(piece)
            }
        };
        Poll::Ready(if next.is_empty() { None } else { Some(Ok(Frame::data(next))) })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(octets) => octets.is_empty(),
            Self::Flood { start, spaces } => start.is_empty() && *spaces == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(octets) => SizeHint::with_exact(octets.len() as u64),
            Self::Flood { .. } => SizeHint::default(),
        }
    }
}

const SPACES: &[u8] = &[b' '; 64 * 1024];
