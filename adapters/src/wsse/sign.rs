//! Signs a SOAP envelope without canonicalising it: what is written is already canonical, so the digest is taken over
//! the octets at hand and nothing is parsed.
//!
//! It holds only while two things do. The Body repeats the declarations of the prefixes it uses, in canonical order. And the
//! content is canonical text: attributes sorted and double-quoted, no self-closing tags, the escapes of
//! [`escape`](crate::xml::escape), every prefix declared on the element that first uses it and on no other. The writer of this crate writes
//! nothing else; a debug build checks. Content that needs declarations which canonicalisation drops (`xsi:type="cs:Request"`
//! uses `cs` invisibly) goes through [`envelope_parsed`].
//!
//! ```no_run
//! # fn example(signer: &qaqpa_adapters::wsse::Signer, uuid: uuid::Uuid) -> Result<(), Box<dyn std::error::Error>> {
//! use qaqpa_adapters::wsse::{Id, envelope};
//!
//! let signed = envelope("<m:ping xmlns:m=\"urn:m\"></m:ping>", Id::new(uuid), signer)?;
//! # Ok(()) }
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::certificate::issuer_and_serial;
use super::{DS, SOAP_11, Sign, SignerUnavailable, WSSE, WSU};
use crate::xml::{Document, Refused, c14n, document, escape};

/// The id of an element of an envelope: `id-` and a UUID, so it needs no escaping and repeats nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(Uuid);

impl Id {
    /// The id with this UUID.
    #[must_use]
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "id-{}", self.0)
    }
}

/// How `ds:KeyInfo` names the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyInfo {
    /// The whole certificate in `wsse:KeyIdentifier`: what SHEP expects of its clients.
    KeyIdentifier,
    /// Issuer and serial number in `ds:X509IssuerSerial`: how the SHEP gateway signs its replies.
    IssuerSerial,
}

/// The variable parts of a signed envelope: ids and key info.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// `wsu:Id` of the Body.
    pub body: Id,
    /// `Id` of the Signature; the SHEP gateway writes one, its clients do not.
    pub signature: Option<Id>,
    /// How the signer is named.
    pub key_info: KeyInfo,
}

impl Layout {
    /// A request as the clients of SHEP sign it.
    #[must_use]
    pub fn request(body: Id) -> Self {
        Self { body, signature: None, key_info: KeyInfo::KeyIdentifier }
    }
}

