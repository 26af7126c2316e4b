//! Contracts given at start: what stands beside the compiled-in ones, what takes the place of one, and what does not load.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::path::{Path, PathBuf};

use qaqpa_proto::{Contract, with_added};

const HEAD: &str = "syntax = \"proto3\";\nimport \"qaqpa/v1/exchange.proto\";\nimport \"qaqpa/v1/options.proto\";\n";
const SERVICE: &str = "
    service Toys {
      option (qaqpa.v1.system) = { id: \"toy\" namespace: \"urn:toy\" source: \"RECONSTRUCTED\" title: \"Toys\" };
      option (qaqpa.v1.defaults) = {
        channel: SYNC payload: CHILDREN source: \"RECONSTRUCTED\" request_root: \"q\" reply_root: \"r\"
        fill: { path: \"id\" value: REQUEST_ID }
      };
      rpc Ask(Asked) returns (Told) { option (qaqpa.v1.operation) = { service_id: \"T\" }; }
      rpc AskOtherwise(Asked) returns (Told) {
        option (qaqpa.v1.operation) = { service_id: \"T2\" payload: ROOT fill: { path: \"b\" value: OPERATOR_BIN } };
      }
    }
    message Asked {
      qaqpa.v1.Context context = 1 [(qaqpa.v1.field) = { category: CONTROL }];
      FIELDS
    }
    message Told { qaqpa.v1.Receipt receipt = 1 [(qaqpa.v1.field) = { category: CONTROL }]; }
    message Entry { string code = 1 [(qaqpa.v1.field) = { inherit: true }]; }
    ";

fn toy(package: &str, fields: &str) -> String {
    format!("{HEAD}package {package};\n{}", SERVICE.replace("FIELDS", fields))
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    folder.to_owned()
}

fn loaded(paths: &[PathBuf]) -> Result<Contract, String> {
    with_added(paths).map(|(_, contract)| contract).map_err(|no| no.to_string())
}

#[test]
fn a_system_stands_beside_the_compiled_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let held = "Entry sex = 2 [(qaqpa.v1.field) = { category: SEX }];
                repeated Entry homes = 3 [(qaqpa.v1.field) = { category: ADDRESS }];";
    let contract = loaded(&[write(folder.path(), "toy/v1/toys.proto", &toy("toy.v1", held))]).unwrap();
    let told: Vec<String> = ["Ask", "AskOtherwise"]
        .iter()
        .map(|name| contract.operation(&format!("/toy.v1.Toys/{name}")).unwrap())
        .map(|one| format!("{} {:?} {} {:?}", one.service_id, one.payload, one.request_root, one.fill[0].value))
        .collect();
    assert_eq!(told, ["T Children q RequestId", "T2 Root q OperatorBin"], "what an RPC says itself holds");
    let asked = contract.message(contract.operation("/toy.v1.Toys/Ask").unwrap().request);
    let inside = |number: u32| match asked.field(number).unwrap().kind {
        qaqpa_proto::FieldKind::Message(entry) => contract.message(entry).fields[0].category,
        _ => unreachable!(),
    };
    assert_eq!((inside(2), inside(3)), (qaqpa_proto::v1::Category::Sex, qaqpa_proto::v1::Category::Address));
    assert!(contract.operation("/qaqpa.gbdfl.v1.Persons/GetPerson").is_some(), "nothing is lost");
}

/// A descriptor set is read as the folder it was made of, its options and all.
#[test]
fn a_descriptor_set_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = write(folder.path(), "toy/v1/toys.proto", &toy("toy.v1", ""));
    let set = folder.path().join("toys.binpb");
    std::fs::write(&set, with_added(std::slice::from_ref(&text)).unwrap().0).unwrap();
    let count = |paths: &[PathBuf]| loaded(paths).unwrap().operations().len();
    assert_eq!(count(&[set]), count(&[text]));
}

#[test]
fn a_file_of_the_same_name_takes_the_place_of_a_contract_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let name = "qaqpa/gbdfl/v1/persons.proto";
    let contract = loaded(&[write(folder.path(), name, &toy("qaqpa.gbdfl.v1", ""))]).unwrap();
    assert!(contract.operation("/qaqpa.gbdfl.v1.Toys/Ask").is_some());
    assert!(contract.operation("/qaqpa.gbdfl.v1.Persons/GetPerson").is_none());
    let contract = loaded(&[write(folder.path(), "qaqpa/v1/options.proto", "no proto at all")]).unwrap();
    assert!(contract.operation("/qaqpa.gbdfl.v1.Toys/Ask").is_some(), "the annotations are ours");
}

#[test]
fn what_is_wrong_is_named() {
    let entry = |category: &str| format!("Entry e = 2 [(qaqpa.v1.field) = {{ {category} }}];");
    for (wanted, text) in [
        ("field `toy.v1.Asked.a` has no category", toy("toy.v1", "string a = 2;")),
        (
            "`toy.v1.Entry.code`: `inherit`, and the field that holds its message",
            toy("toy.v1", &entry("category: STRUCTURE")),
        ),
        ("`toy.v1.Asked.e`: `inherit`, and the field that holds its message", toy("toy.v1", &entry("inherit: true"))),
        ("`toy.v1.Asked.e`: `inherit` and a category", toy("toy.v1", &entry("inherit: true category: NAME"))),
        (
            "`toy.v1.Asked.a`: `most` is for",
            toy("toy.v1", "string a = 2 [(qaqpa.v1.field) = { category: NAME most: 2 }];"),
        ),
        (
            "`toy.v1.Asked.a`: `most` is 10000 at most",
            toy("toy.v1", "repeated string a = 2 [(qaqpa.v1.field) = { category: NAME most: 10001 }];"),
        ),
        ("`toy.v1.Toys.Ask`: `payload` is missing", toy("toy.v1", "").replace("payload: CHILDREN", "")),
        ("toy.proto:4:", toy("toy v1", "")),
        ("toy.proto:4:16: import 'other.proto' not found", toy("toy.v1;import \"other.proto\"", "")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let found = loaded(&[write(folder.path(), "toy.proto", &text)]).map(drop).unwrap_err();
        assert!(found.contains(wanted), "{found}, not {wanted}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    write(&one, "toy.proto", &toy("toy.v1", ""));
    write(&other, "toy.proto", &toy("toy.v1", ""));
    let nowhere = folder.path().join("nowhere");
    let found = loaded(&[one, other, nowhere, folder.path().join("one/toy.proto")]).map(drop).unwrap_err();
    assert_eq!(found.lines().count(), 3, "all at once: {found}");
    assert!(found.contains("`toy.proto` stands in another place too") && found.contains("nowhere"), "{found}");
    // A file that does not compile, and two fields, an RPC and a path of one that does.
    let text = toy("toy.v1", "string a = 2; string b = 3;").replace("payload: CHILDREN", "acting: \"c\"");
    let folders = [write(&folder.path().join("three"), "toy.proto", &text), folder.path().join("four")];
    write(&folders[1], "none.proto", "no proto at all");
    let found = loaded(&folders).map(drop).unwrap_err();
    for wanted in ["none.proto:1:1", "`payload` is missing", "Asked.a` has no", "Asked.b` has no", "`c` leads nowhere"]
    {
        assert_eq!(found.matches(wanted).count(), 1, "{wanted} in {found}");
    }
}
