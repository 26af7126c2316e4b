//! Reads the leaf lines of a lane back, one after another, also while a gateway writes it.
//!
//! Every record that was durable when reading began is shown, and perhaps a few that came later or whose sync is still running
//! ([`crate::Journal::health`] tells the durable number, where that matters). One window of a segment is in memory at a time.
//! Refused: a gap in the segments, a damaged frame with records after it, a line that names another number. The hashes are not
//! checked here; that is [`crate::verify`].
//!
//! ```
//! # use qaqpa_journal::line::Phase;
//! # fn count(dir: &std::path::Path) -> Result<usize, qaqpa_journal::Error> {
//! let mut refused = 0;
//! for leaf in qaqpa_journal::lines(dir)? {
//!     refused += usize::from(leaf?.phase == Some(Phase::Denied));
//! }
//! # Ok(refused) }
//! ```

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Doing, Error};
use crate::line::moment::Moment;
use crate::line::strict::{self, LineFault};
use crate::line::{Part, Phase, Record, Unreadable, part};
use crate::segment::{self, MAX_FRAME};

/// One leaf as it stands in the journal.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its number in the lane, from 0.
    pub index: u64,
    /// Its `ts` in whole seconds since 1970, UTC, if it has one that can be read.
    pub seconds: Option<u64>,
    /// Its phase; `None` for phases of later versions, and without one. Readers choose by it before they read more.
    pub phase: Option<Phase>,
    /// UUIDv7 of the exchange or call that it belongs to, if it belongs to one. Who looks for one exchange need not read more.
    pub txn: Option<String>,
    /// The exact bytes: one JSON object, without a newline.
    pub line: Vec<u8>,
}

impl Leaf {
    /// A line that was read elsewhere, from an export for instance. Nothing shows that it was ever logged.
    ///
    /// # Errors
    /// It is not one JSON object with distinct names.
    pub fn of(line: Vec<u8>) -> Result<Self, LineFault> {
        let read = strict::read(&line)?;
        let seconds = read.ts.as_ref().and_then(Moment::of).map(Moment::seconds);
        let (index, phase, txn) = (read.seq.unwrap_or_default(), read.phase, read.txn.map(Cow::into_owned));
        Ok(Self { index, seconds, phase, txn, line })
    }

    /// Reads it as a line of a kind; text borrows from it.
    ///
    /// # Errors
    /// It is of another phase, or lacks a key that every version wrote.
    pub fn read<'l, R: Record + Deserialize<'l>>(&'l self) -> Result<R, Unreadable> {
        // Once for the whole line: text by text it would cost several times as much.
        let record = str::from_utf8(&self.line).ok().and_then(|line| serde_json::from_str(line).ok());
        record.filter(|record: &R| Some(record.phase()) == self.phase).ok_or(Unreadable(self.index))
    }

    /// Reads one part of a line and stops there: cheaper by far than [`Leaf::read`] for who looks through a lane for few lines.
    ///
    /// # Errors
    /// The line has no such part, or not as this program writes it.
    pub fn part<'l, P: Part + Deserialize<'l>>(&'l self) -> Result<P, Unreadable> {
        str::from_utf8(&self.line).ok().and_then(part::read).ok_or(Unreadable(self.index))
    }
}

/// A leaf holds no personal datum, but a line is not for logs either.
impl std::fmt::Debug for Leaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leaf({}, {} bytes)", self.index, self.line.len())
    }
}

/// The leaf lines of the lane in `dir`, from the first to the durable end. Nothing is written and no lock is taken.
///
/// # Errors
/// A folder that cannot be listed, or in which a segment is missing. Later errors come out of the iterator, as its last item.
pub fn lines(dir: &Path) -> Result<Lines, Error> {
    segment::numbers(dir)?;
    let file = open(dir, 0)?;
    Ok(Lines { dir: dir.to_owned(), segment: 0, file, window: Vec::new(), at: 0, start: 0, index: 0 })
}

/// The iterator of [`lines`]. It ends after its first error.
pub struct Lines {
    dir: PathBuf,
    segment: u64,
    /// `None` when there is nothing more to read.
    file: Option<File>,
    window: Vec<u8>,
    /// Where the next frame begins in `window`.
    at: usize,
    /// Where `window` begins in the segment.
    start: u64,
    index: u64,
}

