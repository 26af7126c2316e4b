//! Sealing: AES-256-GCM with random nonces, bound to the place where the sealed bytes stand.
//!
//! ```text
//! sealed = nonce (12 bytes) || ciphertext || tag (16 bytes)
//! associated data = "qaqpa/v1/sealed" || 0x00 || table || 0x00 || row || 0x00 || lookup (32 bytes; zeros where nobody is named)
//! ```
//! So a value copied to another row, table or person does not open. A table's name has no 0x00, a lookup has a fixed length:
//! no two places share their associated data. Random nonces suffice: no key here seals near 2^32 values (NIST SP 800-38D 8.3).
//! Refused: anything that does not open, without saying why.

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::error::Error;

/// A key that seals.
pub(crate) struct Sealer(RandomizedNonceKey);

/// Where sealed bytes stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a str,
    pub(crate) lookup: &'a [u8; 32],
}

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Result<Self, Error> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|_| Error::KeyForm)
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
        sealed.extend_from_slice(plain);
        let nonce =
            self.0.seal_in_place_append_tag(Aad::from(place.bytes()), &mut sealed).map_err(|_| Error::Random)?;
        sealed.splice(..0, *nonce.as_ref());
        Ok(sealed)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fault = || Error::Sealed(place.table);
        let (nonce, rest) = sealed.split_first_chunk::<12>().ok_or_else(fault)?;
        let mut rest = Zeroizing::new(rest.to_vec());
        let plain = self.0.open_in_place(nonce.into(), Aad::from(place.bytes()), &mut rest).map_err(|_| fault())?.len();
        rest.truncate(plain);
        Ok(rest)
    }
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        [b"qaqpa/v1/sealed\0", self.table.as_bytes(), b"\0", self.row.as_bytes(), b"\0", self.lookup].concat()
    }
}

/// What sealing adds.
pub(crate) const OVERHEAD: usize = 28;
/// The place of what belongs to no person.
pub(crate) const NOBODY: [u8; 32] = [0; 32];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let sealer = Sealer::new(&[1; 32]).unwrap();
        let place = Place { table: "consent", row: "c-1", lookup: &[7; 32] };
        let sealed = sealer.seal(place, b"guardian").unwrap();
        assert_eq!(sealed.len(), 8 + OVERHEAD);
        assert_ne!(sealed, sealer.seal(place, b"guardian").unwrap());
        assert_eq!(sealer.open(place, &sealed).unwrap().as_slice(), b"guardian");
        let others = [
            Place { table: "hold", ..place },
            Place { row: "c-2", ..place },
            Place { row: "", ..place },
            Place { lookup: &[8; 32], ..place },
        ];
        for other in others {
            assert!(matches!(sealer.open(other, &sealed), Err(Error::Sealed(_))));
        }
        assert!(Sealer::new(&[2; 32]).unwrap().open(place, &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(sealer.open(place, &altered).is_err(), "bit {bit}");
        }
        for cut in 0..sealed.len() {
            assert!(sealer.open(place, &sealed[..cut]).is_err(), "cut at {cut}");
        }
    }
}
