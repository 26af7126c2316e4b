//! Destroys salts, each where it stands: a released field whose salt is gone can no longer be proven, nor guessed.
//!
//! A slot names its record, so sidecars are read and the wanted slots become zeros, as if the record never had a salt; the
//! leaves and the tree stay as they are. The writer never touches a slot again after its record is durable, so this needs no
//! turn of the writer. Synced before it answers; doing it twice finds nothing the second time. A deleted sidecar has nothing
//! to destroy. What a copy of the files holds, a backup's retention must end.
//!
//! Example: `journal.forget_salts(&[17, 42]).await?` gives 2, and 0 when called again.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use tokio::sync::oneshot;

use crate::error::{Doing, Error};
use crate::journal::Journal;
use crate::segment::{self, SLOT};

impl Journal {
    /// Destroys the salts of the records with these numbers; how many were there.
    ///
    /// # Errors
    /// A sidecar that cannot be read, written or synced: then some salts may be left, and trying again is right.
    pub async fn forget_salts(&self, records: &[u64]) -> Result<u64, Error> {
        let durable = self.health().size; // slots of later records may still be under way
        let wanted: BTreeSet<u64> = records.iter().copied().filter(|record| *record < durable).collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let (directory, (answer, done)) = (self.directory().to_owned(), oneshot::channel());
        // The disk may take its time, and whoever waits here must not hold up a runtime.
        let work = move || drop(answer.send(forget(&directory, wanted)));
        std::thread::Builder::new().name("journal-forget".to_owned()).spawn(work).doing(|| "starting a thread".to_owned())?;
        done.await.unwrap_or_else(|_| Err(Error::Closed))
    }
}

fn forget(dir: &Path, mut wanted: BTreeSet<u64>) -> Result<u64, Error> {
    let mut forgotten = 0;
    for number in segment::numbers(dir)? {
        if wanted.is_empty() {
            break;
        }
        let path = segment::side_path(dir, number);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.doing(|| format!("opening the sidecar of segment {number}"))?,
        };
        forgotten += in_sidecar(&file, &mut wanted).doing(|| format!("destroying salts of segment {number}"))?;
    }
    Ok(forgotten)
}

fn in_sidecar(file: &File, wanted: &mut BTreeSet<u64>) -> io::Result<u64> {
    let (mut window, mut at, mut forgotten) = (vec![0; WINDOW], 0, 0);
    loop {
        let read = read_full(file, &mut window, at)?;
        for (position, slot) in (0_u64..).zip(window.get(..read).unwrap_or_default().chunks_exact(SLOT)) {
            let is_used = slot.iter().any(|byte| *byte != 0);
            let Some(record) = slot.first_chunk().map(|seq| u64::from_le_bytes(*seq)) else { continue };
            if is_used && wanted.remove(&record) {
                file.write_all_at(&[0; SLOT], at + position * SLOT as u64)?;
                forgotten += 1;
            }
        }
        at += read as u64;
        if read < WINDOW || wanted.is_empty() {
            break;
        }
    }
    if forgotten > 0 {
        file.sync_data()?;
    }
    Ok(forgotten)
}

/// Fills `buffer` from `offset` on; fewer bytes at the end of the file.
fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Whole slots, about a quarter of a mebibyte.
const WINDOW: usize = SLOT * 6_000;
