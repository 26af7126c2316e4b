//! What `prove` is proved against: a client that asks nobody and judges nothing, to show that the listeners hear one,
//! and the socket that hears datagrams. It leads only to listeners of this process: in the namespace, where every address
//! is this machine, or on loopback.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use crate::namespace::Namespace;

/// Sends bytes and returns what comes back until the end. Off this machine it goes nowhere: only on an island is an
/// address abroad this machine's own.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`], or what the network says.
#[expect(clippy::disallowed_methods, reason = "it must be heard where the door's connections are not")]
pub(crate) async fn send(to: SocketAddr, bytes: &[u8], namespace: Option<Namespace>) -> io::Result<Vec<u8>> {
    if namespace.is_none() && !to.ip().is_loopback() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    match ended {
        Ok(Err(error)) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

/// A socket that hears datagrams.
#[expect(clippy::disallowed_methods, reason = "a listener; nothing is sent from it")]
pub(crate) async fn datagrams(at: SocketAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(at).await
}

/// How long anything may take: listeners are on this machine.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
