//! Connections that are not through yet: a PROXY header is awaited, or the TLS handshake goes on. They cost their peer
//! nothing, so there is a bounded number of them, and a share of it for each network ([`Network`]).
//!
//! Nobody waits for a place. Who comes when his network has its share takes the place of its oldest; who comes when all
//! places are taken, that of the oldest of the network that holds most of them. The oldest is one that has said nothing yet
//! ([`Place::has_spoken`]), while there is any. So whoever opens many displaces himself, and an honest handshake, which
//! begins with its ClientHello and is through within a few round trips, stays also beside a flood of its own network.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::network::Network;

/// The places of one kind. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Unfinished {
    all: usize,
    share: usize,
    places: Arc<Mutex<Places>>,
}

#[derive(Default)]
struct Places {
    /// Number of the next place; the smallest number is the oldest place.
    next: u64,
    cut: HashMap<u64, oneshot::Sender<()>>,
    networks: HashMap<Network, Numbers>,
}

/// The places of one network.
#[derive(Default)]
struct Numbers {
    silent: BTreeSet<u64>,
    spoken: BTreeSet<u64>,
}

/// A place that is held, until it is dropped or displaced.
pub(super) struct Place {
    number: u64,
    network: Network,
    cut: oneshot::Receiver<()>,
    places: Arc<Mutex<Places>>,
}

impl Unfinished {
    /// `all` places, at most `share` of them for one network.
    pub(super) fn new(all: usize, share: usize) -> Self {
        Self { all, share, places: Arc::default() }
    }

    /// A place for a newcomer; whoever held it before is cut.
    pub(super) fn enter(&self, network: Network) -> Place {
        let mut places = lock(&self.places);
        if places.of(network) >= self.share {
            places.displace(network);
        } else if places.cut.len() >= self.all
            && let Some(greediest) = places.greediest()
        {
            places.displace(greediest);
        }
        let (number, cut) = places.add(network);
        Place { number, network, cut, places: self.places.clone() }
    }

    /// How many places are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        lock(&self.places).cut.len()
    }
}

impl Places {
    fn of(&self, network: Network) -> usize {
        self.networks.get(&network).map_or(0, Numbers::len)
    }

    /// The network that holds most places; among equals the one with the oldest.
    fn greediest(&self) -> Option<Network> {
        let rank = |numbers: &Numbers| (numbers.len(), Reverse(numbers.oldest()));
        self.networks.iter().max_by_key(|(_, numbers)| rank(numbers)).map(|(network, _)| *network)
    }

    /// Cuts the oldest of a network.
    fn displace(&mut self, network: Network) {
        let Some(oldest) = self.networks.get(&network).and_then(Numbers::oldest) else { return };
        if let Some(cut) = self.remove(oldest, network) {
            let _ = cut.send(()); // it may be through in this very moment
        }
    }

    fn add(&mut self, network: Network) -> (u64, oneshot::Receiver<()>) {
        let (number, (cut, told)) = (self.next, oneshot::channel());
        self.next += 1;
        self.cut.insert(number, cut);
        self.networks.entry(network).or_default().silent.insert(number);
        (number, told)
    }

    fn remove(&mut self, number: u64, network: Network) -> Option<oneshot::Sender<()>> {
        if let Some(numbers) = self.networks.get_mut(&network) {
            numbers.silent.remove(&number);
            numbers.spoken.remove(&number);
            if numbers.len() == 0 {
                self.networks.remove(&network);
            }
        }
        self.cut.remove(&number)
    }
}

impl Numbers {
    fn len(&self) -> usize {
        self.silent.len() + self.spoken.len()
    }

    fn oldest(&self) -> Option<u64> {
        self.silent.first().or_else(|| self.spoken.first()).copied()
    }
}

impl Place {
    /// Its holder has begun what is awaited: it makes room after all those who have not.
    pub(super) fn has_spoken(&self) {
        if let Some(numbers) = lock(&self.places).networks.get_mut(&self.network)
            && numbers.silent.remove(&self.number)
        {
            numbers.spoken.insert(self.number);
        }
    }

    /// Waits until somebody else has taken the place; forever, if nobody does.
    pub(super) async fn displaced(&mut self) {
        if (&mut self.cut).await.is_err() {
            std::future::pending::<()>().await; // only who displaces takes the sender out
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.places).remove(self.number, self.network);
    }
}

fn lock(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn network(third: u8) -> Network {
        Network::of(IpAddr::from([195, 12, third, 29]))
    }

    fn is_cut(place: &mut Place) -> bool {
        place.cut.try_recv().is_ok()
    }

    /// Which of those who came, in this order and from these networks, were cut.
    fn cut_of(all: usize, share: usize, came: &[u8]) -> Vec<usize> {
        let places = Unfinished::new(all, share);
        let mut held: Vec<_> = came.iter().map(|third| places.enter(network(*third))).collect();
        let cut: Vec<_> = (0..held.len()).filter(|at| is_cut(&mut held[*at])).collect();
        assert_eq!(places.held(), came.len() - cut.len());
        drop(held);
        assert_eq!((places.held(), lock(&places.places).networks.len()), (0, 0));
        cut
    }

    #[test]
    fn the_oldest_of_whoever_holds_most_makes_room() {
        for (wanted, (all, share), came, why) in [
            (vec![], (4, 4), vec![1, 1, 2, 3], "there is room"),
            (vec![0], (4, 2), vec![1, 1, 1], "the network has its share: its own oldest"),
            (vec![1], (4, 2), vec![2, 1, 1, 1], "an older one of another network stays"),
            (vec![0, 1, 2], (4, 2), vec![1, 1, 1, 1, 1], "a flood of one network goes round in its share"),
            (vec![1], (4, 3), vec![2, 1, 1, 1, 3], "all full: the oldest of the network that holds most"),
            (vec![0], (3, 3), vec![1, 2, 3, 4], "all hold one: the oldest"),
            (vec![0, 1, 2], (3, 3), vec![1, 2, 3, 4, 5, 6], "one after the other"),
        ] {
            assert_eq!(cut_of(all, share, &came), wanted, "{why}: {came:?}");
        }
    }

    #[test]
    fn who_has_spoken_makes_room_after_all_who_are_silent() {
        let places = Unfinished::new(8, 3);
        let mut spoken = places.enter(network(1));
        spoken.has_spoken();
        let mut flood: Vec<_> = (0..9).map(|_| places.enter(network(1))).collect();
        assert!(!is_cut(&mut spoken));
        let stay: Vec<_> = flood.iter_mut().map(is_cut).collect();
        assert_eq!(stay, [true, true, true, true, true, true, true, false, false]);
        flood.iter().for_each(Place::has_spoken);
        let _next = places.enter(network(1));
        assert!(is_cut(&mut spoken), "nobody is silent: the oldest");
        assert_eq!(places.held(), 3);
    }

    #[test]
    fn who_is_through_makes_room_for_the_next() {
        let places = Unfinished::new(1, 1);
        drop(places.enter(network(1)));
        let mut second = places.enter(network(2));
        assert!(!is_cut(&mut second));
        let _third = places.enter(network(3));
        assert!(is_cut(&mut second));
        drop(second); // of a place that another holds now nothing is taken
        assert_eq!(places.held(), 1);
    }
}
