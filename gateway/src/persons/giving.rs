//! Validates a consent that is to be recorded against the operator's policy.
//!
//! Refuses, before anything is written: numbers and moments that cannot be (all at once, by path), a scope that is empty or
//! that the policy does not have, a purpose that does not rest on consent, a form that the policy does not take, a proof
//! that is missing, a term that is over or too long, a guardian who is the subject.
//!
//! ```text
//! purposes [reporting], form FORM_WRITTEN, 32 bytes of evidence, term 90 days   -> JudgedConsent
//! purposes [photo-identification, reporting]                               -> consent.not_separate
//! ```

use jiff::{SignedDuration, Timestamp};
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::pack::Purpose;
use qaqpa_policy::{Bin, Iin, Pack, category};
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::consent::v1::{self, GiveRequest};
use qaqpa_proto::moment::{length, moment};
use qaqpa_proto::reason::Refusal;
use qaqpa_vault::{ConsentRecord, KdpToken};

use crate::refusal::NotDone;

/// Evidence that a consent may be recorded. Its record lacks only what the ledger adds: id and moment.
pub(crate) struct JudgedConsent {
    iin: Iin,
    request_id: Option<String>,
    record: ConsentRecord,
    policy: (String, String),
}

impl JudgedConsent {
    /// IIN of the person whose data it is.
    pub(crate) fn iin(&self) -> &Iin {
        &self.iin
    }

    /// The caller's idempotency key.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The record, without id and moment.
    pub(crate) fn record(&self) -> &ConsentRecord {
        &self.record
    }

    /// Edition and SHA-256 of the pack that judged it.
    pub(crate) fn policy(&self) -> (&str, &str) {
        (&self.policy.0, &self.policy.1)
    }
}

/// Judges a request of `caller`, made for the organisation `acting`, at the moment `now`.
///
/// # Errors
/// Malformed fields, all of them; else the first thing that the policy does not allow.
pub(crate) fn judge(
    request: GiveRequest,
    pack: &Pack,
    acting: Bin,
    caller: &str,
    now: Timestamp,
) -> Result<JudgedConsent, NotDone> {
    let fields = Fields::read(&request)?;
    let purposes = purposes(&request, pack)?;
    scope(&request, pack, &purposes)?;
    let form = form(&request, &purposes, fields.guardian.is_some())?;
    let expires_at = term(&fields, &purposes, now)?;
    if fields.guardian == Some(fields.iin) {
        return Err(NotDone::from(Refusal::ConsentGuardianIsSubject).at(vec![at("guardian_iin", "subject")]));
    }
    let evidence = (!request.evidence_sha256.is_empty()).then(|| hex::encode(&request.evidence_sha256));
    let categories = request.categories().map(|category| category::name(category).to_owned()).collect();
    let record = ConsentRecord {
        id: String::new(),
        operator: pack.id().to_owned(),
        reference: request.reference,
        form: form.name().to_owned(),
        purposes: distinct(request.purposes),
        categories: distinct(categories),
        recipients: distinct(request.recipients),
        given_at: fields.given_at.min(now),
        recorded_at: now,
        expires_at,
        guardian: fields.guardian.map(|guardian| guardian.as_str().to_owned()),
        evidence_sha256: evidence,
        kdp: fields.kdp,
        recorded_by: caller.to_owned(),
        acting_for: acting.as_str().to_owned(),
        withdrawn: None,
        destroyed_at: None,
    };
    let policy = (pack.edition().to_owned(), pack.sha256().to_owned());
    Ok(JudgedConsent { iin: fields.iin, request_id: fields.request_id, record, policy })
}

/// The fields that are validated without the policy.
struct Fields {
    iin: Iin,
    guardian: Option<Iin>,
    given_at: Timestamp,
    expires_at: Option<Timestamp>,
    kdp: Option<KdpToken>,
    request_id: Option<String>,
}

