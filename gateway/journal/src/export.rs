//! Takes records out of a journal directory, live or copied, without its writer: as JSON lines or as a bundle.
//!
//! An export covers what the stored checkpoint covers; the writer's `Journal::checkpoint` moves that to now. Salts never leave here.
//! A bundle is a zip in the one form of `container`, so the same query gives the same bytes:
//! ```text
//! README.txt     how to verify, in words         records.jsonl  the exact leaves of the range, one per line
//! hashes.bin     32 bytes per leaf, of ALL leaves   checkpoint     the signed note     manifest.json  sha-256 of each file
//! ```
//! All leaf hashes are always there, so nobody can leave out a record within the range unseen.
//! Refused: a range that the checkpoint does not cover, a directory whose records are not those of its checkpoint, more than 4 GiB.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::container;
use crate::error::{Doing, Error};
use crate::keeper::CHECKPOINT;
use crate::recover::read_optional;
use crate::segment;
use crate::tree::{Hash, fixed, leaf_hash, root};

/// The result of an export, for the EXPORT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The lane.
    pub origin: String,
    /// The size of the checkpoint that covers the export.
    pub size: u64,
    /// The records written: from the first, up to but without the last.
    pub range: Range<u64>,
    /// SHA-256 of all bytes written.
    pub sha256: Hash,
}

/// Writes the exact leaf lines of `range` (all, if `None`), each followed by a newline.
///
/// # Errors
/// [`Error::Export`], when the range is not within what the stored checkpoint covers; [`Error::Rollback`] and
/// [`Error::Rewritten`], when the records are not those that it was signed over; [`Error::File`], [`Error::Corrupt`] and
/// [`Error::Io`] of the directory; [`Error::Io`] of `to`, which may then hold a part.
pub fn jsonl(dir: &Path, range: Option<Range<u64>>, to: &mut dyn Write) -> Result<Exported, Error> {
    let snapshot = Snapshot::take(dir, range)?;
    let mut to = Digesting::new(to);
    snapshot.records(dir, &mut to)?;
    Ok(snapshot.exported(to))
}

/// Writes a bundle of the records of `range` (all, if `None`).
///
/// # Errors
/// As [`jsonl`]; and [`Error::Export`], when the bundle would be larger than 4 GiB.
pub fn bundle(dir: &Path, range: Option<Range<u64>>, to: &mut dyn Write) -> Result<Exported, Error> {
    let snapshot = Snapshot::take(dir, range)?;
    let mut sink = io::sink();
    let mut records = Digesting::new(&mut sink);
    snapshot.records(dir, &mut records)?;
    let hashes = snapshot.hashes.concat();
    let manifest = snapshot.manifest(&records, &hashes)?;
    let contents = [
        (README, README_TEXT.len() as u64, crc32fast::hash(README_TEXT.as_bytes())),
        (RECORDS, records.bytes, records.crc.clone().finalize()),
        (HASHES_BIN, hashes.len() as u64, crc32fast::hash(&hashes)),
        (CHECKPOINT, snapshot.note.len() as u64, crc32fast::hash(&snapshot.note)),
        (MANIFEST, manifest.len() as u64, crc32fast::hash(&manifest)),
    ];
    let members =
        container::lay_out(&contents).ok_or(Error::Export("a bundle ends at 4 GiB, ask for a smaller range"))?;
    let mut to = Digesting::new(to);
    for member in &members {
        to.write_all(&member.local_header()).doing(writing)?;
        match member.name.as_str() {
            README => to.write_all(README_TEXT.as_bytes()).doing(writing)?,
            RECORDS => snapshot.records(dir, &mut to)?,
            HASHES_BIN => to.write_all(&hashes).doing(writing)?,
            CHECKPOINT => to.write_all(&snapshot.note).doing(writing)?,
            _ => to.write_all(&manifest).doing(writing)?,
        }
    }
    container::finish(&members, &mut to).doing(writing)?;
    Ok(snapshot.exported(to))
}

/// The state of a directory at its stored checkpoint.
struct Snapshot {
    note: Vec<u8>,
    checkpoint: Checkpoint,
    hashes: Vec<Hash>,
    range: Range<u64>,
}

impl Snapshot {
    fn take(dir: &Path, range: Option<Range<u64>>) -> Result<Self, Error> {
        let missing = Error::File { file: CHECKPOINT.to_owned(), fault: "it is missing" };
        let note = read_optional(&dir.join(CHECKPOINT))?.ok_or(missing)?;
        let checkpoint = Checkpoint::read_unverified(&note)?;
        let range = range.unwrap_or(0..checkpoint.size);
        if range.start > range.end || range.end > checkpoint.size {
            return Err(Error::Export("the range is not within the records that the checkpoint covers"));
        }
        let mut hashes = Vec::new();
        segment::walk(dir, checkpoint.size, |_, _, leaf| {
            hashes.push(leaf_hash(leaf));
            Ok(())
        })?;
        let (signed, found) = (checkpoint.size, hashes.len() as u64);
        if found < signed {
            return Err(Error::Rollback { signed, found });
        }
        if root(&hashes) != checkpoint.root {
            return Err(Error::Rewritten { signed, found, altered: None });
        }
        Ok(Self { note, checkpoint, hashes, range })
    }

