//! What the ledger knows of a person, and what follows from it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use prost::Message as _;
use qaqpa_policy::consent::Moment;
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::standing::{Given, Hold, HoldKind, Use};
use qaqpa_policy::{Bin, Claim, Iin, Pack, Permit, Plans, Role, Standing, Subjects, consent, permit};
use qaqpa_proto::avtoshkola::v1::GetStudentStatusRequest;
use qaqpa_proto::v1::Context;

use crate::sample::{PACK, STATUS, SYNC, caller, contract, request, student};

const NOW: &str = "2026-11-20T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A student's own consent to `reporting`.
pub(crate) fn own() -> Given {
    Given {
        id: "0190-own".into(),
        reference: "doc-7".into(),
        operator: "avtomektep".into(),
        acting_for: Bin::parse("140940023564").unwrap(),
        form: Form::Electronic,
        purposes: vec!["reporting".into()],
        categories: Vec::new(),
        recipients: Vec::new(),
        given_at: at("2026-01-01T00:00:00Z"),
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        guardian: None,
        withdrawn_at: None,
    }
}

/// A guardian's consent to `state-exchange`.
pub(crate) fn of_guardian(reference: &str) -> Given {
    Given {
        id: format!("0190-{reference}"),
        reference: reference.into(),
        purposes: vec!["state-exchange".into()],
        guardian: Some(Iin::parse("991231600002").unwrap()),
        expires_at: None,
        ..own()
    }
}

fn with(change: impl FnOnce(&mut Given)) -> Standing {
    let mut given = own();
    change(&mut given);
    Standing { consents: vec![given], ..Standing::default() }
}

fn held(kind: HoldKind, operator: &str, purpose: Option<&str>) -> Standing {
    let hold = Hold { id: "h".into(), operator: operator.into(), kind, purpose: purpose.map(str::to_owned) };
    Standing { holds: vec![hold], ..with(|_| {}) }
}

fn permitted(plans: &Plans, operation: &str, purpose: &str) -> Permit {
    let context = Context { purpose: purpose.into(), ..Context::default() };
    let wire = GetStudentStatusRequest { context: Some(context), iin: String::new() }.encode_to_vec();
    let caller = caller(Role::Exchange, &[purpose], &[]);
    permit(&caller, contract().operation(operation).unwrap(), &Claim::read(&wire).unwrap(), plans).unwrap()
}

fn status(standing: Standing, cited: Option<&str>, iin: &str) -> Result<usize, &'static str> {
    let plans = Plans::compile(&contract(), &Pack::parse(PACK, "avtomektep.yaml").unwrap()).unwrap();
    judge(&plans, "reporting", standing, cited, iin)
}

fn judge(
    plans: &Plans,
    purpose: &str,
    standing: Standing,
    cited: Option<&str>,
    iin: &str,
) -> Result<usize, &'static str> {
    let contract = contract();
    let operation = contract.operation(STATUS).unwrap();
    let wire = GetStudentStatusRequest { context: None, iin: iin.into() }.encode_to_vec();
    let subjects = Subjects::read(operation, &wire).unwrap();
    let (known, permit) = (Arc::new(standing), permitted(plans, STATUS, purpose));
    let moment = Moment { now: at(NOW), today: date(2026, 11, 20) };
    let judged = consent::check(&permit, operation, cited, &subjects, &|_: &Iin| known.clone(), moment);
    judged
        .map(|consent| consent.reliances().iter().filter(|reliance| reliance.consent.is_some()).count())
        .map_err(|no| no.reason().code())
}

