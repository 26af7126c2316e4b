//! Key pairs: P-256 in microseconds, RSA-2048 in parallel, because each takes a tenth of a second and more.
//!
//! It refuses to make keys lazily: a key that appears at first use turns one slow start into one slow exchange.
//! Randomness is the crypto library's own, as it must be for keys.

use std::thread;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};

use crate::Error;

/// A new P-256 key that signs ECDSA with SHA-256.
pub(crate) fn p256() -> Result<KeyPair, Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| Error::Key(Some(e)))
}

/// `N` new RSA-2048 keys that sign PKCS#1 v1.5 with SHA-256, each made by a thread of its own.
pub(crate) fn rsa<const N: usize>() -> Result<[KeyPair; N], Error> {
    let made: Vec<_> = thread::scope(|scope| {
        let pending: [_; N] = std::array::from_fn(|_| scope.spawn(rsa_2048));
        pending.into_iter().map(|thread| thread.join().unwrap_or(Err(Error::Key(None)))).collect()
    });
    let keys = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    keys.try_into().map_err(|_| Error::Key(None))
}

fn rsa_2048() -> Result<KeyPair, Error> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|e| Error::Key(Some(e)))
}
