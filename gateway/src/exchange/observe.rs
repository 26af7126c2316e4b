//! The two points at which an exchange is shown to a pending pack: the request, and the reply. Neither decides anything.

use std::sync::Arc;

use qaqpa_policy::{Iin, Permit};

use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::read::Reply;
use crate::exchange::shadow::{Observed, Pending, Shadow};
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// A run that sees an exchange's reply too.
pub(super) struct Watch {
    shadow: Arc<Shadow>,
    pending: Pending,
}

impl Gateway {
    /// First point: shows a request, and what became of it, to the pending pack of its operator, if a run is under way.
    pub(super) fn observe_request(&self, exchange: &Exchange, live: Result<&Cleared, &NotDone>) -> Option<Watch> {
        let (call, Ok(claim)) = (&exchange.call, &exchange.claim) else { return None };
        let (caller, wire) = (call.within.caller(), &*call.request);
        let (operation, moment) = (&call.served.operation, exchange.moment);
        let shadow = self.shadows.of(caller.operator())?;
        let pending = shadow.request(&Observed {
            caller,
            operation,
            claim,
            wire,
            moment,
            circumstances: &|permit: &Permit| {
                self.circumstances(permit, permit.request_plan(), &operation.system.id, moment.today)
            },
            known: &|iin: &Iin| self.persons.gate.standing(caller.operator(), iin),
            live: live.map(|cleared| cleared.request().minimised()),
        })?;
        live.is_ok().then_some(Watch { shadow, pending })
    }

    /// Second point: shows the reply of an exchange that both packs let go.
    pub(super) fn observe_reply(&self, exchange: &Exchange, watch: Option<Watch>, reply: &Reply) {
        let Some(Watch { shadow, pending }) = watch else { return };
        let permit = &pending.permit;
        let circumstances =
            self.circumstances(permit, permit.reply_plan(), permit.acting().as_str(), exchange.moment.today);
        let operation = &exchange.call.served.operation;
        shadow.reply(&pending, operation, reply.wire(), reply.minimised(), &circumstances);
    }
}
