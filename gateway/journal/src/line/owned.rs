//! Lines that outlive the leaf they were read from: what a report keeps of the few lines among many that are about one person.

use super::{Commitments, Counts, Intent, Outcome, Subjects, Text, Who, Why};

impl Intent<'_> {
    /// The same, borrowing from nothing.
    #[must_use]
    pub fn into_owned(self) -> Intent<'static> {
        Intent {
            txn: self.txn.into_owned(),
            ts: self.ts,
            who: self.who.into_owned(),
            peer: self.peer.into_owned(),
            method: self.method.into_owned(),
            why: self.why.into_owned(),
            system: self.system.into_owned(),
            service_id: self.service_id.into_owned(),
            contract: self.contract.into_owned(),
            subjects: self.subjects.into_owned(),
            withheld: counts(self.withheld),
            transformed: counts(self.transformed),
            residency: self.residency.into_owned(),
            address: self.address.into_owned(),
            message_id: self.message_id.into_owned(),
            request_hmac: self.request_hmac.into_owned(),
            signature: self.signature.into_owned(),
            commitments: commitments(self.commitments),
        }
    }
}

impl Who<'_> {
    /// The same, borrowing from nothing.
    #[must_use]
    pub fn into_owned(self) -> Who<'static> {
        Who {
            caller: self.caller.into_owned(),
            certificate: self.certificate.into_owned(),
            operator: self.operator.into_owned(),
        }
    }
}

impl Why<'_> {
    fn into_owned(self) -> Why<'static> {
        Why {
            purpose: self.purpose.into_owned(),
            dpv: self.dpv.into_owned(),
            legal_basis: self.legal_basis.into_owned(),
            clause: self.clause.into_owned(),
            policy: self.policy.into_owned(),
            policy_sha256: self.policy_sha256.into_owned(),
            acting_for: self.acting_for.into_owned(),
        }
    }
}

impl Subjects<'_> {
    fn into_owned(self) -> Subjects<'static> {
        Subjects {
            named: self.named,
            minors: self.minors,
            marks: self.marks.into_iter().map(Text::into_owned).collect(),
            consents: self.consents.into_iter().map(Text::into_owned).collect(),
        }
    }
}

impl Outcome<'_> {
    /// The same, borrowing from nothing.
    #[must_use]
    pub fn into_owned(self) -> Outcome<'static> {
        Outcome {
            txn: self.txn.into_owned(),
            ts: self.ts,
            result: self.result,
            code: self.code.map(Text::into_owned),
            detail: self.detail.map(Text::into_owned),
            evidence: self.evidence.map(Text::into_owned),
            times: self.times,
            shep: self.shep.map(Text::into_owned),
            business: self.business.map(Text::into_owned),
            reply_hmac: self.reply_hmac.map(Text::into_owned),
            reply_signer: self.reply_signer.map(Text::into_owned),
            withheld: counts(self.withheld),
            transformed: counts(self.transformed),
            drift: self.drift,
            commitments: commitments(self.commitments),
        }
    }
}

fn counts(counts: Counts<'_>) -> Counts<'static> {
    counts.into_iter().map(|(category, count)| (category.into_owned(), count)).collect()
}

fn commitments(commitments: Commitments<'_>) -> Commitments<'static> {
    commitments.into_iter().map(|(path, commitment)| (path.into_owned(), commitment.into_owned())).collect()
}
