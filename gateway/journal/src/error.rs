//! Errors of the journal, each with who is at fault. No variant ever repeats the content of a record.
//!
//! Example: `Error::Poisoned` after a failed sync: the lane stays refused until a restart has run recovery.

use std::{io, path::PathBuf, sync::Arc};

use crate::entry::EntryError;
use crate::line::strict::LineFault;
use crate::note::NoteError;

/// Why a journal could not be opened, or a record not be made durable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's record is not acceptable; nothing was written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The caller offers a record of a phase that has its own method, or of another exchange; nothing was written.
    #[error("this record cannot be written here: {0}")]
    Phase(&'static str),
    /// The disk has no room that is not promised to running exchanges; nothing was written.
    #[error("the journal has no room for another exchange")]
    NoRoom,
    /// More records are waiting than the queue holds; nothing was written.
    #[error("the journal's queue is full")]
    Busy,
    /// The disk did not answer in time; the record may or may not become durable.
    #[error("the journal's disk did not answer within the deadline")]
    Deadline,
    /// A write or sync failed or the segment was removed; only a restart, which recovers, helps.
    #[error("the lane is poisoned: {0}")]
    Poisoned(Arc<str>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// The operator's options are out of range.
    #[error("the journal cannot be opened with these options: {0}")]
    Options(&'static str),
    /// Another process (or handle) writes this lane.
    #[error("the journal directory `{}` is in use by another writer", .0.display())]
    Locked(PathBuf),
    /// The directory belongs to a lane with another name or key.
    #[error("the journal directory belongs to lane `{found}`, not to `{wanted}`")]
    OtherLane {
        /// The vkey the directory was made with.
        found: String,
        /// The vkey it was opened with.
        wanted: String,
    },
    /// A file of the lane is missing or not what this journal writes.
    #[error("the journal's file `{file}` is not usable: {fault}")]
    File {
        /// The file's name in the directory.
        file: String,
        /// The fault.
        fault: &'static str,
    },
    /// Bytes before the tail are not as they were written.
    #[error("segment {segment} is corrupt at record {index}: {fault}")]
    Corrupt {
        /// The segment's number.
        segment: u64,
        /// The record's index.
        index: u64,
        /// The fault.
        fault: String,
    },
    /// The stored checkpoint promises more records than there are: the disk was rolled back or cut.
    #[error("the journal was rolled back: the checkpoint promises {signed} records, {found} were found")]
    Rollback {
        /// The size in the stored checkpoint.
        signed: u64,
        /// The number of records found.
        found: u64,
    },
    /// The records are not those that the stored checkpoint was signed over.
    #[error("the journal was rewritten: the first {signed} of {found} records are not those that were signed{}", hint(*.altered))]
    Rewritten {
        /// The size in the stored checkpoint.
        signed: u64,
        /// The number of records found.
        found: u64,
        /// The first altered record, where the `hashes` file still tells.
        altered: Option<u64>,
    },
    /// A key, note or checkpoint is malformed or wrongly signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The caller names a record that is not durable (yet); nothing was written.
    #[error("there is no record {index}, the lane has {size}")]
    NoSuchRecord {
        /// The record named.
        index: u64,
        /// The number of durable records.
        size: u64,
    },
    /// An export asks for records that are not there, or for more than a bundle can carry.
    #[error("the export is not possible: {0}")]
    Export(&'static str),
    /// The operating system refused.
    #[error("{what} failed: {source}")]
    Io {
        /// The operation that failed.
        what: String,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn line(segment: u64, index: u64, fault: &LineFault) -> Self {
        Self::Corrupt { segment, index, fault: fault.to_string() }
    }
}

/// Says what was being done when the system refused.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { what: what(), source })
    }
}

fn hint(altered: Option<u64>) -> String {
    altered.map_or_else(String::new, |index| format!("; the first altered one is {index}"))
}
