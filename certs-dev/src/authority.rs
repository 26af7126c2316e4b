//! A certification authority in memory: it issues, and it lists what it revoked.
//!
//! It refuses to give its key away: there is no accessor, it is never written, and `Debug` hides it.
//!
//! Example: `pki.tls.revocation_list(&[&pki.clients.school], now)` is the list a test swaps in to see a running
//! gateway drop a caller.

use std::fmt;

use aws_lc_rs::digest;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PublicKeyData, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use time::{Duration, OffsetDateTime};

use crate::request::{Request, Subject, Term};
use crate::{Credential, Error};

/// A root that issues development certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
}

/// A certificate revocation list.
#[derive(Debug, Clone)]
pub struct RevocationList {
    /// The list as PEM (`X509 CRL`).
    pub pem: String,
    /// The list as DER.
    pub der: CertificateRevocationListDer<'static>,
}

impl Authority {
    /// A new self-signed root with the key usages keyCertSign and cRLSign.
    pub(crate) fn root(name: &str, subject: &Subject, key: KeyPair, now: OffsetDateTime) -> Result<Self, Error> {
        let params = root_params(subject, &key, Term::authority(now)).map_err(issue(name))?;
        let certificate = params.self_signed(&key).map_err(issue(name))?;
        Ok(Self {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The root certificate as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The root certificate as DER.
    pub fn certificate_der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// A list that revokes `revoked` an hour before `now` and promises its successor 30 days after `now`. Its number
    /// is the Unix time of `now` in seconds: a later list has the higher number (RFC 5280, 5.2.3).
    ///
    /// # Errors
    /// [`Error::Clock`] outside the years 2020 to 2199; [`Error::Issue`] if the list cannot be encoded.
    pub fn revocation_list(&self, revoked: &[&Credential], now: OffsetDateTime) -> Result<RevocationList, Error> {
        let now = whole_second(now)?;
        let list = CertificateRevocationListParams {
            this_update: now - Duration::HOUR,
            next_update: now + Duration::days(30),
            crl_number: SerialNumber::from(now.unix_timestamp().unsigned_abs()),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(|credential| entry(credential, now)).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).map_err(issue("ca.crl"))?;
        Ok(RevocationList { pem: list.pem().map_err(issue("ca.crl"))?, der: list.into() })
    }

    pub(crate) fn issue(&self, name: &'static str, request: &Request, key: KeyPair) -> Result<Credential, Error> {
        let serial = serial_of(&key);
        let params = request.params(serial.clone()).map_err(issue(name))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(issue(name))?;
        Ok(Credential::new(name, &certificate, serial, key))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("certificate", &self.certificate_pem).field("key", &"(hidden)").finish()
    }
}

/// A certificate that nobody but its own key vouches for.
pub(crate) fn self_signed(name: &'static str, request: &Request, key: KeyPair) -> Result<Credential, Error> {
    let serial = serial_of(&key);
    let params = request.params(serial.clone()).map_err(issue(name))?;
    let certificate = params.self_signed(&key).map_err(issue(name))?;
    Ok(Credential::new(name, &certificate, serial, key))
}

/// `now` without its fraction, in UTC: certificates know whole seconds only.
pub(crate) fn whole_second(now: OffsetDateTime) -> Result<OffsetDateTime, Error> {
    match now.year() {
        2020..=2199 => OffsetDateTime::from_unix_timestamp(now.unix_timestamp()).ok(),
        _ => None,
    }
    .ok_or(Error::Clock { year: now.year() })
}

fn root_params(subject: &Subject, key: &KeyPair, term: Term) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject.to_name()?;
    params.serial_number = Some(serial_of(key));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = term.from;
    params.not_after = term.until;
    Ok(params)
}

fn entry(credential: &Credential, now: OffsetDateTime) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: credential.serial(),
        revocation_time: now - Duration::HOUR,
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    }
}

/// 20 bytes of the key's digest, the length NUC RK uses; the top bits are set to 01 so that the number is positive
/// and its encoding never shorter. One key, one certificate: the serial is as unique as the key.
fn serial_of(key: &KeyPair) -> SerialNumber {
    let digest = digest::digest(&digest::SHA256, &key.subject_public_key_info());
    let mut serial: Vec<u8> = digest.as_ref().iter().copied().take(20).collect();
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    SerialNumber::from(serial)
}

fn issue(name: &str) -> impl FnOnce(rcgen::Error) -> Error {
    let name = name.to_owned();
    move |source| Error::Issue { name, source }
}
