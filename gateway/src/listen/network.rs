//! Networks as bounds and the journal see them: a /24 of IPv4, a /48 of IPv6 (RFC 6177). What one household, office or
//! server has in its hands is within one of them, so its addresses share what one may have.
//!
//! Example: 195.12.113.29 is of 195.12.113.0/24.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// The network of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpNet);

impl Network {
    /// Of a canonical address: an IPv4 one stands in no IPv6 one.
    pub(crate) fn of(address: IpAddr) -> Self {
        let bits = if address.is_ipv4() { 24 } else { 48 };
        Self(IpNet::new(address, bits).map_or_else(|_| address.into(), |network| network.trunc()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network() {
        for (wanted, address) in [
            ("195.12.113.0/24", "195.12.113.29"),
            ("195.12.113.0/24", "195.12.113.255"),
            ("127.0.0.0/24", "127.0.0.1"),
            ("2a00:5da0:1::/48", "2a00:5da0:1:ffff::7"),
            ("::/48", "::1"),
        ] {
            assert_eq!(Network::of(address.parse().unwrap()).to_string(), wanted, "{address}");
        }
    }
}
