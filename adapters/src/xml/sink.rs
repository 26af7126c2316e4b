//! Output of canonical text: into memory or straight into a digest.
//!
//! Pieces are `&str`, because everything canonical is UTF-8; a sink never sees half a character.
//!
//! ```
//! use qaqpa_adapters::xml::{Sha256, Sink};
//!
//! let mut digest = Sha256::new();
//! digest.put("abc");
//! assert_eq!(digest.finish()[..4], [0xba, 0x78, 0x16, 0xbf]);
//! ```

use aws_lc_rs::digest;

/// Receives text piece by piece; it cannot fail.
pub trait Sink {
    /// Takes the next piece.
    fn put(&mut self, piece: &str);
}

impl Sink for Vec<u8> {
    fn put(&mut self, piece: &str) {
        self.extend_from_slice(piece.as_bytes());
    }
}

impl Sink for String {
    fn put(&mut self, piece: &str) {
        self.push_str(piece);
    }
}

/// A SHA-256 context as a sink: the octets are digested and forgotten.
pub struct Sha256 {
    context: digest::Context,
    pending: Vec<u8>,
}

impl Sha256 {
    /// A digest of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { context: digest::Context::new(&digest::SHA256), pending: Vec::with_capacity(BATCH) }
    }

    /// The digest of all pieces put so far, in order.
    #[must_use]
    pub fn finish(mut self) -> [u8; 32] {
        self.flush();
        first_32(self.context.finish().as_ref())
    }

    /// The digest of `octets` in one go.
    #[must_use]
    pub fn of(octets: &[u8]) -> [u8; 32] {
        first_32(digest::digest(&digest::SHA256, octets).as_ref())
    }

    fn flush(&mut self) {
        self.context.update(&self.pending);
        self.pending.clear();
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Sha256 {
    fn put(&mut self, piece: &str) {
        if self.pending.len() + piece.len() > BATCH {
            self.flush();
        }
        if piece.len() > BATCH {
            self.context.update(piece.as_bytes());
        } else {
            self.pending.extend_from_slice(piece.as_bytes());
        }
    }
}

/// SHA-256 is 32 octets by definition (FIPS 180-4), so the zeros are never seen.
fn first_32(digest: &[u8]) -> [u8; 32] {
    digest.try_into().unwrap_or([0; 32])
}

/// Canonical text comes in pieces of a few octets; a call into the digest costs more than they do.
const BATCH: usize = 4096;
