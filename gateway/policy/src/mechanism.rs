//! Mechanisms: the closed list of what the gateway does to keep a clause of a policy, named as packs write them.
//!
//! Refuses every other word: a pack cannot promise by a mechanism that the gateway does not have.
//!
//! ```yaml
//! - { number: "10", says: { ... }, kept_by: [mutual-tls, journal] }
//! ```

/// A mechanism that keeps a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mechanism {
    /// Every caller authenticates by a client certificate (mutual TLS).
    MutualTls,
    /// A certificate is one caller of one operator.
    CallerBinding,
    /// A purpose is claimed, and granted by certificate, operation and pack.
    PurposeBinding,
    /// Only listed categories move.
    Minimisation,
    /// A request with more than its purpose needs is refused.
    StrictMode,
    /// A value moves coarser than it came.
    Transform,
    /// Incompatible purposes do not meet about one person.
    Separation,
    /// No exchange without a consent in the ledger.
    ConsentLedger,
    /// A guardian consents for a minor.
    GuardianConsent,
    /// Nothing moves about a minor.
    MinorsRefused,
    /// A withdrawn consent stops exchanges at once.
    Withdrawal,
    /// Contents of withdrawn consents are destroyed within their term.
    DestructionClock,
    /// Blocked data do not move.
    Restriction,
    /// A correction is marked and passed on.
    Correction,
    /// A person's keys are destroyed.
    Erasure,
    /// An objection stops a purpose.
    Objection,
    /// Every exchange about a person is in their report.
    SubjectReport,
    /// The retention job destroys at the end of terms.
    Retention,
    /// Data residency: no connection to an address outside the country.
    Residency,
    /// Every exchange is recorded, and the record cannot be changed unseen.
    Journal,
    /// A receipt says what stayed behind, and why.
    WithheldReceipts,
    /// Only listed systems are asked.
    Recipients,
    /// Own purpose and own consent for pictures and the like.
    SpecialCategories,
    /// Rate limits of callers.
    Quotas,
    /// Messages are signed, replies verified.
    MessageSignature,
    /// Tests know synthetic persons only.
    SyntheticTests,
    /// A value must look as the contract says.
    FormatChecks,
    /// Logs, errors and metrics hold ids and decisions.
    NoPersonalDataInLogs,
    /// Stored personal data is encrypted in the vault.
    VaultEncryption,
    /// Every exchange names the edition that decided.
    PolicyEdition,
    /// A new edition holds without a restart; a bad one never.
    HotReload,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::MutualTls,
        Self::CallerBinding,
        Self::PurposeBinding,
        Self::Minimisation,
        Self::StrictMode,
        Self::Transform,
        Self::Separation,
        Self::ConsentLedger,
        Self::GuardianConsent,
        Self::MinorsRefused,
        Self::Withdrawal,
        Self::DestructionClock,
        Self::Restriction,
        Self::Correction,
        Self::Erasure,
        Self::Objection,
        Self::SubjectReport,
        Self::Retention,
        Self::Residency,
        Self::Journal,
        Self::WithheldReceipts,
        Self::Recipients,
        Self::SpecialCategories,
        Self::Quotas,
        Self::MessageSignature,
        Self::SyntheticTests,
        Self::FormatChecks,
        Self::NoPersonalDataInLogs,
        Self::VaultEncryption,
        Self::PolicyEdition,
        Self::HotReload,
    ];

    /// As packs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual-tls",
            Self::CallerBinding => "caller-binding",
            Self::PurposeBinding => "purpose-binding",
            Self::Minimisation => "minimisation",
            Self::StrictMode => "strict-mode",
            Self::Transform => "transform",
            Self::Separation => "separation",
            Self::ConsentLedger => "consent-ledger",
            Self::GuardianConsent => "guardian-consent",
            Self::MinorsRefused => "minors-refused",
            Self::Withdrawal => "withdrawal",
            Self::DestructionClock => "destruction-clock",
            Self::Restriction => "restriction",
            Self::Correction => "correction",
            Self::Erasure => "erasure",
            Self::Objection => "objection",
            Self::SubjectReport => "subject-report",
            Self::Retention => "retention",
            Self::Residency => "residency",
            Self::Journal => "journal",
            Self::WithheldReceipts => "withheld-receipts",
            Self::Recipients => "recipients",
            Self::SpecialCategories => "special-categories",
            Self::Quotas => "quotas",
            Self::MessageSignature => "message-signature",
            Self::SyntheticTests => "synthetic-tests",
            Self::FormatChecks => "format-checks",
            Self::NoPersonalDataInLogs => "no-personal-data-in-logs",
            Self::VaultEncryption => "vault-encryption",
            Self::PolicyEdition => "policy-edition",
            Self::HotReload => "hot-reload",
        }
    }

    /// The mechanism of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == text)
    }
}
