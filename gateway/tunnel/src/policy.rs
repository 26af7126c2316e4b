//! Outbound IPsec policies: finds the one that applies to a destination and checks that it encrypts.
//!
//! Refuses a policy that blocks, one without a template (it lets plain text pass), a template of level `use` (so does it,
//! when no association is there), transport mode, AH and IPComp alone. The kernel takes the policy with the lowest priority
//! number, so whatever stands before the tunnel's counts, and of equals each must protect. A policy for a mark, an if_id or
//! another interface is not asked for our packets; one for some ports, a security label or of the sub type may be, so
//! it never protects and may well refuse.
//!
//! ```text
//! src 10.77.0.1/32 dst 195.12.113.7/32 dir out priority 375423
//!         tmpl src 10.77.0.1 dst 195.12.122.44 proto esp reqid 1 mode tunnel
//! ```

use std::net::IpAddr;

use netlink_packet_core::{DecodeError, NlasIterator, Parseable};
use netlink_packet_xfrm::constants::{
    AF_INET, AF_INET6, IPPROTO_ESP, IPPROTO_TCP, IPPROTO_UDP, XFRM_MODE_TUNNEL, XFRM_MSG_GETPOLICY, XFRM_MSG_NEWPOLICY,
    XFRM_POLICY_ALLOW, XFRM_POLICY_OUT, XFRM_POLICY_TYPE_MAIN,
};
use netlink_packet_xfrm::policy::DelGetMessage;
use netlink_packet_xfrm::{Address, Selector, UserPolicyInfo, UserTemplate, XFRM_USER_POLICY_INFO_LEN, XfrmAttrs};
use netlink_sys::protocols::NETLINK_XFRM;

use crate::NoTunnel;
use crate::kernel::{Wanted, ask};
use crate::route::Route;

/// What is sent: from one address to another through one interface, whatever the ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) destination: IpAddr,
    pub(crate) source: IpAddr,
    pub(crate) interface: u32,
}

impl Flow {
    /// The flow to `destination` along its route.
    ///
    /// # Errors
    /// `other_route` when paths differ, or the kernel names no address of ours.
    pub(crate) fn new(destination: IpAddr, route: &Route) -> Result<Self, NoTunnel> {
        let unclear = || NoTunnel::OtherRoute { destination, through: "one interface with an address".to_owned() };
        let interface = *route.interfaces.first().ok_or_else(unclear)?;
        if route.interfaces.iter().any(|other| *other != interface) {
            return Err(unclear());
        }
        Ok(Self { destination, source: route.source.ok_or_else(unclear)?, interface })
    }
}

/// A policy as the kernel tells it.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    about: UserPolicyInfo,
    templates: Vec<UserTemplate>,
    steered: bool, // by a mark or an if_id, which our packets have not
    special: bool, // labelled, or of the sub type
}

/// All policies outward.
///
/// # Errors
/// `not_permitted` without the capability, `netlink` otherwise.
pub(crate) fn outward() -> Result<Vec<Policy>, NoTunnel> {
    let mut policies = Vec::new();
    let question = DelGetMessage::default();
    ask(NETLINK_XFRM, (XFRM_MSG_GETPOLICY, &question), Wanted::Dump, |kind, payload| {
        if kind == XFRM_MSG_NEWPOLICY {
            policies.extend(Some(Policy::parse(payload)?).filter(|policy| policy.about.direction == XFRM_POLICY_OUT));
        }
        Ok(())
    })?;
    Ok(policies)
}

