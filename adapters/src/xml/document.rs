//! A parsed XML document, and helpers to read its nodes.
//!
//! Children are asked for by local name, because the wire spells namespaces in more than one way (kz-protocols 1.7); whoever
//! needs the namespace asks the node. The text of a node is all its own character data joined: a comment in the middle hides nothing.
//!
//! ```
//! use qaqpa_adapters::xml::{Document, document};
//!
//! let parsed = Document::parse("<a>99<!-- split -->14<![CDATA[0]]></a>")?;
//! assert_eq!(document::text(parsed.root_element()), "99140");
//! # Ok::<(), qaqpa_adapters::xml::Refused>(())
//! ```

use std::borrow::Cow;
use std::ops::Deref;

use roxmltree::{Error, ParsingOptions};

use super::guard::{MAX_PARTS, inspect};
use super::refused::{Fault, Refused};

pub use roxmltree::Node;

/// A tree made from text that passed the guard; otherwise it is roxmltree's own.
pub struct Document<'input>(roxmltree::Document<'input>);

impl<'input> Document<'input> {
    /// Guards and parses `text`, whose line ends are normalised ([`super::text::decode`] does that).
    ///
    /// # Errors
    /// [`Refused`], by the guard or for what only a tree shows: duplicate attributes, undeclared prefixes, names that are none.
    pub fn parse(text: &'input str) -> Result<Self, Refused> {
        // The guard first: the tree allocates by what a document claims, before it can refuse it.
        let inspected = inspect(text)?;
        // The document itself is a node too.
        let nodes_limit = u32::try_from(MAX_PARTS + 1).unwrap_or(u32::MAX);
        let options = ParsingOptions { allow_dtd: false, nodes_limit, ..ParsingOptions::default() };
        roxmltree::Document::parse_with_options(inspected.text(), options)
            .map(Self)
            .map_err(|error| Refused::new(fault_of(&error), offset_of(&error, text)))
    }
}

impl<'input> Deref for Document<'input> {
    type Target = roxmltree::Document<'input>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Prints no content: documents carry personal data.
impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Document(…)")
    }
}

/// The first child element of `node` with this local name, in any namespace.
#[must_use]
pub fn child<'a, 'input>(node: Node<'a, 'input>, local: &str) -> Option<Node<'a, 'input>> {
    elements(node).find(|element| element.tag_name().name() == local)
}

/// All child elements of `node` with this local name, in any namespace.
pub fn children<'a, 'input, 'n>(
    node: Node<'a, 'input>,
    local: &'n str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input, 'n> {
    elements(node).filter(move |element| element.tag_name().name() == local)
}

/// All child elements of `node`.
pub fn elements<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    node.children().filter(Node::is_element)
}

/// The character data directly inside `node`, CDATA included, comments left out, that of child elements not taken.
#[must_use]
pub fn text<'a>(node: Node<'a, '_>) -> Cow<'a, str> {
    let mut pieces = node.children().filter(Node::is_text).filter_map(|piece| piece.text());
    let first = pieces.next().unwrap_or_default();
    match pieces.next() {
        None => Cow::Borrowed(first),
        Some(second) => Cow::Owned([first, second].into_iter().chain(pieces).collect()),
    }
}

fn fault_of(error: &Error) -> Fault {
    match error {
        Error::DtdDetected => Fault::Dtd,
        Error::NodesLimitReached | Error::AttributesLimitReached | Error::NamespacesLimitReached => Fault::Parts,
        Error::UnknownEntityReference(..) => Fault::UndefinedEntity,
        Error::NonXmlChar(..) => Fault::IllegalCharacter,
        Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream => Fault::Truncated,
        _ => Fault::Malformed,
    }
}

/// roxmltree counts rows and characters; people and tools want octets.
fn offset_of(error: &Error, text: &str) -> usize {
    let position = error.pos();
    let (row, column) = (position.row.saturating_sub(1) as usize, position.col.saturating_sub(1) as usize);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(row).map(str::len).sum();
    before + lines.next().map_or(0, |line| line.chars().take(column).map(char::len_utf8).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_all_of_the_nodes_own() {
        for (wanted, source) in [
            ("", "<a/>"),
            ("", "<a><b>c</b></a>"),
            ("bc", "<a>b<x>no</x>c</a>"),
            ("b1a2", "<a>b1<!--x-->a2</a>"),
            ("<&>", "<a><![CDATA[<&]]>&gt;</a>"),
        ] {
            let document = Document::parse(source).unwrap();
            assert_eq!(text(document.root_element()), wanted, "{source}");
        }
    }

    #[test]
    fn children_are_found_by_local_name_alone() {
        let document = Document::parse("<a xmlns:p='u:p'>t<b n='1'/><p:b n='2'/><c><b n='3'/></c></a>").unwrap();
        let numbers: Vec<_> = children(document.root_element(), "b").filter_map(|node| node.attribute("n")).collect();
        assert_eq!(numbers, ["1", "2"]);
        assert_eq!(child(document.root_element(), "d"), None);
        assert_eq!(elements(document.root_element()).count(), 3);
    }

    #[test]
    fn offsets_of_the_tree_parser_become_octets() {
        let refused = Document::parse("<a>\n <ққ>\n</ққ><b p:c=''/></a>").unwrap_err();
        assert_eq!((refused.code(), refused.offset()), ("malformed", 22));
    }
}
