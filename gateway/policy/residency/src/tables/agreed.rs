//! What every location calls home and no denied system announces, laid out for the usual question: an address in it only
//! awaits the registry's word. IPv4 is searched from where its first octet begins, which halves the time of a verdict.
//!
//! ```text
//! 2.72.0.0 -> spans of 2.x: 2.57.96.0-.., 2.72.0.0-2.79.255.255, 2.132.0.0-..
//! ```

use std::net::{IpAddr, Ipv4Addr};

use super::location::Location;
use super::origins::Origins;
use super::spans::{Span, Spans};

/// Of both families.
#[derive(Debug, Clone)]
pub(super) struct Agreed {
    v4: Spans<u32>,
    /// By first octet, how many spans start before it, and before the next one.
    octets: Vec<(u32, u32)>,
    v6: Spans<u128>,
}

impl Agreed {
    pub(super) fn of(locations: &[Location], origins: &Origins) -> Self {
        let (denied_v4, denied_v6) = origins.denied_spans();
        let homes = locations.iter().map(|location| (location.space().v4.home(), location.space().v6.home()));
        let homes = homes.map(|(v4, v6)| (v4.minus(denied_v4), v6.minus(denied_v6)));
        let (v4, v6) = homes.reduce(|all, home| (all.0.and(&home.0), all.1.and(&home.1))).unwrap_or_default();
        let before = |octet: u32| v4.iter().take_while(|span| span.start >> 24 < octet).count();
        let before = |octet| u32::try_from(before(octet)).unwrap_or(u32::MAX);
        let octets = (0..=u32::from(u8::MAX)).map(|octet| (before(octet), before(octet + 1))).collect();
        Self { v4, octets, v6 }
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.span(address).is_some_and(|span| u32::from(address) <= span.end),
            IpAddr::V6(address) => self.v6.contains(address.into()),
        }
    }

    /// The last span that starts no later than the address; it may do so under an earlier octet.
    fn span(&self, address: Ipv4Addr) -> Option<Span<u32>> {
        let [octet, ..] = address.octets();
        let (first, next) = *self.octets.get(usize::from(octet))?;
        self.v4.last_before(first as usize..next as usize, address.into())
    }

    pub(super) fn spans(&self) -> (&Spans<u32>, &Spans<u128>) {
        (&self.v4, &self.v6)
    }
}
