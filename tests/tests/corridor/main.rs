//! The corridor's end-to-end proof: every room's refusal, every way a reply can be bad, every interruption, each a row.
//!
//! A row says what the caller was told, what left, and what the journal says of it; after it the next call works.
//! Every test has a world of its own, so that what it counts is its own. Nothing here asks for a network or a tool.
//!
//! Example of a row: `("the message ends inside a value", cut, "request.malformed", Code::InvalidArgument)`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what went wrong by panicking"
)]

mod agreement;
mod bulkhead;
mod certificates;
mod channels;
mod consent;
mod consents;
mod contexts;
mod deadlines;
mod declared;
mod evidence;
mod fields;
mod gbdfl;
mod headers;
mod interruptions;
mod offers;
mod ordinary;
mod pages;
mod quotas;
mod receipts;
mod reload;
mod replies;
mod residency;
mod retention;
mod revocation;
mod rights;
mod sealed_salts;
mod separation;
mod shadow;
mod strangers;
mod streams;
mod subjects;
mod tables;
mod transforms;
mod vault;
mod wire;
mod withdrawal;
