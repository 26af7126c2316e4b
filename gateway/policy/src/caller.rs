//! Identification of callers: a verified client certificate to its operator, role and purposes.
//!
//! Refuses rules that could match one certificate twice, at start and again at each call: a certificate that two
//! rules match identifies no caller. Refuses ids that the journal would take for something else.

use std::fmt;
use std::sync::Arc;

use qaqpa_proto::reason::Refusal;

use crate::identifier::Bin;
use crate::plan::Plans;

/// The names in a verified client certificate, as read by the gateway.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// URIs of its subject alternative names.
    pub uris: Vec<String>,
    /// BIN in its subject (`OU=BIN...`).
    pub bin: Option<Bin>,
    /// UID in its subject: the information system's own id.
    pub uid: Option<String>,
    /// Trusted authorities that vouch for it.
    pub authorities: Vec<Authority>,
    /// SHA-256 of the certificate.
    pub certificate_sha256: [u8; 32],
}

/// A certification authority that the gateway trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its subject, as `qaqpa certs inspect` prints it: `C=KZ, CN=...`.
    pub name: String,
    /// SHA-256 of its SubjectPublicKeyInfo in DER.
    pub key_sha256: [u8; 32],
}

impl Authority {
    /// By its name, and by the digest of its key.
    #[must_use]
    pub fn new(name: String, key_sha256: [u8; 32]) -> Self {
        Self { name, key_sha256 }
    }
}

/// Both ways to name it in a rule.
impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or {KEY}{}", self.name, hex::encode(self.key_sha256))
    }
}

/// The authority that must vouch for a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerRule {
    /// One of this name, with whatever key: a renewed one too.
    Name(String),
    /// The one with this key, SHA-256 of its SubjectPublicKeyInfo in lower case hexadecimal.
    Key(String),
}

impl IssuerRule {
    /// From `sha256:` and the digest of a key, or a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix(KEY) {
            Some(digest) => Self::Key(digest.to_ascii_lowercase()),
            None => Self::Name(text.to_owned()),
        }
    }

    /// Whether it names this authority.
    #[must_use]
    pub fn is(&self, authority: &Authority) -> bool {
        match self {
            Self::Name(name) => *name == authority.name,
            Self::Key(digest) => *digest == hex::encode(authority.key_sha256),
        }
    }
}

const KEY: &str = "sha256:";

/// Roles of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Exchange data with state systems.
    Exchange,
    /// Read the journal.
    Auditor,
    /// Answer for personal data (Law 94-V): consents, and the rights of subjects.
    Officer,
    /// Reload, and try a pending policy beside the live one.
    Admin,
}

/// One caller, as configured.
#[derive(Debug, Clone)]
pub struct CallerRule {
    /// Stable id for logs and journal.
    pub id: String,
    /// The certificate names that identify it.
    pub matches: CallerMatch,
    /// The authority that must vouch for it; none where only one is trusted.
    pub issuer: Option<IssuerRule>,
    /// Operator (pack id) for which it calls.
    pub operator: String,
    /// Role of the caller.
    pub role: Role,
    /// Purposes it may claim.
    pub purposes: Vec<String>,
    /// Organisations for which it may act.
    pub on_behalf_of: Vec<Bin>,
}

/// The certificate names that identify a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerMatch {
    /// Exactly this URI among its names.
    Uri(String),
    /// This BIN, whoever of the organisation holds the certificate.
    Bin(Bin),
    /// This BIN and this UID.
    BinAndUid(Bin, String),
}

impl CallerMatch {
    fn knows(&self, identity: &Identity) -> bool {
        match self {
            Self::Uri(uri) => identity.uris.contains(uri),
            Self::Bin(bin) => identity.bin == Some(*bin),
            Self::BinAndUid(bin, uid) => identity.bin == Some(*bin) && identity.uid.as_ref() == Some(uid),
        }
    }

    /// Whether one subject could fit both; a URI beside a subject is only seen at the call.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bin(bin), Self::BinAndUid(other, _)) | (Self::BinAndUid(other, _), Self::Bin(bin)) => bin == other,
            _ => self == other,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Uri(text) | Self::BinAndUid(_, text) => text.is_empty(),
            Self::Bin(_) => false,
        }
    }
}

