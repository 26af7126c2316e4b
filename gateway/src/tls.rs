//! The crypto provider, and PEM files of certificates and keys. An error names the file and the problem, never its content.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
    for certificate in certificates(path)? {
        store.add(certificate).map_err(|error| problem(path, error))?;
    }
    Ok(store)
}

/// PEM certificates of a file, at least one.
///
/// # Errors
/// Unreadable, or none in it.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| problem(path, error))?;
    if found.is_empty() { Err(problem(path, "holds no certificate")) } else { Ok(found) }
}

/// PEM key of a file.
///
/// # Errors
/// Unreadable, or none in it.
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsProblem> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| problem(path, error))
}

pub(crate) fn problem(path: &Path, problem: impl ToString) -> TlsProblem {
    TlsProblem { path: path.to_owned(), problem: problem.to_string() }
}
