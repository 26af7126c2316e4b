//! Keys of the maps of one message, to find two entries with one key.

use std::collections::BTreeSet;

/// Keys of the maps of one message, each with the place of its map.
pub(super) type Keys<'w> = BTreeSet<(usize, Key<'w>)>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'w> {
    Number(u64),
    Text(&'w [u8]),
}