impl CallerRule {
    fn knows(&self, identity: &Identity) -> bool {
        let vouched_for = |issuer: &IssuerRule| identity.authorities.iter().any(|authority| issuer.is(authority));
        self.matches.knows(identity) && self.issuer.as_ref().is_none_or(vouched_for)
    }

    /// Whether one certificate could fit both. Only two different names, or two different keys, are surely two authorities.
    fn overlaps(&self, other: &Self) -> bool {
        let apart = match (&self.issuer, &other.issuer) {
            (Some(IssuerRule::Name(one)), Some(IssuerRule::Name(two))) => one != two,
            (Some(IssuerRule::Key(one)), Some(IssuerRule::Key(two))) => one != two,
            _ => false,
        };
        !apart && self.matches.overlaps(&other.matches)
    }

    fn id_is_plain(&self) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=LONGEST_ID).contains(&self.id.len()) && self.id.chars().all(plain) && !RESERVED.contains(&self.id.as_str())
    }
}

/// All callers the gateway knows.
#[derive(Debug, Clone)]
pub struct Callers(Vec<Arc<CallerRule>>);

impl Callers {
    /// Takes the rules when no certificate could fit two of them.
    ///
    /// # Errors
    /// Everything that is wrong; who configured the gateway is at fault.
    pub fn new(rules: Vec<CallerRule>) -> Result<Self, Vec<CallerProblem>> {
        let mut problems = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let id = || rule.id.clone();
            if !rule.id_is_plain() {
                problems.push(CallerProblem::Id);
            }
            if rule.matches.is_empty() {
                problems.push(CallerProblem::Empty(id()));
            }
            if rule.role == Role::Exchange && rule.purposes.is_empty() {
                problems.push(CallerProblem::NoPurpose(id()));
            }
            for earlier in rules.iter().take(index) {
                if earlier.id == rule.id {
                    problems.push(CallerProblem::TwiceTheSameId(id()));
                }
                if earlier.overlaps(rule) {
                    problems.push(CallerProblem::Ambiguous(earlier.id.clone(), id()));
                }
            }
        }
        if problems.is_empty() { Ok(Self(rules.into_iter().map(Arc::new).collect())) } else { Err(problems) }
    }

    /// Operators and purposes that callers name and no pack has.
    #[must_use]
    pub fn check(&self, plans: &[&Plans]) -> Vec<CallerProblem> {
        let mut problems = Vec::new();
        for rule in &self.0 {
            let Some(plans) = plans.iter().find(|plans| plans.operator().id == rule.operator) else {
                problems.push(CallerProblem::UnknownOperator(rule.id.clone(), rule.operator.clone()));
                continue;
            };
            for purpose in rule.purposes.iter().filter(|purpose| plans.pack().purpose(purpose).is_none()) {
                problems.push(CallerProblem::UnknownPurpose(rule.id.clone(), purpose.clone()));
            }
        }
        problems
    }

    /// The one caller behind a certificate.
    ///
    /// # Errors
    /// None or several rules know it.
    pub fn identify(&self, identity: &Identity) -> Result<Caller, Unknown> {
        let mut known = self.0.iter().filter(|rule| rule.knows(identity));
        match (known.next(), known.next()) {
            (Some(rule), None) => {
                Ok(Caller { rule: Arc::clone(rule), certificate_sha256: identity.certificate_sha256 })
            }
            (Some(_), Some(_)) => Err(Unknown::Ambiguous),
            (None, _) => Err(Unknown::Nobody),
        }
    }
}

/// Evidence that a certificate belongs to one configured caller.
#[derive(Debug, Clone)]
pub struct Caller {
    rule: Arc<CallerRule>,
    certificate_sha256: [u8; 32],
}

