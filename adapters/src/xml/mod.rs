//! XML as this house reads and writes it: bytes to text, text past a guard, text to a tree, a tree to its canonical octets.
//!
//! What it refuses: documents with a DTD, with processing instructions, with entities nobody declared, in an encoding it does not
//! know, or costlier than a gateway can afford. A [`Document`] exists only for text that passed all of it.
//!
//! ```
//! use qaqpa_adapters::xml::{Document, document};
//!
//! let parsed = Document::parse("<status><code>SCSS001</code></status>")?;
//! let code = document::child(parsed.root_element(), "code").map(document::text);
//! assert_eq!(code.as_deref(), Some("SCSS001"));
//! # Ok::<(), qaqpa_adapters::xml::Refused>(())
//! ```

pub mod c14n;
pub mod document;
pub mod escape;
pub mod guard;
mod refused;
pub mod sink;
pub mod text;

pub use document::{Document, Node};
pub use refused::{Fault, Refused};
pub use sink::{Sha256, Sink};