impl Fields {
    fn read(request: &GiveRequest) -> Result<Self, NotDone> {
        let mut wrong = Vec::new();
        let iin = Iin::parse(&request.iin).map_err(|why| wrong.push(at("iin", why.code()))).ok();
        let guardian = (!request.guardian_iin.is_empty()).then_some(request.guardian_iin.as_str());
        let guardian =
            guardian.and_then(|text| Iin::parse(text).map_err(|why| wrong.push(at("guardian_iin", why.code()))).ok());
        let given_at = request.given_at.as_ref().and_then(moment);
        let given_at = given_at.or_else(|| broken(&mut wrong, "given_at", "not_a_moment"));
        let expires_at = match &request.end {
            None => None,
            Some(End::ExpiresAt(end)) => moment(end).or_else(|| broken(&mut wrong, "expires_at", "not_a_moment")),
            Some(End::Term(term)) => match length(term).filter(is_term) {
                Some(term) => given_at.and_then(|given_at| given_at.checked_add(term).ok()),
                None => broken(&mut wrong, "term", "out_of_bounds"),
            },
        };
        if given_at.zip(expires_at).is_some_and(|(given_at, expires_at)| expires_at <= given_at) {
            wrong.push(at("expires_at", "before_given_at"));
        }
        if request.form() == v1::Form::Unspecified {
            wrong.push(at("form", "missing"));
        }
        if !matches!(request.evidence_sha256.len(), 0 | 32) {
            wrong.push(at("evidence_sha256", "length"));
        }
        for (path, text) in [("reference", &request.reference), ("request_id", &request.request_id)] {
            if !is_visible(text, 64) {
                wrong.push(at(path, "not_visible_ascii"));
            }
        }
        for (path, length) in [
            ("purposes", request.purposes.len()),
            ("categories", request.categories.len()),
            ("recipients", request.recipients.len()),
        ] {
            if length > LONGEST_LIST {
                wrong.push(at(path, "too_many"));
            }
        }
        let kdp = kdp(request, &mut wrong);
        let request_id = Some(request.request_id.clone()).filter(|id| !id.is_empty());
        match (iin, given_at, wrong.is_empty()) {
            (Some(iin), Some(given_at), true) => Ok(Self { iin, guardian, given_at, expires_at, kdp, request_id }),
            _ => Err(NotDone::from(Refusal::RequestInvalid).at(wrong)),
        }
    }
}

fn kdp(request: &GiveRequest, wrong: &mut Vec<(String, &'static str)>) -> Option<KdpToken> {
    let token = request.kdp.as_ref()?;
    if request.form() != v1::Form::Kdp {
        return broken(wrong, "kdp", "beside_other_form");
    }
    for (path, text) in [("kdp.token", &token.token), ("kdp.public_key", &token.public_key)] {
        if !is_visible(text, 4096) {
            wrong.push(at(path, "not_visible_ascii"));
        }
    }
    Some(KdpToken { token: token.token.clone(), public_key: token.public_key.clone() })
}

/// The purposes that were named, all of them the policy's.
fn purposes<'p>(request: &GiveRequest, pack: &'p Pack) -> Result<Vec<&'p Purpose>, NotDone> {
    if request.purposes.is_empty() {
        return Err(NotDone::from(Refusal::ConsentScopeEmpty).at(vec![at("purposes", "missing")]));
    }
    let known = |name: &String| pack.purpose(name).filter(|purpose| purpose.prohibited.is_none());
    let unknown = places("purposes", &request.purposes, |name| known(name).is_none(), "unknown");
    if unknown.is_empty() {
        Ok(request.purposes.iter().filter_map(known).map(AsRef::as_ref).collect())
    } else {
        Err(NotDone::from(Refusal::ConsentScopeUnknown).at(unknown))
    }
}

/// Categories and recipients that the purposes have.
fn scope(request: &GiveRequest, pack: &Pack, purposes: &[&Purpose]) -> Result<(), NotDone> {
    let ruled = |number: &i32| {
        let mut rules = purposes.iter().flat_map(|purpose| purpose.disclose.iter().chain(&purpose.receive));
        rules.any(|rule| i32::from(rule.category) == *number)
    };
    let mut unknown = places("categories", &request.categories, |number| !ruled(number), "unknown");
    unknown.extend(places("recipients", &request.recipients, |name| pack.recipient(name).is_none(), "unknown"));
    if unknown.is_empty() { Ok(()) } else { Err(NotDone::from(Refusal::ConsentScopeUnknown).at(unknown)) }
}

