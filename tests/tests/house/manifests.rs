//! What every crate inherits: one edition, one licence, one version, one set of lints. A crate that forgets the lints may panic.

use toml::Table;

use crate::tree::{paths, read};

const INHERITED: [&str; 5] = ["edition", "rust-version", "license", "version", "publish"];

#[test]
fn every_crate_inherits_lints_and_licence() {
    let root: Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let members = root.get("workspace").and_then(|workspace| workspace.get("members")).and_then(toml::Value::as_array);
    let members: Vec<&str> = members.unwrap().iter().filter_map(toml::Value::as_str).collect();
    let mut wrong = Vec::new();
    for member in &members {
        let path = format!("{member}/Cargo.toml");
        let manifest: Table = toml::from_str(&read(&path)).unwrap();
        let inherits = |table: &str, key: Option<&str>| {
            let table = manifest.get(table)?;
            key.map_or(Some(table), |key| table.get(key))?.get("workspace")?.as_bool()
        };
        for key in INHERITED {
            if inherits("package", Some(key)) != Some(true) {
                wrong.push(format!("{path}: package.{key} is not the workspace's"));
            }
        }
        if inherits("lints", None) != Some(true) {
            wrong.push(format!("{path}: lints are not the workspace's"));
        }
        if manifest.get("package").and_then(|package| package.get("description")).is_none() {
            wrong.push(format!("{path}: nobody says what the crate is"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let strays: Vec<_> = paths()
        .into_iter()
        .filter(|path| {
            path.ends_with("/Cargo.toml") && !members.iter().any(|member| format!("{member}/Cargo.toml") == *path)
        })
        .collect();
    assert_eq!(strays, Vec::<String>::new(), "every crate is a member of the workspace, so that every check sees it");
}
