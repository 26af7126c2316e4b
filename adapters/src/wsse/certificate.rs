//! Parses X.509 certificates: key, serial number, issuer, period of validity.
//!
//! It refuses keys that no [`Suite`] has: RSA below 2048 or above 4096 bits, curves other than P-256, GOST.

use x509_parser::certificate::X509Certificate;
use x509_parser::num_bigint::{BigInt, Sign};
use x509_parser::prelude::FromDer;

use super::suite::{Accepted, VerifyingKey};
use super::{KeyRefused, Suite, issuer};
use crate::pem;

/// A certificate that can sign: read once, when the configuration is.
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) suite: &'static dyn Suite,
    /// The octets of subjectPublicKey.
    pub(super) public_key: Vec<u8>,
    pub(super) key: Box<dyn VerifyingKey>,
    pub(super) serial: Serial,
    pub(super) issuer: issuer::Name,
    /// Unix seconds, both ends included (RFC 5280 section 4.1.2.5).
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

impl Certificate {
    /// Every certificate of a PEM text, at least one.
    pub(super) fn all_from_pem(accepted: Accepted, pem: &[u8]) -> Result<Vec<Self>, KeyRefused> {
        let blocks = pem::certificates(pem).map_err(KeyRefused::NoCertificate)?;
        blocks.iter().map(|der| Self::from_der(accepted, der)).collect()
    }

    fn from_der(accepted: Accepted, der: &[u8]) -> Result<Self, KeyRefused> {
        let certificate = read(der)?;
        let key = certificate.public_key();
        let suite = accepted.by_key(key)?;
        Ok(Self {
            der: der.to_vec(),
            suite,
            public_key: key.subject_public_key.data.to_vec(),
            key: suite.verifying_key(key)?,
            serial: Serial::of(&certificate),
            issuer: issuer::Name::of(certificate.issuer()),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        })
    }
}

/// The issuer in the form of X509IssuerName, and the serial number in that of X509SerialNumber.
pub(super) fn issuer_and_serial(der: &[u8]) -> Result<(String, String), KeyRefused> {
    let certificate = read(der)?;
    Ok((issuer::written(certificate.issuer()), Serial::of(&certificate).to_string()))
}

/// Whether these octets are a certificate at all.
pub(super) fn is_certificate(der: &[u8]) -> bool {
    read(der).is_ok()
}

/// A serial number. DER has it signed, and authorities that forget a leading zero issue negative ones: Java writes those
/// with a minus, OpenSSL as DER has them, others as if there were no sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Serial(Vec<u8>);

impl Serial {
    fn of(certificate: &X509Certificate<'_>) -> Self {
        Self(certificate.raw_serial().to_vec())
    }

    /// Whether a text of X509SerialNumber means this number, with its sign or without.
    pub(super) fn is(&self, text: &str) -> bool {
        let number = text.trim().parse::<BigInt>().ok();
        number.is_some_and(|number| {
            number == BigInt::from_signed_bytes_be(&self.0) || number == BigInt::from_bytes_be(Sign::Plus, &self.0)
        })
    }
}

/// Decimal, as X509SerialNumber has it.
impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        BigInt::from_signed_bytes_be(&self.0).fmt(f)
    }
}

fn read(der: &[u8]) -> Result<X509Certificate<'_>, KeyRefused> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(KeyRefused::Certificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_found_with_its_sign_and_without() {
        let negative = Serial(vec![0xBC, 0xDE, 0xF0]);
        assert_eq!(negative.to_string(), "-4399376");
        let positive = Serial(vec![0, 0xBC, 0xDE, 0xF0]);
        for (negatives, positives, text) in [
            (true, false, "-4399376"),
            (true, true, "12377840"),
            (true, true, " 0012377840\n"),
            (false, false, "4399376"),
            (false, false, "-12377840"),
            (false, false, "bcdef0"),
            (false, false, ""),
        ] {
            assert_eq!((negative.is(text), positive.is(text)), (negatives, positives), "{text}");
        }
    }
}
