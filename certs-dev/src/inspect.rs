//! Explains certificates and revocation lists to a human: whose, from whom, until when, for what, signed how.
//!
//! It takes PEM with any number of sections, or one DER object. It refuses private keys, whatever their wrapping,
//! before it reads anything else. Nothing it returns names a person: individual identification numbers, people's
//! names and e-mail addresses are hidden, and text from the input cannot move the cursor or turn the reading
//! direction. It judges nothing but time: chains, signatures and revocation are the gateway's to check.
//!
//! Example of one line: `OU=BIN990140000007` becomes `BIN              990140000007`.

mod certificate;
mod masking;
mod name;
mod names_of_oids;
mod revocation;
mod standing;

use std::fmt;

use rustls_pki_types::pem::{PemObject, SectionKind};
use time::OffsetDateTime;

pub use certificate::{AlternativeName, CertificateReport, Purpose};
pub use name::Name;
pub use revocation::RevocationReport;
pub use standing::Standing;

/// What an input holds, in its own order. Never empty. `Display` is the report for humans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// One report per certificate or list.
    pub reports: Vec<Report>,
}

/// One certificate or one revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A certificate.
    Certificate(Box<CertificateReport>),
    /// A revocation list.
    Revocation(RevocationReport),
}

/// Why an input is not explained. Positions count from 1. Never quotes the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The caller is in danger: a private key is about to be shown around.
    #[error(
        "the input holds a private key: never paste or send one, inspect its certificate instead, \
         and replace the key if anybody else may have seen it"
    )]
    PrivateKey,
    /// The caller gave something else.
    #[error("the input holds no X.509 certificate and no revocation list, neither as PEM nor as DER")]
    Nothing,
    /// The input is damaged.
    #[error("the PEM text is damaged in or after section {position}")]
    Pem {
        /// Which section, from 1.
        position: usize,
    },
    /// The input is damaged, or says what X.509 does not allow.
    #[error("item {position} is not a well formed {kind}")]
    Malformed {
        /// Which item, from 1.
        position: usize,
        /// `certificate` or `revocation list`.
        kind: &'static str,
    },
}

/// Explains `input` (PEM or DER) as of `now`.
///
/// # Errors
/// See [`InspectError`]. One bad section refuses the whole input: half a bundle explained is a bundle misunderstood.
pub fn inspect(input: &[u8], now: OffsetDateTime) -> Result<Inspection, InspectError> {
    if holds_private_key(input) {
        return Err(InspectError::PrivateKey);
    }
    let reports = if contains(input, b"-----BEGIN ") { from_pem(input, now)? } else { vec![from_der(input, now)?] };
    if reports.is_empty() { Err(InspectError::Nothing) } else { Ok(Inspection { reports }) }
}

fn from_pem(input: &[u8], now: OffsetDateTime) -> Result<Vec<Report>, InspectError> {
    let mut reports = Vec::new();
    for (index, section) in <(SectionKind, Vec<u8>)>::pem_slice_iter(input).enumerate() {
        let position = index.saturating_add(1);
        let (kind, der) = section.map_err(|_| InspectError::Pem { position })?;
        match kind {
            SectionKind::Certificate => reports.push(certificate(&der, now).ok_or(malformed(position, CERTIFICATE))?),
            SectionKind::Crl => reports.push(revocation(&der, now).ok_or(malformed(position, REVOCATION))?),
            _ => {}
        }
    }
    Ok(reports)
}

fn from_der(input: &[u8], now: OffsetDateTime) -> Result<Report, InspectError> {
    certificate(input, now).or_else(|| revocation(input, now)).ok_or(InspectError::Nothing)
}

fn certificate(der: &[u8], now: OffsetDateTime) -> Option<Report> {
    CertificateReport::read(der, now).map(Box::new).map(Report::Certificate)
}

fn revocation(der: &[u8], now: OffsetDateTime) -> Option<Report> {
    RevocationReport::read(der, now).map(Report::Revocation)
}

fn malformed(position: usize, kind: &'static str) -> InspectError {
    InspectError::Malformed { position, kind }
}

/// By label in PEM (plain, encrypted, of any algorithm, OpenSSH and OpenPGP too). In DER by shape: PKCS#1, SEC 1,
/// PKCS#8 and PKCS#12 are sequences that start with a small version number (0 to 3), certificates and lists start
/// with a sequence.
fn holds_private_key(input: &[u8]) -> bool {
    let labels: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];
    labels.iter().any(|label| contains(input, label)) || starts_with_version(input) || is_encrypted_pkcs8(input)
}

fn starts_with_version(input: &[u8]) -> bool {
    matches!(inside_sequence(input), Some([0x02, 0x01, 0..=3, ..]))
}

/// EncryptedPrivateKeyInfo: a sequence that starts with an algorithm from the PKCS#5 or PKCS#12 arcs, where a
/// certificate has its to-be-signed part.
fn is_encrypted_pkcs8(input: &[u8]) -> bool {
    let algorithm = inside_sequence(input).and_then(inside_sequence);
    algorithm
        .is_some_and(|oid| [PKCS_5, PKCS_12].iter().any(|arc| oid.get(2..).is_some_and(|oid| oid.starts_with(arc))))
}

/// The octets after the header of a DER sequence, however long it claims to be.
fn inside_sequence(input: &[u8]) -> Option<&[u8]> {
    match input {
        [0x30, length, rest @ ..] if *length < 0x80 => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

fn contains(input: &[u8], wanted: &[u8]) -> bool {
    input.windows(wanted.len()).any(|window| window == wanted)
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.reports.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match report {
                Report::Certificate(report) => write!(f, "{report}")?,
                Report::Revocation(report) => write!(f, "{report}")?,
            }
        }
        Ok(())
    }
}

/// One line of a report; empty values are left out.
fn line(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    let value = value.to_string();
    if value.is_empty() { Ok(()) } else { writeln!(f, "  {label:<16} {value}") }
}

const CERTIFICATE: &str = "certificate";
const REVOCATION: &str = "revocation list";
const PKCS_5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
const PKCS_12: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c];
