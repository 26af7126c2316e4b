//! Refusals and failures of rooms 10 and 13 to 14: the row of the table and its stable word, for messages that were not
//! signed and replies that are no answer.
//!
//! Nothing that another system wrote is repeated, except its code where [`stable_word`] finds it safe to keep.

use qaqpa_adapters::shep::{Fault, NoAnswer, NotDecoded, NotVerified, Unreadable};
use qaqpa_adapters::wsse::NotSigned;
use qaqpa_adapters::xml::text::NotText;
use qaqpa_proto::reason::{Failure, Refusal};

use crate::refusal::NotDone;

/// A code of another system, as a word that is safe to keep: short, and nothing but letters, digits, `-`, `_` and `.`.
pub(crate) fn stable_word(code: &str) -> &str {
    let plain = code.len() <= 32
        && !code.is_empty()
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    // Twelve digits could be an IIN.
    if plain && !(code.len() >= 12 && code.bytes().all(|byte| byte.is_ascii_digit())) { code } else { "other" }
}

impl From<NotSigned> for NotDone {
    fn from(why: NotSigned) -> Self {
        match why {
            NotSigned::Content(_) | NotSigned::Escapes => Self::from(Refusal::RequestNotSignable).evidenced(why),
            NotSigned::Signer(_) => Failure::SignerUnavailable.into(),
        }
    }
}

impl From<Unreadable> for NotDone {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::ContentType => Failure::UpstreamNotSoap.into(),
            Unreadable::Text(NotText::TooLarge) => Failure::UpstreamTooLarge.into(),
            Unreadable::Text(_) => Self::from(Failure::ReplyEncoding).detailed(why.code()),
            Unreadable::Document(_) => Self::from(Failure::ReplyMalformed).detailed(why.code()),
        }
    }
}

impl From<NotVerified> for NotDone {
    fn from(why: NotVerified) -> Self {
        match why {
            NotVerified::NotAuthentic(why) => Self::from(Failure::ReplyNotAuthentic).detailed(why.code()),
            NotVerified::Fault(fault) => fault.into(),
        }
    }
}

impl From<NoAnswer> for NotDone {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Malformed(problem) => problem.into(),
            NoAnswer::Fault(fault) => fault.into(),
            NoAnswer::NotOurs(why) => why.into(),
            NoAnswer::Status(status) => Self::from(Failure::UpstreamStatus).detailed(stable_word(&status.code)),
        }
    }
}

impl From<NotDecoded> for NotDone {
    fn from(why: NotDecoded) -> Self {
        match why {
            NotDecoded::NoData => Self::from(Failure::ReplyMalformed).detailed("no_data"),
            NotDecoded::Data(problem) => problem.into(),
            NotDecoded::Document(error) => error.into(),
        }
    }
}

impl From<Fault> for NotDone {
    /// Keeps the code of the fault and nothing else.
    fn from(fault: Fault) -> Self {
        Self::from(Failure::UpstreamFault).detailed(stable_word(fault.stated_code()))
    }
}
