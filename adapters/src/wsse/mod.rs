//! The transport signature of SHEP (WS-Security 1.0, kz-protocols 1.6): one signature, one reference, and that is the Body.
//!
//! Signing writes the octets that are signed, so nothing is parsed or canonicalised on the way out. Verifying gives back the very
//! Body node that was verified, and only that: who wants to read a reply has to hold a [`VerifiedBody`].
//!
//! What is refused: every algorithm, transform and place not named here, keys nobody pinned, and documents in which a reader
//! could mistake one element for another (signature wrapping). No Timestamp, no BinarySecurityToken, no SHA-1, no HMAC.
//!
//! ```xml
//! <soapenv:Envelope ...><soapenv:Header><wsse:Security soapenv:mustUnderstand="1"><ds:Signature>
//!   <ds:SignedInfo>...<ds:Reference URI="#id-0f8b0c3e-...">...</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo/>
//! </ds:Signature></wsse:Security></soapenv:Header><soapenv:Body wsu:Id="id-0f8b0c3e-...">...</soapenv:Body></soapenv:Envelope>
//! ```

mod certificate;
mod claim;
mod issuer;
mod key_refused;
mod not_authentic;
mod pinned;
mod places;
mod security;
mod sign;
mod signer;
mod signer_unavailable;
pub mod suite;
mod verify;

pub use key_refused::KeyRefused;
pub use not_authentic::NotAuthentic;
pub use pinned::PinnedSigners;
pub use security::Security;
pub use sign::{Id, KeyInfo, Layout, NotSigned, envelope, envelope_parsed, envelope_unsigned, envelope_with};
pub use signer::{Sign, Signer};
pub use signer_unavailable::SignerUnavailable;
pub use suite::Suite;
pub use verify::{VerifiedBody, verify};

/// SOAP 1.1, the only version that is written.
pub const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2, read because one system sends it (kz-protocols 1.1).
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Security 1.0.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// WS-Security utilities: `wsu:Id`.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// XML Signature.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
