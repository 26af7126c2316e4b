//! What the caller is told beside the reply: the receipt's parts, in the caller's language.

use bytes::Bytes;
use prost::Message as _;
use qaqpa_adapters::shep::sync::ResponseInfo;
use qaqpa_policy::minimise::Transformed;
use qaqpa_policy::{Consent, Minimised, Withheld, category};
use qaqpa_proto::v1::{Receipt, ShepStatus, Warning};

use crate::refusal::reason::Language;

/// A message of one field, the receipt, in front of the reply: protobuf messages concatenate.
#[must_use]
pub(crate) fn with_receipt(receipt: &Receipt, reply: &[u8]) -> Bytes {
    let mut wire = Vec::with_capacity(receipt.encoded_len() + reply.len() + 8);
    prost::encoding::message::encode(1, receipt, &mut wire);
    wire.extend_from_slice(reply);
    wire.into()
}

/// SHEP's own word on the message, the second status layer.
pub(crate) fn shep_status(info: ResponseInfo) -> ShepStatus {
    ShepStatus { code: info.status.code, message: info.status.message, session_id: info.session_id.unwrap_or_default() }
}

/// What was withheld, each field with its clause.
pub(crate) fn withheld<'a>(
    withheld: impl Iterator<Item = Withheld<'a>>,
    language: Language,
) -> Vec<qaqpa_proto::v1::Withheld> {
    withheld
        .map(|withheld| qaqpa_proto::v1::Withheld {
            path: withheld.path.to_owned(),
            category: category::named(withheld.category).into(),
            clause: withheld.clause.to_owned(),
            reason: withheld.reason(language.tag()).to_owned(),
            count: withheld.count,
        })
        .collect()
}

/// What the caller should look at; nothing was refused for it.
pub(crate) fn warnings(consent: &Consent) -> Vec<Warning> {
    let mismatch = |path: &String| Warning {
        code: "iin.birth_date_mismatch".to_owned(),
        path: path.clone(),
        message: "the date inside the IIN is not the birth date; that is no error since 2013".to_owned(),
    };
    consent.birth_date_mismatches().iter().map(mismatch).collect()
}

/// What moved in a coarser form, each field with its transform and clause.
pub(crate) fn transformed(minimised: &Minimised) -> Vec<qaqpa_proto::v1::Transformed> {
    let told = |transformed: Transformed<'_>| qaqpa_proto::v1::Transformed {
        path: transformed.path.to_owned(),
        category: category::named(transformed.category).into(),
        transform: transformed.transform.told(),
        clause: transformed.clause.to_owned(),
    };
    minimised.transformed().map(told).collect()
}
