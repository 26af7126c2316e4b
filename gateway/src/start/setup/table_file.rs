//! A table's file, read a piece at a time: the octets that are parsed are those whose digest is told, and no more of them
//! stands in memory than is being parsed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

/// An open file with the digest of what was read of it so far.
pub(super) struct TableFile {
    file: File,
    digest: Context,
    /// Kept for the operator; to whoever parses, it looks like a fault of the table.
    failed: Option<io::Error>,
}

impl TableFile {
    /// Opens a file.
    ///
    /// # Errors
    /// As the operating system says.
    pub(super) fn open(path: &Path) -> io::Result<BufReader<Self>> {
        let (file, digest) = (File::open(path)?, Context::new(&SHA256));
        Ok(BufReader::with_capacity(PIECE, Self { file, digest, failed: None }))
    }

    /// All of it, for a format whose parts point at each other.
    ///
    /// # Errors
    /// As the operating system says.
    pub(super) fn whole(reader: &mut BufReader<Self>) -> io::Result<Vec<u8>> {
        let length = reader.get_ref().file.metadata()?.len();
        let mut octets = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        reader.read_to_end(&mut octets)?;
        Ok(octets)
    }

    /// SHA-256 of the whole file in hexadecimal, wherever parsing stopped.
    ///
    /// # Errors
    /// As the operating system says, also of what failed before.
    pub(super) fn sha256(mut reader: BufReader<Self>) -> io::Result<String> {
        let file = reader.get_mut();
        if let Some(error) = file.failed.take() {
            return Err(error);
        }
        io::copy(file, &mut io::sink())?;
        Ok(hex::encode(reader.into_inner().digest.finish()))
    }
}

impl Read for TableFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into);
        match &read {
            Ok(read) => self.digest.update(into.get(..*read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.failed = Some(error.kind().into()),
        }
        read
    }
}

/// Octets that are read at once.
const PIECE: usize = 64 << 10;
