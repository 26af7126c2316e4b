//! What a consent must be before it may be recorded: every refusal a row, with its code and the field at fault.

use prost_types::Timestamp as Stamp;
use qaqpa_policy::Bin;
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::consent::v1::{Form, GiveRequest, KdpToken};
use qaqpa_proto::v1::Category;

use super::{ADULT, FRIDAY, OPERATOR_BIN, OTHER, days, moment, pack, written};
use crate::persons::giving::{JudgedConsent, judge};
use crate::refusal::NotDone;

fn judged(request: GiveRequest) -> Result<JudgedConsent, NotDone> {
    judge(request, &pack(), Bin::parse(OPERATOR_BIN).unwrap(), "school", moment(FRIDAY))
}

fn refusal(request: GiveRequest) -> (&'static str, String) {
    match judged(request) {
        Ok(_) => ("given", String::new()),
        Err(not_done) => {
            let fields = not_done.fields.iter().map(|(path, word)| format!("{path}:{word}"));
            (not_done.reason.code(), fields.chain(not_done.detail.clone()).collect::<Vec<_>>().join(" "))
        }
    }
}

fn kdp(form: Form) -> GiveRequest {
    let token = KdpToken { token: "dG9rZW4=".into(), public_key: "a2V5".into() };
    GiveRequest { form: form.into(), evidence_sha256: Vec::new(), kdp: Some(token), ..written("") }
}

fn purposes<const N: usize>(names: [&str; N]) -> GiveRequest {
    GiveRequest { purposes: names.map(str::to_owned).to_vec(), ..written("") }
}

fn until(text: &str) -> Option<End> {
    text.parse().ok().map(End::ExpiresAt)
}

#[test]
fn what_the_policy_does_not_allow_is_not_given() {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let guarded = |request: GiveRequest| GiveRequest { guardian_iin: OTHER.into(), ..request };
    for (wanted, fields, why, request) in [
        ("given", "", "a written consent with a digest", written("")),
        ("given", "", "KDP with its token", kdp(Form::Kdp)),
        ("given", "", "two purposes that take the same form", purposes(["reporting", "quality"])),
        ("given", "", "one purpose twice", purposes(["identification", "identification"])),
        ("given", "", "a purpose that stands alone", purposes(["identification"])),
        ("given", "", "a minor's guardian, for a purpose of another basis", guarded(purposes(["exchange"]))),
        (
            "given",
            "",
            "a minute ahead",
            GiveRequest { given_at: "2026-02-13T18:30:59+05:00".parse().ok(), ..written("") },
        ),
        (
            "given",
            "",
            "a category and a recipient of the purpose",
            GiveRequest {
                categories: vec![Category::Iin.into(), Category::Education.into()],
                recipients: list(&["avtoshkola"]),
                ..written("")
            },
        ),
        ("consent.scope_empty", "purposes:missing", "no purpose", purposes([])),
        ("consent.scope_unknown", "purposes[1]:unknown", "unknown", purposes(["reporting", "raporting"])),
        ("consent.scope_unknown", "purposes[0]:unknown", "prohibited", purposes(["advertising"])),
        (
            "consent.scope_unknown",
            "categories[1]:unknown recipients[0]:unknown",
            "not the purpose's",
            GiveRequest {
                categories: vec![Category::Iin.into(), Category::Photo.into()],
                recipients: list(&["gbdfl"]),
                ..written("")
            },
        ),
        ("consent.not_needed", "exchange", "a purpose that the law demands", purposes(["exchange"])),
        ("consent.not_separate", "identification", "not alone", purposes(["identification", "reporting"])),
        (
            "consent.form_not_allowed",
            "reporting",
            "no SMS for reports",
            GiveRequest { form: Form::Sms1414.into(), ..written("") },
        ),
        (
            "consent.form_not_allowed",
            "quality",
            "the second does not take it",
            GiveRequest { form: Form::Electronic.into(), ..purposes(["reporting", "quality"]) },
        ),
        (
            "consent.evidence_missing",
            "evidence_sha256:missing",
            "written, without a digest",
            GiveRequest { evidence_sha256: Vec::new(), ..written("") },
        ),
        ("consent.evidence_missing", "kdp:missing", "KDP without a token", GiveRequest { kdp: None, ..kdp(Form::Kdp) }),
        (
            "consent.given_in_future",
            "given_at:future",
            "tomorrow",
            GiveRequest { given_at: "2026-02-14T09:00:00+05:00".parse().ok(), ..written("") },
        ),
        (
            "consent.expired_already",
            "",
            "a year and a day ago",
            GiveRequest { given_at: "2025-02-12T09:00:00+05:00".parse().ok(), ..written("") },
        ),
        ("consent.expired_already", "", "until now", GiveRequest { end: until(FRIDAY), ..written("") }),
        ("consent.term_too_long", "max_days_365", "366 days", GiveRequest { end: days(366), ..written("") }),
        (
            "consent.term_too_long",
            "max_days_30",
            "longer than the shorter of two",
            GiveRequest { end: days(31), ..purposes(["reporting", "quality"]) },
        ),
        (
            "consent.guardian_is_subject",
            "guardian_iin:subject",
            "guards itself",
            GiveRequest { guardian_iin: ADULT.into(), ..written("") },
        ),
    ] {
        assert_eq!(refusal(request), (wanted, fields.to_owned()), "{why}");
    }
}

