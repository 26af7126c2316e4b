//! Why a contract does not become a table: names, types, formats and fills that an XML document cannot have.
//!
//! Example: `two values of `qaqpa.avtoshkola.v1.DrivingCategory` have the same text`

/// Why a contract cannot be written as XML. Its author is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecProblem {
    /// Not an XML name of ASCII letters, digits, `_`, `-` and `.`.
    #[error("`{0}` is not a name that an XML element may have here")]
    Name(String),
    /// A namespace with characters that would need escaping.
    #[error("`{0}` is not a namespace that can be written as it is")]
    Namespace(String),
    /// Two fields of a message, or a field and a fill, claim the same element.
    #[error("element `{element}` of `{message}` is claimed twice")]
    Twice {
        /// Full name of the message.
        message: String,
        /// Local name of the element.
        element: String,
    },
    /// A format on a type that cannot have it.
    #[error("field `{field}` of `{message}` has a format that does not fit its type")]
    Format {
        /// Full name of the message.
        message: String,
        /// Name of the field.
        field: String,
    },
    /// A type that minimisation knows and XML documents do not.
    #[error(
        "field `{field}` of `{message}` has a type that is not written as XML: a map, an Any, a float or a fixed number"
    )]
    Type {
        /// Full name of the message.
        message: String,
        /// Name of the field.
        field: String,
    },
    /// Two values of an enumeration have the same text.
    #[error("two values of `{0}` have the same text")]
    Enumeration(String),
    /// A fill whose path is another's, or leads through another's value.
    #[error("fill `{0}` contradicts another")]
    Fill(String),
    /// A message with more fields than the table can number.
    #[error("`{0}` has too many fields")]
    TooWide(String),
}
