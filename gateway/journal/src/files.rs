//! The disk operations of the journal. Tests put a disk in its place that fills up, fails or hangs.
//!
//! It refuses nothing and retries nothing: after a failed sync the kernel may have dropped the pages,
//! so an error here must end the lane (see `writer`).
//!
//! ```no_run
//! use qaqpa_journal::{Files, RealFiles};
//! RealFiles.create_zeroed("seg-000001.log".as_ref(), 32 << 20)?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The disk operations that the journal needs; tests replace them.
pub trait Files: Send + Sync {
    /// Makes a file of `bytes` zeros that are really allocated, durable together with its name.
    fn create_zeroed(&self, path: &Path, bytes: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Returns when what was written is durable.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Replaces the file at `path` by one with these bytes, durably, in one step.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
}

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    /// Under a temporary name first: a crash here leaves a `.tmp` that the next open removes.
    fn create_zeroed(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let draft = draft(path);
        let made = zeroed(&draft, bytes).and_then(|()| std::fs::rename(&draft, path)).and_then(|()| sync_folder(path));
        if made.is_err() {
            // Gives the half-made file's room back; if that fails too, the next open does it.
            let _ = std::fs::remove_file(&draft);
        }
        made
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(file)?)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // A crash before the rename leaves the old file and a draft, which the next open removes; after it, the new
        // file.
        let draft = draft(path);
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        // Without it a power cut may undo the rename.
        sync_folder(path)
    }
}

/// Checks that `path` still names the open `file`, and that it has its `bytes`: an unlinked file takes writes happily and keeps
/// nothing, one that was cut off keeps them behind a hole.
pub(crate) fn still_there(path: &Path, file: &File, bytes: u64) -> io::Result<()> {
    let (open, named) = (rustix::fs::fstat(file)?, std::fs::metadata(path)?);
    if open.st_nlink == 0 || open.st_ino != named.ino() || open.st_dev != named.dev() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the file was removed or replaced"));
    }
    if named.len() != bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file was cut off or made longer"));
    }
    Ok(())
}

fn zeroed(path: &Path, bytes: u64) -> io::Result<()> {
    // Salts are for the gateway's eyes only, and the rest of a lane is nobody else's business either.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let block = vec![0; BLOCK];
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        file.write_all(block.get(..part).unwrap_or_default())?;
        left -= part as u64;
    }
    file.sync_all()
}

/// Makes the directory entry of `path` durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

const BLOCK: usize = 1 << 20;
