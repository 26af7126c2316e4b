//! Pseudonyms: one name for one value, as long as operator, recipient, purpose and epoch stay the same.
//!
//! Keyed, since an IIN has so few possible values that any unkeyed digest of it is undone within minutes
//! (facts A4, trap 6). Two recipients, two purposes or two epochs cannot be joined by their pseudonyms, nor can the
//! same number in two roles (a student's and a teacher's), because the category is part of what is named.
//!
//! ```text
//! master key --HMAC("qaqpa/v1/pseudonym", operator, recipient, purpose, epoch)--> key
//! key        --HMAC(category, value)--> first 16 bytes --base32--> p + 26 characters
//! ```

use std::fmt;

use aws_lc_rs::hmac;
use qaqpa_proto::v1::Category;

use crate::category;

/// Key of all pseudonyms that one recipient sees for one purpose in one epoch.
#[derive(Clone)]
pub struct PseudonymKey(hmac::Key);

/// Bytes of the code that become the name; 128 bits, so that two values never meet.
const NAMED_BYTES: usize = 16;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl PseudonymKey {
    /// Derives it from a master key of 32 random bytes. `epoch` is whatever the operator rotates by, such as `2026`.
    #[must_use]
    pub fn derive(master: &[u8; 32], operator: &str, recipient: &str, purpose: &str, epoch: &str) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let mut context = hmac::Context::with_key(&master);
        context.update(b"qaqpa/v1/pseudonym");
        for part in [operator, recipient, purpose, epoch] {
            context.update(&(part.len() as u64).to_be_bytes()); // so that no part can be read as another's end
            context.update(part.as_bytes());
        }
        Self(hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()))
    }

    /// `p` and 26 characters of base32, lower case.
    #[must_use]
    pub fn pseudonym(&self, category: Category, value: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(category::name(category).as_bytes());
        context.update(&[0]);
        context.update(value);
        named(context.sign().as_ref().get(..NAMED_BYTES).unwrap_or_default())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

fn named(code: &[u8]) -> String {
    let mut name = String::with_capacity(27);
    name.push('p');
    let (mut held, mut bits) = (0_u32, 0);
    for byte in code {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            name.push(letter(held >> bits));
        }
    }
    name.push(letter(held << (5 - bits)));
    name
}

fn letter(bits: u32) -> char {
    BASE32.get(bits as usize & 31).copied().map_or('a', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_of_the_parts_makes_another_name() {
        let master = [7; 32];
        let keys = [
            PseudonymKey::derive(&master, "a", "b", "c", "2026"),
            PseudonymKey::derive(&master, "ab", "", "c", "2026"),
            PseudonymKey::derive(&master, "x", "b", "c", "2026"),
            PseudonymKey::derive(&master, "a", "x", "c", "2026"),
            PseudonymKey::derive(&master, "a", "b", "x", "2026"),
            PseudonymKey::derive(&master, "a", "b", "c", "2027"),
            PseudonymKey::derive(&[8; 32], "a", "b", "c", "2026"),
        ];
        let mut names = BTreeSet::new();
        for key in &keys {
            for category in [Category::Iin, Category::Staff] {
                let name = key.pseudonym(category, b"991231500006");
                assert_eq!(name, key.pseudonym(category, b"991231500006"));
                assert_eq!(name.len(), 27);
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)), "{name}");
                assert!(names.insert(name));
            }
        }
        assert_eq!(format!("{:?}", keys[0]), "PseudonymKey(…)");
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        assert_eq!(named(b"foobar"), "pmzxw6ytboi");
        assert_eq!(named(&[0xff; NAMED_BYTES]).len(), 27);
    }
}
