//! The traps that earlier prototypes fell into, and the defects of purpl, the nearest prior art: one row each, with the
//! proof that this one has none of them. What is kept by another layer is proven there; the row says where, and the
//! proof it names must exist.

use std::path::Path;

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use qaqpa_policy::{Circumstances, Claim, Direction, Mode, Transform};
use qaqpa_proto::v1::Category;

use crate::rich::typed::{Address, Record, Root};
use crate::rich::{World, tokens};

enum Proof {
    /// Runs here.
    Here(fn(&World)),
    /// File from the root of the repository, and the test in it.
    There(&'static str, &'static str),
}

use Proof::{Here, There};

/// facts/minimise-residency.md A4; the fourth, third and seventh are two each.
const TRAPS: [(&str, Proof); 10] = [
    ("reflection keeps unknown fields when it writes", Here(reflection_keeps_unknown_fields)),
    ("taking unknown fields away is lazy, and takes nothing", Here(taking_is_lazy)),
    ("custom options are lost through other descriptor types", There("proto/src/load.rs", "lost_options_are_noticed")),
    (
        "a field without a policy must end the start",
        There("gateway/policy/tests/policy/contracts.rs", "every_field_says_what_it_is_or_nothing_loads"),
    ),
    (
        "an interceptor sees no body and a codec no headers",
        There("tests/tests/corridor/wire.rs", "what_is_no_message_is_refused"),
    ),
    (
        "a compressed frame would be filtered as it is",
        There("tests/tests/corridor/wire.rs", "frames_that_are_no_call_are_refused"),
    ),
    (
        "an IIN gives away what the policy withholds",
        There("gateway/policy/tests/policy/plan.rs", "an_iin_gives_away_birth_date_and_sex"),
    ),
    (
        "an unkeyed digest of an IIN is undone in minutes",
        There("gateway/policy/tests/policy/transform.rs", "a_pseudonym_needs_a_key"),
    ),
    ("values leave in errors", Here(errors_hold_no_values)),
    (
        "values leave in logs, metrics, traces and panics",
        There("tests/tests/canary/main.rs", "no_token_is_found_where_it_must_not_be"),
    ),
];

/// facts/minimise-residency.md A1, in its order.
const DEFECTS: [(&str, Proof); 9] = [
    ("without a claim the reply goes out whole", Here(without_a_claim_nothing_goes)),
    ("only numbers and texts are suppressed", Here(every_kind_is_suppressed)),
    ("a suppressed number becomes another number", Here(what_stays_is_absent)),
    ("a text is cut beyond its end, or inside a letter", Here(texts_are_cut_between_letters)),
    (
        "a bad parameter ends the server",
        There("gateway/policy/tests/policy/transform.rs", "what_is_written_is_a_transform_or_a_problem"),
    ),
    (
        "a key is read from disk for every call",
        There("tests/tests/house/layers.rs", "no_crate_reaches_what_it_must_not"),
    ),
    ("replies only, unary calls only, outermost fields only", Here(both_directions_and_all_depths)),
    ("noise on a single value", Here(there_is_no_noise)),
    (
        "the policy comes with the caller",
        There("gateway/policy/tests/policy/permit.rs", "a_permit_carries_what_the_journal_needs"),
    ),
];

#[test]
fn no_trap_and_no_defect_is_ours() {
    let world = World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (what, proof) in TRAPS.iter().chain(&DEFECTS) {
        match proof {
            Here(proof) => proof(&world),
            There(file, test) => {
                let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
                assert!(text.contains(&format!("fn {test}(")), "{what}: {file} has no test `{test}`");
            }
        }
    }
}

/// A reply whose record holds a field that the contract does not know.
fn with_unknown() -> Vec<u8> {
    let mut wire = Root { control: None, record: Some(Record::default()) }.encode_to_vec();
    wire.splice(.., b"\x12\x0c\xfa\x3f\x09TKNSECRET".iter().copied());
    wire
}

fn reflected(world: &World) -> DynamicMessage {
    let reply = world.pool.get_message_by_name("rich.v1.AskReply").unwrap();
    DynamicMessage::decode(reply, with_unknown().as_slice()).unwrap()
}

fn reflection_keeps_unknown_fields(world: &World) {
    assert_eq!(tokens(&reflected(world).encode_to_vec()), 1, "reflection still keeps them");
    let minimised = world.minimise(Direction::Reply, &with_unknown()).unwrap();
    let unknown: Vec<u32> =
        minimised.withheld().filter(|field| field.category == "unknown").map(|field| field.count).collect();
    assert_eq!((tokens(minimised.bytes()), unknown), (0, vec![1]));
}

