//! Salted commitments to the fields that were released, for the journal.
//!
//! One commitment per field path, so that a leaf stays small whatever the message: a path that occurs once is committed
//! to as it is, one that occurs several times by a hash over its commitments in order. With the exchange's salt (in the
//! receipt and, sealed, in the journal's deletable sidecar) and the value, anybody can open one without learning another.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qaqpa_journal::commitment::{Committer, commit};
use qaqpa_journal::line::{Commitments, Text};
use qaqpa_policy::Minimised;

/// Path of the caller's request id, which is committed to and never written down: a caller may put anything there.
pub const REQUEST_ID_PATH: &str = "context.request_id";

/// Commits to every scalar of a minimised message, each under its path with positions (`student[3].iin`).
#[must_use]
pub fn commitments(minimised: &Minimised, salt: &[u8; 32]) -> Commitments<'static> {
    let committer = Committer::new(salt);
    let mut found: BTreeMap<String, Vec<[u8; 32]>> = BTreeMap::new();
    for released in minimised.released() {
        let hash = committer.commit(&released.path, released.value);
        found.entry(without_positions(released.path)).or_default().push(hash);
    }
    found.into_iter().map(|(path, hashes)| (path.into(), one(&hashes).into())).collect()
}

fn without_positions(path: String) -> String {
    if !path.contains('[') {
        return path;
    }
    path.split('.').map(|step| step.split('[').next().unwrap_or(step)).collect::<Vec<_>>().join(".")
}

/// Commitment to the caller's request id.
#[must_use]
pub fn request_id(salt: &[u8; 32], id: &str) -> (Text<'static>, Text<'static>) {
    (REQUEST_ID_PATH.into(), one(&[commit(salt, REQUEST_ID_PATH, id.as_bytes())]).into())
}

/// HMAC-SHA256 under an exchange's salt over the exact bytes that left or came, base64url without padding.
#[must_use]
pub fn hmac(salt: &[u8; 32], bytes: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, salt);
    URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, bytes))
}

fn one(hashes: &[[u8; 32]]) -> String {
    match hashes {
        [single] => URL_SAFE_NO_PAD.encode(single),
        several => {
            let mut context = Context::new(&SHA256);
            context.update(b"qaqpa/v1/several\0");
            several.iter().for_each(|hash| context.update(hash));
            URL_SAFE_NO_PAD.encode(context.finish())
        }
    }
}
