//! C2SP signed notes with Ed25519 (<https://c2sp.org/signed-note>): text, an empty line, one line per signature.
//!
//! ```text
//! gw-almaty-1.example.kz/audit/2026
//! 2
//! nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//!
//! — gw-almaty-1.example.kz/audit/2026 <base64 of key id (4 bytes) and signature (64 bytes)>
//! ```
//! A public key travels as a *vkey*: `name+hex key id+base64(0x01 || public key)`.
//! Refused: names with spaces, `+`, quotes or anything but printable ASCII (the name is spliced into JSON), keys whose id is
//! not their own, notes without a signature, control characters, and anything after the last signature line.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::tree::sha256;

/// Errors of keys and notes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The operator chose a name that cannot be a key name or origin.
    #[error("`{0}` cannot be the name of a key: use printable ascii without spaces, quotes, backslashes and `+`")]
    Name(String),
    /// The key text does not follow C2SP; the text itself is not repeated, it may be secret.
    #[error("the key text is not a c2sp ed25519 key: {0}")]
    Key(&'static str),
    /// The bytes are not a signed note.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// The note carries no signature by the key asked for.
    #[error("the note is not signed by `{name}` with key id {id:08x}")]
    Unsigned {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
    /// The signature by the key asked for does not hold.
    #[error("the signature by `{name}` with key id {id:08x} does not hold")]
    Forged {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
}

/// The private key of a lane. Its name is the lane's origin.
pub struct Signer {
    vkey: Vkey,
    pair: Ed25519KeyPair,
}

impl Signer {
    /// From the lane's name and a 32-byte Ed25519 seed.
    ///
    /// # Errors
    /// [`NoteError::Name`]; [`NoteError::Key`], when the seed is no Ed25519 seed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::Key("the seed was rejected"))?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).map_err(|_| NoteError::Key("odd public key"))?;
        Ok(Self { vkey: Vkey::new(name, public)?, pair })
    }

    /// From C2SP key text: `PRIVATE+KEY+name+hex key id+base64(0x01 || seed)`.
    ///
    /// # Errors
    /// [`NoteError::Key`], when it is no such text or the id is not the key's; [`NoteError::Name`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let fields = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(NoteError::Key("`PRIVATE+KEY+` is missing"))?;
        let (name, id, seed) = key_fields(fields)?;
        // The name is not repeated: in a key that was broken or pasted wrongly it may be a part of the secret.
        let unnamed =
            |why| if let NoteError::Name(_) = why { NoteError::Key("its name cannot be a lane's") } else { why };
        let signer = Self::from_seed(name, &seed).map_err(unnamed)?;
        if signer.vkey.id != id {
            return Err(NoteError::Key("the key id is not that of this key"));
        }
        Ok(signer)
    }

    /// The text that [`Signer::parse`] reads, for a new lane with this name and seed. It is a secret.
    ///
    /// # Errors
    /// As [`Signer::from_seed`].
    pub fn key_text(name: &str, seed: &[u8; 32]) -> Result<String, NoteError> {
        let id = Self::from_seed(name, seed)?.vkey.id;
        let mut blob = vec![ALGORITHM_ED25519];
        blob.extend_from_slice(seed);
        Ok(format!("PRIVATE+KEY+{name}+{id:08x}+{}", STANDARD.encode(blob)))
    }

    /// The public half.
    pub fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// Signs `text`, which must end with a newline, into a whole note.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut blob = self.vkey.id.to_be_bytes().to_vec();
        blob.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n{DASH}{} {}\n", self.vkey.name, STANDARD.encode(blob))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, …)", self.vkey)
    }
}

/// A public key with its name: what an auditor puts into `trust.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: u32,
    public: [u8; 32],
}