/// The templates that protect `flow`, one for each of the policies that decide about it.
///
/// # Errors
/// `no_policy`: nothing covers it, or something that does not protect comes first.
pub(crate) fn deciding(policies: &[Policy], flow: &Flow) -> Result<Vec<UserTemplate>, NoTunnel> {
    let mut asked: Vec<_> = policies.iter().filter(|policy| policy.reach(flow) != Reach::Never).collect();
    asked.sort_by_key(|policy| policy.about.priority);
    let (mut templates, mut decided) = (Vec::new(), None);
    for policy in asked {
        if decided.is_some_and(|priority| policy.about.priority > priority) {
            break;
        }
        let template =
            policy.protection().map_err(|why| NoTunnel::Unprotected { destination: flow.destination, why })?;
        if policy.reach(flow) == Reach::Always {
            decided = Some(policy.about.priority);
            templates.push(template);
        }
    }
    if templates.is_empty() { Err(NoTunnel::NoPolicy(flow.destination)) } else { Ok(templates) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Never,
    Sometimes,
    Always,
}

impl Policy {
    fn parse(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut policy = Self { about: UserPolicyInfo::parse(payload)?, ..Self::default() };
        for attribute in NlasIterator::new(payload.get(XFRM_USER_POLICY_INFO_LEN..).unwrap_or_default()) {
            match XfrmAttrs::parse(&attribute?)? {
                XfrmAttrs::Template(templates) => policy.templates = templates,
                XfrmAttrs::Mark(mark) => policy.steered |= mark.value != 0,
                XfrmAttrs::IfId(id) => policy.steered |= id != 0,
                XfrmAttrs::SecurityContext(_) => policy.special = true,
                XfrmAttrs::PolicyType(sort) => policy.special |= sort.ptype != XFRM_POLICY_TYPE_MAIN,
                _ => {}
            }
        }
        Ok(policy)
    }

    fn reach(&self, flow: &Flow) -> Reach {
        let selector = &self.about.selector;
        let ours = matches!(selector.proto, 0 | IPPROTO_TCP | IPPROTO_UDP);
        let here = selector.ifindex == 0 || u32::try_from(selector.ifindex) == Ok(flow.interface);
        if self.steered || !ours || !here || !covers(selector, flow) {
            Reach::Never
        } else if self.special || selector.proto != 0 || selector.dport_mask != 0 || selector.sport_mask != 0 {
            Reach::Sometimes
        } else {
            Reach::Always
        }
    }

    /// The template that demands encryption in a tunnel, or what the policy does instead.
    fn protection(&self) -> Result<UserTemplate, &'static str> {
        if self.about.action != XFRM_POLICY_ALLOW {
            return Err("a policy that blocks decides about it");
        }
        if self.templates.is_empty() {
            return Err("a policy without a template lets it pass in plain text");
        }
        let demands = |template: &&UserTemplate| {
            template.id.proto == IPPROTO_ESP && template.mode == XFRM_MODE_TUNNEL && template.optional == 0
        };
        let found = self.templates.iter().find(demands).copied();
        found.ok_or("the policy that decides about it does not demand esp in tunnel mode")
    }
}

/// Whether both addresses of `flow` lie in the selector's networks.
pub(crate) fn covers(selector: &Selector, flow: &Flow) -> bool {
    selector.family == family(flow.destination)
        && within(flow.destination, &selector.daddr, selector.prefixlen_d)
        && within(flow.source, &selector.saddr, selector.prefixlen_s)
}

/// The kernel's number of the address family.
pub(crate) const fn family(address: IpAddr) -> u16 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn within(address: IpAddr, network: &Address, length: u8) -> bool {
    let (bytes, bits) = (usize::from(length / 8), u32::from(length % 8));
    let ours = Address::from_ip(&address).addr;
    let pairs = || ours.iter().zip(&network.addr);
    let cut = |(ours, theirs): (&u8, &u8)| (ours ^ theirs).checked_shr(8 - bits).unwrap_or(0) == 0;
    pairs().take(bytes).all(|(ours, theirs)| ours == theirs) && pairs().nth(bytes).is_none_or(cut)
}

#[cfg(test)]
pub(crate) mod tests {
    use netlink_packet_core::Emitable;
    use netlink_packet_xfrm::constants::{IPPROTO_AH, IPPROTO_ICMPV6, XFRM_MODE_TRANSPORT, XFRM_POLICY_BLOCK};
    use netlink_packet_xfrm::{UserPolicyType, mark::Mark, security_ctx::SecurityCtx};

    use super::*;

    const EVERYBODY: &str = "0.0.0.0/0";
    const BIP: &str = "195.12.113.7/32";
    const INTERFACE: u32 = 3;

    pub(crate) fn flow() -> Flow {
        Flow { destination: ip("195.12.113.7"), source: ip("10.77.0.1"), interface: INTERFACE }
    }

    pub(crate) fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// strongSwan's: esp, tunnel, required.
    pub(crate) fn esp() -> UserTemplate {
        let mut template = UserTemplate::default();
        template.source(&ip("10.77.0.1"));
        template.destination(&ip("195.12.122.44"));
        (template.id.proto, template.mode, template.reqid) = (IPPROTO_ESP, XFRM_MODE_TUNNEL, 1);
        template
    }

