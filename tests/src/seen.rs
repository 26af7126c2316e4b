//! One call seen from all sides: what the caller was told, what left, what the journal says.
//!
//! Example: `Seen::refused("purpose.missing", Code::InvalidArgument)` is told, silent, and on record.

use bytes::Bytes;
use qaqpa_proto::v1::Receipt;
use tonic::{Code, Status};
use tonic_types::{RpcStatusExt as _, StatusExt as _};

use crate::World;

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `answered`, or the stable code.
    pub told: String,
    /// gRPC status.
    pub grpc: Code,
    /// HTTP requests that reached the government.
    pub left: u64,
    /// The journal's records of it: phase, result and code of each.
    pub recorded: String,
}

impl Seen {
    /// Said no: nothing left, and that is on record.
    #[must_use]
    pub fn refused(told: &str, grpc: Code) -> Self {
        Self { told: told.to_owned(), grpc, left: 0, recorded: format!("DENIED {told}") }
    }

    /// It left once, and what came back was not handed on.
    #[must_use]
    pub fn failed(told: &str, grpc: Code) -> Self {
        Self { told: told.to_owned(), grpc, left: 1, recorded: format!("INTENT, OUTCOME failed {told}") }
    }

    /// It left once, and the answer was handed on.
    #[must_use]
    pub fn answered() -> Self {
        let recorded = "INTENT, OUTCOME answered".to_owned();
        Self { told: "answered".to_owned(), grpc: Code::Ok, left: 1, recorded }
    }
}

impl World {
    /// Waits for a call to end and looks at it from all sides. No other call may be under way.
    ///
    /// # Panics
    /// When not a single octet was to leave and some did.
    pub async fn observe(&self, call: impl Future<Output = Result<Bytes, Status>>) -> Seen {
        let (requests, octets) = (self.government.requests(), self.government.bytes_in());
        let result = call.await;
        let left = self.government.requests() - requests;
        let id = match &result {
            Ok(reply) => receipt(reply).exchange_id,
            Err(status) => exchange_id(status),
        };
        let recorded = self.recorded(&id).await;
        let (told, grpc) = (code(&result), result.err().map_or(Code::Ok, |status| status.code()));
        if recorded.starts_with("DENIED") {
            assert_eq!(self.government.bytes_in(), octets, "{told}: octets left");
        }
        Seen { told, grpc, left, recorded }
    }

    /// The records of an exchange, in words.
    pub async fn recorded(&self, exchange_id: &str) -> String {
        let records = self.records_of(exchange_id).await;
        let words = records.iter().map(|record| {
            let words = ["phase", "result", "code"].into_iter().filter_map(|key| record[key].as_str());
            words.collect::<Vec<_>>().join(" ")
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// `answered`, or the stable code of a refusal or failure.
pub fn code<T>(result: &Result<T, Status>) -> String {
    match result {
        Ok(_) => "answered".to_owned(),
        Err(status) => match status.get_details_error_info() {
            Some(info) => info.reason,
            None => format!("{:?}: {}", status.code(), status.message()),
        },
    }
}

/// Which exchange a status speaks of; empty where it does not say.
#[must_use]
pub fn exchange_id(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.and_then(|info| info.metadata.get("exchange_id").cloned()).unwrap_or_default()
}

/// `answered`, or the stable code for which a record of a stream was refused or failed.
#[must_use]
pub fn record_code(receipt: &Receipt) -> String {
    let Some(error) = receipt.error.clone() else { return "answered".to_owned() };
    let status = tonic_types::Status { code: error.code, message: error.message, details: error.details };
    status.get_details_error_info().map_or_else(|| "no reason".to_owned(), |info| info.reason)
}

/// The receipt in front of any reply.
#[must_use]
pub fn receipt(reply: &Bytes) -> Receipt {
    #[derive(Clone, PartialEq, prost::Message)]
    struct AnyReply {
        #[prost(message, optional, tag = "1")]
        receipt: Option<Receipt>,
    }
    <AnyReply as prost::Message>::decode(reply.clone()).unwrap().receipt.unwrap()
}
