//! What the listener proves itself with and judges callers by: certificate, key, authorities, revocation lists.
//!
//! Read from four files, replaced whole by a reload. The same verifier judges a handshake and, later, the chain of every open
//! connection ([`crate::listen::lifetime`]), by the same time source: what a new connection would be refused for, an old one
//! is cut for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Certificate};

use crate::tls::{TlsProblem, certificates, private_key, problem, provider, roots};

/// The files of the TLS listener: its certificate and key, the roots of the callers, their revocation list. All four
/// files are needed; there is no weaker form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM chain of the gateway.
    pub certificate: PathBuf,
    /// PEM private key of the gateway.
    pub key: PathBuf,
    /// PEM roots of the callers.
    pub client_ca: PathBuf,
    /// PEM revocation list of those roots.
    pub crl: PathBuf,
}

impl TlsFiles {
    /// Reads all four files.
    ///
    /// # Errors
    /// Names the file that is missing, unreadable, empty or does not fit.
    pub fn load(&self) -> Result<Trust, TlsProblem> {
        let lists = self.lists()?;
        let ends = lists.iter().filter_map(|list| next_update(list)).collect();
        let verifier = self.verifier(lists)?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| problem(&self.certificate, error))?
            .with_client_cert_verifier(verifier.clone())
            .with_single_cert(certificates(&self.certificate)?, private_key(&self.key)?)
            .map_err(|error| problem(&self.certificate, error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Trust { config: Arc::new(config), verifier, ends })
    }

    fn lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsProblem> {
        let lists = CertificateRevocationListDer::pem_file_iter(&self.crl)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| problem(&self.crl, error))?;
        if lists.is_empty() { Err(problem(&self.crl, "holds no revocation list")) } else { Ok(lists) }
    }

    /// The verifier of client certificates with these revocation lists.
    pub(crate) fn verifier(
        &self,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsProblem> {
        let roots = Arc::new(roots(&self.client_ca)?);
        WebPkiClientVerifier::builder_with_provider(roots, provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| problem(&self.crl, error))
    }
}

/// A TLS configuration, and the verifier in it, to be asked again about connections that it has let in.
#[derive(Debug, Clone)]
pub struct Trust {
    pub(crate) config: Arc<ServerConfig>,
    verifier: Arc<dyn ClientCertVerifier>,
    /// `nextUpdate` of each list, seconds since 1970.
    ends: Vec<u64>,
}

impl Trust {
    /// Whether a handshake with this chain, leaf first, would be accepted now. Asks nobody.
    ///
    /// # Errors
    /// As the handshake would end.
    pub(crate) fn accepts(&self, chain: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(self.now()));
        self.verifier.verify_client_cert(leaf, intermediates, now).map(drop)
    }

    /// The next last second of a certificate of the chain or of a list, since 1970; none when all have passed.
    pub(crate) fn next_end(&self, chain: &[CertificateDer<'_>]) -> Option<u64> {
        let (now, ends) = (self.now(), chain.iter().filter_map(|certificate| not_after(certificate)));
        ends.chain(self.ends.iter().copied()).filter(|end| *end >= now).min()
    }

    /// The time that handshakes are judged by, seconds since 1970. Without one nothing is valid.
    pub(crate) fn now(&self) -> u64 {
        self.config.time_provider.current_time().map_or(u64::MAX / 2, |now| now.as_secs())
    }
}

/// The last second in which a certificate is valid (RFC 5280, 4.1.2.5).
fn not_after(certificate: &[u8]) -> Option<u64> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    u64::try_from(certificate.validity().not_after.timestamp()).ok()
}

/// The last second in which a list is believed (RFC 5280, 5.1.2.5).
fn next_update(list: &[u8]) -> Option<u64> {
    let (_, list) = CertificateRevocationList::from_der(list).ok()?;
    u64::try_from(list.next_update()?.timestamp()).ok()
}