    fn network(text: &str) -> (IpAddr, u8) {
        let (address, length) = text.split_once('/').unwrap();
        (ip(address), length.parse().unwrap())
    }

    fn selector(source: &str, destination: &str) -> Selector {
        let mut selector = Selector::default();
        (selector.saddr, selector.prefixlen_s) = (Address::from_ip(&network(source).0), network(source).1);
        (selector.daddr, selector.prefixlen_d) = (Address::from_ip(&network(destination).0), network(destination).1);
        selector.family = family(network(destination).0);
        selector
    }

    /// As the kernel would send it: what is not parsed from bytes is not tested.
    fn policy(
        priority: u32,
        destination: &str,
        attributes: &[XfrmAttrs],
        change: impl Fn(&mut UserPolicyInfo),
    ) -> Policy {
        let mut about = UserPolicyInfo { priority, direction: XFRM_POLICY_OUT, ..UserPolicyInfo::default() };
        about.selector = selector(EVERYBODY, destination);
        change(&mut about);
        let mut bytes = vec![0; about.buffer_len() + attributes.buffer_len()];
        let (head, rest) = bytes.split_at_mut(about.buffer_len());
        about.emit(head);
        attributes.emit(rest);
        Policy::parse(&bytes).unwrap()
    }

    fn shield(priority: u32) -> Policy {
        policy(priority, BIP, &[XfrmAttrs::Template(vec![esp()])], |_| ())
    }

    fn template(change: impl Fn(&mut UserTemplate)) -> Policy {
        let mut template = esp();
        change(&mut template);
        policy(100, BIP, &[XfrmAttrs::Template(vec![template])], |_| ())
    }

    fn narrowed(change: impl Fn(&mut UserPolicyInfo)) -> Policy {
        policy(100, BIP, &[XfrmAttrs::Template(vec![esp()])], change)
    }

    fn plain(priority: u32, change: impl Fn(&mut UserPolicyInfo)) -> Policy {
        policy(priority, BIP, &[], change)
    }

    fn with(attribute: XfrmAttrs) -> Policy {
        policy(100, BIP, &[XfrmAttrs::Template(vec![esp()]), attribute], |_| ())
    }

    fn mark(value: u32) -> XfrmAttrs {
        XfrmAttrs::Mark(Mark { value, mask: u32::MAX })
    }

    fn sub() -> XfrmAttrs {
        XfrmAttrs::PolicyType(UserPolicyType { ptype: 1, ..UserPolicyType::default() })
    }

