//! The table itself: for each message its fields in the order of the schema, and two indices into them.
//!
//! Messages are named by their place in `shapes`, so recursive contracts stay flat. Names of elements are checked when
//! the table is compiled; whoever writes them need not escape. Reading and writing live beside it.

use qaqpa_proto::Filled;
use qaqpa_proto::v1::FillValue;

/// One direction of an operation: message to document and back.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) root: String,
    /// `<a:submitGroupRequest xmlns:a="...">` and `</a:submitGroupRequest>`.
    pub(super) root_tags: (String, String),
    /// The first is the message of the document.
    pub(super) shapes: Vec<Shape>,
    /// For each enumeration, numbers and texts; values without a text are left out.
    pub(super) texts: Vec<Vec<(i32, String)>>,
    pub(super) fills: Vec<Filled>,
    pub(super) fill_steps: Vec<Step>,
}

impl Table {
    /// Local name of the document's root element.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    pub(super) fn shape(&self, at: usize) -> Option<&Shape> {
        self.shapes.get(at)
    }

    pub(super) fn text_of(&self, enumeration: usize, number: i32) -> Option<&str> {
        let texts = self.texts.get(enumeration)?;
        texts.iter().find(|(known, _)| *known == number).map(|(_, text)| text.as_str())
    }

    pub(super) fn number_of(&self, enumeration: usize, text: &str) -> Option<i32> {
        let texts = self.texts.get(enumeration)?;
        texts.iter().find(|(_, known)| known == text).map(|(number, _)| *number)
    }
}

/// A message: what of it is written, in the order of the schema.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) slots: Vec<Slot>,
    /// Every field of the message by number, sorted; nothing for those that are never written.
    pub(super) by_number: Vec<(u32, Option<u16>)>,
    /// Every slot by element name, sorted.
    pub(super) by_element: Vec<(String, u16)>,
}

impl Shape {
    /// The slot of a field number: nothing for a field that is never written, an error for one the contract does not have.
    pub(super) fn by_number(&self, number: u32) -> Result<Option<u16>, Unknown> {
        let at = self.by_number.binary_search_by_key(&number, |(known, _)| *known).map_err(|_| Unknown)?;
        Ok(self.by_number.get(at).and_then(|(_, slot)| *slot))
    }

    pub(super) fn by_element(&self, local: &str) -> Option<u16> {
        let at = self.by_element.binary_search_by(|(known, _)| known.as_str().cmp(local)).ok()?;
        self.by_element.get(at).map(|(_, slot)| *slot)
    }
}

/// A field number that the contract does not have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unknown;

/// A field as the external schema sees it.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Name in the contract, for paths in errors.
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) element: String,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
    pub(super) packed: bool,
    pub(super) required: bool,
    /// The default value is the same as absence: neither repeated nor `optional`.
    pub(super) implicit: bool,
}

/// The type of a field, on the wire and in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `string`, written as it is.
    Text,
    /// `string` whose format leaves no room for white space around it.
    Token,
    /// `string` as xs:date.
    Date,
    /// `string` as xs:dateTime.
    DateTime,
    /// `bytes` as xs:base64Binary.
    Base64,
    /// `bytes` as xs:hexBinary.
    Hex,
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// An enumeration, by its place in `Table::texts`.
    Enum(usize),
    /// A message, by its place in `Table::shapes`.
    Message(usize),
}

impl Kind {
    /// Varint on the wire, so that repeated ones may be packed.
    pub(super) fn is_varint(self) -> bool {
        match self {
            Self::Bool | Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 | Self::Enum(_) => true,
            Self::Text | Self::Token | Self::Date | Self::DateTime | Self::Base64 | Self::Hex | Self::Message(_) => {
                false
            }
        }
    }
}

/// One piece of what is written before all fields.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Open(String),
    Value { element: String, path: String, value: FillValue },
    Close(String),
}

/// Messages within messages that are followed, for contracts that are recursive (the minimiser's own bound).
pub(super) const MAX_DEPTH: usize = 32;
