//! What the codec writes, reads and refuses, as tables. Field names in errors, never values.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use jiff::Timestamp;
use prost::Message as _;
use qaqpa_adapters::codec::{Codec, Drift, Fills, Limits, ReadError, WriteError};
use qaqpa_adapters::xml::Document;
use qaqpa_proto::Contract;
use qaqpa_proto::avtoshkola::v1 as wire;

const TRAINING: &str = "/qaqpa.avtoshkola.v1.Training/";

fn codec(name: &str) -> Codec {
    let contract = Contract::embedded().unwrap();
    Codec::compile(&contract, contract.operation(&format!("{TRAINING}{name}")).unwrap()).unwrap()
}

fn fills() -> Fills<'static> {
    Fills {
        request_id: Some("r"),
        request_date: Some(Timestamp::UNIX_EPOCH),
        requestor_bin: Some("b"),
        operator_bin: Some("o"),
        sender_code: Some("s"),
    }
}

const HEAD: &str = "<head><requestId>r</requestId><requestDate>1970-01-01T05:00:00.000+05:00</requestDate>\
    <requestorBin>b</requestorBin><associationBin>o</associationBin></head>";

fn written(name: &str, message: &[u8]) -> Result<String, WriteError> {
    let mut out = String::new();
    codec(name).write_request(message, &fills(), &mut out)?;
    let root = out.find('>').unwrap() + 1;
    Ok(out[root..out.rfind("</").unwrap()].strip_prefix(HEAD).unwrap().to_owned())
}

fn student() -> wire::Student {
    wire::Student {
        iin: "991231500006".into(),
        surname: "ТЕСТОВ".into(),
        name: "ТЕСТ".into(),
        birth_date: "2099-12-31".into(),
        ..Default::default()
    }
}

fn group() -> wire::Group {
    wire::Group {
        group_external_id: "G-1".into(),
        school_bin: "990140000007".into(),
        title: "B-12".into(),
        category: wire::DrivingCategory::B.into(),
        start_date: "2026-03-02".into(),
        end_date: "2026-05-15".into(),
        ..Default::default()
    }
}

fn submit(student: wire::Student) -> Vec<u8> {
    wire::SubmitGroupRequest { context: None, group: Some(group()), student: vec![student] }.encode_to_vec()
}

#[test]
fn defaults_are_written_where_the_schema_demands_them() {
    let outcome = wire::Outcome { iin: "991231500006".into(), group_id: "g".into(), ..Default::default() };
    let hours = wire::Outcome { theory_hours: Some(0), practice_hours: Some(-1), passed: true, ..outcome.clone() };
    let request = wire::SubmitOutcomesRequest { context: None, outcome: vec![outcome, hours] };
    let common =
        "<iin>991231500006</iin><groupId>g</groupId><rules>0</rules><maintenance>0</maintenance><practice>0</practice>";
    assert_eq!(
        written("SubmitOutcomes", &request.encode_to_vec()).unwrap(),
        format!(
            "<outcome>{common}<passed>false</passed></outcome><outcome>{common}<passed>true</passed>\
             <theoryHours>0</theoryHours><practiceHours>-1</practiceHours></outcome>"
        )
    );
}

#[test]
fn the_order_is_that_of_the_schema_and_not_of_the_wire() {
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let dictionary = [field(3, b"kz"), field(1, b"c"), field(2, b"ru")].concat();
    let certificate = [
        field(8, b"why"),
        field(7, &dictionary),
        field(6, b"2026-03-02"),
        vec![5 << 3, 4],
        field(4, b"g"),
        field(3, b"b"),
        field(2, b"i"),
    ];
    assert_eq!(
        written("IssueCertificate", &field(2, &certificate.concat())).unwrap(),
        "<certificate><iin>i</iin><schoolBin>b</schoolBin><groupId>g</groupId><category>B</category>\
         <issueDate>2026-03-02</issueDate><status><code>c</code><nameRu>ru</nameRu><nameKz>kz</nameKz></status>\
         <revocationReason>why</revocationReason></certificate>"
    );
}

