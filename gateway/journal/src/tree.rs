//! The Merkle tree of RFC 6962 section 2.1: leaf = `SHA-256(0x00 || leaf)`, node = `SHA-256(0x01 || left || right)`.
//!
//! A lane keeps only the [`Frontier`] in memory (at most 64 hashes); everything else can be recomputed from the leaves.
//! The 0x00 and 0x01 bytes stop a node from being passed off as a leaf.
//!
//! ```
//! use qaqpa_journal::tree::{Frontier, leaf_hash, node_hash};
//! let (left, right) = (leaf_hash(b"{\"seq\":0}"), leaf_hash(b"{\"seq\":1}"));
//! let tree: Frontier = [left, right].into_iter().collect();
//! assert_eq!(tree.root(), node_hash(&left, &right));
//! ```

use aws_lc_rs::digest::{Context, Digest, SHA256};

/// A SHA-256 value: of a leaf, of a node, or of a whole tree.
pub type Hash = [u8; 32];

/// The hash of one leaf (RFC 6962 section 2.1), over its exact bytes.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0x00]);
    context.update(leaf);
    fixed(&context.finish())
}

/// The hash of an inner node over its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0x01]);
    context.update(left);
    context.update(right);
    fixed(&context.finish())
}

/// Plain SHA-256, for files and keys (never for a leaf: that is [`leaf_hash`]).
pub fn sha256(bytes: &[u8]) -> Hash {
    fixed(&aws_lc_rs::digest::digest(&SHA256, bytes))
}

/// The root over `leaves`, given as leaf hashes in order.
pub fn root(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<Frontier>().root()
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The number of leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds one leaf hash. Amortised one node hash per leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut subtree = leaf;
        // Each trailing one bit of the size is a complete subtree that the new one now completes with its sibling.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                subtree = node_hash(&left, &subtree);
            }
        }
        self.peaks.push(subtree);
        self.size += 1;
    }

    /// The root of the tree of [`Frontier::size`] leaves; of no leaves it is SHA-256 of nothing, as the RFC says.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.peaks.iter().rev();
        let Some(last) = smallest_first.next() else { return sha256(&[]) };
        smallest_first.fold(*last, |right, left| node_hash(left, &right))
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

pub(crate) fn fixed(digest: &Digest) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}
