//! The DNS client against a DNS server: what it believes, what it refuses, whom it asks.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test says what went wrong by panicking; these sockets reach loopback only"
)]

mod believed;
mod servers;
mod sockets;

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use qaqpa_gateway::dial::{DnsClient, NoAnswer, Resolve, Sockets};
use qaqpa_residency::Answer;
use qaqpa_tests::dns::Transport;
use tokio::net::{TcpStream, UdpSocket};

const HOST: &str = "shep.example.kz";
const V4: &str = "195.12.113.29";
const V6: &str = "2a00:5da0::1";
const ABROAD: &str = "8.8.8.8";
const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(20); // a wait this long would be seen

/// The door's part: sockets to judged servers only, each one counted.
struct Judged {
    servers: Vec<SocketAddr>,
    opened: Mutex<Vec<(Transport, SocketAddr)>>,
    locals: Mutex<Vec<u16>>,
}

impl Judged {
    fn new(servers: &[SocketAddr]) -> Arc<Self> {
        Arc::new(Self { servers: servers.to_vec(), opened: Mutex::default(), locals: Mutex::default() })
    }

    fn pass(&self, transport: Transport, server: SocketAddr) -> io::Result<()> {
        if !self.servers.contains(&server) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.opened.lock().unwrap().push((transport, server));
        Ok(())
    }
}

impl Sockets for Judged {
    fn tcp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            self.pass(Transport::Tcp, server)?;
            TcpStream::connect(server).await
        })
    }

    fn udp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<UdpSocket>> {
        Box::pin(async move {
            self.pass(Transport::Udp, server)?;
            let any: IpAddr = if server.is_ipv4() { [0; 4].into() } else { Ipv6Addr::UNSPECIFIED.into() };
            let socket = UdpSocket::bind((any, 0)).await?;
            self.locals.lock().unwrap().push(socket.local_addr()?.port());
            socket.connect(server).await?;
            Ok(socket)
        })
    }
}

async fn ask(servers: &[SocketAddr], timeout: Duration, host: &str) -> Result<Answer, NoAnswer> {
    DnsClient::new(servers.to_vec(), Judged::new(servers), timeout).resolve(host).await
}

fn found(addresses: &[&str], aliases: &[&str]) -> Result<Answer, NoAnswer> {
    let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Ok(Answer { addresses, aliases: aliases.iter().map(|&alias| alias.to_owned()).collect() })
}

fn chain(length: usize) -> Vec<String> {
    (1..=length).map(|step| format!("step{step}.example.kz")).collect()
}

fn many(count: u8) -> Vec<String> {
    (1..=count).map(|last| format!("195.12.113.{last}")).collect()
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