#[test]
fn what_cannot_be_written_is_named_by_path() {
    let path = |name: &str| format!("student.{name}");
    for (wanted, message) in [
        (WriteError::Missing(path("iin")), submit(wire::Student { iin: String::new(), ..student() })),
        (
            WriteError::Missing("student".into()),
            wire::SubmitGroupRequest { group: Some(group()), ..Default::default() }.encode_to_vec(),
        ),
        (WriteError::Missing("group".into()), Vec::new()),
        (WriteError::Value(path("birth_date")), submit(wire::Student { birth_date: "31.12.2099".into(), ..student() })),
        (WriteError::IllegalCharacter(path("name")), submit(wire::Student { name: "a\u{1}".into(), ..student() })),
        (WriteError::IllegalCharacter(path("name")), submit(wire::Student { name: "\0".into(), ..student() })),
        (WriteError::IllegalCharacter(path("name")), submit(wire::Student { name: "\u{FFFE}".into(), ..student() })),
        (WriteError::IllegalCharacter(path("name")), submit(wire::Student { name: "\u{1F}".into(), ..student() })),
        (WriteError::Repeated("group".into()), [submit(student()), submit(student())].concat()),
        (WriteError::Repeated("student.iin".into()), b"\x1a\x06\x0a\x01a\x0a\x01b".to_vec()),
        (WriteError::Unknown { path: String::new(), number: 9 }, [submit(student()), b"\x48\x01".to_vec()].concat()),
        (WriteError::Unknown { path: "student".into(), number: 11 }, b"\x1a\x02\x58\x01".to_vec()),
        (WriteError::Malformed("student".into()), b"\x1a\x02\x0a\x05".to_vec()),
        (WriteError::Malformed("student".into()), b"\x18\x01".to_vec()),
        (WriteError::Malformed("student.iin".into()), b"\x1a\x03\x0a\x01\xff".to_vec()),
        (WriteError::Malformed("student.iin".into()), b"\x1a\x02\x08\x01".to_vec()),
        (WriteError::Malformed(String::new()), b"\x1b".to_vec()),
        (WriteError::Malformed(String::new()), b"\x15\0\0\0\0".to_vec()), // fixed width
        (WriteError::Malformed(String::new()), b"\x1a\x82\0\x0a\0".to_vec()), // a length longer than it needs to be
    ] {
        // The group comes first in the schema, so it must be there for a student to be looked at.
        let with_group = wire::SubmitGroupRequest { group: Some(group()), ..Default::default() }.encode_to_vec();
        let starts_with_student = message.first() == Some(&0x1a) || message.first() == Some(&0x18);
        let message = if starts_with_student { [with_group, message].concat() } else { message };
        assert_eq!(written("SubmitGroup", &message), Err(wanted));
    }
}

#[test]
fn enums_are_written_by_their_texts() {
    for (wanted, category) in [
        (Ok("<category>Tm</category>"), 14),
        (Err(WriteError::Missing("group.category".into())), 0),
        (Err(WriteError::Enumeration("group.category".into())), 99),
        (Err(WriteError::Enumeration("group.category".into())), -1),
    ] {
        let group = Some(wire::Group { category, ..group() });
        let request = wire::SubmitGroupRequest { context: None, group, student: vec![student()] };
        let found = written("SubmitGroup", &request.encode_to_vec());
        match wanted {
            Ok(element) => assert!(found.unwrap().contains(element)),
            Err(error) => assert_eq!(found, Err(error)),
        }
    }
}

fn read(inside: &str) -> Result<(wire::GetSchoolResponse, Drift), ReadError> {
    let source = format!("<r:getSchoolInfoResponse xmlns:r='urn:other'>{inside}</r:getSchoolInfoResponse>");
    let document = Document::parse(&source).unwrap();
    let read = codec("GetSchool").read_reply(document.root_element(), &Limits::default())?;
    Ok((wire::GetSchoolResponse::decode(read.wire.as_slice()).unwrap(), read.drift))
}

#[test]
fn spelling_does_not_matter() {
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    for (why, wanted, inside) in [
        ("plain", "a", "<school><bin>a</bin></school>".to_owned()),
        ("another prefix", "a", "<p:school xmlns:p='urn:p'><p:bin>a</p:bin></p:school>".into()),
        ("default namespace undone", "a", "<school xmlns='urn:d'><bin xmlns=''>a</bin></school>".into()),
        ("CDATA", "a<b", "<school><bin><![CDATA[a<b]]></bin></school>".into()),
        ("character reference", "a7", "<school><bin>a&#55;</bin></school>".into()),
        ("comment inside text", "ab", "<school><bin>a<!-- x -->b</bin></school>".into()),
        ("white space around what has a format", "a", "<school>\n <bin>\n a </bin>\n</school>".into()),
        ("another order", "a", "<school><phone>p</phone><bin>a</bin></school>".into()),
        ("nil is absence", "", format!("<school><bin {xsi} xsi:nil='true'>a</bin></school>")),
        ("nil is false", "a", format!("<school><bin {xsi} xsi:nil='0'>a</bin></school>")),
        ("nil in no namespace", "a", "<school><bin nil='true'>a</bin></school>".into()),
    ] {
        let (reply, drift) = read(&inside).unwrap();
        assert_eq!(reply.school.unwrap().bin, wanted, "{why}");
        assert_eq!(drift.count, 0, "{why}");
    }
}

