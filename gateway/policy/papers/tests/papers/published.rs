//! The packs in `deploy/policies`: each lints without an error, its cases hold, every clause is kept and proved, and what
//! is named as proof exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use qaqpa_papers::cases::Cases;
use qaqpa_papers::lint::{self, Severity};
use qaqpa_papers::proof;
use qaqpa_papers::trace::Trace;
use qaqpa_papers::{matrix, register};
use qaqpa_policy::mechanism::Mechanism;
use qaqpa_policy::{Pack, Plans};
use qaqpa_proto::language::Language;

use crate::sample::contract;

#[test]
fn each_pack_lints_without_an_error() {
    for (file, text) in packs() {
        let errors: Vec<String> = lint::text(&contract(), &text, &file)
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

#[test]
fn every_case_of_every_pack_holds() {
    let mut failed = Vec::new();
    for (file, text) in packs() {
        let pack = Pack::parse(&text, &file).unwrap();
        let cases = cases(&pack);
        assert!(cases.iter().count() > 0, "{file} has no cases");
        for verdict in cases.run(&contract(), &pack).unwrap().iter().filter(|verdict| !verdict.holds()) {
            failed.push(format!("{file} case at line {}: {}", verdict.line, verdict.name));
            failed
                .extend(verdict.differences.iter().map(|row| format!("    {:<11} {} {}", row.key, row.sign, row.text)));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn every_case_file_belongs_to_a_pack() {
    let ids: BTreeSet<String> =
        packs().iter().map(|(file, text)| Pack::parse(text, file).unwrap().id().to_owned()).collect();
    let tested: BTreeSet<String> = yaml(&root().join("deploy/policies/tests")).iter().map(|path| stem(path)).collect();
    assert_eq!(tested, ids);
}

#[test]
fn every_clause_is_kept_and_proved_or_said_to_be_beyond_a_gateway() {
    let mut gaps = Vec::new();
    for (file, text) in packs() {
        let pack = Pack::parse(&text, &file).unwrap();
        let cases = cases(&pack);
        let trace = Trace::of(&pack, Some(&cases), Language::En);
        assert_eq!(trace.clauses().len(), pack.clauses().len());
        gaps.extend(trace.gaps().map(|(traced, gap)| {
            format!("{file}:{}: clause {}: {gap}", traced.clause.place.line, traced.clause.number)
        }));
    }
    assert!(gaps.is_empty(), "\n{}", gaps.join("\n"));
}

#[test]
fn what_a_mechanism_names_exists() {
    let mut missing = Vec::new();
    for mechanism in Mechanism::ALL {
        let proof = proof::of(mechanism);
        for file in proof.code.iter().filter(|file| !root().join(file).is_file()) {
            missing.push(format!("{}: no file {file}", mechanism.name()));
        }
        for test in &proof.tests {
            let (file, function) = test.split_once("::").unwrap();
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !is_test(&text, function) {
                missing.push(format!("{}: no test {test}", mechanism.name()));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_mechanism_that_a_pack_relies_on_has_code_and_a_test() {
    let mut missing = BTreeSet::new();
    for (file, text) in packs() {
        let pack = Pack::parse(&text, &file).unwrap();
        let trace = Trace::of(&pack, None, Language::En);
        for mechanism in trace.clauses().iter().flat_map(|traced| &traced.mechanisms) {
            let proof = proof::of(*mechanism);
            if proof.code.is_empty() || proof.tests.is_empty() {
                missing.insert(mechanism.name());
            }
        }
    }
    assert!(missing.is_empty(), "without code or test in deploy/proofs.yaml: {missing:?}");
}

#[test]
fn every_document_of_every_pack_is_written_in_every_language() {
    for (file, text) in packs() {
        let pack = Pack::parse(&text, &file).unwrap();
        let plans = Plans::compile(&contract(), &pack).unwrap();
        for language in Language::ALL {
            let trace = Trace::of(&pack, Some(&cases(&pack)), language).document(language);
            for document in
                [trace, register::document(&contract(), &pack, language), matrix::document(&plans, language)]
            {
                let rows = document.tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
                for (table, row) in rows {
                    assert_eq!(row.len(), table.columns.len(), "{file} {language} {}", table.title);
                }
                assert!(document.text().lines().count() > 10, "{file} {language}");
                assert!(document.markdown().starts_with("# "), "{file} {language}");
                assert!(document.csv().contains("\r\n"), "{file} {language}");
            }
        }
    }
}

/// A function of this name behind a test attribute, which may be `#[tokio::test]`, or a property of proptest.
fn is_test(text: &str, function: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {function}(")) else { return false };
    before.rsplit("\n\n").next().is_some_and(|near| near.contains("test]") || near.contains("test("))
}

pub(crate) fn packs() -> Vec<(String, String)> {
    let files = yaml(&root().join("deploy/policies"));
    assert!(files.len() >= 5, "five operators");
    files.iter().map(|path| (format!("{}.yaml", stem(path)), fs::read_to_string(path).unwrap())).collect()
}

fn cases(pack: &Pack) -> Cases {
    let file = format!("deploy/policies/tests/{}.yaml", pack.id());
    let text = fs::read_to_string(root().join(&file)).unwrap();
    Cases::parse(&text, &file, &contract(), pack).unwrap_or_else(|problems| {
        panic!("\n{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn yaml(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}
