//! Maps, choices, `Any`, numbers of every width: bytes by hand against the rich contract, one row a sentence.

use prost::Message as _;
use qaqpa_policy::{Direction, Minimised, Mode, NotMinimised};
use qaqpa_proto::language::Language;
use qaqpa_proto::wire::Fault;

use crate::rich::World;
use crate::rich::typed::{Any, DETAIL, Detail, Document, Record, Root};

fn world() -> World {
    World::new()
}

/// A record's bytes as the message around it has them.
fn framed(record: &[u8]) -> Vec<u8> {
    let mut wire = vec![0x12];
    prost::encoding::encode_varint(record.len() as u64, &mut wire);
    wire.extend(record);
    wire
}

fn filtered(record: &[u8]) -> Result<Minimised, NotMinimised> {
    world().minimise(Direction::Reply, &framed(record))
}

fn fault(record: &[u8]) -> Option<Fault> {
    match filtered(record) {
        Err(NotMinimised::Malformed { problem, .. }) => Some(problem.fault),
        _ => None,
    }
}

#[test]
fn packed_numbers_are_counted_one_by_one_in_a_request_and_not_in_a_reply() {
    let marks = |number: usize| framed(&[&[0x4a][..], &varint(number), &vec![2; number]].concat());
    let told = |direction, number| match world().minimise(direction, &marks(number)) {
        Err(NotMinimised::Malformed { problem, .. }) => Some(problem.fault),
        _ => None,
    };
    assert_eq!(told(Direction::Request, 1_000), None);
    assert_eq!(told(Direction::Request, 1_001), Some(Fault::TooMany));
    assert_eq!(told(Direction::Reply, 1_001), None);
}

fn varint(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number as u64, &mut bytes);
    bytes
}

#[test]
fn what_two_readers_would_read_differently_is_refused() {
    let any = |body: &[u8]| [&[0x92, 0x02, body.len() as u8], body].concat();
    let detail = [&[0x0a, 0x22], DETAIL.as_bytes()].concat();
    for (wanted, record, why) in [
        (
            Some(Fault::Twice),
            b"\xd2\x01\x05\x0a\x01k\x10\x05\xd2\x01\x05\x0a\x01k\x10\x06".to_vec(),
            "one key, two entries",
        ),
        (Some(Fault::Twice), b"\xe2\x01\x00\xe2\x01\x02\x08\x00".to_vec(), "key 0 left out and written"),
        (Some(Fault::Twice), b"\xd2\x01\x08\x0a\x01k\x0a\x01l\x10\x05".to_vec(), "an entry with two keys"),
        (Some(Fault::Twice), b"\xd2\x01\x07\x0a\x01k\x10\x05\x10\x06".to_vec(), "an entry with two values"),
        (Some(Fault::EmptyKey), b"\xd2\x01\x02\x10\x05".to_vec(), "a value without a key"),
        (Some(Fault::EmptyKey), b"\xd2\x01\x04\x0a\x00\x10\x05".to_vec(), "an empty key"),
        (Some(Fault::EmptyKey), b"\xd2\x01\x00".to_vec(), "an empty entry"),
        (Some(Fault::WrongType), b"\xd2\x01\x04\x08\x01\x10\x05".to_vec(), "a key of another type"),
        (Some(Fault::WrongType), b"\xd0\x01\x05".to_vec(), "a map as a number"),
        (Some(Fault::Choice), b"\xfa\x01\x01h\x88\x02\x07".to_vec(), "two of one choice"),
        (Some(Fault::Choice), b"\xf2\x01\x01e\x88\x02\x07".to_vec(), "two of one choice, one of which stays behind"),
        (Some(Fault::Twice), b"\x88\x02\x07\x88\x02\x07".to_vec(), "one of a choice twice"),
        (Some(Fault::Any), any(b""), "an Any of nothing"),
        (Some(Fault::Any), any(b"\x12\x01x"), "an Any without a type"),
        (Some(Fault::Any), any(b"\x0a\x00\x12\x01x"), "an Any with an empty type"),
        (Some(Fault::Any), any(b"\x0a\x01x\x1a\x01x"), "an Any with a third field"),
        (Some(Fault::Any), any(b"\x08\x01"), "an Any whose type is a number"),
        (Some(Fault::Twice), any(b"\x0a\x01x\x0a\x01y"), "an Any with two types"),
        (Some(Fault::Truncated), any(&[&detail, &b"\x12\x02\x0a\x05"[..]].concat()), "an Any whose value is cut off"),
        (Some(Fault::Truncated), b"\x92\x02\x05\x0a\x09ab".to_vec(), "an Any that is cut off"),
        (Some(Fault::Truncated), b"\xf2\x02\x03abc".to_vec(), "three bytes of packed fixed32"),
        (Some(Fault::WrongType), b"\x69\x01\x02\x03\x04\x05\x06\x07\x08".to_vec(), "fixed32 as fixed64"),
        (Some(Fault::Range), b"\x58\x80\x80\x80\x80\x10".to_vec(), "a sint32 beyond 32 bits"),
        (None, b"\xe2\x01\x00".to_vec(), "key 0 left out"),
        (None, b"\xd2\x01\x03\x0a\x01k".to_vec(), "value 0 left out"),
        (None, b"\xfa\x01\x01h".to_vec(), "one of a choice"),
        (None, any(&detail), "an Any with an empty value"),
    ] {
        assert_eq!(fault(&record), wanted, "{why}");
    }
}

