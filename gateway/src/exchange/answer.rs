//! The answer to one request message of a caller.

use crate::exchange::receipt::ReplyWithReceipt;
use crate::refusal::NotDone;

/// The answer to a call: the reply message with its receipt in front, or why there is none.
///
/// It takes room 17's evidence, so that no reply goes back without a receipt:
/// ```no_run
/// # use qaqpa_gateway::exchange::{Answer, receipt::ReplyWithReceipt};
/// fn back(exchange_id: String, request_id: String, reply: ReplyWithReceipt) -> Answer {
///     Answer { exchange_id, request_id, result: Ok(reply) }
/// }
/// ```
/// Without room 17 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::exchange::{Answer, receipt::ReplyWithReceipt};
/// fn back(exchange_id: String, request_id: String, reply: bytes::Bytes) -> Answer {
///     Answer { exchange_id, request_id, result: Ok(reply) }
/// }
/// ```
pub struct Answer {
    /// UUIDv7 of the exchange.
    pub exchange_id: String,
    /// The caller's request id, or the exchange id where it gave none that can be read.
    pub request_id: String,
    /// The reply, or why there is none.
    pub result: Result<ReplyWithReceipt, NotDone>,
}
