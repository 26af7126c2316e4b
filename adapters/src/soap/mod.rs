//! Parses SOAP envelopes; nothing in them is verified here. Whether a Body is authentic is decided in `wsse`.
//!
//! SOAP 1.1 is what SHEP speaks; 1.2 is read and never written (kz-protocols 1.1: one client posts it). Refused: any other root,
//! a second Header or Body, a Header after the Body, anything else beside them, and a Body with two messages in it.
//!
//! ```
//! use qaqpa_adapters::{soap::Envelope, xml::Document};
//!
//! let document = Document::parse(
//!     "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><ping/></s:Body></s:Envelope>",
//! )?;
//! let envelope = Envelope::read(&document)?;
//! assert_eq!(envelope.content().map(|node| node.tag_name().name()), Some("ping"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fault;

use roxmltree::{Document, Node};

use crate::xml::document;

pub use fault::Fault;

/// Namespace of SOAP 1.1.
pub const SOAP_1_1: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of SOAP 1.2.
pub const SOAP_1_2: &str = "http://www.w3.org/2003/05/soap-envelope";

/// Versions of SOAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// SOAP 1.1
    V1_1,
    /// SOAP 1.2, only ever read.
    V1_2,
}

impl Version {
    /// Namespace of Envelope, Header, Body and Fault.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        match self {
            Self::V1_1 => SOAP_1_1,
            Self::V1_2 => SOAP_1_2,
        }
    }
}

/// An envelope with exactly one Body that holds at most one message.
#[derive(Clone, Copy)]
pub struct Envelope<'a, 'input> {
    header: Option<Node<'a, 'input>>,
    body: Node<'a, 'input>,
    version: Version,
}

/// Why a document is no envelope. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SoapError {
    /// The root is something else.
    #[error("the document is not a SOAP envelope")]
    NotEnvelope,
    /// The Envelope has no Body.
    #[error("the envelope has no Body")]
    NoBody,
    /// A second Header or Body, a Header after the Body, or a stranger beside them.
    #[error("the envelope has an element that does not belong there")]
    Stray,
    /// Two messages in one Body.
    #[error("the Body holds more than one message")]
    TwoMessages,
}

impl<'a, 'input> Envelope<'a, 'input> {
    /// Finds Header and Body by their places and full names.
    ///
    /// # Errors
    /// See [`SoapError`].
    pub fn read(document: &'a Document<'input>) -> Result<Self, SoapError> {
        let root = document.root_element();
        let version = [Version::V1_1, Version::V1_2]
            .into_iter()
            .find(|version| root.has_tag_name((version.namespace(), "Envelope")))
            .ok_or(SoapError::NotEnvelope)?;
        let (mut header, mut body) = (None, None);
        for element in document::elements(root) {
            let is = |name| element.has_tag_name((version.namespace(), name));
            if is("Header") && header.is_none() && body.is_none() {
                header = Some(element);
            } else if is("Body") && body.is_none() {
                body = Some(element);
            } else {
                return Err(SoapError::Stray);
            }
        }
        let body = body.ok_or(SoapError::NoBody)?;
        if document::elements(body).nth(1).is_some() {
            return Err(SoapError::TwoMessages);
        }
        Ok(Self { header, body, version })
    }

    /// The Header, if there is one.
    #[must_use]
    pub fn header(&self) -> Option<Node<'a, 'input>> {
        self.header
    }

    /// The Body.
    #[must_use]
    pub fn body(&self) -> Node<'a, 'input> {
        self.body
    }

    /// The message in the Body, if it holds one.
    #[must_use]
    pub fn content(&self) -> Option<Node<'a, 'input>> {
        document::elements(self.body).next()
    }

    /// The version of SOAP.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }
}

/// Prints no content: it is personal data.
impl std::fmt::Debug for Envelope<'_, '_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Envelope").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_one_body_with_at_most_one_message() {
        for (wanted, inside) in [
            (Ok((false, None)), "<s:Body/>"),
            (Ok((true, Some("m"))), "<s:Header/><s:Body> <m/>text</s:Body>"),
            (Err(SoapError::NoBody), ""),
            (Err(SoapError::NoBody), "<s:Header/>"),
            (Err(SoapError::Stray), "<Body/>"),
            (Err(SoapError::Stray), "<s:Body/><s:Body/>"),
            (Err(SoapError::Stray), "<s:Header/><s:Header/><s:Body/>"),
            (Err(SoapError::Stray), "<s:Body/><s:Header/>"),
            (Err(SoapError::Stray), "<s:Body/><x/>"),
            (Err(SoapError::Stray), "<t:Body/>"),
            (Err(SoapError::TwoMessages), "<s:Body><m/><n/></s:Body>"),
        ] {
            let source = format!("<s:Envelope xmlns:s='{SOAP_1_1}' xmlns:t='{SOAP_1_2}'>{inside}</s:Envelope>");
            let document = Document::parse(&source).unwrap();
            let found = Envelope::read(&document).map(|envelope| {
                (envelope.header().is_some(), envelope.content().map(|node| node.tag_name().name().to_owned()))
            });
            assert_eq!(found, wanted.map(|(header, name)| (header, name.map(str::to_owned))), "{inside}");
        }
    }

    #[test]
    fn both_versions_are_read_and_nothing_else() {
        for (wanted, namespace) in
            [(Ok(Version::V1_1), SOAP_1_1), (Ok(Version::V1_2), SOAP_1_2), (Err(SoapError::NotEnvelope), "urn:x")]
        {
            let source = format!("<Envelope xmlns='{namespace}'><Body/></Envelope>");
            let document = Document::parse(&source).unwrap();
            assert_eq!(Envelope::read(&document).map(|envelope| envelope.version()), wanted);
        }
    }
}
