//! The crypto provider, and files of certificates and keys. An error names the file and what helps, never its content, and is in
//! our own words: what a library says of a key may repeat it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use qaqpa_adapters::pem::{self, NotRead};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

/// A file that cannot be used; the operator is at fault.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct TlsProblem {
    path: PathBuf,
    problem: String,
}

/// The one rustls crypto provider, aws-lc-rs.
#[must_use]
pub fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    static PROVIDER: std::sync::LazyLock<Arc<rustls::crypto::CryptoProvider>> =
        std::sync::LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

/// PEM roots of a file.
///
/// # Errors
/// Unreadable, or no certificate in it.
pub fn roots(path: &Path) -> Result<RootCertStore, TlsProblem> {
    let mut store = RootCertStore::empty();
    for (at, certificate) in certificates(path)?.into_iter().enumerate() {
        store.add(certificate).map_err(|_| problem(path, format!("its certificate {} is damaged", at + 1)))?;
    }
    Ok(store)
}

/// PEM certificates of a file, at least one.
///
/// # Errors
/// Unreadable, or none in it.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    parsed(path, pem::certificates)
}

/// A PEM chain, the holder's certificate first, and the PEM key of that certificate.
///
/// # Errors
/// Unreadable, or a key that is another's.
pub fn credential(
    chain: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsProblem> {
    let (certificates, private) = (certificates(chain)?, parsed(key, pem::private_key)?);
    match CertifiedKey::from_der(certificates.clone(), private.clone_key(), &provider()) {
        Ok(_) => Ok((certificates, private)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(problem(
            key,
            format!(
                "it is not the key of the first certificate in {}; the holder's own comes first, those of its authorities \
                 follow",
                chain.display()
            ),
        )),
        Err(rustls::Error::InvalidCertificate(_)) => Err(problem(chain, "its first certificate is damaged")),
        Err(_) => Err(problem(key, "it is damaged, or of a kind that TLS does not use; RSA, ECDSA and Ed25519 are")),
    }
}

/// Reads a file and what it holds; the file's octets are wiped afterwards, since they may be a key's.
fn parsed<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, NotRead>) -> Result<T, TlsProblem> {
    parse(&octets(path)?).map_err(|why| problem(path, why))
}

/// The octets of a file.
pub(crate) fn octets(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsProblem> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| problem(path, format!("it cannot be read: {error}")))
}

pub(crate) fn problem(path: &Path, problem: impl ToString) -> TlsProblem {
    TlsProblem { path: path.to_owned(), problem: problem.to_string() }
}