impl Vkey {
    /// Parses `name+hex key id+base64(0x01 || public key)` and recomputes the id.
    ///
    /// # Errors
    /// [`NoteError::Key`], when it is no such text or the id is not the key's; [`NoteError::Name`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, id, public) = key_fields(text.trim())?;
        let vkey = Self::new(name, public)?;
        if vkey.id != id {
            return Err(NoteError::Key("the key id is not that of this key"));
        }
        Ok(vkey)
    }

    /// The key's name, which is the origin of the lane it signs for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key id: the first four bytes of `SHA-256(name || 0x0A || 0x01 || public key)`.
    pub fn id(&self) -> u32 {
        self.id
    }

    fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '+' | '"' | '\\');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
            return Err(NoteError::Name(name.to_owned()));
        }
        let digest = sha256(&[name.as_bytes(), b"\n", &[ALGORITHM_ED25519], &public].concat());
        let id = digest.first_chunk().map_or(0, |id| u32::from_be_bytes(*id));
        Ok(Self { name: name.to_owned(), id, public })
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ALGORITHM_ED25519][..], &self.public].concat());
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

/// A note as parsed: nothing about its text may be believed before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<(String, u32, Vec<u8>)>,
}

impl Note {
    /// Splits a note into text and signature lines (of any number of signers, in any algorithm).
    ///
    /// # Errors
    /// [`NoteError::Form`]: not UTF-8, control characters, no signature, or a malformed signature line.
    pub fn parse(note: &[u8]) -> Result<Self, NoteError> {
        let note = std::str::from_utf8(note).map_err(|_| NoteError::Form("it is not utf-8"))?;
        if note.chars().any(|c| c != '\n' && c.is_control()) {
            return Err(NoteError::Form("it has control characters"));
        }
        let end = note.rfind("\n\n").ok_or(NoteError::Form("it has no empty line"))?;
        let (text, signatures) = note.split_at_checked(end + 1).ok_or(NoteError::Form("it has no empty line"))?;
        let signatures = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let signatures = signatures.ok_or(NoteError::Form("the last line does not end"))?;
        let signatures = signatures.split('\n').map(signature).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, ending with a newline. Unverified.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The text, once the signature by `key` holds.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::Forged`].
    pub fn verify(&self, key: &Vkey) -> Result<&str, NoteError> {
        let mut by_key = self.signatures.iter().filter(|(name, id, _)| *name == key.name && *id == key.id).peekable();
        let (name, id) = (key.name.clone(), key.id);
        if by_key.peek().is_none() {
            return Err(NoteError::Unsigned { name, id });
        }
        let public = UnparsedPublicKey::new(&ED25519, &key.public);
        if !by_key.all(|(_, _, bytes)| public.verify(self.text.as_bytes(), bytes).is_ok()) {
            return Err(NoteError::Forged { name, id });
        }
        Ok(&self.text)
    }
}

fn signature(line: &str) -> Result<(String, u32, Vec<u8>), NoteError> {
    let form = NoteError::Form("a signature line is malformed");
    let (name, blob) = line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(form.clone())?;
    let blob = STANDARD.decode(blob).map_err(|_| form.clone())?;
    let (id, signature) = blob.split_first_chunk().filter(|(_, rest)| !rest.is_empty()).ok_or(form)?;
    Ok((name.to_owned(), u32::from_be_bytes(*id), signature.to_vec()))
}

/// `name+id+base64(0x01 || 32 bytes)`; the base64 may itself contain `+`.
fn key_fields(text: &str) -> Result<(&str, u32, [u8; 32]), NoteError> {
    let mut fields = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(NoteError::Key("it does not have three fields"));
    };
    let id = Some(id).filter(|id| id.len() == 8).and_then(|id| u32::from_str_radix(id, 16).ok());
    let id = id.ok_or(NoteError::Key("the key id is not 8 hex digits"))?;
    let key = STANDARD.decode(key).map_err(|_| NoteError::Key("the key is not base64"))?;
    match key.split_first() {
        Some((&ALGORITHM_ED25519, key)) => {
            let key = key.try_into().map_err(|_| NoteError::Key("the key does not have 32 bytes"))?;
            Ok((name, id, key))
        }
        _ => Err(NoteError::Key("the algorithm is not ed25519")),
    }
}

/// Em dash and space, as C2SP prescribes.
const DASH: &str = "\u{2014} ";
const ALGORITHM_ED25519: u8 = 0x01;
/// Generous for a schema-less URL, and bounds the head of every leaf.
const MAX_NAME: usize = 256;
