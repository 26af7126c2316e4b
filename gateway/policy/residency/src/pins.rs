//! Pins against the tables, before anything starts: a pin that reaches abroad is a mistake, or needs an exception.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::Date;

use super::special::special;
use super::tables::{Finding, Tables};
use super::{Endpoint, EndpointKind, Exception};

/// Networks that are asked about within one pin: each address of a small one, evenly spread ones of a large one.
const ASKED: u128 = 4096;

/// The first address of an endpoint's pins that would be refused if DNS answered it, with what the tables say.
/// Of a pin with more than 4,096 addresses, as many evenly spread ones are asked about.
#[must_use]
pub fn pin_outside(endpoint: &Endpoint, tables: &Tables, today: Date) -> Option<(IpAddr, Finding)> {
    if endpoint.kind() == EndpointKind::DevelopmentLoopback {
        return None;
    }
    endpoint.pins().iter().find_map(|pin| outside(*pin, tables, endpoint.exceptions(), today))
}

/// As [`pin_outside`], for one network and its exceptions.
#[must_use]
pub fn outside(network: IpNet, tables: &Tables, exceptions: &[Exception], today: Date) -> Option<(IpAddr, Finding)> {
    spread(network).filter(|address| special(*address).is_none()).find_map(|address| match tables.finding(address) {
        Finding::Home => None,
        Finding::Foreign { country } => Some((address, Finding::Foreign { country })),
        _ if exceptions.iter().any(|exception| exception.covers(address, today)) => None,
        finding => Some((address, finding)),
    })
}

/// Addresses of a network, first and last among them.
fn spread(network: IpNet) -> impl Iterator<Item = IpAddr> {
    let (first, last) = match network {
        IpNet::V4(net) => (u128::from(u32::from(net.network())), u128::from(u32::from(net.broadcast()))),
        IpNet::V6(net) => (u128::from(net.network()), u128::from(net.broadcast())),
    };
    let step = ((last - first) / ASKED).max(1);
    let count = ((last - first) / step).min(ASKED);
    let address = move |bits: u128| match network {
        IpNet::V4(_) => IpAddr::V4(u32::try_from(bits).unwrap_or(u32::MAX).into()),
        IpNet::V6(_) => IpAddr::V6(bits.into()),
    };
    (0..=count).map(move |at| first + at * step).chain([last]).map(address)
}
