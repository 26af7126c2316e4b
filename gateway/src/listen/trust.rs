//! What the listener proves itself with and judges callers by: certificate, key, authorities, revocation lists.
//!
//! Read from four files, replaced whole by a reload, and by one set of checks for start, reload, `crl_from` and `qaqpa check`: what
//! would turn callers away is refused, and what will be is told ([`Trust::warnings`]). The same verifier judges a handshake and,
//! later, the chain of every open connection ([`crate::listen::lifetime`]), by the same time source: what a new connection would
//! be refused for, an old one is cut for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use qaqpa_policy::IssuerRule;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::VerifierBuilderError;
use rustls::server::danger::ClientCertVerifier as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::authorities::{Authorities, Authority};
use super::client_verifier::ClientVerifier;
use super::period::Period;
use super::revocation::Lists;
use crate::secret;
use crate::tls::{TlsProblem, credential, octets, problem, provider};

/// The files of the TLS listener: its certificate and key, the authorities of the callers, their revocation lists. All four
/// files are needed; there is no weaker form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM chain of the gateway.
    pub certificate: PathBuf,
    /// PEM private key of the gateway.
    pub key: PathBuf,
    /// PEM roots of the callers, with or without the tiers below them.
    pub client_ca: PathBuf,
    /// Revocation lists of those authorities, PEM or DER.
    pub crl: PathBuf,
    /// Whether the list is renewed from an endpoint (`crl_from`): then one that has ended is told of and cured by that.
    pub is_renewed: bool,
    /// Of each configured caller its id, and the authority that must vouch for it.
    pub issuers: Vec<(String, Option<IssuerRule>)>,
}

impl TlsFiles {
    /// Reads all four files, and checks that callers can be let in by them `now`.
    ///
    /// # Errors
    /// Names the file that is missing, unreadable, empty or does not fit: a key that is another's, a certificate or a list that
    /// has ended, an authority without its list, a list that its authority has not signed, a caller whose issuer is not there.
    pub fn load(&self, now: Timestamp) -> Result<Trust, TlsProblem> {
        let authorities = Authorities::read(&self.client_ca, now)?;
        let misfits = authorities.misfits(&self.issuers);
        if !misfits.is_empty() {
            return Err(problem(&self.client_ca, misfits.join("; ")));
        }
        let lists = Lists::read(&octets(&self.crl)?).map_err(|why| problem(&self.crl, why))?;
        let problems = lists.problems(&authorities, (!self.is_renewed).then_some(now));
        if !problems.is_empty() {
            return Err(problem(&self.crl, problems.join("; ")));
        }
        let (ends, verifier) = (lists.ends(), self.verifier(&authorities, lists.ders())?);
        secret::octets(&self.key).map_err(|why| problem(&self.key, why))?;
        let (chain, key) = credential(&self.certificate, &self.key)?;
        let period = chain.first().and_then(Period::of_der);
        if let Some(why) = period.and_then(|period| period.wrong_at(now)) {
            return Err(problem(&self.certificate, format!("the certificate {why}")));
        }
        let unusable = |_| problem(&self.certificate, "TLS cannot use it");
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(unusable)?
            .with_client_cert_verifier(verifier.clone())
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Trust { config: Arc::new(config), verifier, ends, authorities, lists, period })
    }

    /// The verifier of client certificates of these authorities with these revocation lists.
    pub(crate) fn verifier(
        &self,
        authorities: &Authorities,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Arc<ClientVerifier>, TlsProblem> {
        ClientVerifier::new(authorities, lists).map(Arc::new).map_err(|why| match why {
            VerifierBuilderError::InvalidCrl(_) => {
                problem(&self.crl, "TLS cannot use one of the lists: it is damaged, or of a kind that is not known")
            }
            _ => problem(&self.client_ca, "TLS cannot use any of its certificates as a root"),
        })
    }
}

/// A TLS configuration, and the verifier in it, to be asked again about connections that it has let in.
#[derive(Debug, Clone)]
pub struct Trust {
    pub(crate) config: Arc<ServerConfig>,
    verifier: Arc<ClientVerifier>,
    /// `nextUpdate` of each list, seconds since 1970.
    ends: Vec<u64>,
    authorities: Authorities,
    lists: Lists,
    /// Of the gateway's own certificate.
    period: Option<Period>,
}

impl Trust {
    /// Whether it may take the place of `before`.
    ///
    /// # Errors
    /// A revocation list is older than the one in force, or is missing.
    pub(crate) fn follows(&self, before: &Self, files: &TlsFiles, now: Timestamp) -> Result<(), TlsProblem> {
        let followed = self.lists.follow((&before.lists, &before.authorities), &self.authorities, now);
        followed.map_err(|why| problem(&files.crl, why))
    }

    /// What will turn callers away, or may; each sentence with the key of `[listen]` that it is about.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let own = self.period.and_then(|period| period.ending_at(now)).map(|why| format!("the certificate {why}"));
        let own = own.into_iter().map(|why| ("listen.certificate", why));
        let authorities = self.authorities.ending(now).map(|why| ("listen.client_ca", why));
        let lists = self.lists.warnings(&self.authorities, now).into_iter().map(|why| ("listen.crl", why));
        own.chain(authorities).chain(lists).collect()
    }

    /// Of certificate, authorities and lists the end that comes first.
    pub(crate) fn first_ends(&self) -> Vec<(&'static str, Timestamp)> {
        let list = self.ends.iter().filter_map(|end| Timestamp::from_second(i64::try_from(*end).ok()?).ok());
        [
            ("listen.certificate", self.period.map(Period::ends)),
            ("listen.client_ca", self.authorities.iter().map(Authority::ends).min()),
            ("listen.crl", list.min()),
        ]
        .into_iter()
        .filter_map(|(of, end)| Some((of, end?)))
        .collect()
    }

    /// Whether a handshake with this chain, leaf first, would be accepted now. Asks nobody.
    ///
    /// # Errors
    /// As the handshake would end.
    pub(crate) fn accepts(&self, chain: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(self.now()));
        self.verifier.verify_client_cert(leaf, intermediates, now).map(drop)
    }

    /// The authorities that vouch for a chain which was accepted.
    pub(crate) fn vouching(&self, chain: &[CertificateDer<'_>]) -> Vec<qaqpa_policy::Authority> {
        self.verifier.vouching(chain, UnixTime::since_unix_epoch(Duration::from_secs(self.now())))
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
