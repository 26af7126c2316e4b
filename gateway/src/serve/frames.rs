//! The messages of a gRPC request, read off its HTTP body: one octet of flags, four of length, then the message (gRPC over
//! HTTP/2, "Length-Prefixed-Message"). Knows bodies and octets, and nothing of the gateway.
//!
//! What is held follows what has arrived, never what was announced. (tonic reserves the announced length: a thousand
//! streams that announce 4 MiB and send one octet took gigabytes.) A message that is not whole yet is held on a [`Lease`],
//! and must be whole in time; between two messages a stream may be silent.
//!
//! ```text
//! 00 00000002 0801  00 00000000   two messages: 08 01, and one of no octet
//! 01 00000002 ....                Flaw::Compressed
//! 00 ffffffff ....                Flaw::TooLong, at once
//! ```

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body::Body;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::budget::{Full, Lease};

/// Octets before a message: flags and length.
const PREFIX: usize = 5;

/// A message with what stands before it on the wire.
pub(super) fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX); // no message of ours comes near
    [&[0][..], &length.to_be_bytes(), message].concat().into()
}

/// The messages of one body, in their order.
pub(super) struct Frames<B> {
    body: B,
    /// What has come and was not looked at yet: at most one DATA frame.
    data: Bytes,
    longest: usize,
    whole_within: Duration,
    lease: Lease,
}

/// Why there is no further message. Nothing behind it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It announces more than it may have.
    TooLong,
    /// It is marked as compressed.
    Compressed,
    /// Flags that gRPC does not have.
    Flags,
    /// The body ended in its middle.
    CutOff,
    /// It was not whole in time.
    Late,
    /// It may not be held any longer.
    Full(Full),
    /// The caller or the connection went away.
    Gone,
}

impl<B: Body<Data = Bytes> + Unpin> Frames<B> {
    /// Of `body`: messages of at most `longest` octets, each whole this long after its first octet.
    pub(super) fn new(body: B, longest: usize, whole_within: Duration, lease: Lease) -> Self {
        Self { body, data: Bytes::new(), longest, whole_within, lease }
    }

    /// The next message; none when the body has ended behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Flaw> {
        if !self.arrived().await? {
            return Ok(None);
        }
        timeout(self.whole_within, self.message()).await.unwrap_or(Err(Flaw::Late)).map(Some)
    }

    async fn message(&mut self) -> Result<Bytes, Flaw> {
        let mut prefix = [0; PREFIX];
        for octet in &mut prefix {
            *octet = self.part(1).await?.get_u8();
        }
        let [flags, length @ ..] = prefix;
        let length = self.length(flags, u32::from_be_bytes(length))?;
        let mut message = Vec::new();
        while message.len() < length {
            let part = self.part(length - message.len()).await?;
            self.make_room(&mut message, part.len(), length)?;
            message.extend_from_slice(&part);
        }
        self.lease.end();
        Ok(message.into())
    }

    fn length(&self, flags: u8, length: u32) -> Result<usize, Flaw> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match flags {
            0 if length <= self.longest => Ok(length),
            0 => Err(Flaw::TooLong),
            1 => Err(Flaw::Compressed),
            _ => Err(Flaw::Flags),
        }
    }

    /// Room for `more` octets. It doubles, so that a message in many pieces is moved a few times and not each time, and
    /// never goes beyond the message's `length`. One that came in one piece was never unfinished, and asks nobody.
    fn make_room(&mut self, message: &mut Vec<u8>, more: usize, length: usize) -> Result<(), Flaw> {
        let needed = message.len() + more;
        if needed <= message.capacity() {
            return Ok(());
        }
        let room = needed.max(2 * message.capacity()).min(length);
        if more < length {
            self.lease.grow(room).map_err(Flaw::Full)?;
        }
        message.reserve_exact(room - message.len());
        Ok(())
    }

    /// At least one octet, and at most so many.
    async fn part(&mut self, most: usize) -> Result<Bytes, Flaw> {
        if !self.arrived().await? {
            return Err(Flaw::CutOff);
        }
        Ok(self.data.split_to(most.min(self.data.len())))
    }

    /// Waits for an octet; false at the end of the body.
    async fn arrived(&mut self) -> Result<bool, Flaw> {
        while self.data.is_empty() {
            match self.body.frame().await {
                Some(Ok(frame)) => self.data = frame.into_data().unwrap_or_default(), // trailers say nothing here
                Some(Err(_)) => return Err(Flaw::Gone),
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
