//! Compiles the contracts with protox (no protoc) and refuses a field that says nothing of its kind.
//!
//! A contract is a `.proto` below `qaqpa/`: whoever adds a file there has added it to the house. `google/rpc/` is Google's, a copy:
//! the model of errors, which reflection then offers too.
//!
//! Three products: `contracts.binpb`, the descriptor set with our custom options still in it (prost's own descriptor
//! types would drop them); the typed Rust messages for clients and for the gateway's own services; and `debug.rs`, the `Debug`
//! of those that hold a field about a person, which prints no value.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

#[path = "src/redaction.rs"]
mod redaction;

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};

/// Messages that name a person outside an exchange: a derived `Debug` would print the number.
const NAME_PEOPLE: [&str; 12] = [
    "qaqpa.consent.v1.KdpToken",
    "qaqpa.consent.v1.GiveRequest",
    "qaqpa.consent.v1.WithdrawRequest",
    "qaqpa.consent.v1.WithdrawRequest.which",
    "qaqpa.consent.v1.OfPerson",
    "qaqpa.consent.v1.ListRequest",
    "qaqpa.subject.v1.ReportRequest",
    "qaqpa.subject.v1.FindUsageRequest",
    "qaqpa.subject.v1.RestrictRequest",
    "qaqpa.subject.v1.CorrectRequest",
    "qaqpa.subject.v1.EraseRequest",
    "qaqpa.subject.v1.ObjectRequest",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its output directory by the environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=qaqpa");
    println!("cargo::rerun-if-changed=google");
    let files = [contracts(Path::new("google"))?, contracts(Path::new("qaqpa"))?].concat();
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_source_info(true).include_imports(true).open_files(files)?;
    let encoded = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(encoded.as_slice())?;
    let untagged = untagged_fields(&pool);
    if !untagged.is_empty() {
        return Err(format!("fields without a category: {}", untagged.join(", ")).into());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("contracts.binpb"), redaction::redacted(&encoded)?)?;
    let personal = personal_messages(&pool)?;
    std::fs::write(out.join("debug.rs"), personal.iter().map(debug).collect::<String>())?;
    let mut rust = prost_build::Config::new();
    let silent = personal.iter().map(MessageDescriptor::full_name).chain(NAME_PEOPLE);
    rust.disable_comments([".google.rpc"])
        .include_file("packages.rs")
        .skip_debug(silent)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Every `.proto` below a folder, in the order of their paths, so that a build is the same on every machine.
fn contracts(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(contracts(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Messages with at least one field about a person.
fn personal_messages(pool: &DescriptorPool) -> Result<Vec<MessageDescriptor>, &'static str> {
    let categories = redaction::categories(pool)?;
    let is_personal = |field: FieldDescriptor| redaction::is_personal(&field.options(), &categories);
    Ok(pool.all_messages().filter(|message| message.fields().any(is_personal)).collect())
}

/// `Student { .. }`: the name alone. What is beside a datum about a person is about the same person.
fn debug(message: &MessageDescriptor) -> String {
    let name = message.name();
    let module = message.package_name().strip_prefix("qaqpa.").unwrap_or_default().replace('.', "::");
    format!(
        "impl ::core::fmt::Debug for qaqpa::{module}::{name} {{\n    \
         fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{\n        \
         f.debug_struct(\"{name}\").finish_non_exhaustive()\n    }}\n}}\n"
    )
}

/// Fields that an exchange reaches and that carry no `(qaqpa.v1.field).category`.
fn untagged_fields(pool: &DescriptorPool) -> Vec<String> {
    let Some(rule) = pool.get_extension_by_name("qaqpa.v1.field") else { return vec!["qaqpa.v1.field itself".into()] };
    let Some(operation) = pool.get_extension_by_name("qaqpa.v1.operation") else {
        return vec!["qaqpa.v1.operation itself".into()];
    };
    let mut queue: Vec<MessageDescriptor> = pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .filter(|method| method.options().has_extension(&operation))
        .flat_map(|method| [method.input(), method.output()])
        .collect();
    let mut seen = Vec::new();
    let mut untagged = Vec::new();
    while let Some(message) = queue.pop() {
        if seen.contains(&message) {
            continue;
        }
        for field in message.fields() {
            let options = field.options();
            let rule = options.get_extension(&rule);
            let said = |what| rule.as_message().and_then(|rule| rule.get_field_by_name(what).map(Cow::into_owned));
            let inherits = said("inherit").and_then(|inherit| inherit.as_bool()) == Some(true);
            let category = said("category").and_then(|category| category.as_enum_number());
            match category {
                None | Some(0) if !inherits => untagged.push(field.full_name().to_owned()),
                Some(1) => {}                                           // CONTROL: ours, not an exchange's
                _ if field.is_map() => queue.extend(map_value(&field)), // the key's category stands on the map
                _ => queue.extend(field.kind().as_message().filter(|inner| !is_any(inner)).cloned()),
            }
        }
        seen.push(message);
    }
    untagged
}

fn map_value(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let value = field.kind().as_message()?.map_entry_value_field();
    value.kind().as_message().filter(|inner| !is_any(inner)).cloned()
}

/// What an `Any` holds is named by its own annotation and read at load.
fn is_any(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.protobuf.Any"
}