impl Caller {
    /// Stable id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.rule.id
    }

    /// Operator (pack id) for which it calls.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.rule.operator
    }

    /// Role of the caller.
    #[must_use]
    pub fn role(&self) -> Role {
        self.rule.role
    }

    /// Purposes it may claim.
    #[must_use]
    pub fn purposes(&self) -> &[String] {
        &self.rule.purposes
    }

    /// Organisations for which it may act.
    #[must_use]
    pub fn on_behalf_of(&self) -> &[Bin] {
        &self.rule.on_behalf_of
    }

    /// SHA-256 of the certificate it came with.
    #[must_use]
    pub fn certificate_sha256(&self) -> &[u8; 32] {
        &self.certificate_sha256
    }
}

/// Why a certificate identifies no caller. The caller is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No rule matches it.
    #[error("no caller is configured for this certificate")]
    Nobody,
    /// Two rules match it.
    #[error("two callers are configured for this certificate")]
    Ambiguous,
}

impl Unknown {
    /// Row of the table.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        Refusal::CallerUnknown
    }
}

/// Problems of the configured callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallerProblem {
    /// An id that is too long, holds other letters, or has a meaning of its own in the journal. It is not repeated: it may be a
    /// person's number.
    #[error(
        "the id of a caller is 1 to 64 of a-z, 0-9 and `-`, and neither `gateway` nor `unknown`, which stand in the journal for \
         the gateway itself and for strangers"
    )]
    Id,
    /// Without URI or UID.
    #[error("caller `{0}` has an empty `uri` or `uid`")]
    Empty(String),
    /// A caller of role `exchange` without a purpose.
    #[error("caller `{0}` may exchange but has no purpose")]
    NoPurpose(String),
    /// Two callers have the same id.
    #[error("two callers are called `{0}`")]
    TwiceTheSameId(String),
    /// One certificate could match two callers.
    #[error("one certificate could be caller `{0}` and caller `{1}`")]
    Ambiguous(String, String),
    /// The operator has no policy pack.
    #[error("caller `{0}` belongs to operator `{1}`, which has no policy pack")]
    UnknownOperator(String, String),
    /// A granted purpose is not in the policy pack.
    #[error("caller `{0}` is granted the purpose `{1}`, which the policy pack does not have")]
    UnknownPurpose(String, String),
}

impl CallerProblem {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "config.caller"
    }
}

