//! State of a network interface: existence, carrier, and whether IPsec policies apply to it.
//!
//! Refuses the loopback, and an interface that is administratively up while nothing carries it (a tunnel whose daemon
//! died keeps its address and its routes). Example: `ipsec0`, flags up, state `DOWN`: word `interface_down`.

use std::io;

use netlink_packet_core::Parseable;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{AfSpecInet, AfSpecUnspec, LinkAttribute, LinkFlags, LinkMessage, State};
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::io::Errno;

use crate::NoTunnel;
use crate::kernel::{Trouble, Wanted, ask};
use crate::policy::Flow;

/// The index of the interface of this name, when it is up and no loopback.
///
/// # Errors
/// `interface_missing`, `interface_down` or `netlink`.
pub(crate) fn up(name: &str) -> Result<u32, NoTunnel> {
    let mut question = LinkMessage::default();
    question.attributes.push(LinkAttribute::IfName(name.to_owned()));
    let missing = || NoTunnel::InterfaceMissing(name.to_owned());
    let link = match link(question) {
        Err(Trouble::Refused(error)) if no_such_name(&error) => return Err(missing()),
        answer => answer?,
    };
    if link.header.flags.contains(LinkFlags::Loopback) {
        return Err(missing());
    }
    let down = |state: String| Err(NoTunnel::InterfaceDown { name: name.to_owned(), state });
    if !link.header.flags.contains(LinkFlags::Up) {
        return down("administratively down".to_owned());
    }
    if !link.header.flags.contains(LinkFlags::LowerUp) {
        return down("no carrier".to_owned()); // known at once; the state below follows up to a second later
    }
    match state(&link) {
        State::Up | State::Unknown => Ok(link.header.index),
        other => down(other.to_string()),
    }
}

/// That IPsec's policies apply to what leaves through the flow's interface: `disable_xfrm` switches them off for IPv4.
///
/// # Errors
/// `no_policy` when they are switched off, `netlink` when that cannot be read.
pub(crate) fn obeys_policies(flow: &Flow) -> Result<(), NoTunnel> {
    if flow.destination.is_ipv6() {
        return Ok(());
    }
    let mut question = LinkMessage::default();
    question.header.index = flow.interface;
    let everywhere = std::fs::read_to_string(EVERYWHERE).map_err(NoTunnel::Netlink)?;
    if everywhere.trim() == "0" && !is_exempt(&link(question)?)? {
        return Ok(());
    }
    let why = "`disable_xfrm` is set for the interface that leads there";
    Err(NoTunnel::Unprotected { destination: flow.destination, why })
}

fn is_exempt(link: &LinkMessage) -> Result<bool, NoTunnel> {
    let families = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::AfSpecUnspec(families) => Some(families),
        _ => None,
    });
    let inet = families.into_iter().flatten().find_map(|family| match family {
        AfSpecUnspec::Inet(inet) => Some(inet),
        _ => None,
    });
    let settings = inet.into_iter().flatten().find_map(|part| match part {
        AfSpecInet::DevConf(settings) => Some(settings.noxfrm != 0),
        _ => None,
    });
    settings.ok_or_else(|| NoTunnel::Netlink(io::Error::other("the interface does not tell its settings")))
}

fn link(question: LinkMessage) -> Result<LinkMessage, Trouble> {
    let question = RouteNetlinkMessage::GetLink(question);
    let mut found = None;
    ask(NETLINK_ROUTE, (question.message_type(), &question), Wanted::One, |_, payload| {
        found = Some(LinkMessage::parse(payload)?);
        Ok(())
    })?;
    found.ok_or_else(|| Trouble::Broken(io::Error::other("the kernel does not describe the interface")))
}

/// Too long a name can be no interface's either.
fn no_such_name(error: &io::Error) -> bool {
    [Errno::NODEV, Errno::RANGE, Errno::INVAL].iter().any(|code| error.raw_os_error() == Some(code.raw_os_error()))
}

fn state(link: &LinkMessage) -> State {
    let told = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::OperState(state) => Some(*state),
        _ => None,
    });
    told.unwrap_or(State::NotPresent)
}

const EVERYWHERE: &str = "/proc/sys/net/ipv4/conf/all/disable_xfrm";
