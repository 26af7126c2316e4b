//! The word RECONSTRUCTED: what nobody has attested says so wherever it is met, in contract, schema and service id.
//! A reconstruction that loses its label would be taken for the state's own interface.

use crate::tree::{paths, read};

/// Service ids seen in public sources, and where.
const ATTESTED: [(&str, &str); 2] =
    [("MIA_AISAS_GetSchoolInfo", "Smart Bridge catalogue"), ("GBDFLUniversal_token", "public code, with its schema")];

#[test]
fn what_is_not_attested_says_so() {
    let contracts: Vec<String> = paths()
        .into_iter()
        .filter(|path| {
            path.starts_with("proto/qaqpa/") && path.ends_with(".proto") && !path.starts_with("proto/qaqpa/v1/")
        })
        .filter(|path| read(path).contains("(qaqpa.v1.system)")) // the gateway's own services ask no state system
        .collect();
    for known in ["proto/qaqpa/avtoshkola/v1/training.proto", "proto/qaqpa/gbdfl/v1/persons.proto"] {
        assert!(contracts.contains(&known.to_owned()), "{contracts:?}");
    }
    let mut wrong = Vec::new();
    for path in contracts {
        let text = read(&path);
        let ids = values(&text, "service_id:");
        assert!(!ids.is_empty(), "{path} names no service");
        let silent =
            ids.iter().filter(|id| !id.contains("RECONSTRUCTED") && !ATTESTED.iter().any(|(known, _)| known == *id));
        wrong.extend(silent.map(|id| format!("{path}: `{id}` is attested by nobody and does not say RECONSTRUCTED")));
        for source in values(&text, "source:") {
            if ids.iter().any(|id| id.contains("RECONSTRUCTED")) && !source.contains("RECONSTRUCTED") {
                wrong.push(format!("{path}: the source `{source}` does not say that fields are RECONSTRUCTED"));
            }
        }
        let is_reconstructed = values(&text, "source:").iter().any(|source| source.contains("RECONSTRUCTED"));
        if is_reconstructed && !comment_above(&text, "service ").contains("RECONSTRUCTED") {
            wrong.push(format!("{path}: the comment of the service does not say RECONSTRUCTED"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_reconstructed_schema_bears_its_name() {
    let named = "schemas/xsd/aisas-RECONSTRUCTED.xsd";
    assert!(read(named).contains("urn:qaqpa:reconstructed:"), "its namespace is not the state's");
    let others: Vec<String> = paths()
        .into_iter()
        .filter(|path| path.starts_with("schemas/") && path != named)
        .filter(|path| read(path).contains("urn:qaqpa:reconstructed:"))
        .collect();
    assert_eq!(others, Vec::<String>::new(), "a reconstruction says so in the name of its file");
}

/// The quoted values after a key.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let quoted = |after: &'t str| after.trim_start().strip_prefix('"')?.split('"').next();
    text.split(key).skip(1).filter_map(quoted).collect()
}

/// The comment right above the first line that begins like this.
fn comment_above(text: &str, beginning: &str) -> String {
    let before = text.lines().take_while(|line| !line.starts_with(beginning)).collect::<Vec<_>>();
    before.iter().rev().take_while(|line| line.starts_with("//")).copied().collect()
}
