//! Route lookup: the interfaces by which the kernel would send packets to a destination.
//!
//! Refuses a destination without a route and one that is the host itself. Asks twice, because one answer is one path: what
//! the kernel would choose now, and the entry behind it with all paths of a multipath route.
//!
//! ```text
//! 195.12.113.7  ->  interfaces [3], source 10.77.0.1
//! ```

use std::net::IpAddr;

use netlink_packet_core::Parseable;
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, IpProtocol, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;

use crate::NoTunnel;
use crate::kernel::{Trouble, Wanted, ask};

/// Every way that packets to a destination may take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Indexes of the interfaces they leave through; at least one.
    pub(crate) interfaces: Vec<u32>,
    /// The address they leave from.
    pub(crate) source: Option<IpAddr>,
}

/// The route to `destination`.
///
/// # Errors
/// `other_route` when there is none, `netlink` when the kernel cannot be asked.
pub(crate) fn to(destination: IpAddr) -> Result<Route, NoTunnel> {
    let nowhere = || NoTunnel::OtherRoute { destination, through: "any interface".to_owned() };
    let mut route = Route { interfaces: Vec::new(), source: None };
    for flags in [RouteFlags::empty(), RouteFlags::FibMatch] {
        let found = match lookup(destination, flags) {
            Err(Trouble::Refused(_)) => return Err(nowhere()), // unreachable, prohibited, blackhole
            answer => answer?,
        };
        let interfaces = found.as_ref().map(interfaces).unwrap_or_default();
        if interfaces.is_empty() {
            return Err(nowhere());
        }
        route.interfaces.extend(interfaces);
        route.source = route.source.or_else(|| found.as_ref().and_then(source));
    }
    Ok(route)
}

/// TCP, because rules may send it another way than the rest.
fn lookup(destination: IpAddr, flags: RouteFlags) -> Result<Option<RouteMessage>, Trouble> {
    let mut question = RouteMessage::default();
    let (family, length) = if destination.is_ipv4() { (AddressFamily::Inet, 32) } else { (AddressFamily::Inet6, 128) };
    question.header.address_family = family;
    question.header.destination_prefix_length = length;
    question.header.flags = flags;
    question.attributes = vec![
        RouteAttribute::Destination(RouteAddress::from(destination)),
        RouteAttribute::IpProto(u8::try_from(i32::from(IpProtocol::Tcp)).unwrap_or(6)),
    ];
    let question = RouteNetlinkMessage::GetRoute(question);
    let mut found = None;
    ask(NETLINK_ROUTE, (question.message_type(), &question), Wanted::One, |_, payload| {
        found = Some(RouteMessage::parse(payload)?);
        Ok(())
    })?;
    Ok(found)
}

/// None when the destination is the host itself, a broadcast or a dead end.
fn interfaces(route: &RouteMessage) -> Vec<u32> {
    if route.header.kind != RouteType::Unicast {
        return Vec::new();
    }
    let mut interfaces = Vec::new();
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(index) => interfaces.push(*index),
            RouteAttribute::MultiPath(hops) => interfaces.extend(hops.iter().map(|hop| hop.interface_index)),
            _ => {}
        }
    }
    interfaces
}

fn source(route: &RouteMessage) -> Option<IpAddr> {
    route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::PrefSource(RouteAddress::Inet(address)) => Some(IpAddr::V4(*address)),
        RouteAttribute::PrefSource(RouteAddress::Inet6(address)) => Some(IpAddr::V6(*address)),
        _ => None,
    })
}
