//! Picks elements of the channel by local name. A second one of a kind is refused: two readers must not read two messages.

use std::borrow::Cow;

use jiff::Timestamp;
use roxmltree::Node;

use crate::codec;
use crate::shep::SYNC_TYPES;
use crate::xml::document;

/// Why a Body is no message of the channel. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SyncProblem {
    /// The Body holds another message, or none.
    #[error("the Body holds no `{0}` of the synchronous channel")]
    Other(&'static str),
    /// The Body holds a message of that name, or all but its capitals, and not in the channel's namespace.
    #[error("the Body holds `{0}`, but not as `{0}` of the namespace {SYNC_TYPES}")]
    Namespace(&'static str),
    /// An element that the schema wants in no namespace is in one (`elementFormDefault` is not given, so: unqualified).
    #[error("`{0}` is in a namespace and must be in none")]
    Qualified(&'static str),
    /// `xsi:nil`: the channel answered without an answer.
    #[error("`{0}` is nil")]
    Nil(&'static str),
    /// An element that the schema requires is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A singular element occurs twice.
    #[error("`{0}` stands twice")]
    Repeated(&'static str),
    /// The text is no xs:dateTime.
    #[error("the value of `{0}` is not of its type")]
    Value(&'static str),
}

/// The message of a Body.
pub(super) fn message<'a, 'input>(body: Node<'a, 'input>, name: &'static str) -> Result<Node<'a, 'input>, SyncProblem> {
    let found = document::elements(body).next().ok_or(SyncProblem::Other(name))?;
    match found.tag_name().name() {
        local if local == name && found.tag_name().namespace() == Some(SYNC_TYPES) => Ok(found),
        // Who wrote this name sees it in his message: what is wrong with it is what he needs to know.
        local if local.eq_ignore_ascii_case(name) => Err(SyncProblem::Namespace(name)),
        _ => Err(SyncProblem::Other(name)),
    }
}

/// The one child with this local name, if it is there and not nil.
pub(super) fn optional<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> Result<Option<Node<'a, 'input>>, SyncProblem> {
    let mut found = document::children(node, name);
    let first = found.next();
    if found.next().is_some() {
        return Err(SyncProblem::Repeated(name));
    }
    Ok(first.filter(|node| !codec::is_nil(*node)))
}

pub(super) fn required<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> Result<Node<'a, 'input>, SyncProblem> {
    optional(node, name)?.ok_or(SyncProblem::Missing(name))
}

/// The one child with this local name; nil differs from missing, because the wrapper is nillable in the schema.
pub(super) fn nillable<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> Result<Node<'a, 'input>, SyncProblem> {
    let missing =
        if document::child(node, name).is_some() { SyncProblem::Nil(name) } else { SyncProblem::Missing(name) };
    optional(node, name)?.ok_or(missing)
}

/// The trimmed text of a child; an empty one is as good as none.
pub(super) fn optional_text(node: Node<'_, '_>, name: &'static str) -> Result<Option<String>, SyncProblem> {
    let text = optional(node, name)?.map(trimmed);
    Ok(text.filter(|text| !text.is_empty()).map(Cow::into_owned))
}

pub(super) fn required_text(node: Node<'_, '_>, name: &'static str) -> Result<String, SyncProblem> {
    optional_text(node, name)?.ok_or(SyncProblem::Missing(name))
}

pub(super) fn instant(node: Node<'_, '_>, name: &'static str) -> Result<Timestamp, SyncProblem> {
    codec::date_time(&required_text(node, name)?).ok_or(SyncProblem::Value(name))
}

fn trimmed<'a>(node: Node<'a, '_>) -> Cow<'a, str> {
    match document::text(node) {
        Cow::Borrowed(text) => text.trim().into(),
        Cow::Owned(text) => text.trim().to_owned().into(),
    }
}