#[test]
fn a_consent_covers_what_it_says_and_no_more() {
    let person = "991231500006";
    for (wanted, standing, cited, why) in [
        (Ok(1), with(|_| {}), None, "in force"),
        (Ok(1), with(|_| {}), Some("doc-7"), "cited by the operator's number"),
        (Ok(1), with(|_| {}), Some("0190-own"), "cited by its id"),
        (Err("consent.missing"), with(|_| {}), Some("doc-8"), "another one cited"),
        (Err("consent.missing"), Standing::default(), None, "none"),
        (Err("consent.missing"), with(|given| given.operator = "cpm".into()), None, "given to another operator"),
        (Err("consent.missing"), with(|given| given.purposes = vec!["support".into()]), None, "for another purpose"),
        (Err("consent.missing"), with(|given| given.given_at = at("2026-11-21T00:00:00Z")), None, "from tomorrow"),
        (
            Err("consent.missing"),
            with(|given| given.guardian = Some(Iin::parse("991231600002").unwrap())),
            None,
            "a guardian's, of a grown person",
        ),
        (Err("consent.expired"), with(|given| given.expires_at = Some(at(NOW))), None, "ends this moment"),
        (Ok(1), with(|given| given.expires_at = Some(at("2026-11-20T12:00:01Z"))), None, "ends in a second"),
        (
            Err("consent.withdrawn"),
            with(|given| given.withdrawn_at = Some(at("2026-02-01T00:00:00Z"))),
            None,
            "withdrawn",
        ),
        (
            Err("consent.out_of_scope"),
            with(|given| given.recipients = vec!["gbdfl".into()]),
            None,
            "for another system",
        ),
        (Ok(1), with(|given| given.recipients = vec!["avtoshkola".into()]), None, "for this system"),
        (
            Err("consent.out_of_scope"),
            with(|given| given.categories = vec!["iin".into()]),
            None,
            "without what comes back",
        ),
        (Ok(1), with(|given| given.categories = vec!["iin".into(), "education".into()]), None, "with all that moves"),
        (
            Err("consent.out_of_scope"),
            with(|given| given.acting_for = Bin::parse("990140000007").unwrap()),
            None,
            "collected by a school that is not acted for",
        ),
    ] {
        assert_eq!(status(standing, cited, person), wanted, "{why}");
    }
    assert_eq!(status(with(|_| {}), None, "991231500007"), Err("subject.unknown"), "no IIN, no person");
}

#[test]
fn a_withdrawn_consent_does_not_hide_one_in_force() {
    let withdrawn = Given { id: "old".into(), withdrawn_at: Some(at("2026-02-01T00:00:00Z")), ..own() };
    let standing = Standing { consents: vec![withdrawn, own()], ..Standing::default() };
    assert_eq!(status(standing, None, "991231500006"), Ok(1));
}

#[test]
fn holds_stop_their_operator_and_purpose() {
    use HoldKind::{Objection, Restriction};
    for (wanted, standing, why) in [
        (Err("subject.restricted"), held(Restriction, "avtomektep", None), "blocked"),
        (Err("subject.restricted"), held(Restriction, "avtomektep", Some("reporting")), "blocked for this purpose"),
        (Ok(1), held(Restriction, "avtomektep", Some("support")), "blocked for another purpose"),
        (Ok(1), held(Restriction, "cpm", None), "blocked at another operator"),
        (Err("subject.objected"), held(Objection, "avtomektep", Some("reporting")), "objected"),
    ] {
        assert_eq!(status(standing, None, "991231500006"), wanted, "{why}");
    }
}

#[test]
fn what_was_let_in_must_still_stand_when_it_leaves() {
    let now = at(NOW);
    let code = |standing: &Standing, relied_on| {
        standing.still_allows("avtomektep", "reporting", relied_on, now).map_err(|kind| kind.reason().code())
    };
    assert_eq!(code(&with(|_| {}), Some("0190-own")), Ok(()));
    assert_eq!(code(&with(|given| given.withdrawn_at = Some(now)), Some("0190-own")), Err("consent.withdrawn"));
    assert_eq!(code(&with(|given| given.expires_at = Some(now)), Some("0190-own")), Err("consent.expired"));
    assert_eq!(code(&Standing::default(), Some("0190-own")), Err("consent.missing"), "erased meanwhile");
    assert_eq!(code(&Standing::default(), None), Ok(()), "nothing was relied on");
    assert_eq!(code(&held(HoldKind::Restriction, "avtomektep", None), None), Err("subject.restricted"));
}

