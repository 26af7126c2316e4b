//! Opens outgoing sockets. The only file that opens one; it is called with judged addresses and nothing else.
//!
//! A tunnel's interface is bound before the connection is made, so that packets have no other way to leave by, whatever
//! the routes say at that moment.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream, UdpSocket};

/// A connection to exactly this address, through exactly this interface where one is named.
#[expect(clippy::disallowed_methods, reason = "this is the one door")]
pub(super) async fn tcp(address: SocketAddr, interface: Option<&str>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(interface) = interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

/// A datagram socket that hears and reaches this address only.
#[expect(clippy::disallowed_methods, reason = "this is the one door")]
pub(super) async fn udp(address: SocketAddr, interface: Option<&str>) -> io::Result<UdpSocket> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    if let Some(interface) = interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    socket.connect(address).await?;
    Ok(socket)
}
