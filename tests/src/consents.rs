//! Consents, given as a school gives them: through the ledger's own service, before anything may rest on them.
//!
//! Nothing is written past the gateway; what a test gives here is judged, durable and in the journal like any other consent.
//! Refusals of the ledger are looked at in `tests/corridor/consents.rs`.
//!
//! Example: `school.gives(consents::own(&people::iin(1), REPORTING, world.site.time.now())).await`

use jiff::{SignedDuration, Timestamp};
use qaqpa_proto::avtoshkola::v1::Student;
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::consent::v1::withdraw_request::Which;
use qaqpa_proto::consent::v1::{Form, GiveRequest, GiveResponse, WithdrawRequest, WithdrawResponse, WithdrawalReason};
use qaqpa_proto::moment::{lasting, stamp};

use crate::Caller;
use crate::people::{SCHOOL, STATE_EXCHANGE};

/// `Consents.Give`
pub const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
/// `Consents.Withdraw`
pub const WITHDRAW: &str = "/qaqpa.consent.v1.Consents/Withdraw";

/// A person's own, in writing, for one purpose of the school.
#[must_use]
pub fn own(iin: &str, purpose: &str, given_at: Timestamp) -> GiveRequest {
    GiveRequest {
        iin: iin.to_owned(),
        purposes: vec![purpose.to_owned()],
        form: Form::Written.into(),
        given_at: Some(stamp(given_at)),
        evidence_sha256: vec![0x5a; 32],
        on_behalf_of: SCHOOL.to_owned(),
        ..GiveRequest::default()
    }
}

/// An end so many days after it was given.
#[must_use]
pub fn days(days: i64) -> Option<End> {
    Some(End::Term(lasting(SignedDuration::from_hours(24 * days))))
}

/// What the student's record claims: that this guardian has consented, under this reference.
#[must_use]
pub fn guardians(student: &Student, given_at: Timestamp) -> GiveRequest {
    GiveRequest {
        guardian_iin: student.guardian_iin.clone(),
        reference: student.consent_ref.clone(),
        ..own(&student.iin, STATE_EXCHANGE, given_at)
    }
}

impl Caller {
    /// Gives a consent that has to be taken, and returns its id.
    ///
    /// # Panics
    /// When the ledger refuses it.
    pub async fn gives(&self, consent: GiveRequest) -> String {
        let reply: GiveResponse = self.call(GIVE, &consent).await.unwrap();
        reply.consent.unwrap().id
    }

    /// Takes a consent back, as the person has asked.
    ///
    /// # Panics
    /// When the ledger refuses it.
    pub async fn takes_back(&self, id: &str) {
        let request = WithdrawRequest {
            which: Some(Which::Id(id.to_owned())),
            reason: WithdrawalReason::SubjectRequest.into(),
            on_behalf_of: SCHOOL.to_owned(),
        };
        let reply: WithdrawResponse = self.call(WITHDRAW, &request).await.unwrap();
        assert_eq!(reply.withdrawn, [id]);
    }
}
