//! Rooms 4 to 10: all checks of a message before it leaves. Rooms 2 and 3 come before it is read (`serve/entrance.rs`).

use std::sync::Arc;

use qaqpa_policy::consent::{self, Consent};
use qaqpa_policy::{Claim, Iin, Permit};
use qaqpa_proto::Operation;
use qaqpa_proto::reason::Failure;

use crate::dial::Resident;
use crate::exchange::bulkhead::Passage;
use crate::exchange::call::Exchange;
use crate::exchange::duplicate::Ticket;
use crate::exchange::marks::Marks;
use crate::exchange::purpose::Permitted;
use crate::exchange::quota::Ask;
use crate::exchange::request::Request;
use crate::exchange::sign::Signed;
use crate::gateway::Gateway;
use crate::persons::gate::InFlight;
use crate::refusal::NotDone;

/// The evidence of rooms 3 to 10. Nothing has left yet. Made in one place, of evidence alone: with a room taken
/// out of `Gateway::clear` one of its fields has no value.
pub struct Cleared {
    permitted: Permitted,
    claim: Claim,
    request: Request,
    consent: Consent,
    ticket: Ticket,
    passage: Passage,
    resident: Arc<Resident>,
    signed: Signed,
    in_flight: Arc<InFlight>,
    marks: Marks,
    salt: [u8; 32],
}

impl Gateway {
    /// Walks rooms 4 to 10.
    pub(super) async fn clear(&self, exchange: &Exchange) -> Result<Cleared, NotDone> {
        let (call, moment) = (&exchange.call, exchange.moment);
        let operation = &call.served.operation;
        let (caller, wire) = (call.within.caller(), &*call.request);
        self.quotas.octets(&call.within, wire.len())?;
        let claim = exchange.claim.as_ref().map_err(Clone::clone)?;
        // The permit holds the plans of this moment: a reload during the exchange changes nothing for it.
        let permitted = Permitted::judge(&call.within, operation, wire, claim, &*self.policy(caller)?)?;
        let permit = permitted.permit();
        let circumstances = self.circumstances(permit, permit.request_plan(), &operation.system.id, moment.today);
        let request = Request::minimise(&permitted, operation, wire, &circumstances)?;
        let known = |iin: &Iin| self.persons.gate.standing(caller.operator(), iin);
        // A first look. What is withdrawn after it is caught by the gate, when the connection takes the body
        // (`GatedBody`).
        let consent = consent::check(permit, operation, claim.consent(), request.subjects(), &known, moment)?;
        // From here a second call with this request id is refused; a failure below drops the ticket and frees the id.
        let ticket = self.duplicates.take(&consent, (caller.id(), claim.request_id()), exchange.id, exchange.began)?;
        let system = self.system(operation)?;
        // Before the quotas: what a system that hangs refuses uses up nothing. Held until the exchange has ended.
        let passage = self.bulkheads.enter(&operation.system.id)?;
        let iins: Vec<&str> = request.subjects().iins().map(Iin::as_str).collect();
        // Not given back when the exchange fails below: a quota errs on the strict side.
        let within = self.quotas.exchange(&ticket, &ask(permit, operation, &iins), exchange.began)?;
        // May wait for DNS. Tables that are replaced during this await judge its answer again.
        let resident = self.door.judge(&system.endpoint).await?;
        let ids = (exchange.id, moment.now);
        let signed = Signed::by(system, (&call.served, permit), &request, &within, &resident, ids).await?;
        let salt = self.ids.salt().map_err(|_| Failure::GatewayInternal)?;
        // Claims the purpose for each person under the lock of the gate: of two incompatible purposes at once one stops
        // here.
        let in_flight = self.persons.gate.enter(permit, &consent, exchange.id).map_err(NotDone::from)?;
        // Durable before the intent is, so that no line bears a mark whose key was never stored.
        let marks = self.marks(permit, &consent, &exchange.txn).await?;
        // DNS, the signer and the vault were waited for.
        call.in_time()?;
        let claim = claim.clone();
        Ok(Cleared { permitted, claim, request, consent, ticket, passage, resident, signed, in_flight, marks, salt })
    }
}

fn ask<'a>(permit: &'a Permit, operation: &'a Operation, subjects: &'a [&'a str]) -> Ask<'a> {
    Ask {
        caller: permit.caller().id(),
        purpose: &permit.purpose().id,
        operation: &operation.path,
        system: &operation.system.id,
        service: &operation.service_id,
        subjects,
    }
}

impl Cleared {
    pub(crate) fn permit(&self) -> &Permit {
        self.permitted.permit()
    }

    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn consent(&self) -> &Consent {
        &self.consent
    }

    pub(crate) fn passage(&self) -> &Passage {
        &self.passage
    }

    pub(crate) fn resident(&self) -> &Resident {
        &self.resident
    }

    pub(crate) fn signed(&self) -> &Signed {
        &self.signed
    }

    pub(crate) fn in_flight(&self) -> &Arc<InFlight> {
        &self.in_flight
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// The key of this exchange's commitments.
    pub(crate) fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The exchange was answered: its request id stays taken.
    pub(crate) fn answered(self) {
        self.ticket.done();
    }
}
