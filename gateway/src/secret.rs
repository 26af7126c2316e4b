//! Files that hold a secret (keys, passwords): read, and refused when anybody but their owner may read or change them. A key that
//! others could read is known to nobody knows whom; one that they could change signs for them.
//!
//! Example: `secrets/vault.key: others may read or change it (mode 0644); chmod 600 makes it its owner's alone`

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Why a secret is not taken from its file. The operator is at fault.
#[derive(Debug, thiserror::Error)]
pub enum NotSecret {
    /// As the operating system says.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Its permission bits.
    #[error("others may read or change it (mode {0:04o}); chmod 600 makes it its owner's alone")]
    Exposed(u32),
    /// Not text.
    #[error("it is not UTF-8 text")]
    NotText,
}

/// The octets of a secret's file.
///
/// # Errors
/// [`NotSecret`].
pub(crate) fn octets(path: &Path) -> Result<Zeroizing<Vec<u8>>, NotSecret> {
    let mut file = File::open(path)?;
    // Of what was opened, not of what the path may lead to a moment later.
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(NotSecret::Exposed(mode));
    }
    let mut octets = Zeroizing::new(Vec::new());
    file.read_to_end(&mut octets)?;
    Ok(octets)
}

/// As [`octets`], of a text.
///
/// # Errors
/// [`NotSecret`].
pub(crate) fn text(path: &Path) -> Result<Zeroizing<String>, NotSecret> {
    let text = octets(path)?;
    std::str::from_utf8(&text).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| NotSecret::NotText)
}

/// Reading, writing and executing by the group and by everybody.
const OTHERS: u32 = 0o077;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn only_what_is_its_owners_alone_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "secret").unwrap();
        for (wanted, mode) in [
            (true, 0o600),
            (true, 0o400),
            (false, 0o640),
            (false, 0o604),
            (false, 0o620),
            (false, 0o602),
            (false, 0o666),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let read = text(&path);
            assert_eq!(read.is_ok(), wanted, "{mode:o}");
            assert!(!format!("{:?}", read.err()).contains("secret"));
        }
        assert!(matches!(text(&folder.path().join("none")), Err(NotSecret::Unreadable(_))));
    }
}
