//! Why a document is not parsed: a fault with its stable code and its offset.
//!
//! The texts repeat nothing of the document, so they may be logged, journalled and shown.
//!
//! ```
//! use qaqpa_adapters::xml::Document;
//!
//! let refused = Document::parse("<a>&nbsp;</a>").unwrap_err();
//! assert_eq!((refused.code(), refused.offset()), ("undefined_entity", 3));
//! ```

/// Why a document is not parsed, and where. The sender is at fault. Nothing of the document is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document is refused at octet {offset}: {fault}")]
pub struct Refused {
    fault: Fault,
    offset: usize,
}

/// Faults of a refused document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `<!DOCTYPE`, whatever is in it.
    #[error("it has a document type declaration")]
    Dtd,
    /// `<?...?>` other than a leading XML declaration.
    #[error("it has a processing instruction")]
    ProcessingInstruction,
    /// An XML declaration out of place or of another version than 1.0.
    #[error("its XML declaration is not one of XML 1.0 at the very start")]
    Declaration,
    /// A reference to an entity that XML itself does not define.
    #[error("it refers to an entity that nobody declared")]
    UndefinedEntity,
    /// A character, written or referred to, that XML 1.0 section 2.2 does not have.
    #[error("it has a character that XML does not have")]
    IllegalCharacter,
    /// A carriage return: [`super::text::decode`] was not asked first.
    #[error("its line ends are not normalised")]
    LineEnd,
    /// More than [`MAX_DEPTH`](super::guard::MAX_DEPTH).
    #[error("its elements are nested too deeply")]
    Depth,
    /// More than [`MAX_ATTRIBUTES`](super::guard::MAX_ATTRIBUTES).
    #[error("an element has too many attributes")]
    Attributes,
    /// More than [`MAX_NAMESPACES`](super::guard::MAX_NAMESPACES).
    #[error("too many namespace declarations are in scope")]
    Namespaces,
    /// `xmlns` twice, `p:xmlns`, or a prefix bound to nothing.
    #[error("a namespace declaration is not one")]
    NamespaceDeclaration,
    /// More than [`MAX_PARTS`](super::guard::MAX_PARTS).
    #[error("it has too many parts")]
    Parts,
    /// A second root element.
    #[error("it has two roots")]
    TwoRoots,
    /// Text before or after the root element.
    #[error("it has content outside its root")]
    OutsideRoot,
    /// The document stops before its root is closed, or has none.
    #[error("it ends too early")]
    Truncated,
    /// Anything else that is not XML.
    #[error("it is not well-formed")]
    Malformed,
}

impl Refused {
    pub(super) fn new(fault: Fault, offset: usize) -> Self {
        Self { fault, offset }
    }

    /// The fault.
    #[must_use]
    pub fn fault(self) -> Fault {
        self.fault
    }

    /// Offset of the fault, in octets from the start of the text.
    #[must_use]
    pub fn offset(self) -> usize {
        self.offset
    }

    /// Stable short name of the fault for journals and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self.fault {
            Fault::Dtd => "dtd",
            Fault::ProcessingInstruction => "processing_instruction",
            Fault::Declaration => "declaration",
            Fault::UndefinedEntity => "undefined_entity",
            Fault::IllegalCharacter => "illegal_character",
            Fault::LineEnd => "line_end",
            Fault::Depth => "depth",
            Fault::Attributes => "attributes",
            Fault::Namespaces => "namespaces",
            Fault::NamespaceDeclaration => "namespace_declaration",
            Fault::Parts => "parts",
            Fault::TwoRoots => "two_roots",
            Fault::OutsideRoot => "outside_root",
            Fault::Truncated => "truncated",
            Fault::Malformed => "malformed",
        }
    }
}
