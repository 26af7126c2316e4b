//! Room 10: encodes the request as XML, wraps it in a message of the channel and signs it.

use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_adapters::codec::Fills;
use qaqpa_adapters::shep::{self, Channel, Headers, Message, Sent};
use qaqpa_policy::{Bin, Permit};
use uuid::Uuid;

use crate::dial::Resident;
use crate::exchange::quota::WithinAll;
use crate::exchange::request::Request;
use crate::exchange::system::{Served, System};
use crate::refusal::NotDone;

/// Evidence that an envelope was signed: the very bytes that leave.
///
/// It takes the evidence of rooms 5, 8 and 9: what was not minimised, is over a quota, or leads nowhere in Kazakhstan, is
/// not signed.
///
/// ```no_run
/// # use {jiff::Timestamp, qaqpa_policy::Permit, std::sync::Arc, uuid::Uuid};
/// # use qaqpa_gateway::{dial::Resident, refusal::NotDone};
/// # use qaqpa_gateway::exchange::{quota::{Within, WithinAll}, request::Request, sign::Signed, system::{Served, System}};
/// async fn room_10(to: &System, served: &Served, permit: &Permit, request: &Request, within: &WithinAll,
///     judged: &Arc<Resident>, now: Timestamp) -> Result<Signed, NotDone> {
///     Signed::by(to, (served, permit), request, within, judged, (Uuid::nil(), now)).await
/// }
/// ```
/// Without room 5 it does not compile:
/// ```compile_fail,E0308
/// # use {jiff::Timestamp, qaqpa_policy::Permit, std::sync::Arc, uuid::Uuid};
/// # use qaqpa_gateway::{dial::Resident, refusal::NotDone};
/// # use qaqpa_gateway::exchange::{quota::{Within, WithinAll}, request::Request, sign::Signed, system::{Served, System}};
/// async fn room_10(to: &System, served: &Served, permit: &Permit, wire: &[u8], within: &WithinAll,
///     judged: &Arc<Resident>, now: Timestamp) -> Result<Signed, NotDone> {
///     Signed::by(to, (served, permit), wire, within, judged, (Uuid::nil(), now)).await
/// }
/// ```
/// Without room 8 it does not compile:
/// ```compile_fail,E0308
/// # use {jiff::Timestamp, qaqpa_policy::Permit, std::sync::Arc, uuid::Uuid};
/// # use qaqpa_gateway::{dial::Resident, refusal::NotDone};
/// # use qaqpa_gateway::exchange::{quota::{Within, WithinAll}, request::Request, sign::Signed, system::{Served, System}};
/// async fn room_10(to: &System, served: &Served, permit: &Permit, request: &Request, within: &Within,
///     judged: &Arc<Resident>, now: Timestamp) -> Result<Signed, NotDone> {
///     Signed::by(to, (served, permit), request, within, judged, (Uuid::nil(), now)).await
/// }
/// ```
/// Without room 9 it does not compile:
/// ```compile_fail,E0308
/// # use {jiff::Timestamp, qaqpa_policy::Permit, std::sync::Arc, uuid::Uuid};
/// # use qaqpa_gateway::{dial::Resident, refusal::NotDone};
/// # use qaqpa_gateway::exchange::{quota::{Within, WithinAll}, request::Request, sign::Signed, system::{Served, System}};
/// async fn room_10(to: &System, served: &Served, permit: &Permit, request: &Request, within: &WithinAll,
///     judged: &Arc<str>, now: Timestamp) -> Result<Signed, NotDone> {
///     Signed::by(to, (served, permit), request, within, judged, (Uuid::nil(), now)).await
/// }
/// ```
pub struct Signed(shep::Signed);

impl Signed {
    /// Encodes by the contract, writes the channel's message and signs it, the last on another thread.
    ///
    /// # Errors
    /// `request.invalid` with the path that XML cannot carry; `request.not_signable`; `signer.*`.
    pub async fn by(
        system: &System,
        (served, permit): (&Served, &Permit),
        request: &Request,
        _within: &WithinAll,
        _resident: &Arc<Resident>,
        (id, now): (Uuid, Timestamp),
    ) -> Result<Self, NotDone> {
        let message_id = id.to_string();
        let fills = Fills {
            sender_code: Some(&system.sender.id),
            request_id: Some(&message_id),
            request_date: Some(now),
            requestor_bin: Some(permit.acting().as_str()),
            operator_bin: permit.pack().operator().bin.as_ref().map(Bin::as_str),
        };
        let mut document = String::with_capacity(2048);
        served.codec.write_request(request.minimised().bytes(), &fills, &mut document)?;
        let message = Message { id: &message_id, date: now, sender: &system.sender, document: &document };
        let unsigned = served.channel.write(&served.operation, &message)?;
        Ok(Self(system.signing.sign(unsigned, id).await?))
    }

    /// The signed envelope.
    #[must_use]
    pub fn envelope(&self) -> &str {
        self.0.envelope()
    }

    /// The HTTP headers it is posted with.
    #[must_use]
    pub fn headers(&self) -> Headers {
        self.0.headers()
    }

    /// The channel it leaves by, which reads what comes back.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.0.channel()
    }

    /// The ids of the message, which an answer must name.
    #[must_use]
    pub fn sent(&self) -> Sent<'_> {
        self.0.sent()
    }

    /// Our id of the message.
    #[must_use]
    pub fn message_id(&self) -> &str {
        self.0.sent().message_id
    }

    /// URI of the signature algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.0.algorithm()
    }
}
