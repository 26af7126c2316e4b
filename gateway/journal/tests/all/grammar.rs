//! Each kind of line against `lines.jsonl`, which holds the bytes that stand in lanes already: written so, and read back.

use std::collections::BTreeMap;
use std::fmt::Debug;

use qaqpa_journal::line::{
    Acted, ConsentChanged, ConsentEvent, ConsentsRead, Counts, Denied, Ended, Event, Intent, Outcome, Phase, Record,
    SubjectEvent, Subjects, Text, Times, TurnedAway, Who, Why, body,
};
use qaqpa_journal::{Entry, Leaf};
use serde::Deserialize;

const GOLDEN: &str = include_str!("../lines.jsonl");
const TXN: &str = "019e5a7c-0000-7000-8000-000000000001";
const METHOD: &str = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
const PEER: &str = "peer=10.0.0.7 rule=office code=ok";

#[test]
fn each_kind_of_line_is_written_and_read_back_byte_by_byte() {
    let mut golden = GOLDEN.lines();
    [exchanges(), refusals(), events(), consents(), subjects()].concat().into_iter().for_each(|held| {
        assert_eq!(held, golden.next().unwrap());
    });
    assert_eq!(golden.next(), None);
}

/// Writes a record, reads it again, and gives its bytes.
fn held<R: for<'l> Kind<'l>>(record: R) -> String {
    let written = body(&record);
    let leaf = Leaf::of(written.clone()).unwrap();
    R::assert_read(&leaf, &format!("{record:?}"));
    let entry = Entry::of(&record, None).unwrap();
    assert_eq!(entry.phase(), Some(record.phase()));
    String::from_utf8(written).unwrap()
}

/// A kind of line, whatever the lifetime of its texts.
trait Kind<'l>: Record + Debug {
    type Read: Record + Deserialize<'l> + Debug;

    fn assert_read(leaf: &'l Leaf, wanted: &str) {
        let read: Self::Read = leaf.read().unwrap();
        assert_eq!(format!("{read:?}"), wanted);
    }
}

macro_rules! kinds {
    ($($kind:ident)*) => { $(impl<'l> Kind<'l> for $kind<'_> { type Read = $kind<'l>; })* };
}

kinds! { Intent Outcome Denied TurnedAway Event ConsentChanged ConsentsRead Acted }

