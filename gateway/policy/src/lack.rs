//! Why a person's data may not move, and the place in the request. Words alone: what is lacking is found by
//! [`consent`](crate::consent) and [`standing`](crate::standing).
//!
//! ```text
//! ConsentWithdrawn at student.iin     consent.withdrawn: the consent was withdrawn
//! ```

use qaqpa_proto::reason::Refusal;

/// Why one person's data may not move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Field path with position, `student[3].guardian_iin`; never a value.
    pub path: String,
    /// The kind of lack.
    pub kind: LackKind,
}

/// Kinds of lacks, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LackKind {
    /// Their data is blocked.
    Restricted,
    /// They objected to the purpose.
    Objected,
    /// Their data went out for a purpose that this one may not be joined with.
    Incompatible,
    /// A minor, and the policy takes none.
    MinorRefused,
    /// A minor's guardian is missing or no IIN.
    Guardian,
    /// A minor's guardian is the minor.
    GuardianIsSubject,
    /// A minor's consent reference is missing.
    Reference,
    /// The consent was withdrawn.
    ConsentWithdrawn,
    /// The consent's term is over.
    ConsentExpired,
    /// The consent is for other organisations, systems or categories, or of a form that the purpose does not accept.
    ConsentScope,
    /// No consent for the purpose.
    ConsentMissing,
    /// The birth date is missing, so it is unknown whether a guardian must consent.
    BirthDate,
    /// The person is named by no valid IIN.
    Unknown,
}

impl LackKind {
    /// Row of the table.
    #[must_use]
    pub fn reason(self) -> Refusal {
        match self {
            Self::Restricted => Refusal::SubjectRestricted,
            Self::Objected => Refusal::SubjectObjected,
            Self::Incompatible => Refusal::PurposeIncompatible,
            Self::MinorRefused => Refusal::ConsentMinorRefused,
            Self::Guardian | Self::GuardianIsSubject | Self::Reference => Refusal::ConsentGuardianMissing,
            Self::ConsentWithdrawn => Refusal::ConsentWithdrawn,
            Self::ConsentExpired => Refusal::ConsentExpired,
            Self::ConsentScope => Refusal::ConsentOutOfScope,
            Self::ConsentMissing => Refusal::ConsentMissing,
            Self::BirthDate => Refusal::ConsentBirthDateUnknown,
            Self::Unknown => Refusal::SubjectUnknown,
        }
    }

    /// One sentence.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Restricted => "the person's data is blocked",
            Self::Objected => "the person objected to this purpose",
            Self::Incompatible => "the person's data went out for a purpose that this one may not be joined with",
            Self::MinorRefused => "the operator's policy takes no data of minors",
            Self::Guardian | Self::GuardianIsSubject | Self::Reference => {
                "a minor needs a guardian's IIN and the reference of their consent"
            }
            Self::ConsentWithdrawn => "the consent was withdrawn",
            Self::ConsentExpired => "the term of the consent is over",
            Self::ConsentScope => "the consent does not cover this exchange",
            Self::ConsentMissing => "there is no consent for this purpose",
            Self::BirthDate => "without a birth date it is unknown whether a guardian must consent",
            Self::Unknown => "no valid IIN says whom the record is about",
        }
    }
}
