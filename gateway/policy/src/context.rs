//! The context of a request: claimed purpose, organisation acted for, consent reference, request id. A claim, not yet a
//! permission.
//!
//! Read from the wire before anything is decoded. Refuses a request without purpose, and one that states its
//! purpose twice, since protobuf would let the last one win unseen.

use std::fmt;

use qaqpa_proto::reason::Refusal;
use qaqpa_proto::wire::{Fault, MAX_REPEATED, Malformed, Reader, Value};

use crate::identifier::{Bin, InvalidIdentifier};

/// Longest request id and purpose id, in bytes.
pub const MAX_ID: usize = 64;
/// Longest consent reference, in bytes.
pub const MAX_CONSENT: usize = 256;

/// `qaqpa.v1.Context` of one request, well formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    purpose: String,
    consent: Option<String>,
    on_behalf_of: Option<Bin>,
    request_id: Option<String>,
}

impl Claim {
    /// Reads field 1 of an exchange request. A message of more fields than any contract's is read no further than that.
    ///
    /// # Errors
    /// See [`ContextProblem`]; the caller is at fault.
    pub fn read(wire: &[u8]) -> Result<Self, ContextProblem> {
        let mut reader = Reader::new(wire);
        let (mut context, mut fields) = (None, 0);
        while let Some(tag) = reader.tag()? {
            fields += 1;
            if fields > MAX_REPEATED {
                return Err(reader.fault(Fault::TooMany).into());
            }
            match (tag.number, reader.value(tag)?) {
                (1, Value::Bytes(bytes)) if context.is_none() => context = Some(reader.inner(bytes)),
                (1, Value::Bytes(_)) => return Err(ContextProblem::Ambiguous),
                (1, _) => return Err(reader.fault(Fault::WrongType).into()),
                _ => {}
            }
        }
        claim(strings(context.ok_or(ContextProblem::Missing)?)?)
    }

    /// The claimed purpose.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// The claimed consent reference.
    #[must_use]
    pub fn consent(&self) -> Option<&str> {
        self.consent.as_deref()
    }

    /// The organisation for which the caller wants to act.
    #[must_use]
    pub fn on_behalf_of(&self) -> Option<&Bin> {
        self.on_behalf_of.as_ref()
    }

    /// The caller's idempotency key.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({}, {:?})", self.purpose, self.request_id)
    }
}

/// Why a request's context is not acceptable. The caller is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextProblem {
    /// No context, or no purpose in it.
    #[error("the request states no purpose")]
    Missing,
    /// Two contexts, or two purposes.
    #[error("the request states its purpose more than once")]
    Ambiguous,
    /// Too long, or not visible ASCII.
    #[error("`context.request_id` must be at most {MAX_ID} visible ASCII characters")]
    RequestId,
    /// Too long, or with control characters.
    #[error("`context.consent` must be at most {MAX_CONSENT} bytes without control characters")]
    Consent,
    /// `on_behalf_of` is no BIN.
    #[error("`context.on_behalf_of` is no BIN: {0}")]
    OnBehalfOf(InvalidIdentifier),
    /// The request is no protobuf.
    #[error("the request is malformed: {0}")]
    Malformed(#[from] Malformed),
}

impl ContextProblem {
    /// Row of the table.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        match self {
            Self::Missing => Refusal::PurposeMissing,
            Self::Ambiguous => Refusal::PurposeAmbiguous,
            Self::RequestId | Self::Consent | Self::OnBehalfOf(_) => Refusal::RequestInvalid,
            Self::Malformed(malformed) => malformed.reason(),
        }
    }

    /// Path of the field at fault, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Ambiguous => Some("context.purpose"),
            Self::RequestId => Some("context.request_id"),
            Self::Consent => Some("context.consent"),
            Self::OnBehalfOf(_) => Some("context.on_behalf_of"),
            Self::Malformed(_) => None,
        }
    }
}

