//! Replies: written by the schema, signed, and then spelt or spoilt as the behaviour says.
//!
//! In this order, and each step is a file: the content of the Body is *spelt* (`spelling`), the envelope is *signed* (`sealed` where
//! the signature itself is to be odd), then it is *forged* or *spoilt*, which a signature must not survive, and *encoded*.

mod encoding;
mod forged;
mod sealed;
mod spelling;
mod spoilt;

use qaqpa_adapters::shep::sync::{ResponseInfo, Shape, write_reply};
use qaqpa_adapters::wsse::{self, Id, KeyInfo, Layout, Sign};

use crate::Behaviour;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::respond::Answer;

pub(crate) use encoding::{XML, encoded};
pub use spelling::CANARY;

/// What a forged or tampered reply says where an honest one says that all went well: search for it where it must not get to.
pub const FORGED: &str = "QAQPA-FORGED";

/// The text of status SCSS001, as seen live (kz-protocols 1.3).
pub(crate) const DONE: &str = "Message has been processed successfully";

/// A reply before it is text.
pub(crate) struct Draft<'r> {
    pub(crate) info: ResponseInfo,
    pub(crate) document: Option<Answer<'r>>,
}

/// The envelope. Unsigned if the request was, unless the behaviour is about signatures.
pub(crate) fn written(request: &Request<'_>, draft: &Draft<'_>, is_signed: bool) -> Result<String, Refusal> {
    let behaviour = request.behaviour;
    let shape = draft.document.as_ref().map(|answer| (shape(behaviour, answer), answer.xml.as_str()));
    let content = write_reply(&draft.info, shape).map_err(|problem| Refusal::internal(problem.to_string()))?;
    let content = spelling::of(behaviour, content);
    let id = Id::new(request.ids.next());
    let envelope = match (is_signed || is_about_signatures(behaviour), behaviour) {
        (_, Behaviour::Unsigned) | (false, _) => wsse::envelope_unsigned(&content),
        (true, _) => signed(request, &content, id, shape.is_none_or(|(shape, _)| shape.is_canonical()))?,
    };
    Ok(spoilt::spoilt(behaviour, forged::forged(behaviour, envelope, id)))
}

/// How `data` carries the document. One without a root of its own cannot be text.
fn shape<'o>(behaviour: &Behaviour, answer: &Answer<'o>) -> Shape<'o> {
    match (behaviour, Shape::of_reply(answer.operation)) {
        (Behaviour::EscapedData | Behaviour::DataInXsiNamespace, Shape::Root) => Shape::Escaped,
        (_, shape) => shape,
    }
}

fn signed(request: &Request<'_>, content: &str, id: Id, is_canonical: bool) -> Result<String, Refusal> {
    let options = request.options;
    let signer: &dyn Sign = match request.behaviour {
        Behaviour::WrongSigner => {
            options.rogue.as_deref().ok_or_else(|| Refusal::internal("there is no rogue signer"))?
        }
        _ => options.signer.as_ref(),
    };
    if let Some(style) = sealed::style(request.behaviour) {
        return sealed::sealed(content, id, &style, signer);
    }
    let key_info = match request.behaviour {
        Behaviour::IssuerSerial => KeyInfo::IssuerSerial,
        _ => KeyInfo::KeyIdentifier,
    };
    let layout = Layout { body: id, signature: None, key_info };
    if is_canonical && !spelling::is_free(request.behaviour) {
        return wsse::envelope_with(content, &layout, signer).map_err(|problem| Refusal::internal(problem.to_string()));
    }
    wsse::envelope_parsed(content, &layout, signer).map_err(|problem| Refusal::internal(problem.to_string()))
}

/// Behaviours that would say nothing without a signature to say it about.
fn is_about_signatures(behaviour: &Behaviour) -> bool {
    matches!(
        behaviour,
        Behaviour::TamperedBody
            | Behaviour::WrongSigner
            | Behaviour::DuplicateId
            | Behaviour::Wrapped(_)
            | Behaviour::ForeignTransform
            | Behaviour::Sha1
            | Behaviour::IssuerSerial
    )
}