#[test]
fn incompatible_purposes_are_not_joined_within_their_window() {
    let pack = PACK.replacen(
        "  - id: reporting\n",
        "  - id: reporting\n    incompatible: [{ purpose: state-exchange, window_days: 30, clause: \"3\" }]\n",
        1,
    );
    let plans = Plans::compile(&contract(), &Pack::parse(&pack, "avtomektep.yaml").unwrap()).unwrap();
    let past = |operator: &str, purpose: &str, when: &str| {
        let past = Use { operator: operator.into(), purpose: purpose.into(), at: at(when) };
        Standing { uses: vec![past], ..with(|_| {}) }
    };
    for (wanted, purpose, standing, why) in [
        (
            Err("purpose.incompatible"),
            "reporting",
            past("avtomektep", "state-exchange", "2026-11-01T00:00:00Z"),
            "inside the window",
        ),
        (Ok(1), "reporting", past("avtomektep", "state-exchange", "2026-10-21T12:00:00Z"), "the window is over"),
        (Ok(1), "reporting", past("cpm", "state-exchange", "2026-11-20T00:00:00Z"), "another operator's"),
        (Ok(1), "reporting", past("avtomektep", "reporting", "2026-11-20T00:00:00Z"), "the same purpose"),
        (
            Err("purpose.incompatible"),
            "state-exchange",
            past("avtomektep", "reporting", "2026-11-19T00:00:00Z"),
            "the other way round",
        ),
    ] {
        assert_eq!(judge(&plans, purpose, standing, None, "991231500006"), wanted, "{why}");
    }
}

#[test]
fn a_minor_needs_the_consent_of_the_guardian_named() {
    let plans = Plans::compile(&contract(), &Pack::parse(PACK, "avtomektep.yaml").unwrap()).unwrap();
    let wire = |guardian: &str, reference: &str| {
        let mut request = request();
        request.student = Some(qaqpa_proto::avtoshkola::v1::Student {
            birth_date: "2010-01-01".into(),
            guardian_iin: guardian.into(),
            consent_ref: reference.into(),
            ..student()
        });
        request.encode_to_vec()
    };
    let guardian = "991231600002";
    for (wanted, wire, given, why) in [
        (Ok(1), wire(guardian, "c"), of_guardian("c"), "the guardian's"),
        (Ok(1), wire(guardian, "0190-c"), of_guardian("c"), "by its id"),
        (Err("consent.missing"), wire(guardian, "d"), of_guardian("c"), "another reference"),
        (Err("consent.missing"), wire("991231500707", "c"), of_guardian("c"), "another guardian"),
        (
            Err("consent.missing"),
            wire(guardian, "doc-7"),
            Given { purposes: vec!["state-exchange".into()], ..own() },
            "the minor's own",
        ),
        (
            Err("consent.withdrawn"),
            wire(guardian, "c"),
            Given { withdrawn_at: Some(at(NOW)), ..of_guardian("c") },
            "withdrawn",
        ),
    ] {
        let contract = contract();
        let operation = contract.operation(SYNC).unwrap();
        let subjects = Subjects::read(operation, &wire).unwrap();
        let known = Arc::new(Standing { consents: vec![given], ..Standing::default() });
        let permit = permitted(&plans, SYNC, "state-exchange");
        let moment = Moment { now: at(NOW), today: date(2026, 11, 20) };
        let judged = consent::check(&permit, operation, None, &subjects, &|_: &Iin| known.clone(), moment);
        assert_eq!(judged.map(|consent| consent.minors()).map_err(|no| no.reason().code()), wanted, "{why}");
    }
}
