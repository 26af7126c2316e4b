//! Crash recovery of a lane: re-reads every frame, rebuilds the Merkle tree and checks both against the signed
//! checkpoint.
//!
//! A crash leaves at most a torn write behind the last synced record: it is cut off and reported in [`Opening`].
//! Refused: damage anywhere else, a record that names another lane or number, fewer records than the checkpoint signed,
//! other records than it signed, a checkpoint by another key or none at all. Recovery never repairs any of these.
//!
//! Example: an INTENT whose OUTCOME was never written is an [`OpenIntent`]; the gateway settles it as "outcome unknown".

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::checkpoint::Checkpoint;
use crate::error::{Doing, Error};
use crate::files::Files;
use crate::keeper::{CHECKPOINT, HASHES, prepare};
use crate::line::Phase;
use crate::line::strict::{self, Line};
use crate::note::{Signer, Vkey};
use crate::segment::{self, Tail};
use crate::tree::{Frontier, Hash, leaf_hash};

/// The result of a recovery.
#[derive(Debug)]
pub struct Opening {
    /// The number of records.
    pub size: u64,
    /// Bytes of a torn write that were cut off behind the last record; no caller had been answered for them.
    pub truncated_bytes: u64,
    /// Exchanges that began and of which no end is recorded, oldest first.
    pub open_intents: Vec<OpenIntent>,
}

/// An INTENT without OUTCOME. Spent by `Journal::settle_open`.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenIntent {
    txn: String,
    index: u64,
}

impl OpenIntent {
    /// The exchange.
    pub fn txn(&self) -> &str {
        &self.txn
    }

    /// The number of its INTENT record.
    pub fn index(&self) -> u64 {
        self.index
    }
}

pub(crate) struct Recovered {
    pub(crate) tree: Frontier,
    pub(crate) tail: Tail,
    pub(crate) signed: u64,
    pub(crate) hashes: File,
    pub(crate) opening: Opening,
    /// The first record of each segment, the tail's included.
    pub(crate) starts: Vec<u64>,
}

/// Reads (or makes) the lane in `dir`. The caller holds the directory's lock.
pub(crate) fn recover(dir: &Path, signer: &Signer, segment_bytes: u64, files: &dyn Files) -> Result<Recovered, Error> {
    // What a crash left of files that never got their names.
    remove_drafts(dir)?;
    let signed = signed_head(dir, signer, files)?;
    let mut replay = Replay::new(signer.vkey().name(), &signed);
    let tail = match segment::walk(dir, u64::MAX, |segment, index, leaf| replay.leaf(segment, index, leaf))? {
        Some(tail) => tail,
        None => first_segment(dir, segment_bytes, files)?,
    };
    // Judged before anything is changed: a lane that is refused stays as it was found.
    replay.judge(dir, &signed, &tail)?;
    // Durable before the first new record: else the rest of a long torn frame would stand behind a shorter new one, as
    // damage.
    cut_torn_tail(dir, &tail, files)?;
    let hashes = store_hashes(dir, &replay.hashes, files)?;
    let open_intents = replay.open.into_iter().map(|(index, txn)| OpenIntent { txn, index }).collect();
    let opening = Opening { size: tail.count, truncated_bytes: tail.torn, open_intents };
    let mut starts = replay.starts;
    if starts.len() as u64 == tail.segment {
        starts.push(tail.first);
    }
    Ok(Recovered { tree: replay.tree, tail, signed: signed.size, hashes, opening, starts })
}

/// The state that is rebuilt from the leaves.
struct Replay<'a> {
    origin: &'a str,
    signed_size: u64,
    tree: Frontier,
    /// The root when the tree had the size of the checkpoint.
    root_then: Option<Hash>,
    hashes: Vec<u8>,
    open: BTreeMap<u64, String>,
    index_of: std::collections::HashMap<String, u64>,
    starts: Vec<u64>,
}

impl<'a> Replay<'a> {
    fn new(origin: &'a str, signed: &Checkpoint) -> Self {
        let tree = Frontier::default();
        let root_then = (signed.size == 0).then(|| tree.root());
        let (hashes, open, index_of, starts) = Default::default();
        Self { origin, signed_size: signed.size, tree, root_then, hashes, open, index_of, starts }
    }

    fn leaf(&mut self, segment: u64, index: u64, leaf: &[u8]) -> Result<(), Error> {
        let line = strict::read(leaf).map_err(|fault| Error::line(segment, index, &fault))?;
        if line.lane.as_deref() != Some(self.origin) || line.seq != Some(index) {
            let fault = "the record names another lane or number".to_owned();
            return Err(Error::Corrupt { segment, index, fault });
        }
        self.pair(index, &line);
        if self.starts.len() as u64 == segment {
            self.starts.push(index);
        }
        let hash = leaf_hash(leaf);
        self.hashes.extend_from_slice(&hash);
        self.tree.push(hash);
        if self.tree.size() == self.signed_size {
            self.root_then = Some(self.tree.root());
        }
        Ok(())
    }

    fn pair(&mut self, index: u64, line: &Line<'_>) {
        let Some(txn) = line.txn.as_deref() else { return };
        match line.phase {
            Some(Phase::Intent) => {
                self.open.insert(index, txn.to_owned());
                // An INTENT that was written again is one exchange, and is settled once.
                self.index_of.insert(txn.to_owned(), index).and_then(|before| self.open.remove(&before));
            }
            Some(Phase::Outcome) => {
                self.index_of.remove(txn).and_then(|intent| self.open.remove(&intent));
            }
            _ => {}
        }
    }

