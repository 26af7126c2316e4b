//! Conversions of errors of policy, residency and adapters into [`NotDone`], with the stable word that each keeps.
//! Which row of the table it is, policy and residency say themselves; of the adapters, which do not know who asks, it
//! is said here.
//!
//! Each `match` is exhaustive, so that a new way to fail over there does not compile before it has a row here.

use qaqpa_adapters::codec::{ReadError, WriteError};
use qaqpa_adapters::shep::sync::{DataProblem, NotAnswered, SyncProblem, Unwritable};
use qaqpa_policy::consent::LackKind;
use qaqpa_policy::{ContextProblem, Direction, NotConsented, NotMinimised, NotPermitted};
use qaqpa_proto::reason::{Failure, Refusal};
use qaqpa_proto::wire::{Fault, Malformed};
use qaqpa_residency::{Refused, ResidencyRefusal};

use crate::refusal::NotDone;

impl From<ContextProblem> for NotDone {
    fn from(problem: ContextProblem) -> Self {
        if let ContextProblem::Malformed(malformed) = problem {
            return malformed.into();
        }
        Self::from(problem.reason()).at(problem.path().map(|path| (path.to_owned(), "context")).into_iter().collect())
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
            Fault::TooMany => "too_many",
        };
        let fields = if malformed.path.is_empty() { Vec::new() } else { vec![(malformed.path.clone(), word)] };
        Self::from(malformed.reason()).detailed(word).at(fields).evidenced(malformed)
    }
}

impl From<NotPermitted> for NotDone {
    fn from(lack: NotPermitted) -> Self {
        let not_done = Self::from(lack.reason());
        match lack {
            NotPermitted::NotOffered(why) => not_done.at(vec![(why.path, "withheld")]),
            _ => not_done,
        }
    }
}

impl From<NotMinimised> for NotDone {
    fn from(flawed: NotMinimised) -> Self {
        let reason = flawed.reason();
        match flawed {
            NotMinimised::Malformed { direction: Direction::Request, problem } => problem.into(),
            NotMinimised::Malformed { direction: Direction::Reply, .. } => reason.into(),
            NotMinimised::Invalid { fields, .. } => {
                Self::from(reason).at(fields.into_iter().map(|field| (field.path, field.flaw.code())).collect())
            }
        }
    }
}

impl From<NotConsented> for NotDone {
    fn from(lacking: NotConsented) -> Self {
        let fields = lacking.lacks().iter().map(|lack| (lack.path.clone(), lack.kind.reason().code())).collect();
        Self::from(lacking.reason()).detailed(format!("clause_{}", lacking.clause())).at(fields)
    }
}

impl From<LackKind> for NotDone {
    fn from(kind: LackKind) -> Self {
        kind.reason().into()
    }
}

impl From<Refused> for NotDone {
    /// With the line of evidence, which stands in the journal.
    fn from(refused: Refused) -> Self {
        let not_done = Self::from(refused.refusal().reason()).evidenced(refused.decision());
        match refused.refusal().detail() {
            Some(word) => not_done.detailed(word),
            None => not_done,
        }
    }
}

impl From<ResidencyRefusal> for NotDone {
    fn from(refusal: ResidencyRefusal) -> Self {
        Self::from(refusal.reason()).evidenced(refusal)
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
        Self::from(Refusal::RequestInvalid).at(vec![(path, word)])
    }
}

impl From<Unwritable> for NotDone {
    fn from(error: Unwritable) -> Self {
        Self::from(Failure::GatewayInternal).evidenced(error)
    }
}

impl From<SyncProblem> for NotDone {
    fn from(problem: SyncProblem) -> Self {
        let word = match problem {
            SyncProblem::Other(_) => "other_message",
            SyncProblem::Namespace(_) | SyncProblem::Qualified(_) => "namespace",
            SyncProblem::Nil(_) => "nil",
            SyncProblem::Missing(_) => "missing",
            SyncProblem::Repeated(_) => "twice",
            SyncProblem::Value(_) => "value",
        };
        Self::from(Failure::ReplyMalformed).detailed(word).evidenced(problem)
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
        Self::from(Failure::ReplyMalformed).detailed(word).evidenced(problem)
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
        Self::from(Failure::ReplyMalformed).detailed(word).at(vec![(path.clone(), word)])
    }
}

impl From<NotAnswered> for NotDone {
    fn from(why: NotAnswered) -> Self {
        let failure = match why {
            NotAnswered::OtherMessage | NotAnswered::Unattributed => Failure::ReplyReplayed,
            NotAnswered::TooOld(_) | NotAnswered::Future(_) => Failure::ReplyOutOfTime,
        };
        Self::from(failure).detailed(why.code()).evidenced(why)
    }
}
