//! Cargo.lock against the floor of `.ci/advisories.toml`. A floor, not a scan: see there.

use cargo_metadata::semver::Version;
use serde_json::Value;

use crate::tree::read;

#[test]
fn no_version_with_a_known_advisory_is_locked() {
    let advisories = rows(".ci/advisories.toml", "advisory");
    let packages = rows("Cargo.lock", "package");
    let mut wrong = Vec::new();
    for advisory in &advisories {
        let text = |key: &str| {
            advisory.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key} is missing: {advisory}"))
        };
        let patched = Version::parse(text("patched")).unwrap();
        assert!(text("id").starts_with("RUSTSEC-") && !text("about").is_empty(), "{advisory}");
        let locked =
            packages.iter().filter(|package| package.get("name").and_then(Value::as_str) == Some(text("crate")));
        for version in locked.filter_map(|package| package.get("version").and_then(Value::as_str)) {
            if Version::parse(version).unwrap() < patched {
                wrong.push(format!(
                    "{} {version}: {} ({}), mended in {patched}",
                    text("crate"),
                    text("id"),
                    text("about")
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(advisories.len() >= 6 && packages.len() > 100, "the files were not read");
}

/// The tables of one array of tables.
fn rows(path: &str, key: &str) -> Vec<Value> {
    let mut file: Value = toml::from_str(&read(path)).unwrap();
    match file.get_mut(key).map(Value::take) {
        Some(Value::Array(rows)) => rows,
        _ => panic!("{path} has no [[{key}]]"),
    }
}
