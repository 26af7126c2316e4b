//! Decides: caller, purpose, consent, minimisation, residency. No I/O, no clock, no async.
//!
//! What comes in are bytes, addresses, a day; what goes out is evidence with private fields, or a refusal with a
//! stable code. Nothing here can be skipped by its user, since the next room of the corridor demands the evidence:
//!
//! ```text
//! Callers::identify(certificate)            -> Caller
//! Claim::read(wire)                         -> Claim      what the request says of itself
//! permit(caller, operation, claim, plans)   -> Permit     pack x contract, compiled at start
//! Subjects::read(operation, wire)           -> Subjects
//! consent::check(permit, subjects, today)   -> Consent
//! permit.request_plan().minimise(wire, ..)  -> Minimised  before any decoding
//! residency::judge(endpoint, addresses, ..) -> Judged
//! permit.reply_plan().minimise(wire, ..)    -> Minimised
//! ```
//!
//! No error, `Debug` or panic of this crate holds a personal datum; field paths and codes only.

pub mod calendar;
pub mod caller;
pub mod category;
pub mod consent;
pub mod context;
pub mod explain;
pub mod identifier;
pub mod minimise;
pub mod pack;
pub mod permit;
pub mod plan;
pub mod residency;
pub mod subject;
mod suggest;
pub mod wire;

pub use caller::{Caller, CallerMatch, CallerRule, Callers, Identity, Role};
pub use consent::{Consent, NotConsented};
pub use context::{Claim, ContextProblem};
pub use identifier::{Bin, Iin, InvalidIdentifier, Phone};
pub use minimise::{Flaw, InvalidField, Minimised, Mode, NotMinimised, Withheld};
pub use pack::{Pack, PackProblem, Text};
pub use permit::{NotPermitted, Permit, permit};
pub use plan::{Direction, NotOffered, Plan, PlanProblem, Plans};
pub use subject::Subjects;
pub use wire::Malformed;
