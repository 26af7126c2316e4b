//! The file of the revocation list in force: read, and replaced atomically.
//!
//! A crash before the rename leaves the old list and a `.new` beside it, which the next one overwrites; after it, the new
//! list, which the next start reads.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::NotRenewed;
use super::list::List;
use crate::listen::authorities::Authorities;
use crate::listen::trust::TlsFiles;

/// The list that the file now holds.
pub(super) struct Placed {
    pub(super) list: List,
    /// Whether it is another than before.
    pub(super) is_new: bool,
}

/// The one list of the file.
///
/// # Errors
/// [`NotRenewed::File`]; the operator is at fault.
pub(crate) fn in_force(files: &TlsFiles) -> Result<List, NotRenewed> {
    let file = |problem: &dyn std::fmt::Display| NotRenewed::File(format!("{}: {problem}", files.crl.display()));
    let bytes = fs::read(&files.crl).map_err(|error| file(&error))?;
    List::read(&bytes).map_err(|why| file(&why))
}

/// Writes what was fetched in the place of the list in force, if it may follow that one.
///
/// # Errors
/// Why the old one stays.
pub(super) fn place(files: &TlsFiles, fetched: &[u8], now: Timestamp) -> Result<Placed, NotRenewed> {
    let list = List::read(fetched)?;
    let authorities = Authorities::read(&files.client_ca, now).map_err(|why| NotRenewed::File(why.to_string()))?;
    list.is_vouched_for(&authorities.ders())?;
    let before = in_force(files)?;
    list.follows(&before, now)?;
    files
        .verifier(&authorities, vec![list.der().to_vec().into()])
        .map_err(|_| NotRenewed::NotAList("TLS cannot use it"))?;
    let is_new = list.der() != before.der();
    if is_new {
        replace(&files.crl, list.pem().as_bytes())
            .map_err(|error| NotRenewed::File(format!("{}: {error}", files.crl.display())))?;
    }
    Ok(Placed { list, is_new })
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_added_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    // Before the rename: after a power cut the name never leads to half a list.
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
