//! A reason with what belongs to this one case, and how it reaches the caller: `google.rpc.Status` with ErrorInfo,
//! BadRequest, RetryInfo, QuotaFailure and LocalizedMessage, of a call or inside a stream's receipt.
//!
//! Two texts: the caller's comes from the table, with `detail` as a stable word; `evidence` is for the operator alone. Neither
//! holds a value that anybody sent.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message as _;
use qaqpa_proto::google::rpc;
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::{Failure, Reason, Refusal};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Name space of our `ErrorInfo.reason` codes.
pub const ERROR_DOMAIN: &str = "qaqpa";

/// A refusal or failure of one call: the reason and its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDone {
    /// The reason, a row of the one table.
    pub reason: Reason,
    /// Stable word that narrows the reason down, for example `digest` of `reply.not_authentic`.
    pub detail: Option<String>,
    /// A sentence for the operator's log and the journal, not for the caller: addresses, elements; never a personal datum.
    pub evidence: Option<String>,
    /// Field paths at fault, each with a stable word.
    pub fields: Vec<(String, &'static str)>,
    /// Trying again helps after this long.
    pub retry_after: Option<Duration>,
    /// Name of the quota that is used up.
    pub quota: Option<String>,
}

impl From<Reason> for NotDone {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, evidence: None, fields: Vec::new(), retry_after: None, quota: None }
    }
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Reason::from(refusal).into()
    }
}

impl From<Failure> for NotDone {
    fn from(failure: Failure) -> Self {
        Reason::from(failure).into()
    }
}

impl NotDone {
    /// With a stable word for the operator.
    #[must_use]
    pub fn detailed(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With a sentence for the operator alone.
    #[must_use]
    pub fn evidenced(mut self, evidence: impl ToString) -> Self {
        self.evidence = Some(evidence.to_string());
        self
    }

    /// With the fields at fault.
    #[must_use]
    pub fn at(mut self, fields: Vec<(String, &'static str)>) -> Self {
        self.fields = fields;
        self
    }

    /// With the quota's name and the wait.
    #[must_use]
    pub fn quota(mut self, name: impl Into<String>, wait: Duration) -> Self {
        self.quota = Some(name.into());
        self.retry_after = Some(wait);
        self
    }

    /// With the wait alone.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Converts it to the gRPC status of a call.
    #[must_use]
    pub fn status(&self, language: Language, exchange_id: &str) -> Status {
        let row = self.reason.row();
        let mut details = ErrorDetails::with_error_info(row.code, ERROR_DOMAIN, self.metadata(exchange_id));
        details.set_localized_message(language.tag(), self.reason.text(language));
        for (path, word) in &self.fields {
            details.add_bad_request_violation(path, *word);
        }
        if let Some(wait) = self.retry_after {
            details.set_retry_info(Some(wait));
        }
        if let Some(quota) = &self.quota {
            details.add_quota_failure_violation(quota, self.reason.text(Language::En));
        }
        Status::with_error_details(
            Code::from_i32(row.status.number()),
            format!("{}: {}", row.code, self.reason.text(language)),
            details,
        )
    }

    fn metadata(&self, exchange_id: &str) -> HashMap<String, String> {
        let mut metadata = HashMap::from([
            ("fault".to_owned(), self.reason.fault().name().to_owned()),
            ("retry".to_owned(), self.reason.retry().name().to_owned()),
            ("exchange_id".to_owned(), exchange_id.to_owned()),
        ]);
        if let Some(detail) = &self.detail {
            metadata.insert("detail".to_owned(), detail.clone());
        }
        if let Some(quota) = &self.quota {
            metadata.insert("quota".to_owned(), quota.clone());
        }
        metadata
    }

    /// Converts it to the error in a stream's receipt: the same `google.rpc.Status` that a call would end with.
    #[must_use]
    pub fn error(&self, language: Language, exchange_id: &str) -> rpc::Status {
        rpc::Status::decode(self.status(language, exchange_id).details()).unwrap_or_default() // tonic-types has written it
    }
}
