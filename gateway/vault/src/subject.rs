//! A person in the vault: a keyed hash (HMAC) to find the row, and the keys that its row holds.
//!
//! `lookup = HMAC-SHA256(lookup key of the vault, IIN)`: without the vault key the 7.3e8 possible IINs cannot be tried.
//! `mark = HMAC-SHA256(mark key of the subject, "qaqpa/v1/subject" || 0x00 || txn)`, its first 16 bytes: a journal line carries
//! it, another one in each exchange. Whoever has the subject's key finds the person's exchanges by computing marks again; once
//! the key is destroyed, nobody does.
//!
//! Neither shows itself: `Debug` prints `Lookup(…)` and `Subject(…)`.

use std::sync::Arc;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::{derive, fixed};
use crate::seal::Sealer;

/// The keyed hash of an IIN. Together with the vault key it names a person: keep it in memory, never in a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lookup(pub(crate) [u8; 32]);

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup(…)")
    }
}

/// A person whose key is durable. Cheap to clone. After an erasure it can no longer write, and must be dropped.
#[derive(Clone)]
pub struct Subject(pub(crate) Arc<Keys>);

impl Subject {
    /// How the person is found.
    pub fn lookup(&self) -> Lookup {
        self.0.lookup
    }

    /// The mark of this person in the exchange `txn`; see the file's head.
    pub fn mark(&self, txn: &str) -> [u8; 16] {
        let mut context = keyed(&self.0.mark);
        context.update(MARK);
        context.update(txn.as_bytes());
        let tag = context.sign();
        let mut mark = [0; 16];
        for (to, from) in mark.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        mark
    }

    /// The pad of this person in the exchange `txn`: what is laid over it (XOR) is gone with the person's key. Once only for each
    /// `txn`, or two things under one pad show their difference.
    pub fn pad(&self, txn: &str) -> Zeroizing<[u8; 32]> {
        pad(&self.0.pad, txn)
    }
}

/// `pad = HMAC-SHA256(key, "qaqpa/v1/pad" || 0x00 || txn)`: 32 bytes that nobody can tell from random ones without the key.
pub(crate) fn pad(key: &[u8; 32], txn: &str) -> Zeroizing<[u8; 32]> {
    let mut context = keyed(key);
    context.update(PAD);
    context.update(txn.as_bytes());
    fixed(context)
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subject(…)")
    }
}

/// What comes from one subject's key. Thousands are kept: the keys of the HMACs stand as they are, 32 bytes in place of 700, and
/// are prepared (two blocks of SHA-256) when they are used.
pub(crate) struct Keys {
    /// Row of the subject, and of its key.
    pub(crate) id: i64,
    pub(crate) lookup: Lookup,
    pub(crate) sealer: Sealer,
    mark: Zeroizing<[u8; 32]>,
    tag: Zeroizing<[u8; 32]>,
    pad: Zeroizing<[u8; 32]>,
}

impl Keys {
    pub(crate) fn new(id: i64, lookup: Lookup, key: &[u8; 32]) -> Result<Self, Error> {
        let own = |label| derive(key, "subject", label);
        let (mark, tag, pad) = (own("mark"), own("use"), own("pad"));
        Ok(Self { id, lookup, sealer: Sealer::new(&own("seal"))?, mark, tag, pad })
    }

    /// Names a row by words that must not stand in the clear. The first word has no 0x00.
    pub(crate) fn tag(&self, first: &str, second: &str) -> [u8; 32] {
        let mut context = keyed(&self.tag);
        for part in [first, "\0", second] {
            context.update(part.as_bytes());
        }
        *fixed(context)
    }
}

fn keyed(key: &[u8; 32]) -> hmac::Context {
    hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key))
}

const MARK: &[u8] = b"qaqpa/v1/subject\0";
const PAD: &[u8] = b"qaqpa/v1/pad\0";

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hmac and hashlib from the definitions.
    #[test]
    fn the_documented_bytes_give_the_known_mark() {
        let subject = Subject(Arc::new(Keys::new(1, Lookup([9; 32]), &[5; 32]).unwrap()));
        let hex: String = subject.mark("0191-a").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, KNOWN_MARK);
        assert_ne!(subject.mark("0191-a"), subject.mark("0191-b"));
        assert_ne!(subject.pad("0191-a"), subject.pad("0191-b"));
        assert_ne!(subject.pad("0191-a")[..16], subject.mark("0191-a"));
        assert_eq!(format!("{subject:?} {:?}", subject.lookup()), "Subject(…) Lookup(…)");
    }

    const KNOWN_MARK: &str = "ddc22b928af4b5f573f3ea10db8d3c98";
}
