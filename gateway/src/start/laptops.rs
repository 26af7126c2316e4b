//! Finds development certificates (`qaqpa certs dev`), which the production profile refuses.

use qaqpa_adapters::pem;
use qaqpa_certs_dev::inspect::Report;

use crate::clock::{Clock, offset_date_time};

/// Whether a file holds a certificate that was made for a laptop, in whatever form the gateway would read it.
#[must_use]
pub(super) fn is_for_laptops(bytes: &[u8], clock: &Clock) -> bool {
    pem::certificates(bytes).unwrap_or_default().iter().any(|certificate| {
        let inspection = qaqpa_certs_dev::inspect(certificate, offset_date_time(clock));
        let reports = inspection.map(|inspection| inspection.reports).unwrap_or_default();
        reports.iter().any(|report| matches!(report, Report::Certificate(found) if found.development()))
    })
}