/// Fields 1 to 4 of the context; each at most once.
fn strings(mut reader: Reader<'_>) -> Result<[&str; 4], ContextProblem> {
    let mut found = [None; 4];
    while let Some(tag) = reader.tag()? {
        let value = reader.value(tag)?;
        let Some(slot) = (tag.number as usize).checked_sub(1).and_then(|field| found.get_mut(field)) else { continue };
        let Value::Bytes(bytes) = value else { return Err(reader.fault(Fault::WrongType).into()) };
        let text = std::str::from_utf8(bytes).map_err(|_| reader.fault(Fault::Utf8))?;
        match (slot.replace(text), tag.number) {
            (None, _) => {}
            (Some(_), 1) => return Err(ContextProblem::Ambiguous),
            (Some(_), _) => return Err(reader.fault(Fault::Twice).into()),
        }
    }
    Ok(found.map(Option::unwrap_or_default))
}

fn claim([purpose, consent, on_behalf_of, request_id]: [&str; 4]) -> Result<Claim, ContextProblem> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if request_id.len() > MAX_ID || !request_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ContextProblem::RequestId);
    }
    if consent.len() > MAX_CONSENT || consent.chars().any(char::is_control) {
        return Err(ContextProblem::Consent);
    }
    let on_behalf_of = match on_behalf_of {
        "" => None,
        text => Some(Bin::parse(text).map_err(ContextProblem::OnBehalfOf)?),
    };
    let purpose = given(purpose).ok_or(ContextProblem::Missing)?;
    Ok(Claim { purpose, consent: given(consent), on_behalf_of, request_id: given(request_id) })
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use qaqpa_proto::v1::Context;

    use super::*;

    fn request(context: &Context) -> Vec<u8> {
        let mut wire = vec![0x0a];
        prost::encoding::encode_varint(context.encoded_len() as u64, &mut wire);
        wire.extend(context.encode_to_vec());
        wire
    }

    #[test]
    fn a_request_states_one_purpose() {
        let context = |purpose: &str, bin: &str, id: &str| {
            request(&Context {
                purpose: purpose.into(),
                consent: String::new(),
                on_behalf_of: bin.into(),
                request_id: id.into(),
            })
        };
        let good = context("reporting", "", "");
        let rows: [(Result<(), &str>, Vec<u8>, &str); 13] = [
            (Ok(()), good.clone(), "a purpose"),
            (Ok(()), context("reporting", "990140000007", "a-1"), "all of it"),
            (Err("purpose.missing"), Vec::new(), "nothing"),
            (Err("purpose.missing"), vec![0x0a, 0x00], "empty context"),
            (Err("purpose.missing"), context("", "990140000007", ""), "empty purpose"),
            (Err("purpose.ambiguous"), [good.clone(), good.clone()].concat(), "two contexts"),
            (Err("purpose.ambiguous"), vec![0x0a, 6, 0x0a, 1, b'a', 0x0a, 1, b'b'], "two purposes"),
            (Err("request.malformed"), vec![0x0a, 9, 0x0a, 1, b'a', 0x22, 1, b'1', 0x22, 1, b'2'], "two request ids"),
            (Err("request.invalid"), context("reporting", "990140000008", ""), "no BIN"),
            (Err("request.invalid"), context("reporting", "", &"x".repeat(65)), "long id"),
            (Err("request.invalid"), context("reporting", "", "a b"), "space in id"),
            (Err("request.malformed"), vec![0x08, 0x01], "context is a number"),
            (Err("request.malformed"), vec![0x0a, 3, 0x0a, 1, 0xff], "purpose is not UTF-8"),
        ];
        for (wanted, wire, why) in rows {
            assert_eq!(Claim::read(&wire).map(|_| ()).map_err(|problem| problem.reason().code()), wanted, "{why}");
        }
    }

    #[test]
    fn debug_shows_no_reference() {
        let claim = claim(["reporting", "secret-consent", "990140000007", "r-1"]).unwrap();
        assert_eq!(format!("{claim:?}"), "Claim(reporting, Some(\"r-1\"))");
        assert_eq!(claim.consent(), Some("secret-consent"));
    }
}