    #[test]
    fn which_policies_protect() {
        let blocks = |about: &mut UserPolicyInfo| about.action = XFRM_POLICY_BLOCK;
        let to_port =
            |about: &mut UserPolicyInfo| (about.selector.proto, about.selector.dport_mask) = (IPPROTO_TCP, u16::MAX);
        let stranger = |about: &mut UserPolicyInfo| about.selector = selector("10.77.0.2/32", BIP);
        let compressed = UserTemplate { optional: 1, ..template(|template| template.id.proto = 108).templates[0] };
        for (wanted, why, policies) in [
            ("1", "the tunnel's own", vec![shield(100)]),
            (
                "1",
                "a tunnel for a network",
                vec![policy(100, "195.12.112.0/22", &[XfrmAttrs::Template(vec![esp()])], |_| ())],
            ),
            ("1", "a tunnel for all", vec![policy(100, EVERYBODY, &[XfrmAttrs::Template(vec![esp()])], |_| ())]),
            (
                "1",
                "an optional template beside the demanded one",
                vec![policy(100, BIP, &[XfrmAttrs::Template(vec![compressed, esp()])], |_| ())],
            ),
            ("1", "plain text is less preferred", vec![plain(101, |_| ()), shield(100)]),
            ("1", "a block is less preferred", vec![plain(101, blocks), shield(100)]),
            ("2", "two of one priority", vec![shield(100), shield(100)]),
            ("1", "two of which one decides", vec![shield(101), shield(100)]),
            ("1", "plain text for another place", vec![policy(1, "195.12.113.8/32", &[], |_| ()), shield(100)]),
            ("1", "plain text from another address", vec![plain(1, stranger), shield(100)]),
            (
                "1",
                "plain text through another interface",
                vec![plain(1, |about| about.selector.ifindex = 4), shield(100)],
            ),
            (
                "1",
                "plain text for neighbours' questions",
                vec![plain(1, |about| about.selector.proto = IPPROTO_ICMPV6), shield(100)],
            ),
            ("1", "plain text for another mark", vec![policy(1, BIP, &[mark(5)], |_| ()), shield(100)]),
            ("1", "a mark of nothing", vec![with(mark(0))]),
            ("no policy", "none", vec![]),
            (
                "no policy",
                "for another place",
                vec![policy(100, "195.12.113.8/31", &[XfrmAttrs::Template(vec![esp()])], |_| ())],
            ),
            (
                "no policy",
                "for the other family",
                vec![policy(100, "::/0", &[XfrmAttrs::Template(vec![esp()])], |_| ())],
            ),
            ("no policy", "from another address", vec![narrowed(stranger)]),
            ("no policy", "for another interface", vec![narrowed(|about| about.selector.ifindex = 4)]),
            ("no policy", "for another mark", vec![with(mark(5))]),
            ("no policy", "for an xfrm interface", vec![with(XfrmAttrs::IfId(5))]),
            ("no policy", "for a label", vec![with(XfrmAttrs::SecurityContext(SecurityCtx::default()))]),
            ("no policy", "of the sub type", vec![with(sub())]),
            ("no policy", "for one port", vec![narrowed(to_port)]),
            ("no policy", "for tcp", vec![narrowed(|about| about.selector.proto = IPPROTO_TCP)]),
            ("unprotected", "plain text", vec![plain(100, |_| ())]),
            ("unprotected", "plain text first", vec![shield(100), plain(99, |_| ())]),
            ("unprotected", "plain text beside", vec![shield(100), plain(100, |_| ())]),
            ("unprotected", "plain text for one port first", vec![shield(100), plain(99, to_port)]),
            ("unprotected", "a block", vec![plain(100, blocks)]),
            ("unprotected", "a block first", vec![plain(99, blocks), shield(100)]),
            ("unprotected", "level use", vec![template(|template| template.optional = 1)]),
            ("unprotected", "transport mode", vec![template(|template| template.mode = XFRM_MODE_TRANSPORT)]),
            ("unprotected", "authentication only", vec![template(|template| template.id.proto = IPPROTO_AH)]),
        ] {
            let told = match deciding(&policies, &flow()) {
                Ok(templates) => templates.len().to_string(),
                Err(NoTunnel::NoPolicy(_)) => "no policy".to_owned(),
                Err(NoTunnel::Unprotected { .. }) => "unprotected".to_owned(),
                Err(other) => other.to_string(),
            };
            assert_eq!(wanted, told, "{why}");
        }
    }

    #[test]
    fn networks() {
        for (wanted, address, network_text) in [
            (true, "195.12.113.7", "195.12.113.7/32"),
            (false, "195.12.113.6", "195.12.113.7/32"),
            (true, "195.12.113.6", "195.12.113.7/31"),
            (true, "195.12.113.255", "195.12.112.0/22"),
            (false, "195.12.116.0", "195.12.112.0/22"),
            (true, "8.8.8.8", "0.0.0.0/0"),
            (true, "fd00:51:7::7", "fd00:51:7::/49"),
            (false, "fd00:51:7:8000::7", "fd00:51:7::/49"),
            (true, "fd00:51:7::7", "fd00:51:7::7/128"),
            (false, "fd00:51:7::6", "fd00:51:7::7/128"),
        ] {
            let (start, length) = network(network_text);
            assert_eq!(wanted, within(ip(address), &Address::from_ip(&start), length), "{address} in {network_text}");
        }
    }

    #[test]
    fn a_flow_has_one_way() {
        for (wanted, interfaces, source) in [
            (true, vec![3, 3], Some("10.77.0.1")),
            (false, vec![3, 4], Some("10.77.0.1")),
            (false, vec![3, 3], None),
            (false, vec![], Some("10.77.0.1")),
        ] {
            let route = Route { interfaces, source: source.map(ip) };
            assert_eq!(wanted, Flow::new(ip("195.12.113.7"), &route).is_ok(), "{route:?}");
        }
    }
}
