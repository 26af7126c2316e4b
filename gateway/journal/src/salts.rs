//! Destruction of salts (crypto-shredding of commitments). With its salt, a reader who knows a released value can
//! recognise it in a leaf; without it no reader can.
//!
//! The slots of the given records become zeros where they stand, synced before the answer: the leaves, their hashes and every
//! proof stay as they are. The keeper does it, so that no exchange waits; slots behind the durable end are the writer's and are
//! never touched. A sidecar that was deleted has no salts any more, which is what was asked for.
//! Refused: records that are not there, a slot that names another record.
//!
//! A disk may keep former versions of a page out of reach of any file; that is for an encrypted disk to cover.
//!
//! Example: `salts::held(dir)` names the records whose salts are still there, e.g. to destroy those whose term is over.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{Doing, Error};
use crate::files::{Files, still_there};
use crate::lane::Forget;
use crate::segment::{self, SLOT, numbers};

/// The numbers of the records in `dir` whose salts are held, in order. Usable while a gateway writes.
///
/// # Errors
/// A folder or sidecar that cannot be read.
pub fn held(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut held = Vec::new();
    for segment in numbers(dir)? {
        let path = segment::side_path(dir, segment);
        let slots = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read.doing(|| format!("reading the salts of segment {segment}"))?,
        };
        held.extend(slots.as_chunks().0.iter().filter_map(record));
    }
    Ok(held)
}

impl Forget {
    /// Destroys and answers. `starts` has the first record of each segment, `size` is the number of durable records.
    pub(crate) fn carry_out(self, files: &dyn Files, dir: &Path, starts: &[u64], size: u64) {
        let answer = match self.indexes.last() {
            Some(index) if *index >= size => Err(Error::NoSuchRecord { index: *index, size }),
            _ => forget(files, dir, starts, &self.indexes),
        };
        // The caller may have gone.
        let _ = self.reply.send(answer);
    }
}

/// Destroys the salts of `indexes`; how many there were.
fn forget(files: &dyn Files, dir: &Path, starts: &[u64], indexes: &[u64]) -> Result<u64, Error> {
    let (mut destroyed, mut left) = (0, indexes);
    while let Some(first) = left.first() {
        let segment = starts.partition_point(|start| start <= first).saturating_sub(1);
        let start = starts.get(segment).copied().unwrap_or_default();
        let count = starts.get(segment + 1).map_or(left.len(), |end| left.partition_point(|index| index < end));
        let (here, later) = left.split_at_checked(count.max(1)).unwrap_or((left, &[]));
        destroyed += in_segment(files, dir, segment as u64, start, here)?;
        left = later;
    }
    Ok(destroyed)
}

fn in_segment(files: &dyn Files, dir: &Path, segment: u64, start: u64, indexes: &[u64]) -> Result<u64, Error> {
    let doing = || format!("destroying salts of segment {segment}");
    let path = segment::side_path(dir, segment);
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        opened => opened.doing(doing)?,
    };
    let bytes = file.metadata().doing(doing)?.len();
    let mut destroyed = 0;
    for index in indexes {
        let offset = (index - start) * SLOT as u64;
        destroyed += u64::from(salted(&file, offset, *index, segment)?);
        // Also where zeros are read: they may stem from a sync that failed.
        files.write_at(&file, &[0; SLOT], offset).doing(doing)?;
    }
    // One sync for all, before the answer. A crash before it may leave some; who asked heard nothing, and asks again.
    files.sync(&file).doing(doing)?;
    still_there(&path, &file, bytes).doing(doing)?;
    Ok(destroyed)
}

/// Whether the record has a salt in its slot.
fn salted(file: &File, offset: u64, index: u64, segment: u64) -> Result<bool, Error> {
    let mut slot = [0; SLOT];
    file.read_exact_at(&mut slot, offset).doing(|| format!("reading the salts of segment {segment}"))?;
    match record(&slot) {
        None => Ok(false),
        Some(named) if named == index => Ok(true),
        Some(_) => {
            let file = format!("side-{segment:06}.log");
            Err(Error::File { file, fault: "a salt names another record than the one whose place it has" })
        }
    }
}

/// The record that a slot names; `None` for an empty or unfinished one.
fn record(slot: &[u8; SLOT]) -> Option<u64> {
    let (seq, _) = slot.split_first_chunk()?;
    let (body, crc) = slot.split_last_chunk()?;
    (crc32c::crc32c(body) == u32::from_le_bytes(*crc) && *slot != [0; SLOT]).then_some(u64::from_le_bytes(*seq))
}
