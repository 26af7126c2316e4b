//! How many connections may be open: of one caller, of one network, of certificates that nobody knows, and in all. Who
//! exceeds is closed right after its handshake, and counted into a `DENIED` line by the word of the bound:
//!
//! ```text
//! {"phase":"DENIED","ts":"2026-11-30T09:15:31Z","code":"connections.caller","caller":"school-1","count":41}
//! ```
//!
//! Below the number of descriptors that the process may have: what it needs to answer (journal, vault, state systems) is no
//! caller's to take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::network::Network;
use crate::limits::{CONNECTIONS_OF_STRANGERS, HANDSHAKES_AT_ONCE, HANDSHAKES_OF_A_NETWORK};

/// What a gateway has open with nobody connected: journal, vault, runtime, standard streams. Measured: 20.
const OWN_DESCRIPTORS: u64 = 32;

/// The bounds of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Open connections in all. Certificates that no rule knows have a quarter of them.
    pub all: usize,
    /// Open connections of one network (/24, /48).
    pub of_network: usize,
    /// Open connections of one caller.
    pub of_caller: usize,
    /// Handshakes under way at once, and as many PROXY headers that are awaited.
    pub handshakes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { all: 2000, of_network: 512, of_caller: 64, handshakes: HANDSHAKES_AT_ONCE }
    }
}

impl Bounds {
    /// Descriptors that a process needs for all of it: those that it has with nobody connected, and of the others a quarter
    /// for what is not a caller's.
    #[must_use]
    pub fn descriptors(self) -> u64 {
        let inbound = u64::try_from(self.inbound()).unwrap_or(u64::MAX);
        OWN_DESCRIPTORS + inbound + inbound.div_ceil(3)
    }

    /// Sockets that are accepted and not closed yet. What is beyond the bounds has been cut already, and its task is about to
    /// close it.
    pub(super) fn sockets(self) -> usize {
        self.inbound() + (self.handshakes / 8).max(4)
    }

    fn inbound(self) -> usize {
        self.all + 2 * self.handshakes
    }

    /// As many of them as a process may have that has so many descriptors.
    #[must_use]
    pub fn within(self, descriptors: u64) -> Self {
        if self.descriptors() <= descriptors {
            return self;
        }
        let others = usize::try_from(descriptors.saturating_sub(OWN_DESCRIPTORS)).unwrap_or(usize::MAX);
        let inbound = others - others.div_ceil(4);
        let handshakes = self.handshakes.min(inbound / 4);
        Self { all: self.all.min(inbound - 2 * handshakes), handshakes, ..self }
    }

    /// Handshakes under way of one network.
    pub(super) fn handshakes_of_network(self) -> usize {
        HANDSHAKES_OF_A_NETWORK.min(self.handshakes.div_ceil(2))
    }

    /// The bound of a key, and the code of what exceeds it.
    fn of(self, key: &Key) -> (usize, &'static str) {
        match key {
            Key::All => (self.all, "connections.all"),
            Key::Network(_) => (self.of_network, "connections.network"),
            Key::Caller(_) => (self.of_caller, "connections.caller"),
            Key::Strangers => (self.all.div_ceil(4), "connections.strangers"),
            Key::StrangersOf(_) => (CONNECTIONS_OF_STRANGERS, "connections.stranger"),
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    All,
    Network(Network),
    Caller(Arc<str>),
    Strangers,
    StrangersOf(Network),
}

/// The open connections. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct OpenConnections {
    bounds: Bounds,
    counts: Arc<Mutex<HashMap<Key, usize>>>,
}

/// An open connection, counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    keys: Vec<Key>,
    counts: Arc<Mutex<HashMap<Key, usize>>>,
}

