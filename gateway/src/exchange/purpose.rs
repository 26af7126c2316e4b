//! Room 4, purpose limitation: authorises caller, operation, purpose and the school that is acted for.

use qaqpa_adapters::codec::scalar;
use qaqpa_policy::{Bin, Claim, Permit, Plans, permit};
use qaqpa_proto::Operation;
use qaqpa_proto::reason::Refusal;

use crate::exchange::quota::Within;
use crate::refusal::NotDone;

/// Evidence that the claim was judged, and that the message names the school it is made for.
///
/// It is made of a caller within its quota; the filter of room 5 and everything behind it ask for it:
/// ```no_run
/// # use qaqpa_gateway::{exchange::{purpose::Permitted, quota::Within}, refusal::NotDone};
/// # use qaqpa_policy::{Claim, Plans, Caller}; use qaqpa_proto::Operation;
/// fn room_4(within: Within, operation: &Operation, claim: &Claim, plans: &Plans) -> Result<Permitted, NotDone> {
///     Permitted::judge(&within, operation, b"", claim, plans)
/// }
/// ```
/// Without room 3 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::{exchange::{purpose::Permitted, quota::Within}, refusal::NotDone};
/// # use qaqpa_policy::{Claim, Plans, Caller}; use qaqpa_proto::Operation;
/// fn room_4(caller: Caller, operation: &Operation, claim: &Claim, plans: &Plans) -> Result<Permitted, NotDone> {
///     Permitted::judge(&caller, operation, b"", claim, plans)
/// }
/// ```
pub struct Permitted {
    permit: Permit,
    _own_school: OwnSchool,
}

/// Evidence that the message does not name another school than the one that is acted for.
struct OwnSchool(());

impl Permitted {
    /// Judges a claim by the plans of the caller's operator.
    ///
    /// # Errors
    /// `caller.role`, `purpose.*`, `delegation.not_allowed`.
    pub fn judge(
        within: &Within,
        operation: &Operation,
        wire: &[u8],
        claim: &Claim,
        plans: &Plans,
    ) -> Result<Self, NotDone> {
        let permit = permit(within.caller(), operation, claim, plans)?;
        let own_school = OwnSchool::named_in(operation, wire, &permit)?;
        Ok(Self { permit, _own_school: own_school })
    }

    /// The permit: caller, purpose, organisation, plans.
    #[must_use]
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl OwnSchool {
    /// Checks that the message names no other school than the one that is acted for.
    fn named_in(operation: &Operation, wire: &[u8], permit: &Permit) -> Result<Self, NotDone> {
        let Some(path) = &operation.acting else { return Ok(Self(())) };
        match scalar(wire, path) {
            // Absent or not a BIN: the filter says so by path.
            Some(named) if Bin::parse(named).is_ok() && named != permit.acting().as_str() => {
                Err(NotDone::from(Refusal::DelegationNotAllowed).at(vec![(path.text.clone(), "not_acting_for")]))
            }
            _ => Ok(Self(())),
        }
    }
}
