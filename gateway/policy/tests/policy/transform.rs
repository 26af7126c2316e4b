//! Transforms one by one: what they make of a value, and that they never panic, never grow and never let go whole what
//! they cannot read.

use proptest::prelude::*;
use qaqpa_policy::transform::{MAX_BYTES, NotATransform};
use qaqpa_policy::{Circumstances, Transform};
use qaqpa_proto::v1::Category;

use crate::sample::circumstances;

fn parsed(name: &str, parameters: &[u64]) -> Transform {
    Transform::parse(name, parameters).unwrap()
}

#[test]
fn transforms_of_texts() {
    let bands = &[14, 16, 18, 21][..];
    for (wanted, name, parameters, text) in [
        (Some("Астана"), "keep", &[][..], "Астана"),
        (None, "drop", &[], "Астана"),
        (Some("2008"), "year", &[], "2008-05-14"),
        (Some("2008"), "year", &[], "2008-05-14T10:15:30+05:00"),
        (None, "year", &[], "14.05.2008"),
        (None, "year", &[], "2008-02-30"),
        (None, "year", &[], "2008-05-14 and more"),
        (None, "year", &[], "2008"),
        (Some("2008-05"), "year-month", &[], "2008-05-14"),
        (None, "year-month", &[], "2008-05"),
        (Some("18-20"), "age-band", bands, "2008-05-14"),
        (Some("18-20"), "age-band", bands, "2008-11-20"),
        (Some("16-17"), "age-band", bands, "2008-11-21"),
        (Some("0-13"), "age-band", bands, "2026-11-20"),
        (None, "age-band", bands, "2026-11-21"),
        (Some("21+"), "age-band", bands, "1931-01-01T00:00:00Z"),
        (Some("14"), "age-band", &[14, 15], "2012-01-01"),
        (Some("Аст"), "prefix", &[3], "Астана"),
        (None, "prefix", &[3], "Аст"),
        (None, "prefix", &[30], "Астана"),
        (Some("👩\u{200d}"), "prefix", &[2], "👩\u{200d}👩"),
        (Some("…0000"), "suffix", &[4], "+77010000000"),
        (Some("…на"), "suffix", &[2], "Астана"),
        (None, "suffix", &[4], "0000"),
        (None, "suffix", &[4], "1"),
        (Some("71"), "kato-region", &[], "710000000"),
        (None, "kato-region", &[], "71000000"),
        (None, "kato-region", &[], "71000000x"),
        (None, "kato-region", &[], "010000000"),
        (None, "kato-region", &[], "Астана"),
        (Some("present"), "present", &[], "x"),
        (None, "bucket", &[10], "37"),
    ] {
        let transform = parsed(name, parameters);
        let found = transform.text(text, Category::Name, &circumstances());
        assert_eq!(found.as_deref(), wanted, "{transform} of {text}");
        assert_eq!(transform.text("", Category::Name, &circumstances()).as_deref(), Some(""), "{name} of nothing");
    }
}

#[test]
fn transforms_of_numbers() {
    for (wanted, name, parameters, number) in [
        (Some(30), "bucket", &[10][..], 37),
        (Some(-40), "bucket", &[10], -37),
        (Some(0), "bucket", &[10], 9),
        (Some(37), "keep", &[], 37),
        (None, "drop", &[], 37),
        (None, "year", &[], 2008),
        (None, "pseudonym", &[], 1),
        (None, "present", &[], 1),
    ] {
        assert_eq!(parsed(name, parameters).number(number), wanted, "{name} of {number}");
    }
}

#[test]
fn transforms_of_bytes() {
    let found = |name, bytes: &[u8]| {
        parsed(name, &[]).bytes(bytes, Category::Photo, &circumstances()).map(std::borrow::Cow::into_owned)
    };
    assert_eq!(found("present", b"\xff\xd8"), Some(vec![1]));
    assert_eq!(found("present", b""), Some(vec![]));
    assert_eq!(found("pseudonym", b"\xff\xd8").map(|name| name.len()), Some(27));
    assert_eq!(found("year", b"2008-05-14"), None);
}

