//! Finds development certificates (`qaqpa certs dev`), which the production profile refuses.

use qaqpa_certs_dev::inspect::Report;

use crate::clock::{Clock, offset_date_time};

/// Whether a file holds a certificate that was made for a laptop.
#[must_use]
pub(super) fn is_for_laptops(bytes: &[u8], clock: &Clock) -> bool {
    let Ok(inspection) = qaqpa_certs_dev::inspect(bytes, offset_date_time(clock)) else { return false };
    inspection
        .reports
        .iter()
        .any(|report| matches!(report, Report::Certificate(certificate) if certificate.development()))
}
