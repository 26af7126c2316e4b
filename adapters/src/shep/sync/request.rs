//! SendMessage: written by the gateway, read by the mock.
//!
//! The password is plain text in the signed Body, because the channel wants it so; here it is never printed.

use jiff::Timestamp;
use roxmltree::Node;

use super::data::Data;
use super::element_writer::{ElementWriter, Unwritable};
use super::pick::{self, SyncProblem};
use super::shape::Shape;
use crate::shep::SYNC_TYPES;
use crate::xml::document;

/// `requestInfo`, in the order of the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// The sender's id of the message, in practice a UUID.
    pub message_id: String,
    /// The sender's id of a chain of messages.
    pub correlation_id: Option<String>,
    /// Name of the service in SHEP's registry.
    pub service_id: String,
    /// When the sender sent it.
    pub message_date: Timestamp,
    /// Which receiver, where a service has several.
    pub route_id: Option<String>,
    /// Login of the sending system.
    pub sender_id: String,
    /// Its password.
    pub password: Option<Password>,
    /// By agreement with SHEP.
    pub properties: Vec<Property>,
    /// SHEP's session, a guid; the sender need not fill it. Written with braces.
    pub session_id: Option<String>,
}

/// A secret that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes the secret in.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret in plain text, for writing or comparing.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// A key of at most 30 characters and a value of at most 500.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// Name.
    pub key: String,
    /// Value; not printed.
    pub value: String,
}

impl std::fmt::Debug for Property {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Property({}, …)", self.key)
    }
}

/// Writes the content of a SOAP Body around the business document `data`, a fragment of canonical XML.
///
/// It is its own exclusive canonical form where [`Shape::is_canonical`] says so.
///
/// # Errors
/// See [`Unwritable`].
pub fn write_request(info: &RequestInfo, shape: Shape<'_>, data: &str) -> Result<String, Unwritable> {
    let mut writer = ElementWriter::default();
    writer.raw("<typ:SendMessage xmlns:typ=\"");
    writer.raw(SYNC_TYPES);
    writer.raw("\"><request><requestInfo>");
    writer.element("messageId", &info.message_id)?;
    writer.optional("correlationId", info.correlation_id.as_deref())?;
    writer.element("serviceId", &info.service_id)?;
    writer.instant("messageDate", info.message_date);
    writer.optional("routeId", info.route_id.as_deref())?;
    writer.open("sender");
    writer.element("senderId", &info.sender_id)?;
    writer.optional("password", info.password.as_ref().map(Password::reveal))?;
    writer.close("sender");
    for property in &info.properties {
        writer.open("properties");
        writer.limited("key", &property.key, KEY_LIMIT)?;
        writer.limited("value", &property.value, VALUE_LIMIT)?;
        writer.close("properties");
    }
    writer.session_id(info.session_id.as_deref())?;
    writer.raw("</requestInfo><requestData>");
    shape.write(data, writer.out());
    writer.raw("</requestData></request></typ:SendMessage>");
    Ok(writer.finish())
}

/// A message as the receiving side reads it.
#[derive(Debug, Clone)]
pub struct Received<'a, 'input> {
    /// `requestInfo`
    pub info: RequestInfo,
    /// The business document, if there is one.
    pub data: Option<Data<'a, 'input>>,
}

/// Reads the Body of a SendMessage.
///
/// # Errors
/// See [`SyncProblem`].
pub fn read_request<'a, 'input>(body: Node<'a, 'input>) -> Result<Received<'a, 'input>, SyncProblem> {
    let request = pick::nillable(pick::message(body, "SendMessage")?, "request")?;
    unqualified(request)?;
    let info = read_info(pick::required(request, "requestInfo")?)?;
    let data = match pick::optional(request, "requestData")? {
        Some(data) => pick::optional(data, "data")?.map(Data::of),
        None => None,
    };
    Ok(Received { info, data })
}

/// A receiver that is more lenient than the channel would teach its callers wrong: the schema has these in no namespace.
fn unqualified(request: Node<'_, '_>) -> Result<(), SyncProblem> {
    const NAMES: [&str; 5] = ["request", "requestInfo", "requestData", "data", "sender"];
    let heads = document::elements(request).flat_map(|part| std::iter::once(part).chain(document::elements(part)));
    for node in std::iter::once(request).chain(heads) {
        // `xmlns=""` is none.
        if node.tag_name().namespace().is_some_and(|namespace| !namespace.is_empty()) {
            let name = NAMES.into_iter().find(|name| *name == node.tag_name().name()).unwrap_or("requestInfo");
            return Err(SyncProblem::Qualified(name));
        }
    }
    Ok(())
}

fn read_info(node: Node<'_, '_>) -> Result<RequestInfo, SyncProblem> {
    let sender = pick::required(node, "sender")?;
    let properties = document::children(node, "properties").filter(|node| node.has_children());
    Ok(RequestInfo {
        message_id: pick::required_text(node, "messageId")?,
        correlation_id: pick::optional_text(node, "correlationId")?,
        service_id: pick::required_text(node, "serviceId")?,
        message_date: pick::instant(node, "messageDate")?,
        route_id: pick::optional_text(node, "routeId")?,
        sender_id: pick::required_text(sender, "senderId")?,
        // Not trimmed: spaces may be part of a secret.
        password: pick::optional(sender, "password")?.map(|node| Password::new(document::text(node))),
        properties: properties.map(read_property).collect::<Result<_, _>>()?,
        session_id: pick::optional_text(node, "sessionId")?,
    })
}

fn read_property(node: Node<'_, '_>) -> Result<Property, SyncProblem> {
    let value = pick::optional_text(node, "value")?.unwrap_or_default();
    Ok(Property { key: pick::required_text(node, "key")?, value })
}

const KEY_LIMIT: usize = 30;
const VALUE_LIMIT: usize = 500;
