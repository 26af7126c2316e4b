//! The four shapes in which `data` carries a business document (kz-protocols 1.7), as they are written.
//!
//! ```
//! use qaqpa_adapters::shep::sync::Shape;
//!
//! assert!(Shape::Root.is_canonical());
//! assert!(!Shape::Escaped.is_canonical());
//! ```

use qaqpa_proto::Operation;
use qaqpa_proto::v1::Payload;

use crate::codec::XSI;
use crate::shep::XS;
use crate::xml::escape;

/// The form in which `data` carries the business document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'n> {
    /// The document's root is a child of `data`.
    Root,
    /// The document's children are children of `data`.
    Children,
    /// As `Children`, and `data` names the document's type.
    Typed {
        /// Namespace of the type.
        namespace: &'n str,
        /// Local name of the type.
        name: &'n str,
    },
    /// The document as text.
    Escaped,
}

impl<'n> Shape<'n> {
    /// How a contract wants its request to be carried.
    #[must_use]
    pub fn of_request(operation: &'n Operation) -> Self {
        Self::of(operation, &operation.request_root)
    }

    /// How a contract says that its reply is carried.
    #[must_use]
    pub fn of_reply(operation: &'n Operation) -> Self {
        Self::of(operation, &operation.reply_root)
    }

    fn of(operation: &'n Operation, name: &'n str) -> Self {
        match operation.payload {
            // A contract without a shape does not load.
            Payload::Root | Payload::Unspecified => Self::Root,
            Payload::Children => Self::Children,
            Payload::XsiType => Self::Typed { namespace: &operation.system.namespace, name },
            Payload::Escaped => Self::Escaped,
        }
    }

    /// Whether a Body with this shape is its own exclusive canonical form, so that the signer may digest it as it is.
    ///
    /// A prefix that is used in an attribute value alone (`xsi:type="cs:Request"`) is not visibly used and falls away.
    #[must_use]
    pub fn is_canonical(self) -> bool {
        match self {
            Self::Root | Self::Children => true,
            Self::Typed { .. } | Self::Escaped => false,
        }
    }

    /// Appends `data` around a fragment that is canonical XML already.
    pub(super) fn write(self, fragment: &str, out: &mut String) {
        match self {
            Self::Root | Self::Children => out.extend(["<data>", fragment, "</data>"]),
            Self::Typed { namespace, name } => {
                out.push_str("<data xmlns:cs=\"");
                escape::attribute(namespace, out);
                out.extend(["\" xmlns:xsi=\"", XSI, "\" xsi:type=\"cs:"]);
                escape::attribute(name, out);
                out.extend(["\">", fragment, "</data>"]);
            }
            Self::Escaped => {
                out.extend(["<data xmlns:xs=\"", XS, "\" xmlns:xsi=\"", XSI, "\" xsi:type=\"xs:string\">"]);
                escape::text(DECLARATION, out);
                escape::text(fragment, out);
                out.push_str("</data>");
            }
        }
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