impl OpenConnections {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, counts: Arc::default() }
    }

    /// One more from this network, of a caller that some rule knows or of none.
    ///
    /// # Errors
    /// The code of the bound that is reached.
    pub(super) fn open(&self, network: Network, caller: Option<&str>) -> Result<Counted, &'static str> {
        let whose = caller
            .map_or_else(|| vec![Key::Strangers, Key::StrangersOf(network)], |caller| vec![Key::Caller(caller.into())]);
        let keys: Vec<Key> = [Key::All, Key::Network(network)].into_iter().chain(whose).collect();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &keys {
            let (bound, code) = self.bounds.of(key);
            if counts.get(key).copied().unwrap_or_default() >= bound {
                return Err(code);
            }
        }
        keys.iter().for_each(|key| *counts.entry(key.clone()).or_default() += 1);
        Ok(Counted { keys, counts: self.counts.clone() })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            match counts.get_mut(key) {
                Some(count) if *count > 1 => *count -= 1,
                _ => _ = counts.remove(key),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const BOUNDS: Bounds = Bounds { all: 45, of_network: 30, of_caller: 20, handshakes: 8 };

    fn network(third: u8) -> Network {
        Network::of(IpAddr::from([195, 12, third, 29]))
    }

    /// How many of `count` connections are opened, and the code of the first that is not.
    fn opened(
        open: &OpenConnections,
        count: usize,
        third: u8,
        caller: Option<&str>,
    ) -> (Vec<Counted>, Option<&'static str>) {
        let tried = (0..count).map(|_| open.open(network(third), caller));
        let (held, refused): (Vec<_>, Vec<_>) = tried.partition(Result::is_ok);
        let code = refused.into_iter().find_map(Result::err);
        (held.into_iter().flatten().collect(), code)
    }

    #[test]
    fn each_bound_holds_by_itself_and_names_itself() {
        let open = OpenConnections::new(BOUNDS);
        for (wanted, third, caller) in [
            ((20, Some("connections.caller")), 1, Some("school")),
            ((0, Some("connections.caller")), 2, Some("school")),
            ((10, Some("connections.network")), 1, Some("school-2")),
            ((0, Some("connections.network")), 1, None),
            ((12, Some("connections.strangers")), 2, None),
            ((3, Some("connections.all")), 3, Some("school-3")),
        ] {
            let (held, code) = opened(&open, 50, third, caller);
            assert_eq!((held.len(), code), wanted, "{third} {caller:?}");
            held.into_iter().for_each(std::mem::forget); // they stay open for the rows to come
        }
    }

    #[test]
    fn certificates_that_nobody_knows_share_a_small_bound_in_each_network() {
        let open = OpenConnections::new(Bounds::default());
        let (held, code) = opened(&open, 50, 1, None);
        assert_eq!((held.len(), code), (CONNECTIONS_OF_STRANGERS, Some("connections.stranger")));
        assert_eq!(opened(&open, 1, 2, None).1, None, "another network");
        assert_eq!(opened(&open, 1, 1, Some("school")).1, None, "a caller of the same network");
    }

    #[test]
    fn a_connection_that_ends_makes_room_and_leaves_nothing() {
        let open = OpenConnections::new(BOUNDS);
        let (mut held, code) = opened(&open, 21, 1, Some("school"));
        assert_eq!((held.len(), code), (20, Some("connections.caller")));
        held.pop();
        assert!(open.open(network(2), Some("school")).is_ok());
        drop(held);
        assert!(open.counts.lock().unwrap().is_empty());
    }

    #[test]
    fn a_process_with_few_descriptors_lets_in_fewer() {
        let bounds = Bounds::default();
        assert_eq!(bounds.descriptors(), 4064);
        for (wanted, descriptors) in
            [((2000, 512), 1 << 20), ((2000, 512), 4096), ((372, 186), 1024), ((12, 6), 64), ((0, 0), 32), ((0, 0), 0)]
        {
            let within = bounds.within(descriptors);
            assert_eq!((within.all, within.handshakes), wanted, "{descriptors}");
            let taken = (within.all + 2 * within.handshakes) as u64;
            assert!(taken <= descriptors.saturating_sub(OWN_DESCRIPTORS) * 3 / 4, "{descriptors}: a quarter is kept");
        }
    }
}
