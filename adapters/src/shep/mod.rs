//! SHEP, the «eGov gateway» (ШЭП): its channels in its own words. The wire facts are those of kz-protocols section 1.
//!
//! Element names and official misspellings stay inside this module. It writes strictly by the official schema and reads what is
//! seen in the wild; the three status layers (SOAP fault, SHEP status, business result) are never mixed.

mod channel;
pub mod status;
pub mod sync;

pub use channel::{
    Answered, Channel, Decoded, Expected, Headers, Message, NoAnswer, NotDecoded, NotServed, NotVerified,
    ReplyDocument, ReplyText, Sender, Signed, Unreadable, Unsigned, Verified,
};
pub use sync::{Fault, NotAnswered, Password, Sent, Status, Unwritable};

/// Namespace of the wrapper elements of the synchronous channel; everything inside them is unqualified.
pub const SYNC_TYPES: &str = "http://bip.bee.kz/SyncChannel/v10/Types";
/// Namespace of `xs:string`.
pub(crate) const XS: &str = "http://www.w3.org/2001/XMLSchema";
