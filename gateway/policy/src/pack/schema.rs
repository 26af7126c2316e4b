//! Keeps `schemas/policy-pack.schema.json` equal to what the reader takes: the same keys at the same places, the same of
//! them required, the same words where only some words may stand.
//!
//! The specimen pack holds every key once. At each of its places a key that nobody knows makes the reader say which
//! keys it would have taken; those must be the schema's. Leaving out a key must be an error exactly where the schema
//! says so.

use serde_json::{Map, Value, json};

use super::check;
use super::shape::PackShape;
use crate::category;
use crate::consent::form::Form;
use crate::mechanism::Mechanism;
use crate::pack::{MinorRule, ReadingKind};
use crate::transform::Transform;

const SCHEMA: &str = include_str!("../../../../schemas/policy-pack.schema.json");
const SPECIMEN: &str = include_str!("../../tests/policy/specimen.yaml");

/// One mapping of the specimen: JSON pointer, and the object schema that speaks of it.
struct Found {
    pointer: String,
    schema: Value,
}

#[test]
fn the_reader_takes_the_keys_of_the_schema_and_no_others() {
    let specimen = specimen();
    let places = places();
    assert!(places.len() > 40, "only {} places", places.len());
    for Found { pointer, schema } in &places {
        let mut changed = specimen.clone();
        object(&mut changed, pointer).insert("zzz".into(), json!(1));
        let Err(serde_saphyr::Error::SerdeUnknownField { field, mut expected, .. }) = read(&changed) else {
            panic!("an unknown key at `{pointer}` is taken");
        };
        assert_eq!(field, "zzz", "at `{pointer}`");
        let mut known: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        known.sort_unstable();
        expected.sort_unstable();
        assert_eq!(known, expected, "at `{pointer}`");
        assert_eq!(schema["additionalProperties"], json!(false), "at `{pointer}`");
    }
}

#[test]
fn the_reader_needs_the_keys_that_the_schema_requires_and_no_others() {
    let specimen = specimen();
    for Found { pointer, schema } in places() {
        let required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        let keys: Vec<String> = object(&mut specimen.clone(), &pointer).keys().cloned().collect();
        for key in keys {
            let mut changed = specimen.clone();
            object(&mut changed, &pointer).remove(&key);
            assert_eq!(read(&changed).is_err(), required.contains(&key.as_str()), "`{key}` at `{pointer}`");
        }
    }
}

/// A key that the specimen never holds would not be compared with anything.
#[test]
fn the_specimen_holds_every_key_of_the_schema() {
    let mut specimen = specimen();
    let mut unseen: Vec<(String, String)> = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    for Found { pointer, schema } in places() {
        let held = object(&mut specimen, &pointer);
        for key in schema["properties"].as_object().unwrap().keys() {
            let place = (schema["title"].as_str().unwrap().to_owned(), key.clone());
            if held.contains_key(key) { seen.push(place) } else { unseen.push(place) }
        }
    }
    unseen.retain(|place| !seen.contains(place));
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn the_schema_knows_the_words_of_the_reader() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let words = |pointer: &str| strings(&schema.pointer(pointer).unwrap()["enum"]);
    let mut transforms = words("/$defs/transform/oneOf/0");
    for form in schema["$defs"]["transform"]["oneOf"].as_array().unwrap().iter().skip(1) {
        transforms.extend(strings(&form["required"]));
    }
    let purpose = "/$defs/purpose/properties";
    for (wanted, mut found) in [
        (category::RULED.map(category::name).to_vec(), words("/$defs/category")),
        (Mechanism::ALL.map(Mechanism::name).to_vec(), words("/$defs/mechanism")),
        (Form::ALL.map(Form::name).to_vec(), words(&format!("{purpose}/consent/properties/forms/items"))),
        (MinorRule::ALL.map(MinorRule::name).to_vec(), words("/properties/minors/properties/rule")),
        (ReadingKind::ALL.map(ReadingKind::name).to_vec(), words("/properties/readings/items/properties/kind")),
        (Transform::NAMES.to_vec(), transforms),
    ] {
        let mut wanted = wanted;
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted);
    }
}

/// An editor shows both to whoever writes a pack.
#[test]
fn everything_in_the_schema_has_a_title_and_a_description() {
    fn walk(schema: &Value, pointer: &str) {
        for word in ["title", "description"] {
            assert!(schema[word].as_str().is_some_and(|text| !text.is_empty()), "`{pointer}` has no {word}");
        }
        for (within, schemas) in [("properties", &schema["properties"]), ("$defs", &schema["$defs"])] {
            for (key, schema) in schemas.as_object().into_iter().flatten() {
                if schema["$ref"].as_str().is_none_or(|_| schema["title"].is_string()) {
                    walk(schema, &format!("{pointer}/{within}/{key}"));
                }
            }
        }
        for form in schema["oneOf"].as_array().into_iter().flatten() {
            walk(form, &format!("{pointer}/oneOf"));
        }
        if schema["items"]["$ref"].is_null() && schema["items"].is_object() {
            walk(&schema["items"], &format!("{pointer}/items"));
        }
    }
    walk(&serde_json::from_str(SCHEMA).unwrap(), "");
}

fn specimen() -> Value {
    serde_saphyr::from_str(SPECIMEN).unwrap()
}

/// JSON is YAML.
fn read(pack: &Value) -> Result<PackShape, serde_saphyr::Error> {
    check::read(&serde_json::to_string_pretty(pack).unwrap())
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

fn object<'v>(pack: &'v mut Value, pointer: &str) -> &'v mut Map<String, Value> {
    pack.pointer_mut(pointer).unwrap().as_object_mut().unwrap()
}

/// Every mapping of the specimen but transforms, whose keys are words.
fn places() -> Vec<Found> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut places = Vec::new();
    collect(&specimen(), &schema, &schema, "", &mut places);
    places
}

fn collect(value: &Value, schema: &Value, root: &Value, pointer: &str, places: &mut Vec<Found>) {
    let schema = match schema["$ref"].as_str() {
        Some(to) => root.pointer(to.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(held) if schema["oneOf"].is_null() => {
            places.push(Found { pointer: pointer.to_owned(), schema: schema.clone() });
            for (key, value) in held {
                collect(value, &schema["properties"][key], root, &format!("{pointer}/{key}"), places);
            }
        }
        Value::Array(held) => {
            for (index, value) in held.iter().enumerate() {
                collect(value, &schema["items"], root, &format!("{pointer}/{index}"), places);
            }
        }
        _ => {}
    }
}
