//! Every refusal of policy and adapters as [`NotDone`]: which row of the table it is, and the stable word it keeps.
//!
//! Each `match` is exhaustive, so that a new way to refuse over there does not compile before it has a row here.

use qaqpa_adapters::codec::{ReadError, WriteError};
use qaqpa_adapters::shep::sync::{DataProblem, NotAnswered, SyncProblem, Unwritable};
use qaqpa_policy::consent::LackKind;
use qaqpa_policy::{ContextProblem, NotConsented, NotMinimised, NotPermitted};
use qaqpa_proto::wire::{Fault, Malformed};
use qaqpa_residency::{Refused, ResidencyRefusal};

use crate::refusal::NotDone;
use crate::refusal::reason::Reason;

impl From<ContextProblem> for NotDone {
    fn from(problem: ContextProblem) -> Self {
        let reason = match problem {
            ContextProblem::Missing => Reason::PurposeMissing,
            ContextProblem::Ambiguous => Reason::PurposeAmbiguous,
            ContextProblem::RequestId | ContextProblem::Consent | ContextProblem::OnBehalfOf(_) => {
                Reason::RequestInvalid
            }
            ContextProblem::Malformed(malformed) => return malformed.into(),
        };
        Self::from(reason).at(problem.path().map(|path| (path.to_owned(), "context")).into_iter().collect())
    }
}

impl From<Malformed> for NotDone {
    fn from(malformed: Malformed) -> Self {
        let word = match malformed.fault {
            Fault::Truncated => "truncated",
            Fault::Varint => "varint",
            Fault::FieldNumber => "field_number",
            Fault::WireType => "wire_type",
            Fault::Depth => "depth",
            Fault::WrongType => "wrong_type",
            Fault::Twice => "twice",
            Fault::Utf8 => "utf8",
            Fault::Range => "range",
            Fault::Choice => "choice",
            Fault::EmptyKey => "empty_key",
            Fault::Any => "any",
        };
        let fields = if malformed.path.is_empty() { Vec::new() } else { vec![(malformed.path.clone(), word)] };
        Self::from(Reason::RequestMalformed).detailed(word).at(fields).evidenced(malformed)
    }
}

impl From<NotPermitted> for NotDone {
    fn from(lack: NotPermitted) -> Self {
        match lack {
            NotPermitted::Role => Reason::CallerRole.into(),
            NotPermitted::Operator => Reason::Internal.into(),
            NotPermitted::UnknownPurpose => Reason::PurposeUnknown.into(),
            NotPermitted::Prohibited => Reason::PurposeProhibited.into(),
            NotPermitted::NotGranted | NotPermitted::NotForOperation => Reason::PurposeNotAllowed.into(),
            NotPermitted::NotOffered(why) => Self::from(Reason::PurposeNotOffered).at(vec![(why.path, "withheld")]),
            NotPermitted::Delegation => Reason::DelegationNotAllowed.into(),
        }
    }
}

impl From<NotMinimised> for NotDone {
    /// Of a request; a reply that is not minimised is malformed whatever the reason.
    fn from(flawed: NotMinimised) -> Self {
        match flawed {
            NotMinimised::Malformed { problem, .. } => problem.into(),
            NotMinimised::Invalid { fields, .. } => Self::from(Reason::RequestInvalid)
                .at(fields.into_iter().map(|field| (field.path, field.flaw.code())).collect()),
        }
    }
}

impl From<NotConsented> for NotDone {
    fn from(lacking: NotConsented) -> Self {
        let reason = Reason::from(lacking.kind());
        let fields = lacking.lacks().iter().map(|lack| (lack.path.clone(), lack.kind.code())).collect();
        Self::from(reason).detailed(format!("clause_{}", lacking.clause())).at(fields)
    }
}

impl From<LackKind> for Reason {
    fn from(kind: LackKind) -> Self {
        match kind {
            LackKind::Restricted => Self::SubjectRestricted,
            LackKind::Objected => Self::SubjectObjected,
            LackKind::Incompatible => Self::PurposeIncompatible,
            LackKind::MinorRefused => Self::ConsentMinorRefused,
            LackKind::Guardian | LackKind::GuardianIsSubject | LackKind::Reference => Self::ConsentGuardianMissing,
            LackKind::ConsentWithdrawn => Self::ConsentWithdrawn,
            LackKind::ConsentExpired => Self::ConsentExpired,
            LackKind::ConsentScope => Self::ConsentOutOfScope,
            LackKind::ConsentMissing => Self::ConsentMissing,
            LackKind::BirthDate => Self::ConsentBirthDateUnknown,
            LackKind::Unknown => Self::SubjectUnknown,
        }
    }
}

impl From<Refused> for NotDone {
    /// With the line of evidence, which stands in the journal.
    fn from(refused: Refused) -> Self {
        let not_done = Self::from(Reason::Residency(refused.refusal().code())).evidenced(refused.decision());
        match refused.refusal().detail() {
            Some(word) => not_done.detailed(word),
            None => not_done,
        }
    }
}

impl From<ResidencyRefusal> for NotDone {
    fn from(refusal: ResidencyRefusal) -> Self {
        Self::from(Reason::Residency(refusal.code())).evidenced(refusal)
    }
}

impl From<WriteError> for NotDone {
    fn from(error: WriteError) -> Self {
        let (path, word) = match error {
            WriteError::Missing(path) => (path, "missing"),
            WriteError::Repeated(path) => (path, "twice"),
            WriteError::Value(path) => (path, "value"),
            WriteError::Enumeration(path) => (path, "unknown_value"),
            WriteError::IllegalCharacter(path) => (path, "illegal_character"),
            WriteError::Malformed(path) => (path, "malformed"),
            WriteError::Unknown { path, .. } => (path, "unknown_field"),
        };
        Self::from(Reason::RequestInvalid).at(vec![(path, word)])
    }
}

impl From<Unwritable> for NotDone {
    fn from(error: Unwritable) -> Self {
        Self::from(Reason::Internal).evidenced(error)
    }
}

impl From<SyncProblem> for NotDone {
    fn from(problem: SyncProblem) -> Self {
        let word = match problem {
            SyncProblem::Other(_) => "other_message",
            SyncProblem::Nil(_) => "nil",
            SyncProblem::Missing(_) => "missing",
            SyncProblem::Repeated(_) => "twice",
            SyncProblem::Value(_) => "value",
        };
        Self::from(Reason::ReplyMalformed).detailed(word).evidenced(problem)
    }
}

impl From<DataProblem> for NotDone {
    fn from(problem: DataProblem) -> Self {
        let word = match problem {
            DataProblem::Empty => "no_data",
            DataProblem::Mixed => "mixed_data",
            DataProblem::TwoDocuments => "two_documents",
            DataProblem::Refused(refused) => refused.code(),
        };
        Self::from(Reason::ReplyMalformed).detailed(word).evidenced(problem)
    }
}

impl From<ReadError> for NotDone {
    fn from(error: ReadError) -> Self {
        let (path, word) = match &error {
            ReadError::Root(path) => (path, "root"),
            ReadError::Value(path) => (path, "value"),
            ReadError::Repeated(path) => (path, "twice"),
            ReadError::TooDeep(path) => (path, "depth"),
            ReadError::TooLarge(path) => (path, "too_large"),
        };
        Self::from(Reason::ReplyMalformed).detailed(word).at(vec![(path.clone(), word)])
    }
}

impl From<NotAnswered> for NotDone {
    fn from(why: NotAnswered) -> Self {
        Self::from(Reason::ReplyReplayed).detailed(why.code())
    }
}
