//! Special-purpose addresses (IANA registries): private, shared, documentation, transition mechanisms that embed
//! another address.
//!
//! Judged before any country, because tables answer them wrongly (`::195.12.113.29` is KZ in one, nothing in another),
//! and never by an address inside: a NAT64 prefix leads where its gateway leads.

use std::net::{IpAddr, Ipv6Addr};

/// What kind of no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Special {
    /// `0.0.0.0/8`, `::`. Connecting to it reaches this machine.
    #[error("unspecified")]
    Unspecified,
    /// This machine.
    #[error("loopback")]
    Loopback,
    /// RFC 1918, or unique local (RFC 4193).
    #[error("private")]
    Private,
    /// Carrier-grade NAT, RFC 6598.
    #[error("shared by a carrier")]
    Shared,
    /// RFC 3927, `fe80::/10`, and the site-local of old.
    #[error("link-local")]
    LinkLocal,
    /// Multicast addresses.
    #[error("multicast")]
    Multicast,
    /// Documentation addresses.
    #[error("documentation")]
    Documentation,
    /// RFC 2544, RFC 5180.
    #[error("benchmarking")]
    Benchmarking,
    /// NAT64, 6to4, Teredo, IPv4-compatible and translated: another address inside.
    #[error("a transition address that hides another")]
    Transition,
    /// Kept by IANA for protocols or for later.
    #[error("reserved")]
    Reserved,
}

impl Special {
    /// Whether a closed network may pin it.
    #[must_use]
    pub fn may_be_pinned(self) -> bool {
        matches!(self, Self::Private | Self::Shared)
    }
}

/// An IPv4 address in IPv6 clothes (`::ffff:0:0/96`) as the IPv4 address that is dialled.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// What a canonical address is, if it is no place.
pub(super) fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(address) => {
            let address = u32::from(address);
            let after = V4.partition_point(|(first, ..)| *first <= address);
            let (_, last, special) = V4.get(after.checked_sub(1)?)?;
            (address <= *last).then_some(*special)
        }
        IpAddr::V6(address) => {
            let address = u128::from(address);
            let found = V6.iter().find(|(first, last, _)| *first <= address && address <= *last);
            found.map(|(.., special)| *special).or_else(|| (address >> 125 != GLOBAL).then_some(Special::Reserved))
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, bits: u8, special: Special) -> (u32, u32, Special) {
    let first = u32::from_be_bytes([a, b, c, 0]);
    (first, first | (u32::MAX >> bits), special)
}

const fn v6(a: u16, b: u16, c: u16, bits: u8, special: Special) -> (u128, u128, Special) {
    let first = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits();
    (first, first | (u128::MAX >> bits), special)
}

/// IANA special-purpose registry, IPv4, in order of address; each within no other.
const V4: [(u32, u32, Special); 18] = [
    v4(0, 0, 0, 8, Special::Unspecified),
    v4(10, 0, 0, 8, Special::Private),
    v4(100, 64, 0, 10, Special::Shared),
    v4(127, 0, 0, 8, Special::Loopback),
    v4(169, 254, 0, 16, Special::LinkLocal),
    v4(172, 16, 0, 12, Special::Private),
    v4(192, 0, 0, 24, Special::Reserved),
    v4(192, 0, 2, 24, Special::Documentation),
    v4(192, 31, 196, 24, Special::Reserved), // AS112, answered by whoever is nearest (RFC 7535)
    v4(192, 52, 193, 24, Special::Reserved), // multicast relays (AMT, RFC 7450), likewise
    v4(192, 88, 99, 24, Special::Transition),
    v4(192, 168, 0, 16, Special::Private),
    v4(192, 175, 48, 24, Special::Reserved), // AS112, RFC 7534
    v4(198, 18, 0, 15, Special::Benchmarking),
    v4(198, 51, 100, 24, Special::Documentation),
    v4(203, 0, 113, 24, Special::Documentation),
    v4(224, 0, 0, 4, Special::Multicast),
    v4(240, 0, 0, 4, Special::Reserved),
];

