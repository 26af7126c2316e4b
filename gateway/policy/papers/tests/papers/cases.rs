//! Policy cases: what they refuse to read, and that a wrong expectation does not hold.

use qaqpa_papers::cases::{Cases, Verdict};

use crate::sample::{contract, pack};

const HEAD: &str = r#"cases:
  - name: a phone number stays behind
    clause: "3"
    operation: qaqpa.avtoshkola.v1.Training/SyncStudents
    purpose: state-exchange
"#;
const GIVEN: &str = r#"    given:
      group: { group_external_id: g-1, school_bin: "990140000007", title: B-12, category: DRIVING_CATEGORY_B, start_date: "2026-09-01", end_date: "2026-12-01" }
      student: { iin: "991231500006", surname: Сынақов, name: Әлихан, birth_date: "2000-01-31", phone: "+77010000000" }
"#;

fn read(text: &str) -> Result<Cases, Vec<String>> {
    Cases::parse(text, "cases.yaml", &contract(), &pack())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn verdict(rest: &str) -> Verdict {
    let cases = read(&format!("{HEAD}{GIVEN}{rest}")).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    cases.run(&contract(), &pack()).unwrap().remove(0)
}

#[test]
fn what_a_case_says_holds_or_does_not() {
    let minor = GIVEN.replace("2000-01-31", "2010-01-31");
    for (holds, rest, why) in [
        (true, "    withheld: [student.phone]\n", "as it is"),
        (false, "    withheld: []\n", "more stays behind than was said"),
        (false, "    withheld: [student.phone, student.email]\n", "less stays behind than was said"),
        (true, "    withheld: [student.phone]\n    transformed: []\n", "nothing is transformed"),
        (false, "    transformed: [student.birth_date]\n", "it moves whole"),
        (false, "    moves: { student: { iin: \"991231500006\" } }\n", "more moves"),
        (false, "    refused: request.invalid\n", "it goes through"),
        (true, "    mode: strict\n    refused: request.invalid\n    fields: [student.phone]\n", "strict mode"),
        (false, "    mode: strict\n    refused: request.invalid\n    fields: [student.iin]\n", "another field"),
        (true, "    held: restriction\n    refused: subject.restricted\n", "blocked"),
        (true, "    held: objection\n    refused: subject.objected\n", "objected"),
    ] {
        let verdict = verdict(rest);
        assert_eq!(verdict.holds(), holds, "{why}: {:?}", verdict.differences);
    }
    for (code, rest) in [
        ("consent.missing", "    consent: missing\n"),
        ("consent.withdrawn", "    consent: withdrawn\n"),
        ("consent.expired", "    consent: expired\n"),
        ("consent.guardian_missing", ""),
    ] {
        let guardian = if rest.is_empty() { "" } else { ", guardian_iin: \"991231600002\", consent_ref: c-1" };
        let given = minor.replace(", phone:", &format!("{guardian}, phone:"));
        let cases = read(&format!("{HEAD}{given}{rest}    refused: {code}\n")).unwrap();
        let verdicts = cases.run(&contract(), &pack()).unwrap();
        assert!(verdicts[0].holds(), "{code}: {:?}", verdicts[0].differences);
    }
}

#[test]
fn a_difference_is_shown_as_lines() {
    let moves = "    moves: { group: { group_external_id: g-2 } }\n    withheld: []\n";
    let rows: Vec<String> =
        verdict(moves).differences.iter().map(|row| format!("{} {} {}", row.key, row.sign, row.text)).collect();
    assert_eq!(
        rows[..3],
        [
            "moves - group.group_external_id = \"g-2\"",
            "moves + group.group_external_id = \"g-1\"",
            "moves + group.school_bin = \"990140000007\"",
        ]
    );
    assert_eq!(rows.last().unwrap(), "withheld + student.phone");
}

#[test]
fn a_case_that_could_prove_less_than_it_says_is_not_read() {
    let tail = "    withheld: []\n";
    let given = |from: &str, to: &str| format!("{HEAD}{}{tail}", GIVEN.replacen(from, to, 1));
    let head = |from: &str, to: &str| format!("{}{GIVEN}{tail}", HEAD.replacen(from, to, 1));
    for (wanted, text) in [
        (
            "cases.yaml:8:39: `qaqpa.avtoshkola.v1.Student` has no field `surnam`; did you mean `surname`?",
            given("surname", "surnam"),
        ),
        (
            "`DRIVING_CATEGORY_BB` is no value of `category`; did you mean `DRIVING_CATEGORY_B`?",
            given("CATEGORY_B,", "CATEGORY_BB,"),
        ),
        ("`iin`: a text is expected; put numbers and dates in quotes", given("\"991231500006\"", "991231500006")),
        ("`context` is the gateway's own; leave it out", given("student:", "context: {}\n      student:")),
        (
            "no contract has the operation `qaqpa.avtoshkola.v1.Training/SyncStudent`; did you mean",
            head("SyncStudents", "SyncStudent"),
        ),
        ("the pack has no clause `99`", head("\"3\"", "\"99\"")),
        (
            "the pack has no purpose `state-exchang`; did you mean `state-exchange`?",
            head("state-exchange", "state-exchang"),
        ),
        ("expects nothing", format!("{HEAD}{GIVEN}")),
        ("what is refused moves nothing", format!("{HEAD}{GIVEN}{tail}    refused: request.invalid\n")),
        (
            "unknown code `purpose.mising`; did you mean `purpose.missing`?",
            format!("{HEAD}{GIVEN}    refused: purpose.mising\n"),
        ),
        ("`fields` goes with `refused`", format!("{HEAD}{GIVEN}{tail}    fields: [student.iin]\n")),
        (
            "two cases have this name",
            format!("{HEAD}{GIVEN}{tail}{}{GIVEN}{tail}", HEAD.trim_start_matches("cases:\n")),
        ),
        ("unknown", format!("{HEAD}{GIVEN}{tail}    expected: []\n")),
        ("`today` is a day", format!("{HEAD}{GIVEN}{tail}    today: 2026-13-01\n")),
        ("`oral` is no form of a consent", format!("{HEAD}{GIVEN}{tail}    form: oral\n")),
        ("larger than", "#".repeat((1 << 20) + 1)),
        ("cases.yaml:", "cases: [&a {}, *a]".to_owned()),
        ("cases.yaml:", "cases: 7".to_owned()),
    ] {
        let problems = read(&text).err().unwrap_or_else(|| panic!("{wanted}: was read")).join("\n");
        assert!(problems.contains(wanted), "wanted `{wanted}`, found `{problems}`");
    }
}