/// What the journal calls the gateway itself, and whom it does not know.
const RESERVED: [&str; 2] = ["gateway", "unknown"];
const LONGEST_ID: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(text: &str) -> Bin {
        Bin::parse(text).unwrap()
    }

    fn rule(id: &str, matches: CallerMatch) -> CallerRule {
        CallerRule {
            id: id.into(),
            matches,
            issuer: None,
            operator: "avtomektep".into(),
            role: Role::Exchange,
            purposes: vec!["reporting".into()],
            on_behalf_of: Vec::new(),
        }
    }

    #[test]
    fn rules_that_could_fit_one_certificate_are_refused() {
        use CallerMatch::{Bin as ByBin, BinAndUid, Uri};
        let one = bin("990140000007");
        let two = bin("990141000002");
        for (wanted, left, right, why) in [
            (0, Uri("spiffe://a".into()), Uri("spiffe://b".into()), "two names"),
            (1, Uri("spiffe://a".into()), Uri("spiffe://a".into()), "one name twice"),
            (0, ByBin(one), ByBin(two), "two organisations"),
            (1, ByBin(one), ByBin(one), "one organisation twice"),
            (1, ByBin(one), BinAndUid(one, "u".into()), "one within the other"),
            (0, BinAndUid(one, "u".into()), BinAndUid(one, "v".into()), "two systems of one organisation"),
            (1, ByBin(one), BinAndUid(two, String::new()), "empty UID"),
        ] {
            let found = Callers::new(vec![rule("a", left), rule("b", right)]);
            assert_eq!(found.err().map_or(0, |problems| problems.len()), wanted, "{why}");
        }
        let same_id = Callers::new(vec![rule("a", ByBin(one)), rule("a", ByBin(two))]).unwrap_err();
        assert_eq!(same_id, [CallerProblem::TwiceTheSameId("a".into())]);
    }

    #[test]
    fn an_id_that_the_journal_could_mistake_is_refused() {
        let with_id = |id: &str| Callers::new(vec![rule(id, CallerMatch::Uri("spiffe://a".into()))]).err();
        let longest = "a".repeat(64);
        for id in ["school-1", "1", "-", longest.as_str()] {
            assert_eq!(with_id(id), None, "{id}");
        }
        let longer = "a".repeat(65);
        for id in ["", "gateway", "unknown", "School", "school 1", "a/b", "a\n", "мектеп", "school_1", longer.as_str()]
        {
            assert_eq!(with_id(id), Some(vec![CallerProblem::Id]), "{id:?}");
        }
    }

    #[test]
    fn a_rule_with_an_issuer_knows_only_whom_that_one_vouches_for() {
        let authority = |name: &str, key: u8| Authority::new(name.to_owned(), [key; 32]);
        let (one, two, renewed) = (authority("CN=ONE", 1), authority("CN=TWO", 2), authority("CN=ONE", 3));
        let of = |issuer: &str| CallerRule {
            issuer: Some(IssuerRule::parse(issuer)),
            ..rule("a", CallerMatch::Uri("spiffe://a".into()))
        };
        let key = format!("sha256:{}", "01".repeat(32));
        for (wanted, issuer, vouching, why) in [
            (true, "CN=ONE", vec![one.clone()], "its name"),
            (true, "CN=ONE", vec![renewed.clone()], "its name with another key"),
            (true, "CN=ONE", vec![two.clone(), one.clone()], "a tier or a root of that name"),
            (false, "CN=ONE", vec![two.clone()], "another"),
            (false, "CN=ONE", vec![], "nobody"),
            (false, "CN=one", vec![one.clone()], "another spelling"),
            (true, &key, vec![one.clone()], "its key"),
            (true, &key.to_uppercase().replace("SHA256", "sha256"), vec![one.clone()], "its key in capitals"),
            (false, &key, vec![renewed.clone()], "its name, but another key"),
        ] {
            let callers = Callers::new(vec![of(issuer)]).unwrap();
            let identity = Identity { uris: vec!["spiffe://a".into()], authorities: vouching, ..Identity::default() };
            assert_eq!(callers.identify(&identity).is_ok(), wanted, "{why}");
        }
        let both = |left: &str, right: &str| {
            let right = CallerRule { id: "b".into(), ..of(right) };
            Callers::new(vec![of(left), right]).is_ok()
        };
        assert!(both("CN=ONE", "CN=TWO") && !both("CN=ONE", "CN=ONE") && !both("CN=ONE", &key));
    }

    #[test]
    fn a_certificate_is_one_caller_or_nobody() {
        let callers = Callers::new(vec![
            rule("by-uri", CallerMatch::Uri("spiffe://a".into())),
            rule("by-bin", CallerMatch::Bin(bin("990140000007"))),
            rule("by-uid", CallerMatch::BinAndUid(bin("990141000002"), "u".into())),
        ])
        .unwrap();
        for (wanted, uris, organisation, uid, why) in [
            (Ok("by-uri"), vec!["spiffe://a"], None, None, "URI"),
            (Ok("by-uri"), vec!["spiffe://x", "spiffe://a"], None, None, "URI among others"),
            (Ok("by-bin"), vec![], Some("990140000007"), Some("any"), "BIN"),
            (Ok("by-uid"), vec![], Some("990141000002"), Some("u"), "BIN and UID"),
            (Err(Unknown::Nobody), vec![], Some("990141000002"), Some("U"), "UID differs in case"),
            (Err(Unknown::Nobody), vec!["spiffe://a/"], None, None, "longer URI"),
            (Err(Unknown::Nobody), vec![], None, None, "nothing"),
            (Err(Unknown::Ambiguous), vec!["spiffe://a"], Some("990140000007"), None, "two rules"),
        ] {
            let identity = Identity {
                uris: uris.into_iter().map(str::to_owned).collect(),
                bin: organisation.map(bin),
                uid: uid.map(str::to_owned),
                authorities: Vec::new(),
                certificate_sha256: [7; 32],
            };
            let found = callers.identify(&identity).map(|caller| caller.id().to_owned());
            assert_eq!(found.as_deref().map_err(|unknown| *unknown), wanted, "{why}");
        }
    }
}
