//! A contract as plain tables: what policy compiles plans from and adapters compile codecs from.
//!
//! Nothing here reads descriptors (see `load.rs`) or decides anything. Messages are held once and named by
//! [`MessageIndex`], so that recursive messages are possible and tables stay flat.

use crate::v1::{Category, Channel, FillValue, Format, Payload};

/// All operations of a descriptor set and the messages they reach.
#[derive(Debug, Clone)]
pub struct Contract {
    pub(crate) operations: Vec<Operation>,
    pub(crate) messages: Vec<Message>,
    pub(crate) enumerations: Vec<Enumeration>,
}

impl Contract {
    /// Every operation, in the order of the descriptor set.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation served at a gRPC path such as `/qaqpa.avtoshkola.v1.Training/GetSchool`.
    #[must_use]
    pub fn operation(&self, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.path == path)
    }

    /// The message behind an index of this same contract.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "indices are made by load.rs for this very table and have no public constructor"
    )]
    pub fn message(&self, index: MessageIndex) -> &Message {
        &self.messages[index.0]
    }

    /// The enumeration behind an enum field.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "made by load.rs for this very table")]
    pub fn enumeration(&self, index: usize) -> &Enumeration {
        &self.enumerations[index]
    }
}

/// Names a message within one contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageIndex(pub(crate) usize);

impl MessageIndex {
    /// Position in a table that holds one entry per message.
    #[must_use]
    pub fn position(self) -> usize {
        self.0
    }
}

/// The external system behind a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Stable id, for example `avtoshkola`.
    pub id: String,
    /// Namespace of its business documents.
    pub namespace: String,
    /// A Smart Bridge passport code, or `RECONSTRUCTED`.
    pub source: String,
    /// Title for people.
    pub title: String,
}

/// One RPC and the state service that answers it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// gRPC path, `/package.Service/Method`.
    pub path: String,
    /// `package.Service`.
    pub service: String,
    /// `Method`.
    pub name: String,
    /// The system that answers.
    pub system: System,
    /// SHEP serviceId.
    pub service_id: String,
    /// Where the service id comes from; holds the word RECONSTRUCTED where no public source attests it.
    pub source: String,
    /// SHEP channel.
    pub channel: Channel,
    /// Shape of `data`.
    pub payload: Payload,
    /// Local name of the request's root element.
    pub request_root: String,
    /// Local name of the reply's root element.
    pub reply_root: String,
    /// Fills: the elements that the gateway writes itself, before all fields, in this order.
    pub fill: Vec<Filled>,
    /// Paths of the persons (data subjects) in request and reply.
    pub subject: Subject,
    /// Path of the field that names the organisation acted for.
    pub acting: Option<FieldPath>,
    /// Paths of the business result in the reply.
    pub business_result: Option<BusinessResult>,
    /// Request message.
    pub request: MessageIndex,
    /// Reply message.
    pub reply: MessageIndex,
    /// True for a bidirectional stream of exchanges, false for a unary call.
    pub streaming: bool,
}

/// An element that the gateway fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Local names from the root down.
    pub path: Vec<String>,
    /// The value that is written.
    pub value: FillValue,
}

/// Paths that lead to the person an exchange is about. Empty where the contract names none.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The IIN.
    pub iin: Option<FieldPath>,
    /// The birth date.
    pub birth_date: Option<FieldPath>,
    /// The guardian's IIN.
    pub guardian: Option<FieldPath>,
    /// The consent reference.
    pub consent: Option<FieldPath>,
    /// The birth date in the reply, for requests that do not tell it.
    pub reply_birth_date: Option<FieldPath>,
    /// How many persons a request may name, by the bounds of the repeated fields on the way to `iin`.
    pub most: usize,
}

/// Third status layer of SHEP: the code inside the business document.
#[derive(Debug, Clone)]
pub struct BusinessResult {
    /// Path of the code in the reply message.
    pub code: FieldPath,
    /// Codes that mean success.
    pub success: Vec<String>,
    /// Path of the request id that the document answers.
    pub request_id: Option<FieldPath>,
}

/// Field numbers from a message down to a scalar; repeated fields on the way mean several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// As written in the contract, for people: `student.iin`.
    pub text: String,
    /// Field numbers.
    pub numbers: Vec<u32>,
}

/// A message and its fields, in declaration order, which is the order of the XSD.
#[derive(Debug, Clone)]
pub struct Message {
    /// Full name, `qaqpa.avtoshkola.v1.Student`.
    pub name: String,
    /// Fields in declaration order.
    pub fields: Vec<Field>,
}

impl Message {
    /// The field with this number.
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// One field with its annotations.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name in the .proto.
    pub name: String,
    /// Field number.
    pub number: u32,
    /// Type.
    pub kind: FieldKind,
    /// `repeated`, maps included.
    pub repeated: bool,
    /// How many a request may hold; 1 for what is not repeated.
    pub most: usize,
    /// Repeated scalars are written packed.
    pub packed: bool,
    /// Has explicit presence (`optional`, or a message).
    pub presence: bool,
    /// Kind of datum. Never `CATEGORY_UNSPECIFIED`.
    pub category: Category,
    /// Categories that can be derived from the value.
    pub derives: Vec<Category>,
    /// Format of its text.
    pub format: Format,
    /// Local name of its XML element.
    pub element: String,
    /// The external schema demands it.
    pub required: bool,
    /// Not part of the external schema.
    pub local: bool,
    /// The `oneof` it belongs to, by its position in the message. `optional` is none.
    pub oneof: Option<usize>,
    /// What an `Any` may hold; empty for every other type.
    pub any: Vec<Packed>,
}

/// A message that an `Any` may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Full name, `qaqpa.example.v1.Detail`.
    pub name: String,
    /// The last part of the full name in snake case, `detail`, by which paths name it; unique within the field.
    pub short: String,
    /// The message.
    pub message: MessageIndex,
}

impl Packed {
    /// The one spelling of its type URL that is understood.
    #[must_use]
    pub fn type_url(&self) -> String {
        format!("type.googleapis.com/{}", self.name)
    }
}

/// Types a contract may use. Groups are refused at load, and an `Any` that does not say what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `string`
    String,
    /// `bytes`
    Bytes,
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
    /// `sint32`
    Sint32,
    /// `sint64`
    Sint64,
    /// `fixed32`
    Fixed32,
    /// `fixed64`
    Fixed64,
    /// `sfixed32`
    Sfixed32,
    /// `sfixed64`
    Sfixed64,
    /// `float`
    Float,
    /// `double`
    Double,
    /// An enum, by its index in the contract.
    Enum(usize),
    /// A message.
    Message(MessageIndex),
    /// A map, by the message of its entries: field 1 is the key, field 2 the value.
    Map(MessageIndex),
    /// `google.protobuf.Any`; what it may hold stands in [`Field::any`].
    Any,
}

/// An enum and how its values are spelt in XML.
#[derive(Debug, Clone)]
pub struct Enumeration {
    /// Full name.
    pub name: String,
    /// Number, name in the .proto, text in XML (empty for the unspecified value).
    pub values: Vec<(i32, String, String)>,
}
