//! Name resolution: the declared DNS servers in order, or a resolver that a test brings.
//!
//! DNS servers are endpoints like any other, so that their sockets come through the door as well: judged at every
//! question, connected to the judged address, by the declared tunnel. A server that is not one of them is refused.
//!
//! Example: `Names::Servers(["dns-1"])`, `endpoints.dns-1.url = "dns://195.12.113.10"`.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use futures_util::future::BoxFuture;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::Host;
use tokio::net::{TcpStream, UdpSocket};

use super::connector::{confirm, dial};
use super::endpoint_state::{EndpointState, Judgement};
use super::refusal::refused;
use super::resolver::{DnsClient, Resolve, Sockets};
use super::socket;

/// The source of name resolution.
pub enum Names {
    /// This table or client, in place of the declared servers.
    Given(Arc<dyn Resolve>),
    /// These endpoints, by id, in this order.
    Servers(Vec<String>),
}

impl Names {
    /// The resolver, once the lines are there that its sockets come from.
    pub(super) fn resolver<'a>(self, find: impl Fn(&str) -> Option<&'a Arc<EndpointState>>) -> Arc<dyn Resolve> {
        let ids = match self {
            Self::Given(resolver) => return resolver,
            Self::Servers(ids) => ids,
        };
        let lines: Vec<&Arc<EndpointState>> = ids.iter().filter_map(|id| find(id)).collect();
        let servers = lines.iter().filter_map(|line| address(line)).collect();
        let sockets = Servers(lines.into_iter().map(Arc::downgrade).collect());
        Arc::new(DnsClient::new(servers, Arc::new(sockets), DnsClient::TIMEOUT))
    }
}

/// The socket address of an endpoint whose host is an address.
fn address(line: &EndpointState) -> Option<SocketAddr> {
    match line.target.endpoint.host() {
        Host::Address(address) => Some(SocketAddr::new(*address, line.target.endpoint.port())),
        Host::Name(_) => None,
    }
}

/// Lines to DNS servers. They hold the resolver that holds this, so it does not hold them.
struct Servers(Vec<Weak<EndpointState>>);

impl Servers {
    /// The judged line to a server.
    async fn line(&self, server: SocketAddr) -> io::Result<(Arc<EndpointState>, Arc<Judgement>)> {
        let declared = self.0.iter().filter_map(Weak::upgrade).find(|line| address(line) == Some(server));
        let line = declared.ok_or_else(|| refused(Refusal::ResidencyNotDeclared.into()))?;
        let judgement = line.judge().await.map_err(refused)?;
        Ok((line, judgement))
    }
}

impl Sockets for Servers {
    fn tcp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            let (line, judgement) = self.line(server).await?;
            dial(&line, &judgement.judged, server).await
        })
    }

    fn udp(&self, server: SocketAddr) -> BoxFuture<'_, io::Result<UdpSocket>> {
        Box::pin(async move {
            let (line, judgement) = self.line(server).await?;
            line.tunnel_to(server).await.map_err(|found| refused(line.refuse(found)))?;
            let socket = socket::udp(server, line.target.interface()).await?;
            confirm(&judgement.judged, socket.peer_addr()?).map_err(|refusal| refused(refusal.into()))?;
            Ok(socket)
        })
    }
}
