//! Listeners that count: who connected to which address, and how many bytes came.
//!
//! They say nothing and end what they have heard, so that nobody waits for them. Example of what is heard:
//! `8.8.8.8:443 tcp, 1 connection, 517 bytes`.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::naive;

/// Where, and by which protocol. The address of a datagram is not known: it counts as unspecified.
type Place = (SocketAddr, &'static str);

/// Connections and bytes by place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(BTreeMap<Place, (u64, u64)>);

/// All listeners.
pub(crate) struct Witness {
    heard: Arc<Mutex<Heard>>,
    /// Of the first listener.
    pub(crate) port: u16,
}

impl Witness {
    /// Listens at `address` on all `ports`, and for datagrams on [`DNS`] where that is among them.
    pub(crate) async fn listen(address: IpAddr, ports: &[u16]) -> io::Result<Self> {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut first = None;
        for port in ports {
            let listener = TcpListener::bind((address, *port)).await?;
            first.get_or_insert(listener.local_addr()?.port());
            tokio::spawn(connections(listener, heard.clone()));
        }
        if ports.contains(&DNS) {
            let socket = naive::datagrams(SocketAddr::new(address, DNS)).await?;
            let heard = heard.clone();
            tokio::spawn(async move {
                let mut room = [0; 1024];
                while let Ok((length, _)) = socket.recv_from(&mut room).await {
                    note(&heard, (SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), DNS), "udp"), 1, length);
                }
            });
        }
        Ok(Self { heard, port: first.unwrap_or_default() })
    }

    /// Everything so far, a moment later, so that what is under way is heard as well.
    pub(crate) async fn heard(&self) -> Heard {
        tokio::time::sleep(MOMENT).await;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Heard {
    /// What came after `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let news = self.0.iter().filter_map(|(place, (connections, bytes))| {
            let (were, had) = before.0.get(place).copied().unwrap_or_default();
            let new = (connections - were, bytes - had);
            (new != (0, 0)).then_some((*place, new))
        });
        Self(news.collect())
    }

    /// Connections and bytes at one address, at any port.
    pub(crate) fn at(&self, address: IpAddr) -> (u64, u64) {
        self.sum(|place| place.ip() == address)
    }

    /// Connections and bytes anywhere but at one address.
    pub(crate) fn beside(&self, address: Option<IpAddr>) -> (u64, u64) {
        self.sum(|place| Some(place.ip()) != address)
    }

    fn sum(&self, counts: impl Fn(&SocketAddr) -> bool) -> (u64, u64) {
        let counted = self.0.iter().filter(|((place, _), _)| counts(place));
        counted.fold((0, 0), |(all, octets), (_, (connections, bytes))| (all + connections, octets + bytes))
    }
}

async fn connections(listener: TcpListener, heard: Arc<Mutex<Heard>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(local) = stream.local_addr() else { continue };
        let place = (SocketAddr::new(local.ip().to_canonical(), local.port()), "tcp");
        note(&heard, place, 1, 0);
        tokio::spawn(octets(stream, place, heard.clone()));
    }
}

async fn octets(mut stream: TcpStream, place: Place, heard: Arc<Mutex<Heard>>) {
    let mut room = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut room).await {
        note(&heard, place, 0, length);
        let _ = stream.shutdown().await;
    }
}

fn note(heard: &Mutex<Heard>, place: Place, connections: u64, bytes: usize) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let counts = heard.0.entry(place).or_default();
    counts.0 += connections;
    counts.1 += bytes as u64;
}

/// The port of DNS.
pub(crate) const DNS: u16 = 53;
const MOMENT: Duration = Duration::from_millis(25);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_hears_connections_and_bytes_by_address() {
        let here: IpAddr = Ipv4Addr::LOCALHOST.into();
        let witness = Witness::listen(here, &[0]).await.unwrap();
        let before = witness.heard().await;
        naive::send(SocketAddr::new(here, witness.port), b"five!", None).await.unwrap();
        let abroad = SocketAddr::new([8, 8, 8, 8].into(), witness.port);
        assert!(naive::send(abroad, b"five!", None).await.is_err(), "off this machine it goes nowhere");
        let heard = witness.heard().await.since(&before);
        assert_eq!(heard.at(here), (1, 5));
        assert_eq!(heard.beside(Some(here)), (0, 0));
        assert_eq!(witness.heard().await.since(&witness.heard().await).beside(None), (0, 0));
    }
}
