//! The wire: contracts, their annotations, and the same contracts as plain tables.
//!
//! * [`v1`], [`avtoshkola`] and [`gbdfl`] are the messages as Rust types, for clients and for the gateway's own services
//!   ([`consent`], [`subject`], [`policy`]: no exchanges, so without categories).
//! * [`Contract`] is what the gateway works with: every operation and every field with its category, read from
//!   a descriptor set. The compiled-in set is [`DESCRIPTOR_SET`]; an agency's own set may be loaded instead.
//! * [`reason`] is the one table of refusals and failures: `ErrorInfo.reason` is part of the contract. [`language`] has the
//!   three languages that texts for people are written in.
//!
//! An exchange never passes through the Rust types: it is filtered, written and read by tables made from [`Contract`].

mod contract;
pub mod language;
mod load;
pub mod reason;

pub use contract::{
    BusinessResult, Contract, Enumeration, Field, FieldKind, FieldPath, Filled, Message, MessageIndex, Operation,
    Packed, Subject, System,
};
pub use load::ContractError;

/// Encoded `google.protobuf.FileDescriptorSet` of all compiled-in contracts, custom options included.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.binpb"));

/// Package `qaqpa.v1`: annotations, context, receipt.
#[expect(missing_docs, reason = "generated")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/qaqpa.v1.rs"));
}

/// Contracts of AIS Avtoshkola. RECONSTRUCTED, see the .proto.
pub mod avtoshkola {
    /// Package `qaqpa.avtoshkola.v1`.
    #[expect(missing_docs, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.avtoshkola.v1.rs"));
    }
}

/// Contracts of GBD FL, the state database of natural persons.
pub mod gbdfl {
    /// Package `qaqpa.gbdfl.v1`.
    #[expect(missing_docs, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.gbdfl.v1.rs"));
    }
}

/// The gateway's own ledger of consents.
pub mod consent {
    /// Package `qaqpa.consent.v1`.
    #[expect(missing_docs, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.consent.v1.rs"));
    }
}

/// The rights of a person whose data the gateway carries.
pub mod subject {
    /// Package `qaqpa.subject.v1`.
    #[expect(missing_docs, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.subject.v1.rs"));
    }
}

/// Policy packs at work.
pub mod policy {
    /// Package `qaqpa.policy.v1`.
    #[expect(missing_docs, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.policy.v1.rs"));
    }
}
