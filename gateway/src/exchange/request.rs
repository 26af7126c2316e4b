//! Room 5, data minimisation: the request filtered on its wire bytes, and the persons named in it.

use qaqpa_policy::minimise::Circumstances;
use qaqpa_policy::{Minimised, Subjects};
use qaqpa_proto::Operation;

use crate::exchange::purpose::Permitted;
use crate::refusal::NotDone;

/// Evidence that a request went through the plan of its purpose. Nothing else of it is ever encoded.
///
/// It takes room 4's evidence, whose permit holds the plan:
/// ```no_run
/// # use qaqpa_gateway::{exchange::{purpose::Permitted, request::Request}, refusal::NotDone};
/// # use qaqpa_policy::minimise::Circumstances; use qaqpa_proto::Operation;
/// fn room_5(permitted: &Permitted, to: &Operation, wire: &[u8], now: &Circumstances) -> Result<Request, NotDone> {
///     Request::minimise(permitted, to, wire, now)
/// }
/// ```
/// Without room 4 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::{exchange::{quota::Within, request::Request}, refusal::NotDone};
/// # use qaqpa_policy::minimise::Circumstances; use qaqpa_proto::Operation;
/// fn room_5(within: &Within, to: &Operation, wire: &[u8], now: &Circumstances) -> Result<Request, NotDone> {
///     Request::minimise(within, to, wire, now)
/// }
/// ```
pub struct Request {
    subjects: Subjects,
    minimised: Minimised,
}

impl Request {
    /// Minimises wire bytes by the permit's plan. Formats are proved here.
    ///
    /// # Errors
    /// `request.malformed`, `request.too_large` for one more than the contract lets a request hold, or `request.invalid` with
    /// the paths that are wrong.
    pub fn minimise(
        permitted: &Permitted,
        operation: &Operation,
        wire: &[u8],
        circumstances: &Circumstances,
    ) -> Result<Self, NotDone> {
        let permit = permitted.permit();
        let minimised = permit.request_plan().minimise(wire, permit.mode(), circumstances)?;
        let subjects = Subjects::read(operation, wire)?;
        Ok(Self { subjects, minimised })
    }

    /// The minimised request: what may leave, and what was withheld.
    #[must_use]
    pub fn minimised(&self) -> &Minimised {
        &self.minimised
    }

    /// The persons named in the request.
    #[must_use]
    pub fn subjects(&self) -> &Subjects {
        &self.subjects
    }
}
