//! The codec: protobuf wire bytes to a business document and back, by flat tables compiled at start from a contract.
//!
//! Nothing is generated and no message is decoded into a struct in between: one index pass over the wire bytes, then text
//! in the order of the schema; one pass over the children of an element, then wire bytes. The writer is strict and its
//! text is its own exclusive canonical form, because the signature is made over the very octets written. The reader is
//! lenient in spelling (prefixes, order, date forms) and strict in meaning (a value it cannot read, a singular element
//! that stands twice). Neither repeats a value in an error.
//!
//! ```
//! use qaqpa_adapters::codec::{Codec, Fills, Limits};
//! use qaqpa_adapters::xml::Document;
//! use qaqpa_proto::Contract;
//!
//! let contract = Contract::embedded()?;
//! let operation = contract.operation("/qaqpa.avtoshkola.v1.Training/SubmitGroup").ok_or("no operation")?;
//! let codec = Codec::compile(&contract, operation)?;
//! let mut reply = String::new();
//! let wire = b"\x12\x34\x0a\x02r1\x12\x1d2026-03-02T10:15:31.004+05:00\x1a\x0f\x0a\x0500000\x12\x02ok\x1a\x02ok\x1a\x01g";
//! codec.write_reply(wire, &mut reply)?;
//! assert!(reply.starts_with("<a:submitGroupResponse xmlns:a=\"urn:qaqpa:reconstructed:aisas:v1\"><head><requestId>r1<"));
//! let document = Document::parse(&reply)?;
//! assert_eq!(codec.read_reply(document.root_element(), &Limits::default())?.wire, wire);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compile;
mod drift;
mod fills;
mod lexical;
mod problem;
mod read;
mod table;
mod wire;
mod write;

use qaqpa_proto::v1::Payload;
use qaqpa_proto::{Contract, Operation};
use roxmltree::Node;

pub use drift::Drift;
pub use fills::Fills;
pub(crate) use lexical::{date_time, push_date_time};
pub use problem::CodecProblem;
pub use read::{Limits, Read, ReadError};
pub(crate) use read::{XSI, is_nil};
pub use table::Table;
pub use wire::scalar;
pub use write::WriteError;

/// Both directions of one operation.
#[derive(Debug, Clone)]
pub struct Codec {
    request: Table,
    reply: Table,
    payload: Payload,
}

impl Codec {
    /// Compiles the tables of an operation. Done at start, once an operation.
    ///
    /// # Errors
    /// What in the contract cannot be written as XML; its author is at fault.
    pub fn compile(contract: &Contract, operation: &Operation) -> Result<Self, CodecProblem> {
        let namespace = &operation.system.namespace;
        Ok(Self {
            request: Table::compile(contract, operation.request, &operation.request_root, namespace)?
                .filled(&operation.fill)?,
            reply: Table::compile(contract, operation.reply, &operation.reply_root, namespace)?,
            payload: operation.payload,
        })
    }

    /// The table of the request.
    #[must_use]
    pub fn request(&self) -> &Table {
        &self.request
    }

    /// The table of the reply.
    #[must_use]
    pub fn reply(&self) -> &Table {
        &self.reply
    }

    /// Appends what goes into SHEP's `data`: the document, or its children alone where the payload shape says so.
    ///
    /// # Errors
    /// The first field that cannot be written, by path. `out` is then as it was.
    pub fn write_request(&self, wire: &[u8], fills: &Fills<'_>, out: &mut String) -> Result<(), WriteError> {
        self.write(&self.request, wire, fills, out)
    }

    /// Writes a reply document, as [`Codec::write_request`] does a request; for the mock.
    ///
    /// # Errors
    /// The first field that cannot be written, by path. `out` is then as it was.
    pub fn write_reply(&self, wire: &[u8], out: &mut String) -> Result<(), WriteError> {
        self.write(&self.reply, wire, &Fills::default(), out)
    }

    /// Reads a request document; for the mock.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_request(&self, root: Node<'_, '_>, limits: &Limits) -> Result<Read, ReadError> {
        self.request.read(root, limits)
    }

    /// Reads a reply document; `root` is its root element, or SHEP's `data` where the document has none of its own.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_reply(&self, root: Node<'_, '_>, limits: &Limits) -> Result<Read, ReadError> {
        self.reply.read(root, limits)
    }

    fn write(&self, table: &Table, wire: &[u8], fills: &Fills<'_>, out: &mut String) -> Result<(), WriteError> {
        match self.payload {
            Payload::Children | Payload::XsiType => table.write_children(wire, fills, out),
            Payload::Root | Payload::Escaped | Payload::Unspecified => table.write(wire, fills, out),
        }
    }
}
