//! Canonical octets against those that libxml2 once gave for the same documents (`tests/vectors/c14n-corpus.jsonl`, made by
//! `tests/interop/c14n_corpus.py`), and against the golden signature.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

use qaqpa_adapters::xml::{Document, Node, Sha256, c14n, document, text};
use serde_json::Value;

fn vector(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn descend<'a, 'input>(root: Node<'a, 'input>, path: &str) -> Node<'a, 'input> {
    let steps = path.split('.').filter(|step| !step.is_empty());
    steps.fold(root, |node, step| document::elements(node).nth(step.parse().unwrap()).unwrap())
}

#[test]
fn same_octets_as_libxml2() {
    let corpus = vector("c14n-corpus.jsonl");
    let mut seen = 0;
    for line in corpus.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| case[key].as_str().unwrap();
        let source = text::normalise(word("document"));
        // The guard refuses processing instructions, so the tree is asked for directly.
        let tree = roxmltree::Document::parse(&source).unwrap();
        let apex = descend(tree.root_element(), word("apex"));
        let listed: Vec<&str> = case["prefixes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let (mut octets, mut digest) = (String::new(), Sha256::new());
        match word("algorithm") {
            "inclusive" => {
                c14n::inclusive(apex, &mut octets);
                c14n::inclusive(apex, &mut digest);
            }
            _ => {
                c14n::exclusive(apex, &listed, &mut octets);
                c14n::exclusive(apex, &listed, &mut digest);
            }
        }
        assert_eq!(octets, word("canonical"), "{line}");
        assert_eq!(digest.finish(), Sha256::of(octets.as_bytes()));
        seen += 1;
    }
    assert_eq!(seen, 400);
}

/// Wanted octets, apex, and the rule that says so.
#[test]
fn rules_of_canonicalisation_one_by_one() {
    let nested = "<a xmlns='u:d' xmlns:p='u:p' xml:lang='kk'><p:b xmlns='' z='1' p:y='2' x='3'><c/></p:b></a>";
    for (rule, wanted, algorithm, listed, apex) in [
        (
            "only visibly used prefixes, attributes by URI and name",
            r#"<p:b xmlns:p="u:p" x="3" z="1" p:y="2"><c></c></p:b>"#,
            "exclusive",
            &[][..],
            "0",
        ),
        ("the undeclared default is not shown at an apex", "<c></c>", "exclusive", &[], "0.0"),
        (
            "the undeclared default is shown below a declared one",
            r#"<a xmlns="u:d" xml:lang="kk"><p:b xmlns:p="u:p" x="3" z="1" p:y="2"><c xmlns=""></c></p:b></a>"#,
            "exclusive",
            &[],
            ".",
        ),
        (
            "listed prefixes are shown where they are in scope",
            r#"<a xmlns="u:d" xmlns:p="u:p" xml:lang="kk"><p:b xmlns="" x="3" z="1" p:y="2"><c></c></p:b></a>"#,
            "exclusive",
            &["p", "#default"],
            ".",
        ),
        ("a listed prefix reaches down to the apex", r#"<c xmlns:p="u:p"></c>"#, "exclusive", &["p"], "0.0"),
        (
            "inclusive: everything in scope, and the xml attributes of the ancestors",
            r#"<c xmlns:p="u:p" xml:lang="kk"></c>"#,
            "inclusive",
            &[],
            "0.0",
        ),
    ] {
        let document = Document::parse(nested).unwrap();
        let mut octets = String::new();
        match algorithm {
            "inclusive" => c14n::inclusive(descend(document.root_element(), apex), &mut octets),
            _ => c14n::exclusive(descend(document.root_element(), apex), listed, &mut octets),
        }
        assert_eq!(octets, wanted, "{rule}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    let tree = roxmltree::Document::parse(&deep).unwrap();
    let mut octets = String::new();
    c14n::exclusive(tree.root_element(), &[], &mut octets);
    assert_eq!(octets, deep);
}

#[test]
fn golden_octets() {
    let envelope = vector("wsse-rsa256-own.xml");
    let document = Document::parse(&envelope).unwrap();
    for (local, file) in [("Body", "wsse-rsa256-own.body.c14n"), ("SignedInfo", "wsse-rsa256-own.signedinfo.c14n")] {
        let node = document.descendants().find(|node| node.tag_name().name() == local).unwrap();
        let mut octets = String::new();
        c14n::exclusive(node, &[], &mut octets);
        assert_eq!(octets, vector(file), "{local}");
    }
}
