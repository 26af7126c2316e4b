//! A map that forgets: beyond its limit the oldest entry goes. A mock may run for weeks under load.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

pub(super) struct Bounded<K, V> {
    limit: usize,
    entries: HashMap<K, V>,
    /// Keys in the order in which they came, each once.
    order: VecDeque<K>,
}

impl<K: Hash + Eq + Clone, V> Bounded<K, V> {
    pub(super) fn up_to(limit: usize) -> Self {
        Self { limit, entries: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn find<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(super) fn find_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    /// What stands under `key`, made now if nothing does.
    pub(super) fn find_or_default(&mut self, key: &K) -> &mut V
    where
        V: Default,
    {
        if !self.entries.contains_key(key) {
            self.put(key.clone(), V::default());
        }
        // Put there a line above.
        self.entries.entry(key.clone()).or_default()
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn the_oldest_goes_first() {
        let mut map = Bounded::up_to(2);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            map.put(key, value);
        }
        assert_eq!([map.find("a"), map.find("b"), map.find("c")], [None, Some(&2), Some(&4)]);
        assert_eq!(map.order.len(), 2);
    }
}