impl Iterator for Lines {
    type Item = Result<Leaf, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.file = None;
        }
        next
    }
}

impl Lines {
    fn advance(&mut self) -> Result<Option<Leaf>, Error> {
        loop {
            if self.file.is_none() {
                return Ok(None);
            }
            if let Some(leaf) = self.leaf()? {
                return Ok(Some(leaf));
            }
            // A full segment is synced before the next is begun: once the next one shows a frame, this one is final.
            // Looked at after this one: a writer may have ended it and begun the next in between, which is why it is
            // read once more.
            if !begun(&self.dir, self.segment + 1)? {
                self.refuse_later_segments()?;
                return Ok(None);
            }
            self.fill()?;
            if let Some(leaf) = self.leaf()? {
                return Ok(Some(leaf));
            }
            self.refuse_torn_end()?;
            self.segment += 1;
            self.file = open(&self.dir, self.segment)?;
            (self.at, self.start) = (0, 0);
            self.window.clear();
        }
    }

    /// The leaf at the current place, if a whole frame is there.
    fn leaf(&mut self) -> Result<Option<Leaf>, Error> {
        if self.window.len().saturating_sub(self.at) < MAX_FRAME as usize {
            self.fill()?;
        }
        let Some(line) = self.window.get(self.at..).and_then(segment::frame) else { return Ok(None) };
        let (index, stride) = (self.index, segment::stride(line.len()) as usize);
        let read = strict::read(line).map_err(|fault| Error::line(self.segment, index, &fault))?;
        if read.seq != Some(index) {
            return Err(self.corrupt("the record names another number"));
        }
        let seconds = read.ts.as_ref().and_then(Moment::of).map(Moment::seconds);
        let (phase, txn, line) = (read.phase, read.txn.map(Cow::into_owned), line.to_vec());
        (self.at, self.index) = (self.at + stride, index + 1);
        Ok(Some(Leaf { index, seconds, phase, txn, line }))
    }

    /// Reads the window anew from the current place on.
    fn fill(&mut self) -> Result<(), Error> {
        let Some(file) = &self.file else { return Ok(()) };
        self.start += self.at as u64;
        self.at = 0;
        self.window.resize(WINDOW, 0);
        let read = read_full(file, &mut self.window, self.start).doing(|| reading(self.segment))?;
        self.window.truncate(read);
        Ok(())
    }

    /// Behind the last frame of a segment that has a successor, there are zeros only.
    fn refuse_torn_end(&mut self) -> Result<(), Error> {
        while !self.window.is_empty() {
            if self.window.iter().skip(self.at).any(|byte| *byte != 0) {
                return Err(self.corrupt("the frame is damaged and later records follow"));
            }
            self.at = self.window.len();
            self.fill()?;
        }
        Ok(())
    }

    /// Data behind an empty segment would be left out in silence. A live writer may have begun the empty one meanwhile.
    fn refuse_later_segments(&self) -> Result<(), Error> {
        for later in segment::numbers(&self.dir)?.into_iter().filter(|number| *number > self.segment + 1) {
            if begun(&self.dir, later)? && !begun(&self.dir, self.segment + 1)? {
                return Err(self.corrupt("the segment ends here and later ones have records"));
            }
        }
        Ok(())
    }

    fn corrupt(&self, fault: &str) -> Error {
        Error::Corrupt { segment: self.segment, index: self.index, fault: fault.to_owned() }
    }
}

fn open(dir: &Path, number: u64) -> Result<Option<File>, Error> {
    match File::open(segment::path(dir, number)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing(|| reading(number)),
    }
}

/// Whether a segment is there and has a first frame.
fn begun(dir: &Path, number: u64) -> Result<bool, Error> {
    let Some(file) = open(dir, number)? else { return Ok(false) };
    let mut length = [0; 4];
    Ok(read_full(&file, &mut length, 0).doing(|| reading(number))? == length.len() && length != [0; 4])
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

fn reading(segment: u64) -> String {
    format!("reading segment {segment}")
}

/// Several of the largest frames.
const WINDOW: usize = 512 << 10;
