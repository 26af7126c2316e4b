//! The tables side by side, for people and for the second fence: what all of them call home, and what only one does.
//! Slow (up to seconds), and never asked while an exchange waits.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Tables;
use super::spans::Spans;
use crate::special::special;

/// What all evidence agrees on, as the fewest networks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HomeSpace {
    /// IPv4.
    pub v4: Vec<Ipv4Net>,
    /// IPv6.
    pub v6: Vec<Ipv6Net>,
}

/// What one table calls home and another does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Name of the table that says home.
    pub home_by: String,
    /// Name of the table that does not.
    pub not_by: String,
    /// IPv4 addresses.
    pub v4_addresses: u64,
    /// IPv4 networks, the fewest that cover them.
    pub v4_networks: usize,
    /// IPv6 networks, the fewest that cover them.
    pub v6_networks: usize,
    /// The largest of them, at most five of each family.
    pub examples: Vec<IpNet>,
}

type Both = (Spans<u32>, Spans<u128>);

impl Tables {
    /// What registry, every location and the origins agree on. Without a location table nothing is confirmed, and
    /// nothing is home. Takes up to two seconds.
    #[must_use]
    pub fn home(&self) -> HomeSpace {
        let (v4, v6) = self.agreed.spans();
        let (v4, v6) = self.registry.home_among(v4, v6);
        let place = |first, last| special(first).is_none() && special(last).is_none();
        HomeSpace {
            v4: v4.networks().filter(|net| place(net.network().into(), net.broadcast().into())).collect(),
            v6: v6.networks().filter(|net| place(net.network().into(), net.broadcast().into())).collect(),
        }
    }

    /// Each pair of tables, both ways. IPv6 of the compiled-in registry is compared in steps of a /32, and of a /48
    /// where RIPE NCC assigns such. Takes up to two seconds.
    #[must_use]
    pub fn disagreements(&self) -> Vec<Disagreement> {
        let places = self.locations.iter().map(|location| {
            (&location.facts().name, (location.space().v4.home().clone(), location.space().v6.home().clone()))
        });
        let tables: Vec<_> =
            std::iter::once((&self.registry.facts().name, self.registry.home_spans())).chain(places).collect();
        let mut found = Vec::new();
        for (at, (home_by, home)) in tables.iter().enumerate() {
            for (_, (not_by, other)) in tables.iter().enumerate().filter(|(other, _)| *other != at) {
                found.push(disagreement(home_by, home, not_by, other));
            }
        }
        found
    }
}

fn disagreement(home_by: &str, home: &Both, not_by: &str, other: &Both) -> Disagreement {
    let (v4, v6) = (home.0.minus(&other.0), home.1.minus(&other.1));
    let (mut v4_nets, mut v6_nets): (Vec<_>, Vec<_>) = (v4.networks().collect(), v6.networks().collect());
    v4_nets.sort_by_key(|net| net.prefix_len());
    v6_nets.sort_by_key(|net| net.prefix_len());
    let examples = v4_nets.iter().take(EXAMPLES).map(|net| IpNet::V4(*net));
    Disagreement {
        home_by: home_by.to_owned(),
        not_by: not_by.to_owned(),
        v4_addresses: v4.addresses(),
        v4_networks: v4_nets.len(),
        v6_networks: v6_nets.len(),
        examples: examples.chain(v6_nets.iter().take(EXAMPLES).map(|net| IpNet::V6(*net))).collect(),
    }
}

const EXAMPLES: usize = 5;
