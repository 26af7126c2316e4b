//! `data`: a business document in any of four shapes, given out as the node that holds its elements.
//!
//! Text inside `data` is a document of its own: it is guarded like any other and parsed apart. Its octets come from the text of
//! the verified node, so what was verified is what is read. Refused: `data` that holds both text and elements, or nothing.
//!
//! `data` is matched by local name; it has been seen in the namespace of the channel, of XML Schema instances, and in none.

use roxmltree::Node;

use crate::xml::{Document, Refused, document, text};

/// The `data` element of a message.
#[derive(Clone, Copy)]
pub struct Data<'a, 'input> {
    node: Node<'a, 'input>,
}

/// Why there is no business document. The state system is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DataProblem {
    /// `data` is empty.
    #[error("`data` is empty")]
    Empty,
    /// Text and elements side by side.
    #[error("`data` holds both text and elements")]
    Mixed,
    /// Two children with the name of the document's root.
    #[error("`data` holds two documents")]
    TwoDocuments,
    /// The text in it is no document that may be parsed.
    #[error("the text in `data` is no document: {0}")]
    Refused(#[from] Refused),
}

impl<'a, 'input> Data<'a, 'input> {
    pub(super) fn of(node: Node<'a, 'input>) -> Self {
        Self { node }
    }

    /// The element itself.
    #[must_use]
    pub fn node(&self) -> Node<'a, 'input> {
        self.node
    }

    /// Gives `read` the node whose children are the document's elements: the root of the escaped document, the child named
    /// `root`, or `data` itself when it has no such child. Whether it is the right document is for `read` to say.
    ///
    /// # Errors
    /// See [`DataProblem`].
    pub fn with_root<T>(&self, root: &str, read: impl FnOnce(Node<'_, '_>) -> T) -> Result<T, DataProblem> {
        let content = document::text(self.node);
        let is_text = !content.trim().is_empty();
        match (document::elements(self.node).next().is_some(), is_text) {
            // Which of the two is the document? Readers would differ.
            (true, true) => Err(DataProblem::Mixed),
            (false, false) => Err(DataProblem::Empty),
            (true, false) => self.element(root).map(read),
            (false, true) => {
                let escaped = text::normalise(content.trim_start_matches(is_leading).trim_end());
                // A document of its own, so the guard looks at it as at the outer one: escaping is no way round it.
                let document = Document::parse(&escaped)?;
                Ok(read(document.root_element()))
            }
        }
    }

    fn element(&self, root: &str) -> Result<Node<'a, 'input>, DataProblem> {
        let mut named = document::children(self.node, root);
        match (named.next(), named.next()) {
            (None, _) => Ok(self.node),
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(DataProblem::TwoDocuments),
        }
    }
}

/// Prints no content: it is personal data.
impl std::fmt::Debug for Data<'_, '_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Data(…)")
    }
}

/// White space, and the byte order mark that a careless writer left in its text.
fn is_leading(character: char) -> bool {
    character.is_whitespace() || character == '\u{FEFF}'
}
