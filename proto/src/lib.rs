//! The wire: contracts, their annotations, and the same contracts as plain tables.
//!
//! * [`v1`] and the modules beside it are the messages as Rust types, one module for each package that is found below
//!   `proto/qaqpa/`: for clients ([`avtoshkola`], [`gbdfl`]) and for the gateway's own services ([`consent`], [`subject`],
//!   [`policy`]: no exchanges, so without categories).
//! * [`Contract`] is what the gateway works with: every operation and every field with its category, read from
//!   a descriptor set. The compiled-in set is [`DESCRIPTOR_SET`]; [`with_added`] puts an agency's own contracts beside it.
//! * [`reason`] is the one table of refusals and failures: `ErrorInfo.reason` is part of the contract. [`language`] has the
//!   three languages that texts for people are written in.
//! * [`google`] is `google.rpc`, the form of every error, also inside a stream.
//! * [`wire`] reads protobuf's wire format without knowing any message: the one reader of wire bytes.
//! * [`moment`] turns the wire's timestamps and durations into ours and back.
//!
//! An exchange never passes through the Rust types: it is filtered, written and read by tables made from [`Contract`].

mod added;
mod annotations;
mod contract;
pub mod language;
mod load;
pub mod moment;
mod problem;
pub mod reason;
mod redaction;
pub mod wire;

pub use added::with_added;
pub use contract::{
    BusinessResult, Contract, Enumeration, Field, FieldKind, FieldPath, Filled, Message, MessageIndex, Operation,
    Packed, Subject, System,
};
pub use packages::google;
pub use packages::qaqpa::*;
pub use problem::{ContractError, NoContract};

/// Encoded `google.protobuf.FileDescriptorSet` of all compiled-in contracts, custom options included.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.binpb"));

/// The packages below `proto/qaqpa/`, as prost writes them: `v1` for `qaqpa.v1`, `gbdfl::v1` for `qaqpa.gbdfl.v1`.
#[expect(missing_docs, unreachable_pub, reason = "generated")]
mod packages {
    include!(concat!(env!("OUT_DIR"), "/packages.rs"));
    include!(concat!(env!("OUT_DIR"), "/debug.rs"));
}
