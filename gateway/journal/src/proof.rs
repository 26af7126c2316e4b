//! Inclusion and consistency proofs of RFC 6962 (sections 2.1.1 and 2.1.2), verified as RFC 9162 (2.1.3.2 and 2.1.4.2) says.
//!
//! *Inclusion*: this leaf is at this index of that tree. *Consistency*: that tree only appended to this older one.
//! Proofs are made from the leaf hashes (`hashes.bin` of a bundle), which costs O(n) here: an auditor asks for few.
//!
//! ```
//! use qaqpa_journal::{proof, tree};
//! let leaves: Vec<_> = (0..7u8).map(|n| tree::leaf_hash(&[n])).collect();
//! let path = proof::inclusion(&leaves, 5)?;
//! proof::verify_inclusion(5, &leaves[5], 7, &tree::root(&leaves), &path)?;
//! # Ok::<(), proof::ProofError>(())
//! ```

use crate::tree::{Hash, node_hash, root};

/// Why a proof could not be made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The caller asked about something outside the tree.
    #[error("the tree of {size} leaves has nothing at `{asked}`")]
    OutOfRange {
        /// The index or older size asked about.
        asked: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The proof has too many or too few hashes for these sizes.
    #[error("the proof has the wrong number of hashes")]
    Shape,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Mismatch,
}

/// The audit path of leaf `index` in the tree over `leaves` (leaf hashes), from the leaf upwards.
///
/// # Errors
/// [`ProofError::OutOfRange`], when there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: u64) -> Result<Vec<Hash>, ProofError> {
    let out = ProofError::OutOfRange { asked: index, size: leaves.len() as u64 };
    let index = usize::try_from(index).map_err(|_| out)?;
    if index >= leaves.len() {
        return Err(out);
    }
    let mut path = Vec::new();
    walk(leaves, index, &mut path);
    Ok(path)
}

/// The proof that the tree over `leaves` extends the tree over its first `older` leaves.
///
/// # Errors
/// [`ProofError::OutOfRange`], when there are fewer leaves.
pub fn consistency(leaves: &[Hash], older: u64) -> Result<Vec<Hash>, ProofError> {
    let out = ProofError::OutOfRange { asked: older, size: leaves.len() as u64 };
    let older = usize::try_from(older).map_err(|_| out)?;
    if older > leaves.len() {
        return Err(out);
    }
    let mut path = Vec::new();
    if older > 0 {
        subproof(leaves, older, true, &mut path);
    }
    Ok(path)
}

/// Checks that `leaf` (a leaf hash) is at `index` of the tree with `size` leaves and this `root`.
///
/// # Errors
/// [`ProofError`]: no such leaf, the wrong number of hashes, or another root.
pub fn verify_inclusion(index: u64, leaf: &Hash, size: u64, root: &Hash, path: &[Hash]) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { asked: index, size });
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Shape);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            (node, last) = lift(node, last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    settle(last == 0, hash == *root)
}

/// Checks that the tree (`size`, `root`) begins with the tree (`older`, `older_root`).
///
/// # Errors
/// [`ProofError`]: the older tree is larger, the wrong number of hashes, or another root.
pub fn verify_consistency(
    (older, older_root): (u64, &Hash),
    (size, root): (u64, &Hash),
    path: &[Hash],
) -> Result<(), ProofError> {
    if older > size {
        return Err(ProofError::OutOfRange { asked: older, size });
    }
    if older == size || older == 0 {
        // Every tree extends the empty one; equal sizes must have equal roots. Neither needs a hash.
        return settle(path.is_empty(), older == 0 || older_root == root);
    }
    let mut hashes = path.iter();
    let first = if older.is_power_of_two() { older_root } else { hashes.next().ok_or(ProofError::Shape)? };
    let (mut old_hash, mut new_hash) = (*first, *first);
    let trailing = (older - 1).trailing_ones();
    let (mut node, mut last) = ((older - 1) >> trailing, (size - 1) >> trailing);
    for sibling in hashes {
        if last == 0 {
            return Err(ProofError::Shape);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            (node, last) = lift(node, last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    settle(last == 0, old_hash == *older_root && new_hash == *root)
}

/// `PATH(m, D[n])` of RFC 6962 section 2.1.1.
fn walk(leaves: &[Hash], index: usize, path: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if index < left.len() {
        walk(left, index, path);
        path.push(root(right));
    } else {
        walk(right, index - left.len(), path);
        path.push(root(left));
    }
}

/// `SUBPROOF(m, D[n], b)` of RFC 6962 section 2.1.2; `known` says that the verifier already holds this subtree's root.
fn subproof(leaves: &[Hash], older: usize, known: bool, path: &mut Vec<Hash>) {
    if older == leaves.len() {
        if !known {
            path.push(root(leaves));
        }
        return;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if older <= left.len() {
        subproof(left, older, known, path);
        path.push(root(right));
    } else {
        subproof(right, older - left.len(), false, path);
        path.push(root(left));
    }
}

/// The largest power of two smaller than `n` (for n of 2 and more).
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// Skips the levels at which a right-edge node has no sibling of its own.
fn lift(node: u64, last: u64) -> (u64, u64) {
    let levels = if node == 0 { 0 } else { node.trailing_zeros() };
    (node >> levels, last >> levels)
}

fn settle(shape: bool, equal: bool) -> Result<(), ProofError> {
    match (shape, equal) {
        (false, _) => Err(ProofError::Shape),
        (true, false) => Err(ProofError::Mismatch),
        (true, true) => Ok(()),
    }
}
