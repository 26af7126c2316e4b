//! The lines that are shaped here against their bytes in `journal/tests/lines.jsonl`: what stands in lanes already must be
//! written and read for as long as lanes are kept.

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, ConsentEvent, SubjectEvent, Who, body};
use qaqpa_proto::reason::Refusal;
use qaqpa_vault::{ConsentRecord, Withdrawal};

use crate::evidence::lines::{Actor, acted, changed, denied};
use crate::refusal::NotDone;

const GOLDEN: &str = include_str!("../../journal/tests/lines.jsonl");
const TXN: &str = "019e5a7c-0000-7000-8000-000000000001";
const METHOD: &str = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
const PEER: &str = "peer=10.0.0.7 rule=office code=ok";

#[test]
fn lines_have_the_bytes_they_always_had() {
    for line in [refusals(), consents(), subjects()].concat() {
        let line = String::from_utf8(line).unwrap();
        assert!(GOLDEN.lines().any(|golden| golden == line), "{line}");
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn who() -> Who<'static> {
    Who { caller: "school-17".into(), certificate: "ab01".into(), operator: "avtomektep".into() }
}

fn refusals() -> Vec<Vec<u8>> {
    let now = at("2026-11-20T06:00:03Z");
    let bare = NotDone::from(Refusal::QuotaCaller);
    let full = NotDone {
        evidence: Some("two fields".to_owned()),
        ..NotDone::from(Refusal::ConsentMissing)
            .detailed("no_consent")
            .at(vec![("student.iin".to_owned(), "missing"), ("student.name".to_owned(), "missing")])
    };
    let denied = |purpose, not_done| body(&denied(TXN, now, (who(), PEER), METHOD, purpose, not_done));
    vec![denied(Some("state-exchange"), &full), denied(None, &bare)]
}

fn consents() -> Vec<Vec<u8>> {
    let now = at("2026-11-20T06:00:05Z");
    let bare = ConsentRecord {
        id: "c-1".to_owned(),
        operator: "avtomektep".to_owned(),
        reference: "never in a line".to_owned(),
        form: "written".to_owned(),
        purposes: vec!["reporting".to_owned()],
        categories: Vec::new(),
        recipients: Vec::new(),
        given_at: now,
        recorded_at: now,
        expires_at: None,
        guardian: None,
        evidence_sha256: None,
        kdp: None,
        recorded_by: "school-17".to_owned(),
        acting_for: "990140000007".to_owned(),
        withdrawn: None,
        destroyed_at: None,
    };
    let full = ConsentRecord {
        categories: vec!["contact".to_owned(), "iin".to_owned()],
        recipients: vec!["mia".to_owned()],
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        guardian: Some("never in a line".to_owned()),
        withdrawn: Some(Withdrawal {
            at: now,
            by: "never in a line".to_owned(),
            reason_code: "subject-request".to_owned(),
            destroy_by: at("2026-11-23T10:00:00Z"),
        }),
        ..bare.clone()
    };
    let who = who();
    let marks = || vec!["m1".into()];
    let mut given = changed(ConsentEvent::Given, TXN, now, &who, &bare);
    (given.marks, given.policy, given.policy_sha256) = (marks(), Some("2026-06".into()), Some("c0de".into()));
    let mut withdrawn = changed(ConsentEvent::Withdrawn, TXN, now, &who, &full);
    (withdrawn.marks, withdrawn.under_way) = (marks(), vec![TXN.into()]);
    let destroyed = changed(ConsentEvent::Destroyed, TXN, now, &who, &bare);
    [given, withdrawn, destroyed].map(|changed| body(&changed)).to_vec()
}

fn subjects() -> Vec<Vec<u8>> {
    let actor = Actor { txn: TXN, method: "/qaqpa.subject.v1.Subjects/Correct", who: who() };
    let now = at("2026-11-20T06:00:06Z");
    let full = Acted {
        marks: vec!["m1".into()],
        id: Some("h-1".into()),
        basis: Some("wrong".into()),
        purpose: Some("reporting".into()),
        fields: vec!["student.name".into()],
        count: Some(2),
        ..acted(SubjectEvent::CorrectionMarked, now, &actor)
    };
    vec![body(&full), body(&acted(SubjectEvent::Reported, now, &actor))]
}
