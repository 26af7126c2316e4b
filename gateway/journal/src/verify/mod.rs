//! Verifies a bundle, a `records.jsonl` or a journal directory, offline, and says exactly what was checked and what was not.
//!
//! ```no_run
//! use qaqpa_journal::{Trust, verify::{Request, verify}};
//! let trust = Trust::parse("[[lane]]\norigin = \"…\"\nkey = \"…\"\n")?;
//! let report = verify(&Request { trust: Some(&trust), ..Request::new("bundle.zip".as_ref()) });
//! println!("{report}");
//! std::process::exit(report.verdict().exit_code().into());
//! # Ok::<(), qaqpa_journal::TrustError>(())
//! ```
//! It trusts nothing that comes with the evidence: keys come from `trust` alone. It opens no socket and never says "valid"
//! about what it did not check. Leaf bytes are hashed as they are, never re-serialised.

mod bundle;
mod folder;
mod lines;
mod records;
mod report;

pub use report::{Check, Finding, Report, Verdict};

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::checkpoint::Checkpoint;
use crate::container::LOCAL_SIGNATURE;
use crate::note::{Note, NoteError};
use crate::tree::{Hash, root};
use crate::trust::Trust;

/// What to verify, against what.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// A bundle, a file of leaf lines, or a journal directory.
    pub input: &'a Path,
    /// The checkpoint for a file of lines; bundles and directories bring their own.
    pub checkpoint: Option<&'a [u8]>,
    /// The trusted keys. Without them no signature can be checked, and the verdict is at best "trust incomplete".
    pub trust: Option<&'a Trust>,
    /// Checkpoints of the same lane that were kept from earlier: only they show a history that was rewritten with the real key.
    pub previous: &'a [Vec<u8>],
}

impl<'a> Request<'a> {
    /// A request without checkpoint, trust and earlier checkpoints.
    pub fn new(input: &'a Path) -> Self {
        Self { input, checkpoint: None, trust: None, previous: &[] }
    }
}

/// Verifies. Whatever the input is, the answer is a report, never an error.
pub fn verify(request: &Request<'_>) -> Report {
    if request.input.is_dir() {
        return folder::verify(request);
    }
    let opened = std::fs::File::open(request.input).and_then(|mut file| {
        let bundle = looks_like_bundle(&mut file)?;
        file.rewind()?;
        Ok((file, bundle))
    });
    match opened {
        Ok((file, true)) => bundle::verify(request, file),
        Ok((file, false)) => lines::verify(request, file),
        Err(error) => Report::unusable(format!("it cannot be opened ({error})")),
    }
}

/// A zip begins with a member, or, with bytes put in front, still ends with its end record.
fn looks_like_bundle(file: &mut std::fs::File) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(22)))?;
    let mut end = Vec::new();
    file.take(22).read_to_end(&mut end)?;
    Ok(start == LOCAL_SIGNATURE || end.starts_with(b"PK\x05\x06"))
}

/// Checks the note's form and its signature by the trusted key; gives what it claims, trusted or not.
fn checkpoint(note: &[u8], trust: Option<&Trust>, report: &mut Report) -> Option<Checkpoint> {
    let claimed = match Checkpoint::read_unverified(note) {
        Ok(claimed) => claimed,
        Err(error) => {
            report.find(Check::Checkpoint, format!("the checkpoint cannot be read: {error}"));
            return None;
        }
    };
    (report.lane, report.size) = (Some(claimed.origin.clone()), Some(claimed.size));
    let Some(key) = trust.and_then(|trust| trust.key(&claimed.origin)) else {
        report.not_checked("the signature: no trusted key for this lane was given");
        return Some(claimed);
    };
    match Checkpoint::open(note, key) {
        Ok(_) => report.checked(format!("the checkpoint over {} records is signed by the trusted key", claimed.size)),
        Err(error) => {
            report.find(Check::Signature, format!("the checkpoint is not signed by the trusted key: {error}"))
        }
    }
    Some(claimed)
}

/// Holds the earlier checkpoints against `hashes`, which must be those of `now` (the caller has checked the root).
fn previous(request: &Request<'_>, now: &Checkpoint, hashes: &[Hash], report: &mut Report) {
    if request.previous.is_empty() {
        report.remarks.push(
            "no earlier checkpoint was given: a history rewritten with the lane's own key would not show".to_owned(),
        );
    }
    for note in request.previous {
        match earlier(note, request.trust, now) {
            Ok(then) => compare(&then, now, hashes, report),
            Err(error) => report.unusable = Some(format!("an earlier checkpoint cannot be used: {error}")),
        }
    }
}

fn earlier(note: &[u8], trust: Option<&Trust>, now: &Checkpoint) -> Result<Checkpoint, NoteError> {
    let then = Checkpoint::read_unverified(note)?;
    if then.origin != now.origin {
        return Err(NoteError::Form("it is of another lane"));
    }
    if let Some(key) = trust.and_then(|trust| trust.key(&then.origin)) {
        Note::parse(note)?.verify(key)?;
    }
    Ok(then)
}

fn compare(then: &Checkpoint, now: &Checkpoint, hashes: &[Hash], report: &mut Report) {
    let (before, after) = (then.size, now.size);
    let prefix = usize::try_from(before).ok().and_then(|size| hashes.get(..size));
    match prefix.map(|prefix| root(prefix) == then.root) {
        Some(true) => report.checked(format!("the first {before} records are those of the earlier checkpoint")),
        Some(false) => report.find(
            Check::Consistency,
            format!("the history was rewritten: an earlier checkpoint signed other first {before} records"),
        ),
        None => report.find(
            Check::Consistency,
            format!("the lane was rolled back: an earlier checkpoint signed {before} records, this one {after}"),
        ),
    }
}
