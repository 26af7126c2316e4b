//! Vaults to test with, and records in which every word is a canary.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use qaqpa_vault::{
    ConsentRecord, Contents, Erasure, HoldKind, HoldRecord, KdpToken, Lifted, Options, RequestRecord, Vault, VaultKey,
    Withdrawal,
};

pub(crate) const IIN: &str = "991231500006";
pub(crate) const GUARDIAN: &str = "991231600019";

pub(crate) fn now() -> Timestamp {
    "2026-11-20T10:00:00.123456Z".parse().unwrap()
}

pub(crate) fn later(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// A folder with a vault in it that can be opened again.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) key: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), key: VaultKey::generate().unwrap().1 }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("vault.sqlite")
    }

    pub(crate) fn options(&self) -> Options {
        options(&self.file(), &self.key)
    }

    pub(crate) fn open(&self) -> (Vault, Contents) {
        Vault::open(self.options()).unwrap()
    }

    /// All bytes of all files in the folder.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

pub(crate) fn options(file: &Path, key: &str) -> Options {
    Options { file: file.to_owned(), may_make: true, key: VaultKey::parse(key).unwrap() }
}

/// Finds by the first byte; the needles here are random or long enough.
pub(crate) fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    let last = haystack.len().saturating_sub(needle.len());
    let mut from = 0;
    while let Some(step) = haystack[from..].iter().take(last + 1 - from).position(|byte| *byte == needle[0]) {
        from += step;
        if haystack[from..].starts_with(needle) {
            return true;
        }
        from += 1;
        if from > last {
            return false;
        }
    }
    false
}

fn word(name: &str, n: u32) -> String {
    format!("canary-{name}-{n}")
}

/// A consent in which every word is a canary, but not its id.
pub(crate) fn consent(n: u32) -> ConsentRecord {
    ConsentRecord {
        id: format!("c-{n}"),
        operator: word("operator", n),
        reference: word("reference", n),
        form: word("form", n),
        purposes: vec![word("purpose", n), word("purpose-two", n)],
        categories: vec![word("category", n)],
        recipients: vec![word("recipient", n)],
        given_at: now(),
        recorded_at: later(1),
        expires_at: Some(later(365)),
        guardian: Some(GUARDIAN.to_owned()),
        evidence_sha256: Some(word("evidence", n)),
        kdp: Some(KdpToken { token: word("token", n), public_key: word("public-key", n) }),
        recorded_by: word("caller", n),
        acting_for: word("school", n),
        withdrawn: None,
        destroyed_at: None,
    }
}

pub(crate) fn withdrawn(n: u32) -> ConsentRecord {
    let withdrawal = Withdrawal { at: later(2), by: word("by", n), reason_code: word("why", n), destroy_by: later(3) };
    ConsentRecord { withdrawn: Some(withdrawal), ..consent(n) }
}

/// What remains of a consent whose content was destroyed.
pub(crate) fn destroyed(record: ConsentRecord, at: Timestamp) -> ConsentRecord {
    let reference = String::new();
    ConsentRecord { reference, guardian: None, evidence_sha256: None, kdp: None, destroyed_at: Some(at), ..record }
}

pub(crate) fn hold(n: u32) -> HoldRecord {
    HoldRecord {
        id: format!("h-{n}"),
        operator: word("hold-operator", n),
        kind: if n.is_multiple_of(2) { HoldKind::Restriction } else { HoldKind::Objection },
        purpose: (!n.is_multiple_of(2)).then(|| word("hold-purpose", n)),
        since: now(),
        basis: word("hold-basis", n),
        recorded_by: word("hold-caller", n),
        lifted: Some(Lifted { at: later(4), by: word("hold-lifted-by", n) }),
    }
}

pub(crate) fn request(n: u32) -> RequestRecord {
    RequestRecord {
        id: format!("r-{n}"),
        operator: word("request-operator", n),
        kind: word("request-kind", n),
        at: now(),
        detail: word("request-detail", n),
        state: word("request-state", n),
        closed_at: None,
        recorded_by: word("request-caller", n),
    }
}

pub(crate) fn erasure(n: u32) -> Erasure {
    Erasure { id: format!("e-{n}"), at: later(5), basis: word("erasure-basis", n) }
}

/// One record of each kind about the person.
pub(crate) async fn fill(vault: &Vault, iin: &str, n: u32) {
    let subject = vault.subject(iin, now()).await.unwrap();
    let (operator, purpose) = (word("use-operator", n), word("use-purpose", n));
    let (consent, hold, request, used) = tokio::join!(
        vault.put_consent(&subject, withdrawn(n)),
        vault.put_hold(&subject, hold(n)),
        vault.put_request(&subject, request(n)),
        vault.record_use(&subject, &operator, &purpose, now()),
    );
    consent.and(hold).and(request).and(used).unwrap();
}

/// A synthetic IIN-shaped text.
pub(crate) fn iin(n: u32) -> String {
    format!("991231{n:06}")
}
