//! Parses a `ds:Signature`: digest, reference, algorithms and key info.
//!
//! Read strictly: the parts in their order and no others, one reference, one transform, the algorithms of the list, no parameters.
//! A transform is a program chosen by the signer; the only one that runs here is exclusive canonicalisation.

use roxmltree::{Attribute, Node};

use super::pinned::octets;
use super::suite::Accepted;
use super::{DS, NotAuthentic, Suite, WSU};
use crate::xml::{c14n, document};

/// A parsed `ds:Signature`.
pub(super) struct Claim<'a, 'input> {
    pub(super) signed_info: Node<'a, 'input>,
    pub(super) suite: &'static dyn Suite,
    pub(super) digest: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) key_info: Node<'a, 'input>,
    /// What follows the `#` of the reference; not empty.
    id: &'a str,
}

impl<'a, 'input> Claim<'a, 'input> {
    pub(super) fn read(signature: Node<'a, 'input>, accepted: Accepted) -> Result<Self, NotAuthentic> {
        let (signed_info, value, key_info) = signature_parts(signature)?;
        let parts: Vec<_> = document::elements(signed_info).collect();
        let [canonicalization, method, references @ ..] = parts.as_slice() else {
            return Err(NotAuthentic::Shape);
        };
        expect(*canonicalization, "CanonicalizationMethod")?;
        exclusive(*canonicalization).map_err(|_| NotAuthentic::Canonicalization)?;
        expect(*method, "SignatureMethod")?;
        let suite = bare_algorithm(*method).and_then(|uri| accepted.by_uri(uri)).ok_or(NotAuthentic::Algorithm)?;
        // One only: with two, one is verified and the other is what a careless reader takes.
        let [reference] = references else { return Err(NotAuthentic::Reference) };
        let (id, digest) = read_reference(*reference, suite)?;
        let signature = octets(value).ok_or(NotAuthentic::Shape)?;
        Ok(Self { signed_info, suite, digest, signature, key_info, id })
    }

    /// The id must be that of the Body, as `wsu:Id` or without a namespace (kz-protocols 1.6), and of no other element, in
    /// whatever attribute another reader might take for an id.
    pub(super) fn is_about(&self, body: Node<'_, '_>) -> Result<(), NotAuthentic> {
        let claims = |attribute: Attribute<'_, '_>| attribute.value() == self.id && could_be_id(attribute.name());
        // Every attribute that some verifier takes for an id, also those that we do not.
        let mut carriers = body.document().descendants().filter(|node| node.attributes().any(claims));
        match (carriers.next(), carriers.next()) {
            (Some(_), Some(_)) => Err(NotAuthentic::DuplicateId),
            (Some(only), None) if only == body && body.attributes().any(|id| claims(id) && is_id(&id)) => Ok(()),
            _ => Err(NotAuthentic::NotTheBody),
        }
    }
}

fn signature_parts<'a, 'input>(
    signature: Node<'a, 'input>,
) -> Result<(Node<'a, 'input>, Node<'a, 'input>, Node<'a, 'input>), NotAuthentic> {
    let parts: Vec<_> = document::elements(signature).collect();
    match parts.as_slice() {
        [signed_info, value, key_info] => {
            expect(*signed_info, "SignedInfo")?;
            expect(*value, "SignatureValue")?;
            expect(*key_info, "KeyInfo")?;
            Ok((*signed_info, *value, *key_info))
        }
        [_, _] => Err(NotAuthentic::KeyInfo),
        _ => Err(NotAuthentic::Shape),
    }
}

/// The id and the digest of a `ds:Reference`.
fn read_reference<'a>(reference: Node<'a, '_>, suite: &dyn Suite) -> Result<(&'a str, Vec<u8>), NotAuthentic> {
    expect(reference, "Reference")?;
    let uri = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')).filter(|id| !id.is_empty());
    let id = uri.ok_or(NotAuthentic::Reference)?;
    let parts: Vec<_> = document::elements(reference).collect();
    let [transforms, method, value] = parts.as_slice() else { return Err(NotAuthentic::Shape) };
    expect(*transforms, "Transforms")?;
    expect(*method, "DigestMethod")?;
    expect(*value, "DigestValue")?;
    let chain: Vec<_> = document::elements(*transforms).collect();
    // A second transform could drop from the digest what is read afterwards.
    let [transform] = chain.as_slice() else { return Err(NotAuthentic::ForeignTransform) };
    expect(*transform, "Transform").and_then(|()| exclusive(*transform)).map_err(|_| NotAuthentic::ForeignTransform)?;
    if bare_algorithm(*method) != Some(suite.digest_uri()) {
        return Err(NotAuthentic::Algorithm);
    }
    Ok((id, octets(*value).ok_or(NotAuthentic::Shape)?))
}

/// Exclusive C14N without comments. An InclusiveNamespaces with nothing in it is the same, and one client sends it.
fn exclusive(method: Node<'_, '_>) -> Result<(), NotAuthentic> {
    let is_empty_list = |node: Node<'_, '_>| {
        node.has_tag_name((c14n::EXCLUSIVE, "InclusiveNamespaces"))
            && node.attribute("PrefixList").unwrap_or_default().trim().is_empty()
    };
    let right = method.attribute("Algorithm") == Some(c14n::EXCLUSIVE) && document::elements(method).all(is_empty_list);
    if right { Ok(()) } else { Err(NotAuthentic::Shape) }
}

/// The algorithm of a method element without parameters: HMACOutputLength and its like are refused with what they belong to.
fn bare_algorithm<'a>(method: Node<'a, '_>) -> Option<&'a str> {
    method.attribute("Algorithm").filter(|_| document::elements(method).next().is_none())
}

fn expect(node: Node<'_, '_>, local: &str) -> Result<(), NotAuthentic> {
    if node.has_tag_name((DS, local)) { Ok(()) } else { Err(NotAuthentic::Shape) }
}

/// `Id`, `ID`, `id`, `xml:id`: what verifiers in the field take for ids.
fn could_be_id(local: &str) -> bool {
    local.eq_ignore_ascii_case("id")
}

/// What we take for an id.
fn is_id(attribute: &Attribute<'_, '_>) -> bool {
    match attribute.namespace() {
        Some(namespace) => namespace == WSU && attribute.name() == "Id",
        None => true,
    }
}
