//! The beginning that the journal puts before every body: version, lane and number.
//!
//! Example: `{"v":1,"lane":"gw-almaty-1.example.kz/audit/2026","seq":7,` and then the body without its `{`.

use std::io::Write;

use crate::entry::Entry;

/// The fixed beginning of every leaf of one lane.
#[derive(Clone, Debug)]
pub(crate) struct Head(String);

impl Head {
    /// `origin` is a checked key name: printable ASCII without quotes and backslashes, so it needs no escaping.
    pub(crate) fn new(origin: &str) -> Self {
        Self(format!("{{\"v\":1,\"lane\":\"{origin}\",\"seq\":"))
    }

    /// The most bytes that the leaf can have, whatever number it gets.
    pub(crate) fn longest(&self, entry: &Entry) -> usize {
        self.0.len() + MAX_DIGITS + 1 + entry.rest().len()
    }

    /// Appends the exact leaf bytes to `buffer`.
    pub(crate) fn splice(&self, seq: u64, entry: &Entry, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(self.0.as_bytes());
        // Writing into a Vec cannot fail.
        let _ = write!(buffer, "{seq},");
        buffer.extend_from_slice(entry.rest());
    }
}

/// Of a `u64` in decimal.
const MAX_DIGITS: usize = 20;