    fn judge(&self, dir: &Path, signed: &Checkpoint, tail: &Tail) -> Result<(), Error> {
        let found = tail.count;
        match self.root_then {
            None if tail.torn > 0 => {
                let fault = "the frame is damaged, and the checkpoint was signed over it".to_owned();
                Err(Error::Corrupt { segment: tail.segment, index: found, fault })
            }
            None => Err(Error::Rollback { signed: signed.size, found }),
            Some(root) if root == signed.root => Ok(()),
            Some(_) => {
                let altered = first_difference(dir, &self.hashes);
                Err(Error::Rewritten { signed: signed.size, found, altered })
            }
        }
    }
}

/// Whether a directory is of this lane, or of none yet. Locks and changes nothing: a gateway may be writing there.
///
/// # Errors
/// [`Error::OtherLane`]; [`Error::File`], when it has segments of nobody knows what lane; [`Error::Io`].
pub fn check(dir: &Path, lane: &Vkey) -> Result<(), Error> {
    match read_optional(&dir.join(LANE))? {
        None if segment::path(dir, 0).exists() => Err(without_name()),
        None => Ok(()),
        Some(found) => is_of(&found, lane),
    }
}

fn is_of(found: &[u8], lane: &Vkey) -> Result<(), Error> {
    let (found, wanted) = (String::from_utf8_lossy(found).trim().to_owned(), lane.to_string());
    if found == wanted { Ok(()) } else { Err(Error::OtherLane { found, wanted }) }
}

fn without_name() -> Error {
    Error::File { file: LANE.to_owned(), fault: "it is missing, but there are segments" }
}

/// The stored checkpoint, signed by this lane's key; for a new directory an empty one is made, and then the lane's name.
fn signed_head(dir: &Path, signer: &Signer, files: &dyn Files) -> Result<Checkpoint, Error> {
    let Some(found) = read_optional(&dir.join(LANE))? else {
        if segment::path(dir, 0).exists() {
            return Err(without_name());
        }
        return new_lane(dir, signer, files);
    };
    is_of(&found, signer.vkey())?;
    stored_checkpoint(dir, signer.vkey())
}

fn new_lane(dir: &Path, signer: &Signer, files: &dyn Files) -> Result<Checkpoint, Error> {
    let root = Frontier::default().root();
    let empty = Checkpoint { origin: signer.vkey().name().to_owned(), size: 0, root };
    let note = empty.sign(signer);
    files.replace(&dir.join(CHECKPOINT), note.as_bytes()).doing(|| "storing the first checkpoint".to_owned())?;
    // The checkpoint before the name: a crash in between leaves no name, and the next open begins anew.
    let name = format!("{}\n", signer.vkey());
    files.replace(&dir.join(LANE), name.as_bytes()).doing(|| "storing the lane's name".to_owned())?;
    Ok(empty)
}

fn stored_checkpoint(dir: &Path, key: &Vkey) -> Result<Checkpoint, Error> {
    let missing = Error::File { file: CHECKPOINT.to_owned(), fault: "it is missing" };
    Ok(Checkpoint::open(&read_optional(&dir.join(CHECKPOINT))?.ok_or(missing)?, key)?)
}

fn first_segment(dir: &Path, bytes: u64, files: &dyn Files) -> Result<Tail, Error> {
    prepare(files, dir, 0, bytes).doing(|| "making the first segment".to_owned())?;
    Ok(Tail { segment: 0, offset: 0, bytes, first: 0, torn: 0, count: 0, spares: Vec::new() })
}

fn cut_torn_tail(dir: &Path, tail: &Tail, files: &dyn Files) -> Result<(), Error> {
    if tail.torn == 0 {
        return Ok(());
    }
    let zeros = vec![0; usize::try_from(tail.torn).unwrap_or_default()];
    let path = segment::path(dir, tail.segment);
    let file = OpenOptions::new().write(true).open(path).doing(|| "opening the torn segment".to_owned())?;
    files.write_at(&file, &zeros, tail.offset).doing(|| "cutting the torn tail".to_owned())?;
    files.sync(&file).doing(|| "cutting the torn tail".to_owned())
}

/// The `hashes` file is derived: what does not agree with the (checked) segments is written anew.
fn store_hashes(dir: &Path, hashes: &[u8], files: &dyn Files) -> Result<File, Error> {
    let path = dir.join(HASHES);
    if read_optional(&path)?.as_deref() != Some(hashes) {
        files.replace(&path, hashes).doing(|| "rebuilding the hashes".to_owned())?;
    }
    OpenOptions::new().write(true).open(path).doing(|| "opening the hashes".to_owned())
}

/// The first record whose hash is not the one noted when it was written.
fn first_difference(dir: &Path, hashes: &[u8]) -> Option<u64> {
    let noted = read_optional(&dir.join(HASHES)).ok()??;
    (0..).zip(hashes.chunks(32).zip(noted.chunks(32))).find(|(_, (now, then))| now != then).map(|(index, _)| index)
}

fn remove_drafts(dir: &Path) -> Result<(), Error> {
    for file in std::fs::read_dir(dir).doing(|| "listing the journal directory".to_owned())?.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "tmp") {
            std::fs::remove_file(file.path()).doing(|| "removing an unfinished file".to_owned())?;
        }
    }
    Ok(())
}

pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing(|| format!("reading `{}`", path.display())),
    }
}

/// The lane's vkey: its name and key, checked at each open. A verifier never trusts it.
pub(crate) const LANE: &str = "lane.vkey";
