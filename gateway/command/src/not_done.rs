//! Why one record of a stream did not go through, read from the `google.rpc.Status` in its receipt.
//!
//! ```text
//! ErrorInfo { reason: "quota.system" }, RetryInfo { 2s }, LocalizedMessage  ->  quota.system, wait 2 s, a text for people
//! ErrorInfo { reason: "request.invalid" }, BadRequest { student.iin: check_digit }  ->  fields "student.iin: check_digit"
//! ```

use std::time::Duration;

use qaqpa_proto::google::rpc;
use tonic_types::RpcStatusExt as _;

/// What its reader has to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct NotDone {
    /// Stable `room.reason`.
    pub(crate) reason: String,
    /// In the reader's language.
    pub(crate) message: String,
    /// Fields at fault, `path: word`.
    pub(crate) fields: Vec<String>,
    /// Trying again helps after this long; zero where it does not help.
    pub(crate) retry_after: Duration,
}

impl From<rpc::Status> for NotDone {
    fn from(status: rpc::Status) -> Self {
        let status = tonic_types::Status { code: status.code, message: status.message, details: status.details };
        let details = status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        Self {
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            fields: violations.iter().map(|field| format!("{}: {}", field.field, field.description)).collect(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay).unwrap_or_default(),
            message: details.localized_message().map(|text| text.message.clone()).unwrap_or(status.message),
        }
    }
}
