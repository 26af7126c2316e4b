//! The vault key: 32 bytes from which every other key of the vault comes.
//!
//! `qaqpa-vault-key-v1:` and the bytes in base64url without padding, e.g. in a file that only the gateway's user may read.
//! It refuses other lengths and other forms, and never shows itself.
//!
//! Further keys are `HMAC-SHA256(vault key, "qaqpa/v1/vault/" || use || 0x00 || label)`, where `use` is `own` for the vault's
//! own keys and `derived` for those of its users, so that no label of theirs can give one of its own.

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;

/// The vault key, 32 random bytes; every other key of the vault is derived from it or sealed under it.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// Reads the text form; a final line break is overlooked.
    ///
    /// # Errors
    /// [`Error::KeyForm`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let encoded = text.trim_end_matches(['\n', '\r']).strip_prefix(PREFIX).ok_or(Error::KeyForm)?;
        let mut bytes = Zeroizing::new([0; 32]);
        // One byte more than fits, so that a longer key is seen.
        let mut room = Zeroizing::new([0; 33]);
        match URL_SAFE_NO_PAD.decode_slice(encoded, room.as_mut()) {
            Ok(32) => bytes.copy_from_slice(room.get(..32).ok_or(Error::KeyForm)?),
            _ => return Err(Error::KeyForm),
        }
        Ok(Self(bytes))
    }

    /// A new random key and its text form, to be stored where only the gateway reads it. Losing it loses everything sealed.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn generate() -> Result<(Self, String), Error> {
        let bytes = random()?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        Ok((Self(bytes), text))
    }

    pub(crate) fn own(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.0, "own", label)
    }

    pub(crate) fn derived(&self, label: &str) -> [u8; 32] {
        *derive(&self.0, "derived", label)
    }
}

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultKey(…)")
    }
}

/// 32 random bytes.
pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut()).map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// A key for one use from another key.
pub(crate) fn derive(key: &[u8; 32], purpose: &str, label: &str) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in ["qaqpa/v1/vault/", purpose, "\0", label] {
        context.update(part.as_bytes());
    }
    fixed(context)
}

/// The tag of a finished HMAC-SHA256.
pub(crate) fn fixed(context: hmac::Context) -> Zeroizing<[u8; 32]> {
    let mut tag = Zeroizing::new([0; 32]);
    let mut signed: [u8; 32] = [0; 32];
    signed.copy_from_slice(context.sign().as_ref());
    tag.copy_from_slice(&signed);
    signed.zeroize();
    tag
}

const PREFIX: &str = "qaqpa-vault-key-v1:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_text_form_is_a_key() {
        let (key, text) = VaultKey::generate().unwrap();
        let again = VaultKey::parse(&text).unwrap();
        assert_eq!(key.derived("x"), again.derived("x"));
        assert_ne!(key.derived("x"), key.derived("y"));
        assert_ne!(key.derived("x"), *key.own("x"));
        assert!(VaultKey::parse(&format!("{text}\n")).is_ok());
        let body = &text[PREFIX.len()..];
        let rows = [
            String::new(),
            body.to_owned(),
            PREFIX.to_owned(),
            format!("{PREFIX}{}", &body[..42]),
            format!("{PREFIX}{body}A"),
            format!("{PREFIX}{body}AAAAAAAAAAAAAA"),
            format!("{PREFIX}{body}="),
            format!("{PREFIX} {body}"),
            format!("{PREFIX}{}", body.replace(|_: char| true, "+")),
        ];
        for row in rows {
            let refused = VaultKey::parse(&row).unwrap_err();
            assert!(matches!(refused, Error::KeyForm));
            assert!(!format!("{refused} {refused:?}").contains(&body[..8]));
        }
        assert_eq!(format!("{key:?}"), "VaultKey(…)");
    }
}
