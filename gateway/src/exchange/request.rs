//! Room 5: the request, minimised on its wire bytes; and whom it is about.

use qaqpa_policy::minimise::Circumstances;
use qaqpa_policy::{Minimised, Subjects};
use qaqpa_proto::Operation;

use crate::exchange::purpose::Permitted;
use crate::refusal::NotDone;

/// Evidence that a request went through the plan of its purpose. Nothing else of it is ever encoded.
///
/// Room 10 encodes this and nothing else; the bytes that a caller sent are no such thing:
/// ```no_run
/// # use qaqpa_gateway::exchange::request::Request;
/// fn room_10(request: &Request) -> &[u8] { request.minimised().bytes() }
/// ```
/// ```compile_fail
/// # use qaqpa_gateway::exchange::request::Request;
/// fn room_10(wire: &Vec<u8>) -> &[u8] { wire.minimised().bytes() }
/// ```
pub struct Request {
    subjects: Subjects,
    minimised: Minimised,
}

impl Request {
    /// Minimises wire bytes by the permit's plan. Formats are proved here.
    ///
    /// # Errors
    /// `request.malformed`, or `request.invalid` with every path that is wrong.
    pub fn minimise(
        permitted: &Permitted,
        operation: &Operation,
        wire: &[u8],
        circumstances: &Circumstances,
    ) -> Result<Self, NotDone> {
        let permit = permitted.permit();
        let subjects = Subjects::read(operation, wire)?;
        let minimised = permit.request_plan().minimise(wire, permit.mode(), circumstances)?;
        Ok(Self { subjects, minimised })
    }

    /// What may leave, and what was withheld.
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
