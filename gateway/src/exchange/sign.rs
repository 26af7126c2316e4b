//! Room 10: the contract's XML in SHEP's envelope, signed.

use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_adapters::codec::Fills;
use qaqpa_adapters::shep::sync::{self, RequestInfo, Shape};
use qaqpa_policy::{Bin, Permit};
use uuid::Uuid;

use crate::dial::Resident;
use crate::exchange::quota::WithinAll;
use crate::exchange::request::Request;
use crate::exchange::system::{Served, System};
use crate::refusal::NotDone;

/// Evidence that an envelope was signed: the very bytes that leave.
///
/// It takes the evidence of rooms 8 and 9: what is over a quota, or leads nowhere in Kazakhstan, is not signed.
pub struct Signed {
    envelope: String,
    message_id: String,
}

impl Signed {
    /// Encodes by the contract, wraps and signs.
    ///
    /// # Errors
    /// `request.invalid` with the path that XML cannot carry; `signer.*`.
    pub fn by(
        system: &System,
        (served, permit): (&Served, &Permit),
        request: &Request,
        _within: &WithinAll,
        _resident: &Arc<Resident>,
        (id, now): (Uuid, Timestamp),
    ) -> Result<Self, NotDone> {
        let message_id = id.to_string();
        let fills = Fills {
            sender_code: Some(&system.sender_id),
            request_id: Some(&message_id),
            request_date: Some(now),
            requestor_bin: Some(permit.acting().as_str()),
            operator_bin: permit.pack().operator().bin.as_ref().map(Bin::as_str),
        };
        let mut document = String::with_capacity(2048);
        served.codec.write_request(request.minimised().bytes(), &fills, &mut document)?;
        let info = RequestInfo {
            message_id,
            service_id: served.operation.service_id.clone(),
            message_date: now,
            sender_id: system.sender_id.clone(),
            password: Some(system.password.clone()),
            ..RequestInfo::default()
        };
        let shape = Shape::of_request(&served.operation);
        let body = sync::write_request(&info, shape, &document)?;
        let envelope = system.security.envelope(&body, shape.is_canonical(), id)?;
        Ok(Self { envelope, message_id: info.message_id })
    }

    /// The signed envelope.
    #[must_use]
    pub fn envelope(&self) -> &str {
        &self.envelope
    }

    /// SHEP messageId.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }
}
