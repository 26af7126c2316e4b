//! Replies that were honest when they were signed and are not any more: tampered with, or wrapped.
//!
//! A wrapped reply keeps the signed Body somewhere and shows the reader another one, with [`FORGED`] in it. A verifier that
//! finds the signed element by its id and a reader that finds the Body by its place do not see the same message.

use qaqpa_adapters::wsse::{Id, WSU};

use super::{DONE, FORGED};
use crate::{Behaviour, Wrapping};

/// The envelope as this behaviour leaves it; others pass through.
pub(super) fn forged(behaviour: &Behaviour, envelope: String, id: Id) -> String {
    let forge: &dyn Fn(&Parts<'_>) -> String = match behaviour {
        Behaviour::TamperedBody => &|parts| parts.with(parts.security, &lie(parts.body)),
        Behaviour::DuplicateId => &|parts| parts.with(&[parts.security, &note(id)].concat(), parts.body),
        Behaviour::Wrapped(wrapping) => &|parts| wrapped(*wrapping, parts, &id.to_string()),
        _ => return envelope,
    };
    Parts::of(&envelope).map(|parts| forge(&parts)).unwrap_or(envelope)
}

/// Another element with the id of the Body.
fn note(id: Id) -> String {
    format!("<q:note xmlns:q=\"{WRAPPER}\" xmlns:wsu=\"{WSU}\" wsu:Id=\"{id}\"></q:note>")
}

fn wrapped(wrapping: Wrapping, parts: &Parts<'_>, id: &str) -> String {
    let Parts { security, body, .. } = *parts;
    let other = format!("{id}-forged");
    let lie = lie(body).replace(id, &other);
    let aside = format!("<q:wrapper xmlns:q=\"{WRAPPER}\">{body}</q:wrapper>");
    match wrapping {
        Wrapping::InHeader => parts.with(&[security, &aside].concat(), &lie),
        Wrapping::InObject => {
            let object = format!("<ds:Object>{body}</ds:Object></ds:Signature>");
            parts.with(&security.replacen("</ds:Signature>", &object, 1), &lie)
        }
        Wrapping::ForgedBodyFirst => parts.with(security, &[lie.as_str(), body].concat()),
        Wrapping::SignedBodyFirst => parts.with(security, &[body, &lie].concat()),
        Wrapping::TwoSignatures => {
            let from = security.find("<ds:Signature ").unwrap_or_default();
            let (before, signature) = security.split_at(from);
            let first = signature.trim_end_matches("</wsse:Security>").replace(id, &other);
            parts.with(&[before, &first, signature, &aside].concat(), &lie)
        }
        Wrapping::TwoSecurities => parts.with(&[&security.replace(id, &other), security, &aside].concat(), &lie),
        Wrapping::NestedEnvelope => {
            let signed = [parts.open, HEADER, security, END_HEADER, body, END].concat();
            let nested = lie.replace(END_BODY, &[&signed, END_BODY].concat());
            parts.with(security, &nested)
        }
    }
}

/// Another message in the same shape.
fn lie(body: &str) -> String {
    body.replace(DONE, FORGED).replace("Успешно", FORGED).replace("Сәтті", FORGED)
}

/// A signed envelope of the house's own making, taken apart.
struct Parts<'e> {
    declaration: &'e str,
    open: &'e str,
    security: &'e str,
    body: &'e str,
}

impl<'e> Parts<'e> {
    fn of(envelope: &'e str) -> Option<Self> {
        let (head, rest) = envelope.split_once(HEADER)?;
        let (declaration, open) = head.split_at_checked(head.find("<soapenv:Envelope")?)?;
        let (security, rest) = rest.split_once(END_HEADER)?;
        Some(Self { declaration, open, security, body: rest.strip_suffix(END)? })
    }

    fn with(&self, header: &str, bodies: &str) -> String {
        [self.declaration, self.open, HEADER, header, END_HEADER, bodies, END].concat()
    }
}

const HEADER: &str = "<soapenv:Header>";
const END_HEADER: &str = "</soapenv:Header>";
const END_BODY: &str = "</soapenv:Body>";
const END: &str = "</soapenv:Envelope>";
const WRAPPER: &str = "urn:qaqpa:mock:wrapper";
