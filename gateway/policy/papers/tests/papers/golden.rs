//! The whole matrix of every pack in `deploy/policies`, checked in so that a reviewer sees what a change moves.
//! Rewrite them with `cargo run -p qaqpa-papers --example explain` and read the diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use qaqpa_papers::explain::{self, Filter};
use qaqpa_policy::{Pack, Plans};
use qaqpa_proto::language::Language;

use crate::sample::{STATUS, contract, plans};

#[test]
fn the_matrix_of_every_pack_is_the_reviewed_one() {
    let contract = contract();
    for path in packs() {
        let plans = Plans::compile(&contract, &pack(&path))
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()));
        let golden = golden().join(format!("{}.txt", plans.pack().id()));
        let reviewed =
            fs::read_to_string(&golden).unwrap_or_else(|_| panic!("{} has no reviewed matrix", path.display()));
        let table = explain::table(&plans, Language::En);
        for (number, (found, reviewed)) in table.lines().zip(reviewed.lines()).enumerate() {
            assert_eq!(found, reviewed, "{}:{}", golden.display(), number + 1);
        }
        assert_eq!(table.lines().count(), reviewed.lines().count(), "{}", golden.display());
    }
}

#[test]
fn every_pack_is_named_after_its_operator_and_every_matrix_after_its_pack() {
    let names = |paths: Vec<PathBuf>| -> BTreeSet<String> {
        paths.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let ids: BTreeSet<String> = packs().iter().map(|path| pack(path).id().to_owned()).collect();
    assert_eq!(names(packs()), ids);
    assert_eq!(names(files(&golden(), "txt")), ids);
}

#[test]
fn a_reader_may_ask_for_one_operation_and_one_purpose() {
    let plans = plans();
    let all = plans.operations().count();
    for (wanted, operation, purpose, why) in [
        (1, Some(STATUS), Some("state-exchange"), "a path"),
        (1, Some("qaqpa.avtoshkola.v1.Training/GetStudentStatus"), Some("state-exchange"), "without the first slash"),
        (1, Some("GetStudentStatus"), Some("state-exchange"), "the method alone"),
        (all, None, Some("state-exchange"), "every operation"),
        (0, Some("StudentStatus"), None, "half a name"),
        (0, None, Some("marketing"), "no such purpose"),
    ] {
        let document = explain::document(&plans, Filter { operation, purpose }, Language::En);
        assert_eq!(document.tables.len() - 1, wanted, "{why}: the last table is that of the purposes");
    }
}

#[test]
fn an_explanation_speaks_three_languages() {
    let filter = Filter { operation: Some(STATUS), purpose: Some("state-exchange") };
    for (wanted, language) in [("передаётся", Language::Ru), ("беріледі", Language::Kk), ("moves", Language::En)]
    {
        let document = explain::document(&plans(), filter, language);
        for text in [document.text(), document.markdown()] {
            assert!(text.contains(wanted) && text.contains("GetStudentStatus"), "{language}: {text}");
        }
    }
}

fn pack(path: &Path) -> Pack {
    let name = path.file_name().unwrap().to_string_lossy();
    Pack::parse(&fs::read_to_string(path).unwrap(), &name).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn packs() -> Vec<PathBuf> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../deploy/policies"), "yaml")
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
