//! Every key of the configuration stands in `deploy/gateway.toml`, in its own section, live or commented out: that file is the
//! reference. That it holds no key too many is shown where it is parsed, in `gateway/src/start/config.rs`.

use crate::tree::read;

/// A struct of the configuration, the file it stands in, and its section in `deploy/gateway.toml`.
const SECTIONS: [(&str, &str, &str); 16] = [
    ("Config", CONFIG, ""),
    ("Listen", CONFIG, "[listen]"),
    ("Journal", CONFIG, "[journal]"),
    ("VaultFiles", "gateway/src/persons.rs", "[vault]"),
    ("Calendar", CONFIG, "[calendar]"),
    ("DefaultTerms", "gateway/src/persons/retention.rs", "[retention]"),
    ("Operator", CONFIG, "[[operators]]"),
    ("Caller", CONFIG, "[[callers]]"),
    ("Channel", CHANNELS, "[channels."),
    ("System", CHANNELS, "[systems."),
    ("Residency", RESIDENCY, "[residency]"),
    ("Endpoint", RESIDENCY, "[endpoints."),
    ("Exception", RESIDENCY, "[[endpoints.collector.exceptions]]"),
    ("Peers", RESIDENCY, "[peers."),
    ("Limits", QUOTA, "[quotas]"),
    ("Output", "gateway/src/telemetry.rs", "[telemetry]"),
];
/// Structs that stand on one line, as the value of a key.
const INLINE: [&str; 2] = ["TableFile", "LocationFiles"];
const CONFIG: &str = "gateway/src/start/config.rs";
const CHANNELS: &str = "gateway/src/start/config/channels.rs";
const RESIDENCY: &str = "gateway/src/start/config/residency.rs";
const QUOTA: &str = "gateway/src/exchange/quota.rs";

#[test]
fn every_key_is_documented() {
    let documented = read("deploy/gateway.toml");
    let mut wrong = Vec::new();
    for (name, file, section) in SECTIONS {
        let keys = keys(&read(file), name);
        assert!(!keys.is_empty(), "{file} has no struct {name}");
        let here = in_section(&documented, section);
        let has = |key: &str| {
            here.iter().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
        };
        let missing = keys.iter().filter(|key| !has(key) && !is_table(&documented, key));
        wrong.extend(missing.map(|key| format!("`{key}` of {name} is not in section {section:?}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
    for name in INLINE {
        let keys = keys(&read(RESIDENCY), name);
        assert!(
            !keys.is_empty() && keys.iter().all(|key| documented.contains(&format!("{key} = "))),
            "{name}: {keys:?}"
        );
    }
    let source = read(CONFIG) + &read(CHANNELS) + &read(RESIDENCY);
    let listed = |name: &str| SECTIONS.iter().any(|(known, ..)| *known == name) || INLINE.contains(&name);
    let unlisted: Vec<&str> = structs(&source).filter(|name| !listed(name)).collect();
    assert_eq!(unlisted, Vec::<&str>::new(), "a section of the configuration that this test does not look at");
}

/// Structs that are read from TOML.
fn structs(source: &str) -> impl Iterator<Item = &str> {
    let named = |after: &'_ str| -> Option<usize> { after.find("pub struct ").filter(|at| *at < 120) };
    source
        .split("Deserialize)]")
        .skip(1)
        .filter_map(move |after| after.get(named(after)? + 11..)?.split([' ', '{', ';']).next())
}

/// Names of the fields that are keys: a flattened field is none, its struct has a row of its own.
fn keys(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub struct {name} {{")).nth(1).and_then(|after| after.split("\n}").next());
    let mut keys = Vec::new();
    let mut flattened = false;
    for line in body.unwrap_or_default().lines().map(str::trim) {
        if line.starts_with("#[") {
            flattened |= line.contains("flatten");
        } else if let Some((field, _)) =
            line.trim_start_matches("pub(super) ").trim_start_matches("pub ").split_once(": ")
            && !line.starts_with("//")
            && !std::mem::take(&mut flattened)
        {
            keys.push(field.to_owned());
        }
    }
    keys
}

/// Lines of all sections that begin like this, comment marks taken off; the empty section is what stands before the first.
fn in_section<'t>(documented: &'t str, section: &str) -> Vec<&'t str> {
    let mut inside = section.is_empty();
    let mut lines = Vec::new();
    for line in documented.lines().map(|line| line.trim_start_matches("# ")) {
        if line.starts_with('[') {
            inside = !section.is_empty() && line.starts_with(section);
        } else if inside {
            lines.push(line);
        }
    }
    lines
}

/// A key whose value is a table or an array of tables.
fn is_table(documented: &str, key: &str) -> bool {
    ["[", "[["].iter().any(|open| [".", "]"].iter().any(|close| documented.contains(&format!("\n{open}{key}{close}"))))
}