/// The form, if every purpose takes it and its proof is there.
fn form(request: &GiveRequest, purposes: &[&Purpose], by_guardian: bool) -> Result<Form, NotDone> {
    let form = match request.form() {
        v1::Form::Written => Form::Written,
        v1::Form::Electronic => Form::Electronic,
        v1::Form::Sms1414 => Form::Sms1414,
        v1::Form::Kdp => Form::Kdp,
        v1::Form::Unspecified => {
            return Err(NotDone::from(Refusal::RequestInvalid).at(vec![at("form", "missing")]));
        }
    };
    for purpose in purposes {
        match &purpose.consent {
            // A minor's guardian consents to any purpose (exchanges about minors ask for it).
            None if by_guardian => {}
            None => return Err(NotDone::from(Refusal::ConsentNotNeeded).detailed(purpose.id.clone())),
            Some(rule) if rule.separate && distinct(request.purposes.clone()).len() > 1 => {
                return Err(NotDone::from(Refusal::ConsentNotSeparate).detailed(purpose.id.clone()));
            }
            Some(rule) if !rule.forms.contains(&form) => {
                return Err(NotDone::from(Refusal::ConsentForm).detailed(purpose.id.clone()));
            }
            Some(_) => {}
        }
    }
    let lacking = match form {
        Form::Written | Form::Electronic => request.evidence_sha256.is_empty().then_some("evidence_sha256"),
        Form::Kdp => {
            let whole = |kdp: &v1::KdpToken| !kdp.token.is_empty() && !kdp.public_key.is_empty();
            (!request.kdp.as_ref().is_some_and(whole)).then_some("kdp")
        }
        Form::Sms1414 => None,
    };
    match lacking {
        Some(path) => Err(NotDone::from(Refusal::ConsentEvidenceMissing).at(vec![at(path, "missing")])),
        None => Ok(form),
    }
}

/// The end of the term: as stated, or the longest that every purpose allows.
fn term(fields: &Fields, purposes: &[&Purpose], now: Timestamp) -> Result<Option<Timestamp>, NotDone> {
    if fields.given_at > now.checked_add(FORGIVEN).unwrap_or(now) {
        return Err(NotDone::from(Refusal::ConsentGivenInFuture).at(vec![at("given_at", "future")]));
    }
    let longest = purposes.iter().filter_map(|purpose| purpose.consent.as_ref()?.max_days).min();
    let latest = longest.and_then(|days| after(fields.given_at, days.into()));
    let expires_at = fields.expires_at.or(latest);
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::ConsentExpiredAlready.into());
    }
    if expires_at.zip(latest).is_some_and(|(end, latest)| end > latest) {
        let detail = longest.map(|days| format!("max_days_{days}")).unwrap_or_default();
        return Err(NotDone::from(Refusal::ConsentTermTooLong).detailed(detail));
    }
    Ok(expires_at)
}

fn is_term(term: &SignedDuration) -> bool {
    term.is_positive() && *term <= LONGEST_TERM
}

fn after(moment: Timestamp, days: u32) -> Option<Timestamp> {
    moment.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}

pub(crate) fn is_visible(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(crate) fn at(path: &str, word: &'static str) -> (String, &'static str) {
    (path.to_owned(), word)
}

fn broken<T>(wrong: &mut Vec<(String, &'static str)>, path: &str, word: &'static str) -> Option<T> {
    wrong.push(at(path, word));
    None
}

/// The places of a list's entries that are wrong.
pub(crate) fn places<T>(
    path: &str,
    list: &[T],
    is_wrong: impl Fn(&T) -> bool,
    word: &'static str,
) -> Vec<(String, &'static str)> {
    let wrong = list.iter().enumerate().filter(|(_, name)| is_wrong(name));
    wrong.map(|(index, _)| (format!("{path}[{index}]"), word)).collect()
}

fn distinct(list: Vec<String>) -> Vec<String> {
    let mut seen = Vec::with_capacity(list.len());
    for name in list {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// Tolerance for a caller's clock that is ahead: 60 s.
const FORGIVEN: SignedDuration = SignedDuration::from_secs(60);
const LONGEST_TERM: SignedDuration = SignedDuration::from_hours(24 * 36_500);
const LONGEST_LIST: usize = 64;