#[test]
fn what_moves_of_a_structure() {
    for (wanted, record, withheld, why) in [
        (
            &b"\xd2\x01\x05\x0a\x01k\x10\x05"[..],
            &b"\xd2\x01\x08\x0a\x01k\x10\x05\x1a\x01T"[..],
            "record.hours.(unknown)",
            "a third field of an entry",
        ),
        (b"", b"\xca\x01\x06\x0a\x01k\x12\x01T", "record.notes", "a map whose values stay"),
        (b"", b"\xea\x01\x06\x0a\x01T\x12\x01v", "record.guardians", "a map whose keys stay"),
        (
            b"\xfa\x02\x09\x0a\x01k\x12\x042008",
            b"\xfa\x02\x0f\x0a\x01k\x12\x0a2008-05-14",
            "",
            "a map whose values are transformed",
        ),
        (b"", b"\xfa\x02\x08\x0a\x01k\x12\x03TKN", "record.born.value", "no half entry: its value cannot be read"),
        (b"\xfa\x02\x03\x0a\x01k", b"\xfa\x02\x03\x0a\x01k", "", "an entry without a value is whole"),
        (b"", b"\xf2\x01\x03TKN", "record.email", "one of a choice that stays"),
        (b"", b"\x92\x02\x05\x0a\x03abc", "record.extra", "a type that nobody lists"),
        (
            b"\x69\x01\x02\x03\x04\x05\x06\x07\x08"[..0].as_ref(),
            b"\x81\x01\x01\x02\x03\x04\x05\x06\x07\x08",
            "record.signed_eight",
            "sfixed64 that stays",
        ),
        (b"\x6d\x01\x02\x03\x04", b"\x6d\x01\x02\x03\x04", "", "fixed32 that moves"),
        (b"", b"\x6d\x00\x00\x00\x00", "", "a plain zero is absent"),
        (b"\x4a\x02\x1e\x00", b"\x4a\x02\x25\x09", "", "packed numbers in buckets"),
        (b"\x48\x1e\x48\x00", b"\x48\x25\x48\x09", "", "the same one by one; zeros of a list stay"),
        (b"", b"\x50\x09", "", "a plain number that becomes zero is absent"),
        (b"\x60\xcf\x0f", b"\x60\x01", "", "a number may need more bytes in its bucket"),
        (
            b"\xea\x02\x072008-05",
            b"\xea\x02\x0a2008-05-14\xea\x02\x03TKN",
            "record.days",
            "an element that cannot be read",
        ),
    ] {
        let wanted = if wanted.is_empty() { b"\x12\x00".to_vec() } else { framed(wanted) };
        let minimised = filtered(record).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(hex::encode(minimised.bytes()), hex::encode(wanted), "{why}");
        let found: Vec<_> = minimised.withheld().map(|found| found.path).collect();
        assert_eq!(found, if withheld.is_empty() { vec![] } else { vec![withheld] }, "{why}");
    }
}