fn at<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn texts<const N: usize>(texts: [&'static str; N]) -> Vec<Text<'static>> {
    texts.map(Text::from).to_vec()
}

fn map<V, const N: usize>(pairs: [(&'static str, V); N]) -> BTreeMap<Text<'static>, V> {
    pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

fn who() -> Who<'static> {
    Who { caller: "school-17".into(), certificate: "ab01".into(), operator: "avtomektep".into() }
}

fn counts() -> Counts<'static> {
    map([("contact", 2), ("iin", 1)])
}

fn commitments() -> BTreeMap<Text<'static>, Text<'static>> {
    map([("student.iin", "q8-_".into()), ("student.name", "AAAA".into())])
}

fn intent() -> Intent<'static> {
    Intent {
        txn: TXN.into(),
        ts: at("2026-11-20T06:00:00.123456789Z"),
        who: who(),
        peer: PEER.into(),
        method: METHOD.into(),
        why: Why {
            purpose: "state-exchange".into(),
            dpv: "dpv:LegalCompliance".into(),
            legal_basis: "law 94-V, 8".into(),
            clause: "3.1 «қағида» \"a\\b\"".into(),
            policy: "2026-06".into(),
            policy_sha256: "c0de".into(),
            acting_for: "990140000007".into(),
        },
        system: "avtoshkola".into(),
        service_id: "MIA_AISAS_GetSchoolInfo".into(),
        contract: "RECONSTRUCTED".into(),
        subjects: Subjects { named: 2, minors: 0, marks: Vec::new(), consents: Vec::new() },
        withheld: BTreeMap::new(),
        transformed: BTreeMap::new(),
        residency: "endpoint=shep plane=state code=ok".into(),
        address: "195.0.2.1:443".into(),
        message_id: TXN.into(),
        request_hmac: "aGVsbG8".into(),
        signature: "ecdsa-sha256".into(),
        commitments: BTreeMap::new(),
    }
}

fn exchanges() -> Vec<String> {
    let marks = || texts(["m1", "m2"]);
    let full = Intent {
        subjects: Subjects { named: 2, minors: 1, marks: marks(), consents: marks() },
        withheld: counts(),
        transformed: counts(),
        commitments: commitments(),
        ..intent()
    };
    let times = |received: Option<&str>| {
        let (accepted, sent) = (at("2026-11-20T06:00:00Z"), at("2026-11-20T06:00:00.5Z"));
        Some(Times { accepted, sent, received: received.map(at), decided: at("2026-11-20T06:00:02Z") })
    };
    let ended = |result| Outcome::new(TXN, at("2026-11-20T06:00:02Z"), result);
    let answered = Outcome {
        times: times(Some("2026-11-20T06:00:01Z")),
        shep: Some("SCSS001".into()),
        business: Some("OK".into()),
        reply_hmac: Some("d29ybGQ".into()),
        reply_signer: Some("ef23".into()),
        withheld: counts(),
        transformed: counts(),
        drift: 3,
        commitments: commitments(),
        ..ended(Ended::Answered)
    };
    let failed = Outcome {
        code: Some("consent.withdrawn".into()),
        detail: Some("held_back".into()),
        evidence: Some("nothing left".into()),
        times: times(None),
        ..ended(Ended::Failed)
    };
    let unknown = Outcome { code: Some("gateway.crashed".into()), ..ended(Ended::Unknown) };
    vec![held(full), held(intent()), held(answered), held(failed), held(unknown)]
}

fn refusals() -> Vec<String> {
    let denied = |code: &'static str| Denied {
        txn: TXN.into(),
        ts: at("2026-11-20T06:00:03Z"),
        who: who(),
        peer: PEER.into(),
        method: METHOD.into(),
        purpose: None,
        code: code.into(),
        fault: "caller".into(),
        detail: None,
        evidence: None,
        fields: Vec::new(),
        count: 1,
    };
    let full = Denied {
        purpose: Some("state-exchange".into()),
        detail: Some("no_consent".into()),
        evidence: Some("two fields".into()),
        fields: texts(["student.iin", "student.name"]),
        ..denied("consent.missing")
    };
    let strangers = |code: &'static str, caller: Option<&'static str>, evidence: Option<&'static str>, count| {
        let (caller, evidence) = (caller.map(Text::from), evidence.map(Text::from));
        held(TurnedAway { ts: at("2026-11-20T06:00:03Z"), code: code.into(), caller, evidence, count })
    };
    vec![
        held(full),
        held(denied("quota.caller")),
        strangers("quota.caller", Some("school-17"), None, 17),
        strangers("residency.peer.foreign", None, Some("peer=203.0.113.0/24 code=no"), 2),
    ]
}

fn events() -> Vec<String> {
    let event = |phase, event: &'static str, facts| {
        held(Event { phase, ts: at("2026-11-20T06:00:04Z"), event: event.into(), facts })
    };
    vec![
        event(Phase::Admin, "endpoint_judged", map([("evidence", "endpoint=shep code=ok".into())])),
        event(Phase::Recovery, "start", map([("settled_as_unknown", "1".into()), ("truncated_bytes", "0".into())])),
        event(
            Phase::Export,
            "audit_export",
            map([("format", "bundle".into()), ("from", "0".into()), ("to", "end".into())]),
        ),
        event(Phase::Retention, "destroyed", map([])),
    ]
}

fn consents() -> Vec<String> {
    let changed = |event| ConsentChanged {
        txn: TXN.into(),
        ts: at("2026-11-20T06:00:05Z"),
        event,
        who: who(),
        consent: "c-1".into(),
        marks: Vec::new(),
        purposes: texts(["reporting"]),
        categories: Vec::new(),
        recipients: Vec::new(),
        form: "written".into(),
        acting_for: "990140000007".into(),
        given_at: at("2026-11-20T06:00:05Z"),
        expires_at: None,
        guardian: false,
        reason: None,
        destroy_by: None,
        policy: None,
        policy_sha256: None,
        under_way: Vec::new(),
        vault: None,
    };
    let given = ConsentChanged {
        marks: texts(["m1"]),
        policy: Some("2026-06".into()),
        policy_sha256: Some("c0de".into()),
        ..changed(ConsentEvent::Given)
    };
    let withdrawn = ConsentChanged {
        marks: texts(["m1"]),
        categories: texts(["contact", "iin"]),
        recipients: texts(["mia"]),
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        guardian: true,
        reason: Some("subject-request".into()),
        destroy_by: Some(at("2026-11-23T10:00:00Z")),
        under_way: texts([TXN]),
        ..changed(ConsentEvent::Withdrawn)
    };
    let read = |marks| ConsentsRead {
        txn: TXN.into(),
        ts: at("2026-11-20T06:00:05Z"),
        event: ConsentEvent::Read,
        method: "/qaqpa.consent.v1.Consents/List".into(),
        who: who(),
        marks,
        count: 2,
    };
    let destroyed = changed(ConsentEvent::Destroyed);
    let counted = ConsentChanged { vault: Some(412), ..destroyed.clone() };
    let read = [held(read(texts(["m1"]))), held(read(Vec::new()))];
    [vec![held(given), held(withdrawn), held(destroyed)], read.to_vec(), vec![held(counted)]].concat()
}

