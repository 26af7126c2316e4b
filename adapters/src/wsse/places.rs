//! Protection against signature wrapping: locates Body and Signature, and refuses a second element of these names
//! anywhere.
//!
//! Signature wrapping works by giving the verifier one Body and the reader another. So before any digest: the root is the
//! Envelope, Header and Body are its only children, Security is a child of the Header, Signature one of Security, and no second
//! element of these names exists in the document. A business signature inside the Body is content, and stays.

use roxmltree::Node;

use super::{DS, NotAuthentic, SOAP_11, SOAP_12, WSSE};
use crate::xml::{Document, document};

/// The two elements that a verifier needs.
pub(super) struct Places<'a, 'input> {
    pub(super) body: Node<'a, 'input>,
    pub(super) signature: Node<'a, 'input>,
}

/// Finds them, or says why they cannot be trusted to be the only ones.
pub(super) fn locate<'a, 'input>(document: &'a Document<'input>) -> Result<Places<'a, 'input>, NotAuthentic> {
    let envelope = document.root_element();
    let soap = match envelope.tag_name().namespace() {
        Some(soap @ (SOAP_11 | SOAP_12)) if envelope.tag_name().name() == "Envelope" => soap,
        _ => return Err(NotAuthentic::NotAnEnvelope),
    };
    let parts: Vec<_> = document::elements(envelope).collect();
    let body = only(&parts, soap, "Body")?.ok_or(NotAuthentic::NotAnEnvelope)?;
    let header = only(&parts, soap, "Header")?.ok_or(NotAuthentic::Unsigned)?;
    // In this order and nothing beside them: a sibling of the Body is where a wrapped one hides.
    if parts != [header, body] {
        return Err(NotAuthentic::NotAnEnvelope);
    }
    let blocks: Vec<_> = document::elements(header).collect();
    let security = only(&blocks, WSSE, "Security")?.ok_or(NotAuthentic::Unsigned)?;
    let inside: Vec<_> = document::elements(security).collect();
    let signature = only(&inside, DS, "Signature")?.ok_or(NotAuthentic::Unsigned)?;
    // The whole document: a reader who searches by name from the root must find the elements that were verified.
    no_doubles(&[envelope, header, body, security, signature], envelope, body)?;
    understood(&blocks, security, soap)?;
    Ok(Places { body, signature })
}

/// The one node of this name; two are one too many.
fn only<'a, 'input>(
    nodes: &[Node<'a, 'input>],
    namespace: &str,
    local: &str,
) -> Result<Option<Node<'a, 'input>>, NotAuthentic> {
    let mut found = nodes.iter().filter(|node| node.has_tag_name((namespace, local)));
    match (found.next(), found.next()) {
        (first, None) => Ok(first.copied()),
        _ => Err(NotAuthentic::Wrapped),
    }
}

/// Walks the whole document for elements of the protected names that are not the ones we know.
fn no_doubles(known: &[Node<'_, '_>], envelope: Node<'_, '_>, body: Node<'_, '_>) -> Result<(), NotAuthentic> {
    let is_content =
        |node: Node<'_, '_>| node.tag_name().namespace() == Some(DS) && node.ancestors().any(|above| above == body);
    let is_double = |node: Node<'_, '_>| is_protected(node) && !known.contains(&node) && !is_content(node);
    if envelope.descendants().any(is_double) { Err(NotAuthentic::Wrapped) } else { Ok(()) }
}

fn is_protected(node: Node<'_, '_>) -> bool {
    let name = node.tag_name();
    match name.name() {
        "Envelope" | "Header" | "Body" => matches!(name.namespace(), Some(SOAP_11 | SOAP_12)),
        "Security" => name.namespace() == Some(WSSE),
        "Signature" => name.namespace() == Some(DS),
        _ => false,
    }
}

/// SOAP 1.1 section 4.2.3: a header block with `mustUnderstand` that is not understood refuses the message.
fn understood(blocks: &[Node<'_, '_>], security: Node<'_, '_>, soap: &str) -> Result<(), NotAuthentic> {
    let demands = |block: &Node<'_, '_>| {
        block.attribute((soap, "mustUnderstand")).is_some_and(|value| matches!(value.trim(), "1" | "true"))
    };
    if blocks.iter().any(|block| *block != security && demands(block)) {
        Err(NotAuthentic::NotUnderstood)
    } else {
        Ok(())
    }
}
