//! The channel's fault: a SOAP fault whose detail is an ErrorInfo, with errors inside errors.
//!
//! No captured live fault is public; the shape is that of the WSDL (kz-protocols 1.4). Texts were written by the other side and
//! may name a person: they are kept for whoever may see them and never printed.

use jiff::Timestamp;
use roxmltree::Node;

use super::element_writer::{ElementWriter, Unwritable};
use crate::codec;
use crate::shep::SYNC_TYPES;
use crate::soap;
use crate::xml::document;

/// First status layer.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// Local part of faultcode: `Server`, `Client`.
    pub code: String,
    /// faultstring.
    pub text: String,
    /// What SHEP or the receiver says of it.
    pub error: Option<ErrorInfo>,
}

/// `ErrorInfo`; whatever is missing in it is left empty, for a broken fault is a fault still.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ErrorInfo {
    /// errorCode, see [`crate::shep::status`].
    pub code: String,
    /// errorMessage
    pub message: String,
    /// errorData
    pub data: Option<String>,
    /// errorDate
    pub date: Option<Timestamp>,
    /// subError; what is deeper than eight is left out.
    pub sub: Option<Box<ErrorInfo>>,
    /// sessionId as received.
    pub session_id: Option<String>,
}

impl Fault {
    /// The code that says most: errorCode where there is an ErrorInfo, else faultcode.
    #[must_use]
    pub fn stated_code(&self) -> &str {
        self.error.as_ref().map_or(&self.code, |error| &error.code)
    }

    /// Reads a SOAP fault as one of this channel.
    #[must_use]
    pub(super) fn of(fault: soap::Fault<'_, '_>) -> Self {
        let error = fault.detail.and_then(|detail| {
            document::elements(detail).find(|element| document::child(*element, "errorCode").is_some())
        });
        Self { code: fault.code, text: fault.text, error: error.map(|node| ErrorInfo::read(node, 0)) }
    }
}

impl ErrorInfo {
    fn read(node: Node<'_, '_>, depth: usize) -> Self {
        let text = |name| document::child(node, name).map(|node| document::text(node).trim().to_owned());
        let sub = document::child(node, "subError").filter(|_| depth < MAX_DEPTH);
        Self {
            code: text("errorCode").unwrap_or_default(),
            message: text("errorMessage").unwrap_or_default(),
            data: text("errorData"),
            date: text("errorDate").and_then(|text| codec::date_time(&text)),
            sub: sub.map(|sub| Box::new(Self::read(sub, depth + 1))),
            session_id: text("sessionId"),
        }
    }

    fn write(&self, writer: &mut ElementWriter, depth: usize) -> Result<(), Unwritable> {
        if depth > MAX_DEPTH {
            return Err(Unwritable::TooDeep(MAX_DEPTH));
        }
        writer.element("errorCode", &self.code)?;
        writer.element("errorMessage", &self.message)?;
        writer.optional("errorData", self.data.as_deref())?;
        if let Some(date) = self.date {
            writer.instant("errorDate", date);
        }
        if let Some(sub) = &self.sub {
            writer.open("subError");
            sub.write(writer, depth + 1)?;
            writer.close("subError");
        }
        writer.session_id(self.session_id.as_deref())
    }
}

/// Writes the content of a SOAP Body whose envelope binds the prefix `soapenv`, as all envelopes written here do.
///
/// # Errors
/// See [`Unwritable`].
pub fn write_fault(fault: &Fault) -> Result<String, Unwritable> {
    let mut writer = ElementWriter::default();
    writer.raw("<soapenv:Fault>");
    writer.element("faultcode", &format!("soapenv:{}", fault.code))?;
    writer.element("faultstring", &fault.text)?;
    if let Some(error) = &fault.error {
        writer.raw("<detail><typ:SendMessageFault1_SendMessageFault xmlns:typ=\"");
        writer.raw(SYNC_TYPES);
        writer.raw("\">");
        error.write(&mut writer, 0)?;
        writer.raw("</typ:SendMessageFault1_SendMessageFault></detail>");
    }
    writer.raw("</soapenv:Fault>");
    Ok(writer.finish())
}

/// Prints codes alone.
impl std::fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Fault").field("code", &self.code).field("error", &self.error).finish_non_exhaustive()
    }
}

/// Prints codes alone.
impl std::fmt::Debug for ErrorInfo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ErrorInfo").field("code", &self.code).field("sub", &self.sub).finish_non_exhaustive()
    }
}

/// Errors within errors that are followed; the schema sets no bound.
const MAX_DEPTH: usize = 8;