fn taking_is_lazy(world: &World) {
    let taken = |exhaust: bool| {
        let mut message = reflected(world);
        let mut record = message.get_field_by_name("record").unwrap().as_message().unwrap().clone();
        assert_eq!(record.descriptor().name(), "Record");
        let unknown = record.take_unknown_fields();
        if exhaust {
            unknown.for_each(drop)
        } else {
            drop(unknown)
        }
        message.set_field_by_name("record", prost_reflect::Value::Message(record));
        tokens(&message.encode_to_vec())
    };
    assert_eq!(taken(true), 0, "the reflective implementation of these tests exhausts it");
    assert!(taken(false) <= 1, "and does not rely on what dropping it does");
}

fn errors_hold_no_values(world: &World) {
    let record = Record {
        iin: "TKN-not-an-iin".into(),
        phone: "TKN-phone".into(),
        days: vec!["TKN-no-day".into()],
        ..Record::default()
    };
    let wire = Root { control: None, record: Some(record) }.encode_to_vec();
    let circumstances = &world.circumstances;
    let error = world.plan(Direction::Request).minimise(&wire, Mode::Strict, circumstances).unwrap_err();
    let minimised = world.minimise(Direction::Reply, &with_unknown()).unwrap();
    let printed = format!("{error} {error:?} {:?} {minimised:?} {:?}", error.fields(), minimised.released());
    assert_eq!(tokens(printed.as_bytes()), 0, "{printed}");
    let key = format!("{circumstances:?}");
    assert!(key.contains("PseudonymKey(…)"), "{key}");
}

fn without_a_claim_nothing_goes(world: &World) {
    let wire =
        Root { control: None, record: Some(Record { surname: "с".into(), ..Record::default() }) }.encode_to_vec();
    assert!(Claim::read(&wire).is_err(), "there is no default purpose");
    assert!(world.plans.plan(crate::rich::ASK, "", Direction::Reply).is_none(), "and no plan without one");
}

/// Bytes, doubles, fixed and plain numbers, lists, maps, messages, choices, far fields.
fn every_kind_is_suppressed(world: &World) {
    let record = Record {
        phone: "TKN".into(),
        photo: b"TKN".to_vec(),
        signed_eight: 1,
        weight: 1.0,
        secret_number: 1,
        pulse: vec![1.0],
        notes: [("TKN".to_owned(), "TKN".to_owned())].into(),
        guardians: [("TKN".to_owned(), "TKN".to_owned())].into(),
        contact: Some(crate::rich::typed::Contact::Email("TKN".into())),
        address: Some(Address { street: "TKN".into(), ..Address::default() }),
        secrets: vec!["TKN".into()],
        far_secret: "TKN".into(),
        ..Record::default()
    };
    let wire = Root { control: None, record: Some(record) }.encode_to_vec();
    for direction in [Direction::Request, Direction::Reply] {
        let minimised = world.minimise(direction, &wire).unwrap();
        let moved = Root::decode(minimised.bytes()).unwrap().record.unwrap();
        assert_eq!(moved, Record { address: Some(Address::default()), ..Record::default() });
        assert_eq!(minimised.withheld_count(), 12);
    }
}

fn what_stays_is_absent(world: &World) {
    let record = Record { secret_number: 7, weight: 1.5, signed_eight: -1, ..Record::default() };
    let wire = Root { control: None, record: Some(record) }.encode_to_vec();
    assert_eq!(world.minimise(Direction::Reply, &wire).unwrap().bytes(), [0x12, 0], "no -1, no 0, no field at all");
}

fn texts_are_cut_between_letters(world: &World) {
    let cut = |transform: Transform, text: &str| {
        transform.text(text, Category::Name, &world.circumstances).map(|text| text.into_owned())
    };
    assert_eq!(cut(Transform::Prefix(3), "Қызылорда").as_deref(), Some("Қыз"));
    assert_eq!(cut(Transform::Suffix(3), "Қызылорда").as_deref(), Some("…рда"));
    assert_eq!(cut(Transform::Prefix(30), "Қ"), None);
}

fn both_directions_and_all_depths(world: &World) {
    let deepest = Record { photo: b"TKN".to_vec(), ..Record::default() };
    let record = (0..20).fold(deepest, |inner, _| Record { inner: vec![inner], ..Record::default() });
    let wire = Root { control: None, record: Some(record) }.encode_to_vec();
    for direction in [Direction::Request, Direction::Reply] {
        assert_eq!(tokens(world.minimise(direction, &wire).unwrap().bytes()), 0);
    }
}

fn there_is_no_noise(world: &World) {
    assert!(Transform::parse("noise", &[1]).is_err());
    let same = |circumstances: &Circumstances| {
        Transform::Pseudonym.text("x", Category::Iin, circumstances).map(|text| text.into_owned())
    };
    assert_eq!(same(&world.circumstances), same(&world.circumstances.clone()), "one value, one result");
}
