//! A reply at first sight: what may be told of it before, or without, believing it.

use qaqpa_adapters::shep::sync;
use qaqpa_adapters::soap::Envelope;
use qaqpa_adapters::xml::Document;
use qaqpa_proto::reason::Failure;

use crate::refusal::NotDone;

/// Whether a content type can be a SOAP message's.
pub(crate) fn is_xml(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // The types that working SHEP clients and servers send (kz-protocols 1.1); text/plain is seen and harmless, HTML is not.
    matches!(essence.as_str(), "text/xml" | "application/xml" | "application/soap+xml" | "text/plain")
}

/// A code of another system, as a word that is safe to keep: short, and nothing but letters, digits, `-`, `_` and `.`.
pub(crate) fn stable_word(code: &str) -> &str {
    let plain = code.len() <= 32
        && !code.is_empty()
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    // Twelve digits could be an IIN.
    if plain && !(code.len() >= 12 && code.bytes().all(|byte| byte.is_ascii_digit())) { code } else { "other" }
}

/// The fault in an unsigned reply, if it is one.
pub(crate) fn unsigned_fault(document: &Document<'_>) -> Option<NotDone> {
    match sync::read_reply(Envelope::read(document).ok()?.body()).ok()? {
        sync::Reply::Fault(fault) => Some(fault_denial(&fault)),
        sync::Reply::Response { .. } => None,
    }
}

/// What a SOAP Fault means for the caller, by its code alone.
pub(crate) fn fault_denial(fault: &sync::Fault) -> NotDone {
    let code = fault.error.as_ref().map_or(fault.code.as_str(), |error| error.code.as_str());
    NotDone::from(Failure::UpstreamFault).detailed(stable_word(code))
}
