//! What no contract may hold, and what it must say of maps and `Any`; a descriptor set that errs does not load.

use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};
use qaqpa_proto::{Contract, NoContract};

/// One file in memory, beside the annotations on disk.
struct InMemory(String);

impl FileResolver for InMemory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "tried.proto" => File::from_source(name, &self.0),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Loads a contract whose request has these fields; their numbers start from 2.
fn loaded(syntax: &str, fields: &str) -> Result<Contract, NoContract> {
    let source = format!(
        r#"
        syntax = "{syntax}";
        package tried.v1;
        import "google/protobuf/any.proto";
        import "qaqpa/v1/exchange.proto";
        import "qaqpa/v1/options.proto";
        service Tried {{
          option (qaqpa.v1.system) = {{ id: "t" namespace: "urn:t" source: "RECONSTRUCTED" title: "T" }};
          rpc Ask(Asked) returns (Told) {{
            option (qaqpa.v1.operation) = {{
              service_id: "T" channel: SYNC payload: ROOT request_root: "q" reply_root: "r" source: "RECONSTRUCTED"
            }};
          }}
        }}
        message Asked {{
          {optional} qaqpa.v1.Context context = 1 [(qaqpa.v1.field) = {{ category: CONTROL }}];
          {fields}
        }}
        message Told {{ {optional} qaqpa.v1.Receipt receipt = 1 [(qaqpa.v1.field) = {{ category: CONTROL }}]; }}
        message Held {{ {optional} string code = 1 [(qaqpa.v1.field) = {{ category: TECHNICAL }}]; }}
        message Bare {{ {optional} string code = 1; }}
        message Outer {{ message Held {{ {optional} string code = 1 [(qaqpa.v1.field) = {{ category: TECHNICAL }}]; }} }}
        "#,
        optional = if syntax == "proto2" { "optional" } else { "" },
    );
    let mut resolvers = ChainFileResolver::new();
    resolvers.add(InMemory(source));
    resolvers.add(IncludeFileResolver::new(format!("{}/../../proto", env!("CARGO_MANIFEST_DIR")).into()));
    resolvers.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolvers);
    compiler.include_imports(true).open_file("tried.proto").unwrap();
    Contract::load(&compiler.encode_file_descriptor_set())
}

#[test]
fn every_field_says_what_it_is_or_nothing_loads() {
    for (wanted, fields) in [
        ("", "string a = 2 [(qaqpa.v1.field) = { category: NAME }];"),
        ("", "map<string, Held> a = 2 [(qaqpa.v1.field) = { category: STRUCTURE key: IIN }];"),
        ("", "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: \"tried.v1.Held\" }];"),
        ("field `tried.v1.Asked.a` has no category", "string a = 2;"),
        ("field `tried.v1.Bare.code` has no category", "Bare a = 2 [(qaqpa.v1.field) = { category: STRUCTURE }];"),
        (
            "`tried.v1.Asked.a`: STRUCTURE is for messages; a value has a category",
            "string a = 2 [(qaqpa.v1.field) = { category: STRUCTURE }];",
        ),
        ("field `tried.v1.Asked.a` has no category", "map<string, string> a = 2;"),
        (
            "`tried.v1.Asked.a`: a map needs `key`, the category of its keys",
            "map<string, string> a = 2 [(qaqpa.v1.field) = { category: NAME }];",
        ),
        (
            "`tried.v1.Asked.a`: a map needs `key`, the category of its keys",
            "map<string, string> a = 2 [(qaqpa.v1.field) = { category: NAME key: STRUCTURE }];",
        ),
        (
            "`tried.v1.Asked.AEntry.value`: STRUCTURE is for messages; a value has a category",
            "map<string, string> a = 2 [(qaqpa.v1.field) = { category: STRUCTURE key: NAME }];",
        ),
        (
            "field `tried.v1.Bare.code` has no category",
            "map<string, Bare> a = 2 [(qaqpa.v1.field) = { category: STRUCTURE key: NAME }];",
        ),
        ("`tried.v1.Asked.a`: `key` is for maps", "string a = 2 [(qaqpa.v1.field) = { category: NAME key: IIN }];"),
        (
            "field `tried.v1.Asked.a` has type google.protobuf.Any without `any`, which a contract may not use",
            "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE }];",
        ),
        (
            "`tried.v1.Asked.a`: `any` names `tried.v1.Nobody`, which is no message",
            "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: \"tried.v1.Nobody\" }];",
        ),
        (
            "`tried.v1.Asked.a`: `any` names `google.protobuf.Any`, which is no message",
            "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: \"google.protobuf.Any\" }];",
        ),
        (
            "`tried.v1.Asked.a`: `any` names two messages called `held`",
            "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: [\"tried.v1.Held\", \"tried.v1.Outer.Held\"] }];",
        ),
        (
            "field `tried.v1.Bare.code` has no category",
            "google.protobuf.Any a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: \"tried.v1.Bare\" }];",
        ),
        (
            "`tried.v1.Asked.a`: `any` is for google.protobuf.Any",
            "Held a = 2 [(qaqpa.v1.field) = { category: STRUCTURE any: \"tried.v1.Held\" }];",
        ),
    ] {
        let found = loaded("proto3", fields).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(found, wanted, "{fields}");
    }
}

#[test]
fn groups_do_not_load() {
    let fields = "optional group A = 2 [(qaqpa.v1.field) = { category: STRUCTURE }] { optional string x = 1; }";
    let error = loaded("proto2", fields).unwrap_err();
    assert_eq!(error.to_string(), "field `tried.v1.Asked.a` has type group, which a contract may not use");
}
