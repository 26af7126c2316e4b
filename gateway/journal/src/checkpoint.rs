//! C2SP tlog checkpoints (<https://c2sp.org/tlog-checkpoint>): the signed promise "my tree of this size has this root".
//!
//! ```text
//! gw-almaty-1.example.kz/audit/2026
//! 2
//! nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//! ```
//! Refused: extension lines (this log writes none, and what cannot be checked is not accepted), sizes with leading zeros,
//! roots that are not 32 bytes.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::note::{Note, NoteError, Signer, Vkey};
use crate::tree::Hash;

/// The size and root of one lane's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The lane.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Signs into a whole note. The signer's name must be the origin, or nobody will find the signature.
    pub fn sign(&self, signer: &Signer) -> String {
        signer.sign(&self.text())
    }

    /// Reads a signed checkpoint and checks the signature by `key` and that it speaks about the key's own lane.
    ///
    /// # Errors
    /// [`NoteError`]: it is no signed note, not signed by `key`, not of three lines, or of another lane.
    pub fn open(note: &[u8], key: &Vkey) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(Note::parse(note)?.verify(key)?)?;
        if checkpoint.origin != key.name() {
            return Err(NoteError::Form("the origin is not the name of the key"));
        }
        Ok(checkpoint)
    }

    /// Reads a signed checkpoint without checking any signature.
    ///
    /// # Errors
    /// [`NoteError::Form`]: it is no note, or not of three lines.
    pub fn read_unverified(note: &[u8]) -> Result<Self, NoteError> {
        Self::parse(Note::parse(note)?.unverified_text())
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let lines = text.strip_suffix('\n').unwrap_or(text).split('\n').collect::<Vec<_>>();
        let [origin, size, root] = lines.as_slice() else {
            return Err(NoteError::Form("a checkpoint has three lines"));
        };
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == *size);
        let root = STANDARD.decode(root).ok().and_then(|root| Hash::try_from(root).ok());
        match (origin.is_empty(), number, root) {
            (false, Some(size), Some(root)) => Ok(Self { origin: (*origin).to_owned(), size, root }),
            _ => Err(NoteError::Form("a checkpoint is origin, size and base64 root")),
        }
    }
}
