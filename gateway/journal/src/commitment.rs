//! Salted commitments to single fields: a leaf can promise a value without holding it.
//!
//! With the *field salt* and the value of one field a reader checks it against the leaf; nothing follows about other fields.
//! Without the record's salt, which stands beside the lane sealed ([`crate::SealedSalt`]), a commitment cannot be guessed, not even for the 7.3e8 possible IINs.
//! It refuses nothing: any path and any bytes may be committed to.
//!
//! The exact bytes, so that another language can recompute them (`||` joins bytes, `u64be` is 8 bytes, big end first,
//! strings are UTF-8 without a terminator, lengths count bytes):
//! ```text
//! field_salt = HMAC-SHA256(key = record_salt (32 bytes), message = "qaqpa/v1/field-salt" || 0x00 || path)
//! commitment = SHA-256("qaqpa/v1/commitment" || 0x00 || field_salt (32 bytes)
//!                      || u64be(len(path)) || path || u64be(len(value)) || value)
//! ```
//! Example: `commit(&[7; 32], "person.birth_date", b"1999-12-31")`.

use aws_lc_rs::{constant_time, digest, hmac};

use crate::tree::{Hash, fixed};

/// The salt of one field of one record; disclosing it discloses no other field.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldSalt([u8; 32]);

/// The value or the salt is not what the leaf promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the disclosed field does not open its commitment")]
pub struct DoesNotOpen;

/// The commitment to `value` at `path` of the record that has this salt.
pub fn commit(record_salt: &[u8; 32], path: &str, value: &[u8]) -> Hash {
    FieldSalt::derive(record_salt, path).commit(path, value)
}

/// Commits to the fields of one record; its salt is made a key once, not once a field.
pub struct Committer(hmac::Key);

impl Committer {
    /// For the record with this salt.
    pub fn new(record_salt: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, record_salt))
    }

    /// As [`commit`].
    pub fn commit(&self, path: &str, value: &[u8]) -> Hash {
        self.field_salt(path).commit(path, value)
    }

    fn field_salt(&self, path: &str) -> FieldSalt {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(FIELD_SALT);
        context.update(path.as_bytes());
        let mut salt = [0; 32];
        salt.copy_from_slice(context.sign().as_ref());
        FieldSalt(salt)
    }
}

impl FieldSalt {
    /// Derives the salt of the field at `path`.
    pub fn derive(record_salt: &[u8; 32], path: &str) -> Self {
        Committer::new(record_salt).field_salt(path)
    }

    /// A field salt as an auditor received it.
    pub fn from_bytes(salt: [u8; 32]) -> Self {
        Self(salt)
    }

    /// The bytes to disclose together with the value.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment to `value` at `path` under this salt.
    pub fn commit(&self, path: &str, value: &[u8]) -> Hash {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(COMMITMENT);
        context.update(&self.0);
        context.update(&(path.len() as u64).to_be_bytes());
        context.update(path.as_bytes());
        context.update(&(value.len() as u64).to_be_bytes());
        context.update(value);
        fixed(&context.finish())
    }

    /// Checks a disclosed value against the commitment in the leaf.
    ///
    /// # Errors
    /// [`DoesNotOpen`]: another value, another path or another salt.
    pub fn open(&self, commitment: &Hash, path: &str, value: &[u8]) -> Result<(), DoesNotOpen> {
        constant_time::verify_slices_are_equal(&self.commit(path, value), commitment).map_err(|_| DoesNotOpen)
    }
}

impl std::fmt::Debug for FieldSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldSalt(…)")
    }
}

const FIELD_SALT: &[u8] = b"qaqpa/v1/field-salt\0";
const COMMITMENT: &[u8] = b"qaqpa/v1/commitment\0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_for_its_own_field_and_value_only() {
        let commitment = commit(&[7; 32], "person.birth_date", b"1999-12-31");
        let rows = [
            (true, "itself", 7, "person.birth_date", "1999-12-31"),
            (false, "another value", 7, "person.birth_date", "1999-12-30"),
            (false, "another field", 7, "person.birth_place", "1999-12-31"),
            (false, "another record", 8, "person.birth_date", "1999-12-31"),
            (false, "a byte moved from path to value", 7, "person.birth_dat", "e1999-12-31"),
        ];
        for (opens, row, salt, path, value) in rows {
            let salt = FieldSalt::derive(&[salt; 32], path);
            assert_eq!(salt.open(&commitment, path, value.as_bytes()).is_ok(), opens, "{row}");
        }
    }

    /// Computed with Python's hmac and hashlib from the definition above.
    #[test]
    fn the_documented_bytes_give_the_known_value() {
        assert_eq!(
            hex::encode(commit(&[7; 32], "person.birth_date", b"1999-12-31")),
            "a71bb17969068417eac3c9ad2f186b507cd28ed9a1a5d8228f7dc71ff5f33994"
        );
    }
}