fn subjects() -> Vec<String> {
    let acted = |event| Acted {
        txn: TXN.into(),
        ts: at("2026-11-20T06:00:06Z"),
        event,
        who: who(),
        method: "/qaqpa.subject.v1.Subjects/Correct".into(),
        marks: Vec::new(),
        id: None,
        basis: None,
        purpose: None,
        fields: Vec::new(),
        count: None,
        vault: None,
    };
    let full = Acted {
        marks: texts(["m1"]),
        id: Some("h-1".into()),
        basis: Some("wrong".into()),
        purpose: Some("reporting".into()),
        fields: texts(["student.name"]),
        count: Some(2),
        ..acted(SubjectEvent::CorrectionMarked)
    };
    let erased = Acted { marks: texts(["m1"]), vault: Some(413), ..acted(SubjectEvent::Erased) };
    vec![held(full), held(acted(SubjectEvent::Reported)), held(erased)]
}

#[test]
fn a_line_is_read_as_what_it_is_and_as_nothing_else() {
    let outcome = r#""phase":"OUTCOME","txn":"a","ts":"2026-11-20T06:00:02Z","result":"answered""#;
    let rows = [
        (true, "with the journal's head", format!(r#"{{"v":1,"lane":"gw/2026","seq":7,{outcome}}}"#)),
        (true, "what earlier versions did not write is empty", format!("{{{outcome}}}")),
        (true, "what later versions write is passed over", format!(r#"{{{outcome},"later":{{"a":[1]}}}}"#)),
        (true, "the phase may stand anywhere", format!(r#"{{"drift":0,{outcome}}}"#)),
        (true, "escapes", format!(r#"{{"evidence":"a\"b",{outcome}}}"#)),
        (false, "another phase", outcome.replace("OUTCOME", "INTENT")),
        (false, "a phase of nobody", outcome.replace("OUTCOME", "outcome")),
        (
            false,
            "the phase only inside another key",
            outcome.replace("\"phase\":\"OUTCOME\"", r#""a":{"phase":"OUTCOME"}"#),
        ),
        (false, "an end that is none", outcome.replace("answered", "asked")),
        (false, "no exchange", outcome.replace("txn", "tx")),
        (false, "a time that is none", outcome.replace("2026-11-20T", "")),
    ];
    for (readable, row, line) in rows {
        let line = if line.starts_with('{') { line } else { format!("{{{line}}}") };
        let leaf = Leaf::of(line.into_bytes()).unwrap();
        assert_eq!(leaf.read::<Outcome<'_>>().is_ok(), readable, "{row}");
    }
}

#[test]
fn what_is_kept_is_what_was_read() {
    let leaf = Leaf::of(body(&intent())).unwrap();
    assert_eq!(leaf.read::<Intent<'_>>().unwrap().into_owned(), intent());
    let (_, outcome) = GOLDEN.split_once("\n{\"phase\":\"OUTCOME\"").unwrap();
    let outcome = format!("{{\"phase\":\"OUTCOME\"{}", outcome.lines().next().unwrap());
    let leaf = Leaf::of(outcome.clone().into_bytes()).unwrap();
    assert_eq!(body(&leaf.read::<Outcome<'_>>().unwrap().into_owned()), outcome.into_bytes());
}

/// A part is what it is in the whole line, wherever it stands; what is behind it is not looked at.
#[test]
fn a_part_of_a_line_is_read_alone() {
    for line in GOLDEN.lines() {
        let leaf = Leaf::of(line.as_bytes().to_vec()).unwrap();
        let whole = leaf.read::<Intent<'_>>().ok();
        assert_eq!(leaf.part::<Subjects<'_>>().ok(), whole.map(|intent| intent.subjects), "{line}");
        assert_eq!(leaf.part::<Who<'_>>().is_ok(), line.contains("\"who\":{"), "{line}");
        assert_eq!(leaf.txn.as_deref(), line.contains("\"txn\"").then_some(TXN), "{line}");
    }
    for (wanted, row, line) in [
        (Some("m"), "behind others", r#"{"a":{"subjects":{}},"b":[1,"x"],"subjects":{"named":1,"marks":["m"]},"c":0}"#),
        (Some("m"), "the last", r#"{"subjects":{"marks":["m"]}}"#),
        (Some("\n"), "with escapes", r#"{"\u0073ubjects":{"marks":["\n"]},"c":0}"#),
        (None, "only inside another", r#"{"a":{"subjects":{"marks":["m"]}}}"#),
        (None, "of another kind", r#"{"subjects":["m"]}"#),
        (None, "with marks of another kind", r#"{"subjects":{"marks":[1]}}"#),
    ] {
        let leaf = Leaf::of(line.as_bytes().to_vec()).unwrap();
        let marks = leaf.part::<Subjects<'_>>().ok().map(|subjects| subjects.marks);
        assert_eq!(marks, wanted.map(|mark| vec![Text::from(mark)]), "{row}");
    }
}
