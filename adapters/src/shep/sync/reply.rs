//! SendMessageResponse or a fault: read by the gateway, written by the mock.
//!
//! The status is kept as it came, the second of the three layers; whether it means success is asked in [`crate::shep::status`].

use jiff::Timestamp;
use roxmltree::Node;

use super::data::Data;
use super::element_writer::{ElementWriter, Unwritable};
use super::fault::Fault;
use super::pick::{self, SyncProblem};
use super::shape::Shape;
use crate::shep::SYNC_TYPES;
use crate::soap;
use crate::xml::document;

/// A response or a fault.
#[derive(Debug, Clone)]
pub enum Reply<'a, 'input> {
    /// The channel answered. Whether the state system did is in the status.
    Response {
        /// `responseInfo`
        info: ResponseInfo,
        /// The business document, if there is one.
        data: Option<Data<'a, 'input>>,
    },
    /// The channel refused or failed.
    Fault(Fault),
}

/// `responseInfo`, in the order of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseInfo {
    /// The receiver's id of its message.
    pub message_id: String,
    /// The id of the message it answers; real receivers leave it away.
    pub correlation_id: Option<String>,
    /// When the receiver answered.
    pub response_date: Timestamp,
    /// SHEP's own word on the message.
    pub status: Status,
    /// SHEP's session as received; real gateways leave the braces away.
    pub session_id: Option<String>,
}

/// `status`
#[derive(Clone, PartialEq, Eq)]
pub struct Status {
    /// See [`crate::shep::status`].
    pub code: String,
    /// Text for people, at most 250 characters when written; not printed.
    pub message: String,
}

/// Prints the code alone.
impl std::fmt::Debug for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Status({}, …)", self.code)
    }
}

/// Reads the Body of an answer.
///
/// # Errors
/// See [`SyncProblem`].
pub fn read_reply<'a, 'input>(body: Node<'a, 'input>) -> Result<Reply<'a, 'input>, SyncProblem> {
    let content = document::elements(body).next().ok_or(SyncProblem::Other("SendMessageResponse"))?;
    if let Some(fault) = soap::Fault::of(content) {
        return Ok(Reply::Fault(Fault::of(fault)));
    }
    let response = pick::nillable(pick::message(body, "SendMessageResponse")?, "response")?;
    let info = read_info(pick::required(response, "responseInfo")?)?;
    let data = match pick::optional(response, "responseData")? {
        Some(data) => pick::optional(data, "data")?.map(Data::of),
        None => None,
    };
    Ok(Reply::Response { info, data })
}

fn read_info(node: Node<'_, '_>) -> Result<ResponseInfo, SyncProblem> {
    let status = pick::required(node, "status")?;
    Ok(ResponseInfo {
        message_id: pick::required_text(node, "messageId")?,
        correlation_id: pick::optional_text(node, "correlationId")?,
        response_date: pick::instant(node, "responseDate")?,
        status: Status {
            code: pick::required_text(status, "code")?,
            message: pick::optional_text(status, "message")?.unwrap_or_default(),
        },
        session_id: pick::optional_text(node, "sessionId")?,
    })
}

/// Writes the content of a SOAP Body; `data` is a fragment of canonical XML and the shape to carry it in.
///
/// # Errors
/// See [`Unwritable`].
pub fn write_reply(info: &ResponseInfo, data: Option<(Shape<'_>, &str)>) -> Result<String, Unwritable> {
    let mut writer = ElementWriter::default();
    writer.raw("<typ:SendMessageResponse xmlns:typ=\"");
    writer.raw(SYNC_TYPES);
    writer.raw("\"><response><responseInfo>");
    writer.element("messageId", &info.message_id)?;
    writer.optional("correlationId", info.correlation_id.as_deref())?;
    writer.instant("responseDate", info.response_date);
    writer.open("status");
    writer.element("code", &info.status.code)?;
    writer.limited("message", &info.status.message, MESSAGE_LIMIT)?;
    writer.close("status");
    writer.session_id(info.session_id.as_deref())?;
    writer.raw("</responseInfo><responseData>");
    if let Some((shape, fragment)) = data {
        shape.write(fragment, writer.out());
    }
    writer.raw("</responseData></response></typ:SendMessageResponse>");
    Ok(writer.finish())
}

const MESSAGE_LIMIT: usize = 250;