fn record_of_structures() -> Record {
    let detail = Detail { code: "c".into(), diagnosis: "TKN1".into(), staff: "991231500707".into() };
    Record {
        birth_date: "2008-05-14".into(),
        hours: [("a".to_owned(), 0), ("b".to_owned(), 7)].into(),
        papers: [("991231500707".to_owned(), Document { number: "KZ-000123".into(), issuer: "TKN".into() })].into(),
        extra: Some(Any { type_url: DETAIL.into(), value: detail.encode_to_vec() }),
        ..Record::default()
    }
}

/// The journal commits to what moves: to the transformed value, and to an entry of a map by its position.
#[test]
fn the_journal_is_told_what_moves_and_not_what_came() {
    let root = Root { control: None, record: Some(record_of_structures()) };
    let minimised = world().minimise(Direction::Reply, &root.encode_to_vec()).unwrap();
    let released: Vec<(String, String)> = minimised
        .released()
        .into_iter()
        .map(|found| (found.path, String::from_utf8_lossy(found.value).into_owned()))
        .collect();
    let (pseudonyms, others): (Vec<_>, Vec<_>) = released.iter().partition(|(_, value)| value.len() == 27);
    let others: Vec<_> = others.iter().map(|(path, value)| format!("{path} {value}")).collect();
    assert_eq!(
        others,
        [
            "record.birth_date 2008",
            "record.hours[0].key a",
            "record.hours[1].key b",
            "record.hours[1].value \u{7}",
            "record.papers[0].value.number …0123",
            "record.extra.detail.code c",
        ]
    );
    let pseudonyms: Vec<_> = pseudonyms.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(pseudonyms, ["record.papers[0].key", "record.extra.detail.staff"]);
    let told: Vec<_> = minimised
        .transformed()
        .map(|found| format!("{} {} {} x{}", found.path, found.transform, found.clause, found.count))
        .collect();
    assert_eq!(
        told,
        [
            "record.birth_date year 1 x1",
            "record.papers.key pseudonym 1 x1",
            "record.papers.value.number suffix 4 1 x1",
            "record.extra.detail.staff pseudonym 1 x1",
        ]
    );
    let withheld: Vec<_> =
        minimised.withheld().map(|found| format!("{}: {}", found.path, found.reason(Language::En))).collect();
    assert_eq!(
        withheld,
        [
            "record.papers.value.issuer: The value could not be generalised as the policy demands",
            "record.extra.detail.diagnosis: Not needed",
        ]
    );
}

/// Without a key a pseudonym cannot be made; the field, and the entry whose key it is, stay behind.
#[test]
fn without_a_key_nothing_is_named() {
    let world = world();
    let plan = world.plan(Direction::Reply);
    assert!(plan.needs_pseudonym_key());
    let keyless = qaqpa_policy::Circumstances { pseudonyms: None, ..world.circumstances.clone() };
    let wire = Root { control: None, record: Some(record_of_structures()) }.encode_to_vec();
    let minimised = plan.minimise(&wire, Mode::Strip, &keyless).unwrap();
    let moved = Root::decode(minimised.bytes()).unwrap().record.unwrap();
    assert!(moved.papers.is_empty());
    assert!(!minimised.bytes().windows(12).any(|window| window == b"991231500707"));
    let withheld: Vec<_> = minimised.withheld().map(|found| found.path).collect();
    assert!(withheld.contains(&"record.papers.key") && withheld.contains(&"record.extra.detail.staff"), "{withheld:?}");
    assert!(plan.minimise(&wire, Mode::Strict, &keyless).is_err());
}

#[test]
fn a_mode_is_chosen_by_the_purpose() {
    let world = world();
    let mut purpose = world.plans.pack().purposes().first().unwrap().as_ref().clone();
    assert_eq!(Mode::of(&purpose, crate::rich::ASK), Mode::Strip);
    purpose.strict = purpose.operations.clone();
    assert_eq!(Mode::of(&purpose, crate::rich::ASK), Mode::Strict);
    assert_eq!(Mode::of(&purpose, "/rich.v1.Other/Ask"), Mode::Strip);
}
