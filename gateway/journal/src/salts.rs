//! The salts of a lane, and their destruction (crypto-shredding of commitments). With its salt, a reader who knows a released value
//! can recognise it in a leaf; without it no reader can.
//!
//! They stand there sealed ([`crate::SealedSalt`]); in lanes of before, until the gateway has sealed them, in the clear.
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
use crate::lane::SaltOrder;
use crate::sealed_salt::{HeldSalt, SealedSalt};
use crate::segment::{self, SLOT, numbers};

/// The numbers of the records in `dir` whose salts are held, in order. Usable while a gateway writes.
///
/// # Errors
/// A folder or sidecar that cannot be read.
pub fn held(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut held = Vec::new();
    each(dir, |salt| held.push(salt.index))?;
    Ok(held)
}

/// The salts that are held in `dir`, as they stand there, in order. Usable while a gateway writes.
///
/// # Errors
/// As [`held`].
pub fn all(dir: &Path) -> Result<Vec<HeldSalt>, Error> {
    let mut all = Vec::new();
    each(dir, |salt| all.push(salt))?;
    Ok(all)
}

/// The salts that stand in the clear, as lanes of before have them, in order.
///
/// # Errors
/// As [`held`].
pub fn clear(dir: &Path) -> Result<Vec<HeldSalt>, Error> {
    let mut clear = Vec::new();
    each(dir, |salt| clear.extend(Some(salt).filter(HeldSalt::is_clear)))?;
    Ok(clear)
}

fn each(dir: &Path, mut visit: impl FnMut(HeldSalt)) -> Result<(), Error> {
    for segment in numbers(dir)? {
        let path = segment::side_path(dir, segment);
        let slots = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read.doing(|| format!("reading the salts of segment {segment}"))?,
        };
        slots.as_chunks().0.iter().filter_map(segment::slot).for_each(&mut visit);
    }
    Ok(())
}

impl SaltOrder {
    /// Carries out and answers. `starts` has the first record of each segment, `size` is the number of durable records.
    pub(crate) fn carry_out(self, files: &dyn Files, dir: &Path, starts: &[u64], size: u64) {
        let answer = match self.slots.last() {
            Some((index, _)) if *index >= size => Err(Error::NoSuchRecord { index: *index, size }),
            _ => carry_out(files, dir, starts, &self.slots),
        };
        // The caller may have gone.
        let _ = self.reply.send(answer);
    }
}

/// Destroys or seals; how many salts there were.
fn carry_out(files: &dyn Files, dir: &Path, starts: &[u64], slots: &[(u64, Option<SealedSalt>)]) -> Result<u64, Error> {
    let (mut done, mut left) = (0, slots);
    while let Some((first, _)) = left.first() {
        let segment = starts.partition_point(|start| start <= first).saturating_sub(1);
        let start = starts.get(segment).copied().unwrap_or_default();
        let count = starts.get(segment + 1).map_or(left.len(), |end| left.partition_point(|(index, _)| index < end));
        let (here, later) = left.split_at_checked(count.max(1)).unwrap_or((left, &[]));
        done += in_segment(files, dir, segment as u64, start, here)?;
        left = later;
    }
    Ok(done)
}

fn in_segment(
    files: &dyn Files,
    dir: &Path,
    segment: u64,
    start: u64,
    slots: &[(u64, Option<SealedSalt>)],
) -> Result<u64, Error> {
    let doing = || format!("changing salts of segment {segment}");
    let path = segment::side_path(dir, segment);
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        opened => opened.doing(doing)?,
    };
    let bytes = file.metadata().doing(doing)?.len();
    let mut done = 0;
    for (index, sealed) in slots {
        let offset = (index - start) * SLOT as u64;
        let found = found(&file, offset, *index, segment)?;
        let mut slot = Vec::with_capacity(SLOT);
        match (sealed, found) {
            // Destroyed meanwhile, or sealed already.
            (Some(_), None) => continue,
            (Some(_), Some(found)) if !found.is_clear() => continue,
            // Also where zeros are read: they may stem from a sync that failed.
            (sealed, found) => {
                done += u64::from(found.is_some());
                segment::push_slot(&mut slot, *index, sealed.as_ref());
            }
        }
        // Where it stands, so that nothing of what was there remains elsewhere. A power cut in the middle of it may leave half a
        // slot, which is none: a salt less, and no value more.
        files.write_at(&file, &slot, offset).doing(doing)?;
    }
    // One sync for all, before the answer. A crash before it may leave some; who asked heard nothing, and asks again.
    files.sync(&file).doing(doing)?;
    still_there(&path, &file, bytes).doing(doing)?;
    Ok(done)
}

/// The salt in the record's slot.
fn found(file: &File, offset: u64, index: u64, segment: u64) -> Result<Option<HeldSalt>, Error> {
    let mut slot = [0; SLOT];
    file.read_exact_at(&mut slot, offset).doing(|| format!("reading the salts of segment {segment}"))?;
    match segment::slot(&slot) {
        Some(named) if named.index != index => {
            let file = format!("side-{segment:06}.log");
            Err(Error::File { file, fault: "a salt names another record than the one whose place it has" })
        }
        found => Ok(found),
    }
}