/// Why an envelope was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The content is not what belongs into a Body. The caller is at fault.
    #[error("the content of the body cannot be signed: {0}")]
    Content(#[from] Refused),
    /// The content closes the Body it is put into. The caller is at fault.
    #[error("the content of the body does not stay inside it")]
    Escapes,
    /// The key cannot be used.
    #[error(transparent)]
    Signer(#[from] SignerUnavailable),
}

/// An envelope around `content`, not signed, for systems and faults without transport signature.
#[must_use]
pub fn envelope_unsigned(content: &str) -> String {
    [DECLARATION, ENVELOPE, "<soapenv:Header></soapenv:Header><soapenv:Body>", content, "</soapenv:Body>", END].concat()
}

/// A signed request. `content` is canonical text, as this file's head describes.
///
/// # Errors
/// [`SignerUnavailable`].
pub fn envelope(content: &str, body: Id, signer: &dyn Sign) -> Result<String, SignerUnavailable> {
    envelope_with(content, &Layout::request(body), signer)
}

/// [`envelope`] in a chosen layout.
///
/// # Errors
/// [`SignerUnavailable`].
pub fn envelope_with(content: &str, layout: &Layout, signer: &dyn Sign) -> Result<String, SignerUnavailable> {
    let body = body_element(content, layout.body);
    debug_assert!(is_canonical(&body), "content that is not canonical belongs into envelope_parsed");
    let mut digest = signer.suite().digest();
    digest.put(&body);
    assemble(&body, &digest.finished(), layout, signer)
}

/// A signed envelope around any well-formed content. It parses what it wrote to learn the canonical form, which for a large Body
/// costs several times what the signature does.
///
/// # Errors
/// [`NotSigned`].
pub fn envelope_parsed(content: &str, layout: &Layout, signer: &dyn Sign) -> Result<String, NotSigned> {
    let body = body_element(content, layout.body);
    let whole = in_envelope("", &body);
    let parsed = Document::parse(&whole)?;
    // Content with a `</soapenv:Body>` of its own would move what stands behind it out of the signed element.
    let node = document::child(parsed.root_element(), "Body").filter(|node| node.range().len() == body.len());
    let mut digest = signer.suite().digest();
    c14n::exclusive(node.ok_or(NotSigned::Escapes)?, &[], &mut digest);
    Ok(assemble(&body, &digest.finished(), layout, signer)?)
}

fn assemble(body: &str, digest: &[u8], layout: &Layout, signer: &dyn Sign) -> Result<String, SignerUnavailable> {
    let signed_info = signed_info(layout.body, digest, signer);
    let value = STANDARD.encode(signer.sign(signed_info.as_bytes())?);
    let key_info = key_info(layout.key_info, signer)?;
    let id = layout.signature.map(|id| format!(" Id=\"{id}\"")).unwrap_or_default();
    let security = format!(
        "<wsse:Security xmlns:wsse=\"{WSSE}\" soapenv:mustUnderstand=\"1\"><ds:Signature xmlns:ds=\"{DS}\"{id}>{signed_info}\
         <ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference>{key_info}\
         </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>"
    );
    Ok(in_envelope(&security, body))
}

fn in_envelope(security: &str, body: &str) -> String {
    [DECLARATION, ENVELOPE, "<soapenv:Header>", security, "</soapenv:Header>", body, END].concat()
}

/// The Body declares what the Envelope already has: that makes the literal octets the canonical ones.
fn body_element(content: &str, id: Id) -> String {
    format!("<soapenv:Body xmlns:soapenv=\"{SOAP_11}\" xmlns:wsu=\"{WSU}\" wsu:Id=\"{id}\">{content}</soapenv:Body>")
}

/// Canonical as it stands, for the same reason.
fn signed_info(id: Id, digest: &[u8], signer: &dyn Sign) -> String {
    let (suite, exclusive) = (signer.suite(), c14n::EXCLUSIVE);
    let (method, digest_method, digest) = (suite.uri(), suite.digest_uri(), STANDARD.encode(digest));
    format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{exclusive}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{exclusive}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest_method}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo>"
    )
}

fn key_info(form: KeyInfo, signer: &dyn Sign) -> Result<String, SignerUnavailable> {
    let der = signer.certificate_der();
    Ok(match form {
        KeyInfo::KeyIdentifier => format!(
            "<wsse:KeyIdentifier EncodingType=\"{BASE64}\" ValueType=\"{X509V3}\">{}</wsse:KeyIdentifier>",
            STANDARD.encode(der)
        ),
        KeyInfo::IssuerSerial => {
            let (issuer, serial) = issuer_and_serial(der).map_err(|_| SignerUnavailable)?;
            let mut name = String::with_capacity(issuer.len());
            escape::text(&issuer, &mut name);
            format!(
                "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>{name}</ds:X509IssuerName>\
                 <ds:X509SerialNumber>{serial}</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"
            )
        }
    })
}

/// Whether a Body element is, octet for octet, its own canonical form.
fn is_canonical(body: &str) -> bool {
    let Ok(parsed) = Document::parse(body) else { return false };
    let mut canonical = String::with_capacity(body.len());
    c14n::exclusive(parsed.root_element(), &[], &mut canonical);
    canonical == body
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const ENVELOPE: &str = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">";
const END: &str = "</soapenv:Envelope>";
const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
const X509V3: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