    fn records(&self, dir: &Path, to: &mut Digesting<'_>) -> Result<(), Error> {
        let walked = segment::walk(dir, self.range.end, |_, index, leaf| {
            if index >= self.range.start {
                to.write_all(leaf).and_then(|()| to.write_all(b"\n")).doing(writing)?;
            }
            Ok(())
        });
        walked.map(|_| ())
    }

    fn manifest(&self, records: &Digesting<'_>, hashes: &[u8]) -> Result<Vec<u8>, Error> {
        let whole = |bytes: &[u8]| File { bytes: bytes.len() as u64, sha256: hex::encode(crate::tree::sha256(bytes)) };
        let records = File { bytes: records.bytes, sha256: hex::encode(fixed(&records.sha256.clone().finish())) };
        let files = [
            (README, whole(README_TEXT.as_bytes())),
            (RECORDS, records),
            (HASHES_BIN, whole(hashes)),
            (CHECKPOINT, whole(&self.note)),
        ];
        let manifest = Manifest {
            v: 1,
            origin: self.checkpoint.origin.clone(),
            size: self.checkpoint.size,
            root: hex::encode(self.checkpoint.root),
            from: self.range.start,
            to: self.range.end,
            files: files.into_iter().map(|(name, file)| (name.to_owned(), file)).collect(),
        };
        manifest.to_bytes().ok_or(Error::Export("the manifest cannot be written"))
    }

    fn exported(self, to: Digesting<'_>) -> Exported {
        let (origin, size) = (self.checkpoint.origin, self.checkpoint.size);
        Exported { origin, size, range: self.range, sha256: fixed(&to.sha256.finish()) }
    }
}

/// The manifest of a bundle. Unsigned: each word of it is checked against the checkpoint and the files.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) v: u64,
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) files: BTreeMap<String, File>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Manifest {
    /// The one way in which it is written: indented JSON in this order, and a newline.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).ok()?;
        bytes.push(b'\n');
        Some(bytes)
    }
}

/// Passes bytes on and keeps their number, crc and SHA-256.
struct Digesting<'a> {
    to: &'a mut dyn Write,
    bytes: u64,
    crc: crc32fast::Hasher,
    sha256: Context,
}

impl<'a> Digesting<'a> {
    fn new(to: &'a mut dyn Write) -> Self {
        Self { to, bytes: 0, crc: crc32fast::Hasher::new(), sha256: Context::new(&SHA256) }
    }
}

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        let passed = bytes.get(..written).unwrap_or_default();
        self.bytes += written as u64;
        self.crc.update(passed);
        self.sha256.update(passed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn writing() -> String {
    "writing the export".to_owned()
}

pub(crate) const README: &str = "README.txt";
pub(crate) const RECORDS: &str = "records.jsonl";
pub(crate) const HASHES_BIN: &str = "hashes.bin";
pub(crate) const MANIFEST: &str = "manifest.json";

pub(crate) const README_TEXT: &str = "\
This bundle holds records of exchanges of one lane of a Qaqpa gateway, and what is needed to verify them offline.

You need one thing from elsewhere: the lane's public key, from somebody you trust. It must not come with the bundle.

  qaqpa audit verify BUNDLE --trust trust.toml [--previous CHECKPOINT]

or by hand, with any SHA-256 and Ed25519:
1. checkpoint is a C2SP signed note. Its first three lines are the lane, the number of leaves, and the root in base64.
   Check the signature in its last line with the lane's public key (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).
2. hashes.bin has 32 bytes per leaf, of all leaves. Compute the Merkle tree over them (RFC 6962, section 2.1:
   node = SHA-256(0x01 || left || right)). Its root must be the root of the checkpoint.
3. Each line of records.jsonl, without its newline, is one leaf. SHA-256(0x00 || line) must be the hash number `seq` in
   hashes.bin. The lines must count `seq` up by one, without a gap, from `from` to `to` of manifest.json.
4. A checkpoint that you kept from earlier must have the root of the first hashes of this hashes.bin.
5. manifest.json has the SHA-256 of each other file. There are no files but README.txt, records.jsonl, hashes.bin,
   checkpoint and manifest.json.

Records hold no personal data: where a field was released, its record has a salted commitment.
";