#[test]
fn drift_is_counted_and_named() {
    let signature = "<d:Signature xmlns:d='http://www.w3.org/2000/09/xmldsig#'/>";
    for (count, names, inside) in [
        (1, vec!["extra"], "<extra><deep>x</deep></extra>".to_owned()),
        (2, vec!["school.new"], "<school><new/><new/></school>".into()),
        (1, vec!["school.bin.b"], "<school><bin>a<b>c</b></bin></school>".into()),
        (1, vec!["school"], "<school>stray</school>".into()),
        (1, vec!["school.____"], "<school><ақша/></school>".into()),
        (0, vec![], format!("<school/>{signature}")),
        (1, vec!["Signature"], format!("{signature}<school/>")),
        (1, vec!["Signature"], "<school/><Signature/>".into()),
        (1, vec!["school.Signature"], format!("<school>{signature}</school>")),
        // Fields of ours are no business of theirs.
        (1, vec!["receipt"], "<receipt/>".into()),
    ] {
        let (_, drift) = read(&inside).unwrap();
        assert_eq!((drift.count, drift.names), (count, names.into_iter().map(str::to_owned).collect()), "{inside}");
    }
    let (reply, drift) =
        read("<school><category>B</category><category>Z</category><category>A1</category></school>").unwrap();
    assert_eq!(reply.school.unwrap().category, [4, 1]);
    assert_eq!(drift.unknown_texts, ["school.category"]);
    assert_eq!(drift.missing, ["head", "school.bin", "school.name_ru", "school.name_kz", "school.status"]);
}

#[test]
fn what_has_no_meaning_is_refused() {
    for (wanted, inside) in [
        (
            ReadError::Value("school.registration_date".into()),
            "<school><registrationDate>soon</registrationDate></school>",
        ),
        (ReadError::Value("head.response_date".into()), "<head><responseDate>2026-03-02</responseDate></head>"),
        (ReadError::Repeated("school".into()), "<school/><p:school xmlns:p='urn:p'/>"),
        (ReadError::Repeated("school.bin".into()), "<school><bin>a</bin><kato/><bin>a</bin></school>"),
    ] {
        assert_eq!(read(inside).unwrap_err(), wanted);
    }
    for (inside, limits) in [
        ("<school><bin>a</bin></school>", Limits { elements: 1, ..Limits::default() }),
        ("<school><nameRu>a long name</nameRu></school>", Limits { bytes: 4, ..Limits::default() }),
    ] {
        let source = format!("<getSchoolInfoResponse>{inside}</getSchoolInfoResponse>");
        let document = Document::parse(&source).unwrap();
        let found = codec("GetSchool").read_reply(document.root_element(), &limits);
        assert!(matches!(found, Err(ReadError::TooLarge(_))), "{inside}");
    }
    for (fine, source) in [
        (true, "<data><head/></data>"),
        (false, "<data><errorResponse/></data>"),
        (false, "<errorResponse/>"),
        (true, "<getSchoolInfoResponse/>"),
    ] {
        let document = Document::parse(source).unwrap();
        let found = codec("GetSchool").read_reply(document.root_element(), &Limits::default());
        assert_eq!(found.is_ok(), fine, "{source}");
    }
}

#[test]
fn numbers_and_bytes_are_read_in_all_their_spellings() {
    let outcome = |inside: &str| {
        let source = format!("<submitOutcomesRequest><outcome>{inside}</outcome></submitOutcomesRequest>");
        let document = Document::parse(&source).unwrap();
        let read = codec("SubmitOutcomes").read_request(document.root_element(), &Limits::default())?;
        let request = wire::SubmitOutcomesRequest::decode(read.wire.as_slice()).unwrap();
        Ok((request.outcome[0].rules, request.outcome[0].passed, request.outcome[0].theory_hours))
    };
    for (wanted, inside) in [
        (Ok((5, true, None)), "<rules> 5 </rules><passed>1</passed>"),
        (Ok((5, false, Some(0))), "<rules>+05</rules><passed>false</passed><theoryHours>0</theoryHours>"),
        (Ok((0, false, None)), "<rules/><passed></passed>"),
        (Err(ReadError::Value("outcome.rules".into())), "<rules>5.0</rules>"),
        (Err(ReadError::Value("outcome.rules".into())), "<rules>2147483648</rules>"),
        (Err(ReadError::Value("outcome.rules".into())), "<rules>٥</rules>"),
        (Err(ReadError::Value("outcome.passed".into())), "<passed>yes</passed>"),
    ] {
        assert_eq!(outcome(inside), wanted, "{inside}");
    }
}
