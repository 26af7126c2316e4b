//! Every reason for which the gateway says no or an exchange fails: one table.
//!
//! A reason has a stable code (`room.reason`), somebody whose fault it is, a gRPC status and a text in three
//! languages. The texts name no value that anybody sent. The table is one exhaustive `match`: a new reason does not
//! compile before it has all of it.

mod table;

use tonic::Code;

/// Who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller: change the request, or ask for a right.
    Caller,
    /// This gateway or its configuration: its operator must act.
    Gateway,
    /// Between here and the state system.
    Network,
    /// The state system answered something unusable, or that it cannot.
    StateSystem,
}

impl Fault {
    /// As it stands in `ErrorInfo.metadata["fault"]` and in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gateway => "gateway",
            Self::Network => "network",
            Self::StateSystem => "state-system",
        }
    }
}

/// Languages of the texts, by the caller's `accept-language`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Kazakh
    Kk,
    /// Russian
    Ru,
    /// English, also when nothing was asked for.
    #[default]
    En,
}

impl Language {
    /// The first language of an `accept-language` value that we speak (RFC 9110 section 12.5.4; weights are read as order).
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let spoken = header.split(',').filter_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "kk" => Some(Self::Kk),
            "ru" => Some(Self::Ru),
            "en" => Some(Self::En),
            _ => None,
        });
        spoken.into_iter().next().unwrap_or_default()
    }

    /// BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The certificate belongs to nobody in the configuration.
    CallerUnknown,
    /// The caller's role does not cover this call.
    CallerRole,
    /// Calls of this caller per second.
    QuotaCaller,
    /// Calls of this caller for this purpose and RPC.
    QuotaPurpose,
    /// Messages to this service of the state system (passport).
    QuotaSystem,
    /// Distinct persons this caller may ask about in an hour.
    QuotaSubject,
    /// No purpose was claimed.
    PurposeMissing,
    /// More than one purpose or context.
    PurposeAmbiguous,
    /// The operator's policy pack has no such purpose.
    PurposeUnknown,
    /// The purpose is not granted to this caller or this operation.
    PurposeNotAllowed,
    /// The purpose withholds a field that the state system demands.
    PurposeNotOffered,
    /// The caller may not act for this organisation.
    DelegationNotAllowed,
    /// Not the protobuf message it should be.
    RequestMalformed,
    /// Fields that are missing or not well-formed.
    RequestInvalid,
    /// Well-formed, but of a content that cannot be put into a signed message.
    RequestNotSignable,
    /// Longer than a message may be.
    RequestTooLarge,
    /// This request id went through already or is under way.
    RequestDuplicate,
    /// A minor without a guardian's consent.
    ConsentGuardianMissing,
    /// Nobody knows whether a guardian is needed.
    ConsentBirthDateUnknown,
    /// The operator's policy forbids the purpose.
    PurposeProhibited,
    /// The person's data went out for a purpose that this one may not be joined with.
    PurposeIncompatible,
    /// The person's data is blocked.
    SubjectRestricted,
    /// The person objected to the purpose.
    SubjectObjected,
    /// No valid IIN says whom a record is about.
    SubjectUnknown,
    /// The purpose needs a consent that the ledger does not have.
    ConsentMissing,
    /// The consent's term is over.
    ConsentExpired,
    /// The consent was withdrawn.
    ConsentWithdrawn,
    /// The consent does not cover this exchange.
    ConsentOutOfScope,
    /// A minor, and the operator's policy takes none.
    ConsentMinorRefused,
    /// What names persons cannot be read or made durable.
    VaultUnavailable,
    /// A consent that names no purpose.
    ConsentScopeEmpty,
    /// A consent's purpose, category or recipient is not the policy's.
    ConsentScopeUnknown,
    /// The purpose does not rest on consent.
    ConsentNotNeeded,
    /// The purpose wants a consent of its own.
    ConsentNotSeparate,
    /// The policy does not accept this form.
    ConsentForm,
    /// No proof of the consent.
    ConsentEvidenceMissing,
    /// Given after now.
    ConsentGivenInFuture,
    /// Over before it was recorded.
    ConsentExpiredAlready,
    /// Longer than the policy allows.
    ConsentTermTooLong,
    /// The guardian is the subject.
    ConsentGuardianIsSubject,
    /// The ledger has no such consent.
    ConsentUnknown,
    /// Given to another operator or organisation.
    ConsentStranger,
    /// Withdrawn before.
    ConsentAlreadyWithdrawn,
    /// No such restriction or objection.
    HoldUnknown,
    /// It concerns another operator.
    HoldStranger,
    /// Lifted before.
    HoldAlreadyLifted,
    /// A pending pack that has problems.
    PolicyInvalid,
    /// Another shadow run is under way.
    QuotaShadow,
    /// An outgoing connection that may not be made; the code says which check.
    Residency(&'static str),
    /// The signing key does not answer.
    SignerUnavailable,
    /// The record could not be made durable.
    JournalUnavailable,
    /// The address does not accept connections.
    UpstreamConnect,
    /// The server behind the address is not who it should be, or speaks no TLS 1.3 or 1.2.
    UpstreamTls,
    /// No answer in time.
    UpstreamTimeout,
    /// The connection ended before the answer did.
    UpstreamCut,
    /// Not SOAP: a proxy's error page, a wrong content type.
    UpstreamNotSoap,
    /// The answer is longer than 16 MiB.
    UpstreamTooLarge,
    /// First status layer: a SOAP Fault.
    UpstreamFault,
    /// Second status layer: SHEP's status is not success.
    UpstreamStatus,
    /// The reply's signature does not prove what it should.
    ReplyNotAuthentic,
    /// The reply answers another message or comes from another time.
    ReplyReplayed,
    /// The reply is not what the contract says.
    ReplyMalformed,
    /// The gateway is going down.
    Stopping,
    /// A defect of the gateway.
    Internal,
}

/// What the table says of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Stable `room.reason`.
    pub code: &'static str,
    /// Whose turn it is.
    pub fault: Fault,
    /// gRPC status.
    pub grpc: Code,
    /// Texts: kk, ru, en.
    texts: [&'static str; 3],
}

impl Row {
    /// The text in a language.
    #[must_use]
    pub fn text(&self, language: Language) -> &'static str {
        let [kk, ru, en] = self.texts;
        match language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }
}

impl Reason {
    /// Stable `room.reason`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_taken() {
        for (wanted, header) in [
            (Language::Kk, "kk"),
            (Language::Ru, "ru-KZ,en;q=0.5"),
            (Language::Kk, "de, kk;q=0.8, ru;q=0.7"),
            (Language::En, "zh"),
            (Language::En, ""),
            (Language::En, "ж"),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header}");
        }
    }
}
