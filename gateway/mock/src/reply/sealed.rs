//! Signed envelopes that the house's own signer would not write: other prefixes, a foreign transform, SHA-1 by name.
//!
//! The digest is that of the Body's canonical form and the signature value is made with the signer's own key over the SignedInfo
//! that is sent. So what is wrong with them is what their name says, and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qaqpa_adapters::wsse::{DS, Id, SOAP_11, Sign, Suite, WSSE, WSU};
use qaqpa_adapters::xml::{Document, c14n, document};

use crate::Behaviour;
use crate::refusal::Refusal;

/// What is odd.
pub(super) struct Style {
    soap: &'static str,
    wsse: &'static str,
    ds: &'static str,
    wsu: &'static str,
    /// Stands before the canonicalisation among the transforms.
    transform: &'static str,
    /// SignatureMethod and DigestMethod, where they are to lie.
    methods: Option<(&'static str, &'static str)>,
}

const PLAIN: Style = Style { soap: "soapenv", wsse: "wsse", ds: "ds", wsu: "wsu", transform: "", methods: None };

/// The style of a behaviour that has one.
pub(super) fn style(behaviour: &Behaviour) -> Option<Style> {
    match behaviour {
        Behaviour::OtherPrefixes => Some(Style { soap: "S", wsse: "ns4", ds: "ns5", wsu: "ns6", ..PLAIN }),
        Behaviour::ForeignTransform => Some(Style { transform: XPATH, ..PLAIN }),
        // The value stays one of SHA-256: who goes by the name refuses, who does not is told so by the digest.
        Behaviour::Sha1 => Some(Style { methods: Some((RSA_SHA1, SHA1)), ..PLAIN }),
        _ => None,
    }
}

/// The envelope around `content`.
pub(super) fn sealed(content: &str, id: Id, style: &Style, signer: &dyn Sign) -> Result<String, Refusal> {
    let Style { soap, wsse, ds, wsu, .. } = style;
    let body = format!("<{soap}:Body xmlns:{wsu}=\"{WSU}\" {wsu}:Id=\"{id}\">{content}</{soap}:Body>");
    let open = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{soap}:Envelope xmlns:{soap}=\"{SOAP_11}\">");
    let digest = digest_of_body(&format!("{open}{body}</{soap}:Envelope>"), signer.suite())?;
    let signed_info = signed_info(id, &digest, style, signer);
    let value = signer.sign(signed_info.as_bytes()).map_err(|problem| Refusal::internal(problem.to_string()))?;
    let (value, certificate) = (STANDARD.encode(value), STANDARD.encode(signer.certificate_der()));
    Ok(format!(
        "{open}<{soap}:Header><{wsse}:Security xmlns:{wsse}=\"{WSSE}\" {soap}:mustUnderstand=\"1\"><{ds}:Signature xmlns:{ds}=\"{DS}\">\
         {signed_info}<{ds}:SignatureValue>{value}</{ds}:SignatureValue><{ds}:KeyInfo><{wsse}:SecurityTokenReference>\
         <{wsse}:KeyIdentifier EncodingType=\"{BASE64}\" ValueType=\"{X509V3}\">{certificate}</{wsse}:KeyIdentifier>\
         </{wsse}:SecurityTokenReference></{ds}:KeyInfo></{ds}:Signature></{wsse}:Security></{soap}:Header>{body}</{soap}:Envelope>"
    ))
}

fn digest_of_body(envelope: &str, suite: &dyn Suite) -> Result<Vec<u8>, Refusal> {
    let parsed = Document::parse(envelope).map_err(|refused| Refusal::internal(refused.to_string()))?;
    let body = document::child(parsed.root_element(), "Body").ok_or_else(|| Refusal::internal("no Body"))?;
    let mut digest = suite.digest();
    c14n::exclusive(body, &[], &mut digest);
    Ok(digest.finished())
}

/// Canonical as it stands: it declares its one prefix itself.
fn signed_info(id: Id, digest: &[u8], style: &Style, signer: &dyn Sign) -> String {
    let (ds, transform, exclusive) = (style.ds, style.transform, c14n::EXCLUSIVE);
    let suite = signer.suite();
    let (method, digest_method) = style.methods.unwrap_or((suite.uri(), suite.digest_uri()));
    let digest = STANDARD.encode(digest);
    format!(
        "<{ds}:SignedInfo xmlns:{ds}=\"{DS}\"><{ds}:CanonicalizationMethod Algorithm=\"{exclusive}\"></{ds}:CanonicalizationMethod>\
         <{ds}:SignatureMethod Algorithm=\"{method}\"></{ds}:SignatureMethod><{ds}:Reference URI=\"#{id}\"><{ds}:Transforms>{transform}\
         <{ds}:Transform Algorithm=\"{exclusive}\"></{ds}:Transform></{ds}:Transforms><{ds}:DigestMethod Algorithm=\"{digest_method}\">\
         </{ds}:DigestMethod><{ds}:DigestValue>{digest}</{ds}:DigestValue></{ds}:Reference></{ds}:SignedInfo>"
    )
}

/// Lets everything through, so that a verifier that runs it finds nothing amiss.
const XPATH: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>true()</ds:XPath></ds:Transform>";
const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
const X509V3: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
