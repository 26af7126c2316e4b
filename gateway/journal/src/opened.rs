//! A segment with its sidecar, both open for writing.
//!
//! Refused: a sidecar that does not have the length of its segment.
//!
//! Example: `OpenedSegment::open(dir, 3, 32 << 20, (0, 0))` is the beginning of `seg-000003.log` and `side-000003.log`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::segment::{self, SLOT};

/// A segment and its sidecar, open for writing.
pub(crate) struct OpenedSegment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) side_path: PathBuf,
    pub(crate) side: File,
    pub(crate) offset: u64,
    pub(crate) side_offset: u64,
    pub(crate) bytes: u64,
}

impl OpenedSegment {
    /// Opens a prepared segment at `offset`, with `records` already in it.
    pub(crate) fn open(dir: &Path, number: u64, bytes: u64, (offset, records): (u64, u64)) -> io::Result<Self> {
        let (path, side_path) = (segment::path(dir, number), segment::side_path(dir, number));
        let file = OpenOptions::new().write(true).open(&path)?;
        let side = OpenOptions::new().write(true).open(&side_path)?;
        if side.metadata()?.len() != segment::side_bytes(bytes) {
            let fault =
                format!("side-{number:06}.log was cut off; put it back, or go on without its salts after `truncate`");
            return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
        }
        Ok(Self { number, path, file, side_path, side, offset, side_offset: records * SLOT as u64, bytes })
    }

    pub(crate) fn usable(&self) -> u64 {
        segment::usable(self.bytes - self.offset)
    }
}
