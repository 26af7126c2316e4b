//! Authorisation of one exchange: caller, operation, purpose and the organisation acted for.
//!
//! Refuses what any of the three does not grant: the certificate's rule, the policy pack, the contract; and what the
//! pack prohibits, whatever the caller. There is no default purpose and no purpose that grants another.
//!
//! ```text
//! backend, /qaqpa.avtoshkola.v1.Training/SyncStudents, state-exchange  -> Permit, acting for 990141000002
//! backend, the same, marketing                                         -> purpose.prohibited
//! ```

use std::sync::Arc;

use qaqpa_proto::Operation;
use qaqpa_proto::reason::Refusal;

use crate::caller::{Caller, Role};
use crate::context::Claim;
use crate::identifier::Bin;
use crate::minimise::Mode;
use crate::pack::{ConsentRule, Incompatible, Pack, Purpose};
use crate::plan::{NotOffered, Offer, Plan, Plans};

/// Evidence that an exchange may go on, and by which plans.
#[derive(Debug, Clone)]
pub struct Permit {
    caller: Caller,
    operation: String,
    purpose: Arc<Purpose>,
    acting: Bin,
    pack: Arc<Pack>,
    request: Arc<Plan>,
    reply: Arc<Plan>,
}

/// Judges a claim. `plans` are those of the caller's operator.
///
/// # Errors
/// The first grant that is lacking.
pub fn permit(caller: &Caller, operation: &Operation, claim: &Claim, plans: &Plans) -> Result<Permit, NotPermitted> {
    if caller.role() != Role::Exchange {
        return Err(NotPermitted::Role);
    }
    // The gateway looks plans up by the operator, so this does not happen there; a permit must not depend on that.
    if caller.operator() != plans.operator().id {
        return Err(NotPermitted::Operator);
    }
    let purpose = plans.pack().purpose(claim.purpose()).ok_or(NotPermitted::UnknownPurpose)?;
    // Before the grant: a configuration cannot grant what the pack prohibits.
    if purpose.prohibited.is_some() {
        return Err(NotPermitted::Prohibited);
    }
    if !caller.purposes().contains(&purpose.id) {
        return Err(NotPermitted::NotGranted);
    }
    let (request, reply) = match plans.offer(&operation.path, &purpose.id) {
        Some(Offer::Offered { request, reply }) => (Arc::clone(request), Arc::clone(reply)),
        Some(Offer::NotOffered(reason)) => return Err(NotPermitted::NotOffered(reason.clone())),
        None => return Err(NotPermitted::NotForOperation),
    };
    Ok(Permit {
        caller: caller.clone(),
        operation: operation.path.clone(),
        purpose: Arc::clone(purpose),
        acting: acting(caller, claim, plans)?,
        pack: Arc::clone(plans.pack()),
        request,
        reply,
    })
}

/// The organisation the exchange is made for: the operator itself, or one that the caller may act for. An operator
/// without a BIN can make none for itself.
fn acting(caller: &Caller, claim: &Claim, plans: &Plans) -> Result<Bin, NotPermitted> {
    match (claim.on_behalf_of(), plans.operator().bin) {
        (None, Some(own)) => Ok(own),
        (Some(bin), own) if own == Some(*bin) || caller.on_behalf_of().contains(bin) => Ok(*bin),
        (None, None) | (Some(_), _) => Err(NotPermitted::Delegation),
    }
}

impl Permit {
    /// The caller.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Path of the operation.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Operator (pack) id.
    #[must_use]
    pub fn operator(&self) -> &str {
        self.pack.id()
    }

    /// The purpose with its title, DPV term, legal basis and clause.
    #[must_use]
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// What happens to fields of the request that the purpose does not need.
    #[must_use]
    pub fn mode(&self) -> Mode {
        let strict = self.purpose.strict.iter().any(|pattern| pattern.covers(&self.operation));
        if strict { Mode::Strict } else { Mode::Strip }
    }

    /// What every subject's consent must be; none where the purpose rests on something else.
    #[must_use]
    pub fn consent_rule(&self) -> Option<&ConsentRule> {
        self.purpose.consent.as_ref()
    }

    /// Purposes that may not meet this one about one person.
    #[must_use]
    pub fn incompatible(&self) -> &[Incompatible] {
        &self.purpose.incompatible
    }

    /// BIN of the organisation for which the exchange is made.
    #[must_use]
    pub fn acting(&self) -> &Bin {
        &self.acting
    }

    /// The pack that decided: id, edition, SHA-256.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The minimisation plan of the request.
    #[must_use]
    pub fn request_plan(&self) -> &Arc<Plan> {
        &self.request
    }

    /// The minimisation plan of the reply.
    #[must_use]
    pub fn reply_plan(&self) -> &Arc<Plan> {
        &self.reply
    }
}

/// The grant that is lacking. The caller is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    /// Auditors and administrators do not exchange.
    #[error("this caller's role may not exchange data")]
    Role,
    /// Plans of another operator; the gateway is at fault.
    #[error("this caller belongs to another operator")]
    Operator,
    /// The pack has no such purpose.
    #[error("the operator's policy has no such purpose")]
    UnknownPurpose,
    /// The pack prohibits the purpose.
    #[error("the operator's policy prohibits the purpose")]
    Prohibited,
    /// The caller has it not.
    #[error("this caller may not claim the purpose")]
    NotGranted,
    /// The operation has it not.
    #[error("the operator's policy does not use this operation for the purpose")]
    NotForOperation,
    /// The policy withholds what the state demands.
    #[error("the purpose cannot be served: {0}")]
    NotOffered(NotOffered),
    /// The organisation is not in the caller's list, or none is named and the operator has no BIN of its own.
    #[error("this caller may not act for the organisation in `context.on_behalf_of`")]
    Delegation,
}

impl NotPermitted {
    /// Row of the table.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        match self {
            Self::Role => Refusal::CallerRole,
            Self::Operator => Refusal::CallerOperator,
            Self::UnknownPurpose => Refusal::PurposeUnknown,
            Self::Prohibited => Refusal::PurposeProhibited,
            Self::NotGranted | Self::NotForOperation => Refusal::PurposeNotAllowed,
            Self::NotOffered(_) => Refusal::PurposeNotOffered,
            Self::Delegation => Refusal::DelegationNotAllowed,
        }
    }
}
