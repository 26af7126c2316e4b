//! Policy decisions: caller, purpose, consent, data minimisation. No I/O, no clock, no async.
//!
//! What comes in are bytes, a pack, a day; what goes out is evidence with private fields, or a refusal with a
//! stable code. Nothing here can be skipped by its user, since the next room of the corridor demands the evidence:
//!
//! ```text
//! Callers::identify(certificate)            -> Caller
//! Claim::read(wire)                         -> Claim      what the request says of itself
//! permit(caller, operation, claim, plans)   -> Permit     pack x contract, compiled at start
//! Subjects::read(operation, wire)           -> Subjects
//! consent::check(permit, .., known, moment) -> Consent    what the ledger knows of each person
//! permit.request_plan().minimise(wire, ..)  -> Minimised  before any decoding
//! permit.reply_plan().minimise(wire, ..)    -> Minimised
//! ```
//!
//! Where something may go is decided beside it, in `residency/`; what people read of a policy is written in `papers/`.
//! Neither is known here.
//!
//! No error, `Debug` or panic of this crate holds a personal datum; field paths and codes only.

pub mod calendar;
pub mod caller;
pub mod category;
mod circumstances;
pub mod consent;
pub mod context;
pub mod identifier;
mod lack;
pub mod mechanism;
pub mod minimise;
pub mod pack;
pub mod permit;
pub mod plan;
mod pseudonym;
pub mod standing;
pub mod subject;
pub mod suggest;
pub mod transform;
pub mod unread;
pub mod working_days;

pub use caller::{Authority, Caller, CallerMatch, CallerRule, Callers, Identity, IssuerRule, Role};
pub use consent::{Consent, NotConsented};
pub use context::{Claim, ContextProblem};
pub use identifier::{Bin, Iin, InvalidIdentifier, Phone};
pub use minimise::{
    Circumstances, Flaw, InvalidField, Minimised, Mode, NotMinimised, PseudonymKey, Transformed, Withheld,
};
pub use pack::{Pack, PackProblem};
pub use permit::{NotPermitted, Permit, permit};
pub use plan::{Direction, NotOffered, Plan, PlanProblem, Plans};
pub use standing::Standing;
pub use subject::Subjects;
pub use transform::Transform;
