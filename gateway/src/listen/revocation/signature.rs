//! Verifies the signature of a revocation list or a certificate with the algorithms of the TLS provider, so that nothing weaker
//! is accepted here than in a handshake (no SHA-1, no short RSA).
//!
//! Reads `SEQUENCE { content, algorithm, BIT STRING }`, the form of everything that X.509 signs (RFC 5280, 4.1 and 5.1).

use x509_parser::asn1_rs::{Any, FromDer as _};

use crate::tls::provider;

/// Whether the key of this SubjectPublicKeyInfo has signed this list or certificate; both in DER.
pub(crate) fn is_signed_by(signed: &[u8], key: &[u8]) -> bool {
    let (Some(signed), Some(key)) = (Signed::split(signed), Key::split(key)) else { return false };
    provider().signature_verification_algorithms.all.iter().any(|algorithm| {
        algorithm.signature_alg_id().as_ref() == signed.algorithm
            && algorithm.public_key_alg_id().as_ref() == key.algorithm
            && algorithm.verify_signature(key.bits, signed.content, signed.signature).is_ok()
    })
}

struct Signed<'d> {
    content: &'d [u8],
    algorithm: &'d [u8],
    signature: &'d [u8],
}

impl<'d> Signed<'d> {
    fn split(der: &'d [u8]) -> Option<Self> {
        let all = Element::only(der)?.value;
        let (content, rest) = Element::first(all)?;
        let (algorithm, rest) = Element::first(rest)?;
        Some(Self { content: content.whole, algorithm: algorithm.value, signature: bits(rest)? })
    }
}

struct Key<'d> {
    algorithm: &'d [u8],
    bits: &'d [u8],
}

impl<'d> Key<'d> {
    fn split(der: &'d [u8]) -> Option<Self> {
        let (algorithm, rest) = Element::first(Element::only(der)?.value)?;
        Some(Self { algorithm: algorithm.value, bits: bits(rest)? })
    }
}

/// A BIT STRING of whole octets, and nothing behind it.
fn bits(der: &[u8]) -> Option<&[u8]> {
    Element::only(der)?.value.strip_prefix(&[0])
}

/// One element of DER: with its tag and length, and without.
struct Element<'d> {
    whole: &'d [u8],
    value: &'d [u8],
}

impl<'d> Element<'d> {
    /// The first element, and what is behind it.
    fn first(der: &'d [u8]) -> Option<(Self, &'d [u8])> {
        let (rest, any) = Any::from_der(der).ok()?;
        let whole = der.get(..der.len().checked_sub(rest.len())?)?;
        let value = whole.get(whole.len().checked_sub(any.data.len())?..)?;
        Some((Self { whole, value }, rest))
    }

    fn only(der: &'d [u8]) -> Option<Self> {
        Self::first(der).and_then(|(element, rest)| rest.is_empty().then_some(element))
    }
}
