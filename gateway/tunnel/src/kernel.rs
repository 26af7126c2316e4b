//! One question to the kernel over netlink, and its answers one by one. A socket per question, local, never waiting long.
//!
//! The kernel answers while it is asked, so the socket does not block; [`PATIENCE`] short pauses are for a kernel that is
//! slow, not for a peer. Refuses answers that are cut, changed while they were read, or longer than [`MOST`]. What it read
//! is wiped: the kernel sends the keys of associations along.
//!
//! ```text
//! ask(NETLINK_ROUTE, RTM_GETROUTE, NLM_F_REQUEST, 195.12.113.7)  ->  RTM_NEWROUTE, oif 3
//! ```

use std::io;
use std::thread;
use std::time::Duration;

use netlink_packet_core::{
    DecodeError, Emitable, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_ALIGNTO, NLMSG_DONE, NLMSG_ERROR,
    NLMSG_NOOP, NLMSG_OVERRUN, NetlinkBuffer, NetlinkHeader, parse_i32,
};
use netlink_sys::{Socket, SocketAddr};
use zeroize::Zeroizing;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The kernel understood and says no.
    Refused(io::Error),
    /// It could not be asked, or its answer is not one.
    Broken(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<DecodeError> for Trouble {
    fn from(error: DecodeError) -> Self {
        broken(&error.to_string())
    }
}

/// Whether one object or all of them are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The one thing asked for.
    One,
    /// All objects (a netlink dump).
    Dump,
}

/// Asks one question and hands every answer, as its message type and what follows the netlink header, to `each`.
///
/// # Errors
/// What the kernel says, what the socket says, or the first thing that `each` cannot read.
pub(crate) fn ask(
    protocol: isize,
    question: (u16, &impl Emitable),
    wanted: Wanted,
    mut each: impl FnMut(u16, &[u8]) -> Result<(), DecodeError>,
) -> Result<(), Trouble> {
    let socket = socket(protocol)?;
    let sent = message(question, wanted);
    if socket.send(&sent, 0)? != sent.len() {
        return Err(broken("the question was cut"));
    }
    let mut datagram = Zeroizing::new(Vec::with_capacity(DATAGRAM));
    let mut read = 0;
    while read < MOST {
        datagram.clear();
        read += receive(&socket, &mut datagram)?;
        if hand_over(&datagram, wanted, &mut each)? == Next::Nothing {
            return Ok(());
        }
    }
    Err(broken("the kernel's answer is longer than is ever read"))
}

/// Connected to the kernel: nobody else's datagrams arrive.
#[expect(clippy::disallowed_methods, reason = "local: it reaches the kernel and nothing else")]
fn socket(protocol: isize) -> io::Result<Socket> {
    let socket = Socket::new(protocol)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.set_non_blocking(true)?;
    Ok(socket)
}

fn message((kind, question): (u16, &impl Emitable), wanted: Wanted) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.message_type = kind;
    header.flags = NLM_F_REQUEST | if wanted == Wanted::Dump { NLM_F_DUMP } else { 0 };
    let mut bytes = vec![0; header.buffer_len() + question.buffer_len()];
    header.length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (head, body) = bytes.split_at_mut(header.buffer_len());
    header.emit(head);
    question.emit(body);
    bytes
}

fn receive(socket: &Socket, datagram: &mut Vec<u8>) -> Result<usize, Trouble> {
    for _ in 0..PATIENCE {
        match socket.recv(datagram, 0) {
            Ok(0) => break,
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Trouble::Broken(error)),
        }
    }
    Err(broken("the kernel does not answer"))
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Datagram,
    Nothing,
}

fn hand_over(
    mut datagram: &[u8],
    wanted: Wanted,
    each: &mut impl FnMut(u16, &[u8]) -> Result<(), DecodeError>,
) -> Result<Next, Trouble> {
    while !datagram.is_empty() {
        let message = NetlinkBuffer::new_checked(datagram)?;
        if message.flags() & NLM_F_DUMP_INTR != 0 {
            return Err(broken("it changed while it was read"));
        }
        match message.message_type() {
            NLMSG_NOOP => {}
            NLMSG_OVERRUN => return Err(broken("the kernel lost a part of its answer")),
            NLMSG_DONE | NLMSG_ERROR => return verdict(message.payload()).map(|()| Next::Nothing),
            kind => each(kind, message.payload())?,
        }
        let length = usize::try_from(message.length()).unwrap_or(usize::MAX);
        datagram = datagram.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
    }
    Ok(if wanted == Wanted::One { Next::Nothing } else { Next::Datagram })
}

/// The end of an answer begins with zero or a negated errno.
fn verdict(payload: &[u8]) -> Result<(), Trouble> {
    match payload.get(..4).map(parse_i32).transpose()? {
        None | Some(0) => Ok(()),
        Some(code) => Err(Trouble::Refused(io::Error::from_raw_os_error(code.saturating_neg()))),
    }
}

fn broken(why: &str) -> Trouble {
    Trouble::Broken(io::Error::new(io::ErrorKind::InvalidData, why))
}

/// The kernel packs a dump into at most 32 KiB at a time.
const DATAGRAM: usize = 1 << 16;
/// Some ten thousand associations; a gateway's host has a handful.
const MOST: usize = 1 << 24;
/// Milliseconds in all.
const PATIENCE: usize = 250;
const ALIGNMENT: usize = NLMSG_ALIGNTO as usize;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = message((kind, &Plain(payload)), Wanted::One);
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes
    }

    struct Plain<'a>(&'a [u8]);

    impl Emitable for Plain<'_> {
        fn buffer_len(&self) -> usize {
            self.0.len()
        }

        fn emit(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(self.0);
        }
    }

    #[test]
    fn datagrams() {
        let (one, done, refused) =
            (answer(20, 2, b"abcde"), answer(3, 2, &[0; 4]), answer(2, 0, &(-1_i32).to_ne_bytes()));
        for (wanted, why, datagram) in [
            ("2 more", "two of a dump", [one.clone(), one.clone()].concat()),
            ("1 end", "the last of a dump", [one.clone(), done.clone()].concat()),
            ("0 end", "an empty dump", done),
            ("0 end", "no code at the end", answer(3, 2, &[])),
            ("0 end", "an acknowledgement", answer(2, 0, &[0; 4])),
            ("1 refused", "an errno at the end", [one.clone(), refused].concat()),
            ("0 broken", "changed while it was read", answer(20, NLM_F_DUMP_INTR, b"abcde")),
            ("0 broken", "a part was lost", answer(4, 0, &[])),
            ("0 broken", "cut", one[..18].to_vec()),
            ("1 broken", "cut in the second", [&one[..], &one[..7]].concat()),
            ("0 broken", "shorter than its header", [&[8_u8, 0, 0, 0][..], &one[4..]].concat()),
        ] {
            let mut read = 0;
            let mut each = |kind, payload: &[u8]| {
                read += i32::from(kind == 20 && payload == b"abcde");
                Ok(())
            };
            let end = match hand_over(&datagram, Wanted::Dump, &mut each) {
                Ok(Next::Datagram) => "more",
                Ok(Next::Nothing) => "end",
                Err(Trouble::Refused(_)) => "refused",
                Err(Trouble::Broken(_)) => "broken",
            };
            assert_eq!(wanted, format!("{read} {end}"), "{why}");
        }
    }
}