/// Trap 6: no unkeyed digest of an IIN. Without a key nothing moves.
#[test]
fn a_pseudonym_needs_a_key() {
    let keyed = circumstances();
    let keyless = Circumstances { pseudonyms: None, ..keyed.clone() };
    let named = |circumstances| {
        parsed("pseudonym", &[]).text("991231500006", Category::Iin, circumstances).map(|text| text.into_owned())
    };
    assert_eq!(named(&keyless), None);
    let name = named(&keyed).unwrap();
    assert!(name.len() == 27 && name.starts_with('p'), "{name}");
}

#[test]
fn what_is_written_is_a_transform_or_a_problem() {
    for (wanted, name, parameters) in [
        (Ok("keep"), "keep", &[][..]),
        (Ok("year-month"), "year-month", &[]),
        (Ok("age-band 14,16,18,21"), "age-band", &[14, 16, 18, 21]),
        (Ok("prefix 3"), "prefix", &[3]),
        (Ok("suffix 30"), "suffix", &[30]),
        (Ok("bucket 1000000000"), "bucket", &[1_000_000_000]),
        (Err("there is no transform of this name"), "noise", &[1]),
        (Err("there is no transform of this name"), "Year", &[]),
        (Err("`year` does not take these parameters"), "year", &[1]),
        (Err("`prefix` does not take these parameters"), "prefix", &[]),
        (Err("`age-band` does not take these parameters"), "age-band", &[]),
        (Err("the parameter of `prefix` must be from 1 to 30"), "prefix", &[0]),
        (Err("the parameter of `suffix` must be from 1 to 30"), "suffix", &[31]),
        (Err("the parameter of `bucket` must be from 2 to 1000000000"), "bucket", &[1]),
        (Err("the parameter of `age-band` must be at most 16 rising ages from 1 to 120"), "age-band", &[18, 16]),
        (Err("the parameter of `age-band` must be at most 16 rising ages from 1 to 120"), "age-band", &[16, 16]),
        (Err("the parameter of `age-band` must be at most 16 rising ages from 1 to 120"), "age-band", &[0, 300]),
    ] {
        let found = Transform::parse(name, parameters);
        let found = found.as_ref().map(ToString::to_string).map_err(NotATransform::to_string);
        assert_eq!(found.as_deref().map_err(String::as_str), wanted, "{name} {parameters:?}");
    }
    for name in Transform::NAMES {
        let parameters: &[u64] = if matches!(name, "age-band" | "prefix" | "suffix" | "bucket") { &[5] } else { &[] };
        assert_eq!(parsed(name, parameters).name(), name);
    }
}

fn any_transform() -> impl Strategy<Value = Transform> {
    prop_oneof![
        Just(Transform::Year),
        Just(Transform::YearMonth),
        Just(Transform::AgeBand([14, 16, 18, 21].into())),
        (1..=30_u8).prop_map(Transform::Prefix),
        (1..=30_u8).prop_map(Transform::Suffix),
        Just(Transform::KatoRegion),
        Just(Transform::Pseudonym),
        Just(Transform::Present),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_transformed_text_is_short_and_not_the_text(transform in any_transform(), text in "\\PC{0,60}|[0-9]{4}-[01][0-9]-[0-3][0-9]|[а-яәіңғүұқөһ]{0,200}") {
        if let Some(found) = transform.text(&text, Category::Name, &circumstances()) {
            prop_assert!(found.len() <= MAX_BYTES, "{transform}: {} bytes", found.len());
            prop_assert!(text.is_empty() || found != text || text == "present", "{transform} lets go of `{text}` whole");
        }
    }

    #[test]
    fn a_bucket_holds_its_number(number in any::<i64>(), step in 2..=1_000_000_000_u32) {
        let found = Transform::Bucket(step).number(i128::from(number)).unwrap();
        prop_assert!(found <= i128::from(number) && i128::from(number) < found + i128::from(step));
        prop_assert_eq!(found % i128::from(step), 0);
    }
}