#[test]
fn what_cannot_be_is_named_by_path_all_at_once() {
    let broken = GiveRequest {
        iin: "991231500007".into(),
        guardian_iin: "99123150000".into(),
        given_at: Some(Stamp { seconds: 0, nanos: -1 }),
        end: Some(End::ExpiresAt(Stamp { seconds: i64::MAX, nanos: 0 })),
        evidence_sha256: vec![7; 31],
        reference: "K 17".into(),
        request_id: "x".repeat(65),
        form: 99,
        ..written("")
    };
    let wanted = "iin:check_digit guardian_iin:length given_at:not_a_moment expires_at:not_a_moment form:missing \
                  evidence_sha256:length reference:not_visible_ascii request_id:not_visible_ascii";
    assert_eq!(refusal(broken), ("request.invalid", wanted.to_owned()));
    for (wanted, why, request) in [
        (
            "expires_at:before_given_at",
            "ends before it begins",
            GiveRequest { end: until("2026-02-13T08:59:59+05:00"), ..written("") },
        ),
        ("term:out_of_bounds", "a century and a day", GiveRequest { end: days(36_501), ..written("") }),
        ("term:out_of_bounds", "no time at all", GiveRequest { end: days(0), ..written("") }),
        ("kdp:beside_other_form", "a token on paper", kdp(Form::Written)),
        ("given_at:not_a_moment", "never given", GiveRequest { given_at: None, ..written("") }),
        ("purposes:too_many", "65 purposes", GiveRequest { purposes: vec!["reporting".into(); 65], ..written("") }),
    ] {
        assert_eq!(refusal(request), ("request.invalid", wanted.to_owned()), "{why}");
    }
}

#[test]
fn without_an_end_it_ends_when_the_policy_says() {
    let ends = |request| judged(request).ok().unwrap().record().expires_at;
    assert_eq!(ends(written("")), Some(moment("2027-02-13T09:00:00+05:00")), "365 days");
    assert_eq!(ends(purposes(["reporting", "quality"])), Some(moment("2026-03-15T09:00:00+05:00")), "the shorter one");
    assert_eq!(ends(purposes(["identification"])), None, "the policy sets no term");
    assert_eq!(ends(GiveRequest { end: days(10), ..written("") }), Some(moment("2026-02-23T09:00:00+05:00")));
    let ahead = judged(GiveRequest { given_at: "2026-02-13T18:30:40+05:00".parse().ok(), ..written("") }).ok().unwrap();
    assert_eq!(ahead.record().given_at, moment(FRIDAY), "a fast clock does not put it off");
}