/// IANA special-purpose registry, IPv6; the narrower net first.
const V6: [(u128, u128, Special); 16] = [
    (0, 0, Special::Unspecified),
    (1, 1, Special::Loopback),
    v6(0, 0, 0, 64, Special::Transition), // IPv4-compatible ::/96, translated ::ffff:0:0:0/96 and what lies between
    v6(0x64, 0xff9b, 0, 96, Special::Transition), // NAT64, RFC 6052
    v6(0x64, 0xff9b, 1, 48, Special::Transition), // local NAT64, RFC 8215
    v6(0x2001, 2, 0, 48, Special::Benchmarking), // RFC 5180
    v6(0x2001, 0, 0, 32, Special::Transition), // Teredo
    v6(0x2001, 0, 0, 23, Special::Reserved), // IETF protocols, ORCHID
    v6(0x2001, 0xdb8, 0, 32, Special::Documentation),
    v6(0x2002, 0, 0, 16, Special::Transition),       // 6to4
    v6(0x2620, 0x4f, 0x8000, 48, Special::Reserved), // AS112, RFC 7534
    v6(0x3fff, 0, 0, 20, Special::Documentation),
    v6(0xfc00, 0, 0, 7, Special::Private),
    v6(0xfe80, 0, 0, 10, Special::LinkLocal),
    v6(0xfec0, 0, 0, 10, Special::LinkLocal),
    v6(0xff00, 0, 0, 8, Special::Multicast),
];

/// `2000::/3`, all that IANA has given to registries; the rest is reserved.
const GLOBAL: u128 = 0b001;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_searched_in_order() {
        assert!(V4.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn special_purpose_addresses() {
        use Special::*;
        for (wanted, address) in [
            (None, "195.12.113.29"),
            (None, "8.8.8.8"),
            (None, "2a00:1450:4010::1"),
            (Some(Unspecified), "0.0.0.0"),
            (Some(Unspecified), "0.1.2.3"),
            (Some(Unspecified), "::"),
            (Some(Loopback), "127.0.0.1"),
            (Some(Loopback), "127.255.0.1"),
            (Some(Loopback), "::1"),
            (Some(Loopback), "::ffff:127.0.0.1"),
            (Some(Private), "10.1.2.3"),
            (Some(Private), "172.31.255.255"),
            (None, "172.32.0.1"),
            (Some(Private), "192.168.145.133"),
            (Some(Private), "fd00:ec2::254"),
            (Some(LinkLocal), "169.254.169.254"),
            (Some(LinkLocal), "fe80::1"),
            (Some(LinkLocal), "fec0::1"),
            (Some(Shared), "100.100.100.200"),
            (Some(Multicast), "224.0.0.1"),
            (Some(Multicast), "ff02::1"),
            (Some(Reserved), "255.255.255.255"),
            (Some(Documentation), "203.0.113.9"),
            (Some(Documentation), "2001:db8::1"),
            (Some(Documentation), "3fff::1"),
            (Some(Benchmarking), "198.19.0.1"),
            (Some(Benchmarking), "2001:2::1"),
            (Some(Transition), "64:ff9b::c30c:711d"),
            (Some(Transition), "64:ff9b:1::c30c:711d"),
            (Some(Transition), "2002:c30c:711d::1"),
            (Some(Transition), "2001:0:c30c:711d::1"),
            (Some(Transition), "::195.12.113.29"),
            (Some(Transition), "::ffff:0:c30c:711d"),
            (Some(Transition), "192.88.99.1"),
            (Some(Reserved), "192.52.193.1"),
            (Some(Reserved), "192.175.48.42"),
            (Some(Reserved), "2620:4f:8000::42"),
            (Some(Reserved), "2001:20::1"),
            (Some(Reserved), "100::1"),
            (Some(Reserved), "5f00::1"),
            (Some(Reserved), "4000::1"),
        ] {
            assert_eq!(special(canonical(address.parse().unwrap())), wanted, "{address}");
        }
    }
}
