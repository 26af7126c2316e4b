//! Addresses where two readings are most likely to part: at the ends of everything, and inside each other.

use std::net::IpAddr;

use super::classifier::{Twin, plain, unplain};
use super::random::Random;

/// Draws addresses.
pub(crate) struct Addresses {
    edges: Vec<(bool, u128)>,
    /// Those about home, which real tables have few of.
    home: Vec<(bool, u128)>,
    /// Of the decision table.
    known: Vec<IpAddr>,
}

impl Addresses {
    pub(crate) fn new(twin: &Twin) -> Self {
        let texts = include_str!("../judge.rs").split('"');
        let nets = texts.clone().filter_map(|text| text.split_once('/')?.0.parse().ok());
        Self {
            edges: twin.edges(),
            home: twin.home_edges(),
            known: texts.filter_map(|text| text.parse().ok()).chain(nets).collect(),
        }
    }

    pub(crate) fn draw(&self, random: &mut Random) -> IpAddr {
        match random.below(8) {
            0 => unplain(true, random.wide() & 0xffff_ffff),
            1 => unplain(false, 1 << 125 | random.wide() >> 3),
            2 => unplain(false, random.wide() >> random.below(128)),
            3 => *random.pick(&self.known),
            4 => self.inside(random),
            _ => self.near_an_edge(random),
        }
    }

    /// An end, or up to 255 to one side of it, mostly 1.
    fn near_an_edge(&self, random: &mut Random) -> IpAddr {
        let (is_v4, edge) = *if random.chance(2) { random.pick(&self.edges) } else { random.pick(&self.home) };
        let most = if is_v4 { u128::from(u32::MAX) } else { u128::MAX };
        let by = if random.chance(4) { random.below(256) as u128 } else { random.below(2) as u128 };
        let near = if random.chance(2) { edge.saturating_add(by) } else { edge.saturating_sub(by) };
        unplain(is_v4, near.min(most))
    }

    /// An IPv4 address, often of home, in the clothes of a transition mechanism.
    fn inside(&self, random: &mut Random) -> IpAddr {
        let inner = match random.pick(&self.home) {
            (true, edge) => *edge,
            (false, _) => plain(*random.pick(&self.known)).1 & 0xffff_ffff,
        };
        let host = random.wide() & 0xffff;
        let bits = match random.below(9) {
            0..3 => 0xffff << 32 | inner,                                   // IPv4-mapped
            3 => inner,                                                     // IPv4-compatible
            4 => 0xffff << 48 | inner,                                      // translated
            5 => 0x64_ff9b << 96 | inner,                                   // NAT64
            6 => 0x64_ff9b_0001 << 80 | inner,                              // local NAT64
            7 => 0x2002 << 112 | inner << 80 | host,                        // 6to4
            _ => 0x2001 << 112 | inner << 64 | host | !inner & 0xffff_ffff, // Teredo
        };
        unplain(false, bits)
    }
}
