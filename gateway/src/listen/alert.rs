//! Why a handshake ended, or an open connection was cut, as a stable word for metrics and the journal: `certificate_revoked`.

use std::io;

/// Why a handshake ended, as a stable word for metrics and the journal.
pub(super) fn alert_word(error: &io::Error) -> &'static str {
    error.get_ref().and_then(|inner| inner.downcast_ref()).map_or("cut", word)
}

/// What is wrong with a certificate or a handshake, as a stable word.
pub(super) fn word(error: &rustls::Error) -> &'static str {
    use rustls::{CertificateError, Error};
    match error {
        Error::NoCertificatesPresented => "certificate_missing",
        Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate_expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "certificate_not_yet_valid",
            CertificateError::Revoked => "certificate_revoked",
            CertificateError::UnknownIssuer | CertificateError::BadSignature => "certificate_foreign",
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "certificate_usage",
            CertificateError::UnknownRevocationStatus => "revocation_list_missing",
            CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
                "revocation_list_stale"
            }
            _ => "certificate_invalid",
        },
        Error::PeerIncompatible(_) => "tls_version",
        Error::NoApplicationProtocol => "protocol",
        _ => "tls",
    }
}
