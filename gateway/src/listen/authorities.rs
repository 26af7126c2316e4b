//! The authorities in `client_ca`: the roots that a caller's chain must lead to, and the tiers below them.
//!
//! A certificate whose issuer stands in the file too is a tier and no trust anchor: its root can revoke it. It stands there so
//! that its revocation list is verified before a caller comes, and so that callers need not send it.
//!
//! Refused is what would turn callers away, or let in whom nobody meant: what is no authority, has ended, or has not begun.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use qaqpa_policy::{Authority as Named, IssuerRule};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Version;

use super::period::Period;
use super::revocation::is_signed_by;
use crate::tls::{TlsProblem, certificates, problem};

/// One certificate of `client_ca`.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    der: CertificateDer<'static>,
    /// The name as `qaqpa certs inspect` prints it (`C=KZ, CN=...`), and the key.
    named: Named,
    /// The name in DER, by which certificates and lists point at it.
    subject: Vec<u8>,
    is_root: bool,
    period: Period,
}

impl Authority {
    /// For people.
    pub(crate) fn name(&self) -> &str {
        &self.named.name
    }

    /// By its name and its key, as a rule for callers names it.
    pub(crate) fn named(&self) -> &Named {
        &self.named
    }

    /// The name in DER.
    pub(crate) fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// When its certificate ends.
    pub(crate) fn ends(&self) -> Timestamp {
        self.period.ends()
    }

    /// Its certificate.
    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }
}

/// All of `client_ca`.
#[derive(Debug, Clone)]
pub(crate) struct Authorities(Vec<Authority>);

impl Authorities {
    /// Reads `client_ca`.
    ///
    /// # Errors
    /// Unreadable, or one of them is no authority now.
    pub(crate) fn read(path: &Path, now: Timestamp) -> Result<Self, TlsProblem> {
        let ders = certificates(path)?;
        let mut authorities = Vec::new();
        for (at, der) in ders.iter().enumerate() {
            let authority =
                authority(der, &ders).map_err(|why| problem(path, format!("its certificate {} {why}", at + 1)))?;
            let wrong = authority.period.wrong_at(now).map(|why| format!("the authority `{}` {why}", authority.name()));
            wrong.map_or(Ok(()), |why| Err(problem(path, why)))?;
            authorities.push(authority);
        }
        Ok(Self(authorities))
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.0.iter()
    }

    /// The roots, to verify chains by.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(
            self.0.iter().filter(|authority| authority.is_root).map(|root| root.der.clone()),
        );
        store
    }

    /// What stands below the roots.
    pub(crate) fn tiers(&self) -> Vec<CertificateDer<'static>> {
        self.0.iter().filter(|authority| !authority.is_root).map(|tier| tier.der.clone()).collect()
    }

    /// What is wrong with rules that name, or do not name, who must vouch for a caller: the caller's id and the rule's issuer.
    pub(crate) fn misfits(&self, rules: &[(String, Option<IssuerRule>)]) -> Vec<String> {
        let mut roots: Vec<&str> = self.0.iter().filter(|authority| authority.is_root).map(Authority::name).collect();
        roots.dedup(); // a renewed root stands beside the old one, by one name
        let known = || self.0.iter().map(|authority| format!("`{}`", authority.named)).collect::<Vec<_>>().join(", ");
        let misfit = |(id, issuer): &(String, Option<IssuerRule>)| match issuer {
            Some(issuer) if self.0.iter().any(|authority| issuer.is(&authority.named)) => None,
            Some(_) => Some(format!("the `issuer` of caller `{id}` is none of `client_ca`, which holds {}", known())),
            None if roots.len() < 2 => None,
            None => Some(format!(
                "caller `{id}` needs `issuer`: `client_ca` trusts more than one authority, and each can write any name \
                 into a certificate; it holds {}",
                known()
            )),
        };
        rules.iter().filter_map(misfit).collect()
    }

    /// Certificates in DER.
    pub(crate) fn ders(&self) -> Vec<CertificateDer<'static>> {
        self.0.iter().map(|authority| authority.der.clone()).collect()
    }

    /// Those that end soon, in sentences.
    pub(crate) fn ending(&self, now: Timestamp) -> impl Iterator<Item = String> {
        let told = move |authority: &Authority| {
            Some(format!("the authority `{}` {}", authority.name(), authority.period.ending_at(now)?))
        };
        self.0.iter().filter_map(told)
    }
}

/// Reads one certificate of a file of such.
fn authority(der: &CertificateDer<'static>, all: &[CertificateDer<'static>]) -> Result<Authority, &'static str> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| "is damaged")?;
    let basic = parsed.basic_constraints().map_err(|_| "says twice whether it is an authority")?;
    // What says nothing of it is one only in the versions that could not (RFC 5280, 4.2.1.9).
    if !basic.map_or(parsed.version() != X509Version::V3, |basic| basic.value.ca) {
        return Err(
            "is no authority, so it vouches for nobody: the certificate of whoever issued the callers' is needed",
        );
    }
    let is_its_issuer = |other: &CertificateDer<'_>| {
        X509Certificate::from_der(other).is_ok_and(|(_, other)| {
            other.subject() == parsed.issuer()
                && other.subject() != parsed.subject()
                && is_signed_by(der, other.public_key().raw)
        })
    };
    Ok(Authority {
        named: Named::new(parsed.subject().to_string(), sha256(parsed.public_key().raw)),
        subject: parsed.subject().as_raw().to_vec(),
        is_root: !all.iter().any(is_its_issuer),
        period: Period::of(&parsed),
        der: der.clone(),
    })
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    digest(&SHA256, octets).as_ref().try_into().unwrap_or_default()
}
