//! Marks: the pseudonyms of persons in journal lines, which only the person's own key can make, another for every line.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qaqpa_vault::Subject;

/// A person's mark in the journal's line `txn`.
#[must_use]
pub fn mark(subject: &Subject, txn: &str) -> String {
    encoded(subject.mark(txn))
}

/// A mark as lines bear it: base64url without padding.
#[must_use]
pub fn encoded(mark: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(mark)
}

/// The mark that a line bears, if it is one.
#[must_use]
pub fn decoded(text: &str) -> Option<[u8; 16]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The mark of a consent that the exchange `txn` relied on.
#[must_use]
pub fn consent_mark(subject: &Subject, txn: &str, consent: &str) -> String {
    URL_SAFE_NO_PAD.encode(subject.mark(&format!("{txn}\0{consent}")))
}
