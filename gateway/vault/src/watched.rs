//! The vault's two files, the database and its log, as the last call left them: device, inode and length. Only the writer thread
//! changes them, so what is otherwise was done by another hand: removed, replaced, cut off.
//!
//! It refuses to say "durable" of a file that nobody will find again.
//!
//! Example: after `rm vault.sqlite` the next call, or the next second, stops the vault.

use std::cell::Cell;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Doing, Error};

/// The files of an open vault. The database is held open and locked (flock) until this is dropped: SQLite's own lock would fall
/// with whatever descriptor of the file this process closes first.
pub(crate) struct Watched {
    file: PathBuf,
    log: PathBuf,
    last: Cell<[Option<Seen>; 2]>,
    _locked: File,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    device: u64,
    inode: u64,
    bytes: u64,
}

impl Watched {
    /// The files of the vault at `path`, as they stand after it was opened.
    pub(crate) fn new(path: &Path, locked: File) -> Result<Self, Error> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let watched = Self { file: path.to_owned(), log: log.into(), last: Cell::default(), _locked: locked };
        watched.last.set(watched.now()?);
        Ok(watched)
    }

    /// Before a call: nobody else has touched them since the last one.
    pub(crate) fn untouched(&self) -> Result<(), Error> {
        self.judge(self.now()?, |last, now| last == now)
    }

    /// After a call: it went to the files that everybody finds there.
    pub(crate) fn written(&self) -> Result<(), Error> {
        let now = self.now()?;
        self.judge(now, |last, now| last.is_none_or(|last| now.is_some_and(|now| last.is_same_file(now))))?;
        self.last.set(now);
        Ok(())
    }

    fn now(&self) -> Result<[Option<Seen>; 2], Error> {
        Ok([seen(&self.file)?, seen(&self.log)?])
    }

    fn judge(&self, now: [Option<Seen>; 2], well: impl Fn(Option<Seen>, Option<Seen>) -> bool) -> Result<(), Error> {
        let mut rows = self.last.get().into_iter().zip(now).zip([&self.file, &self.log]);
        match rows.find(|((last, now), _)| !well(*last, *now)) {
            Some((_, file)) => Err(Error::Touched(file.clone())),
            None => Ok(()),
        }
    }
}

impl Seen {
    fn is_same_file(self, other: Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

fn seen(path: &Path) -> Result<Option<Seen>, Error> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some(Seen { device: found.dev(), inode: found.ino(), bytes: found.len() })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("looking at the vault's files"),
    }
}
