//! The compiled-in contracts as the rest of the house reads them, one line for an operation and one for each field, by path.
//!
//! The .proto files may say the same in fewer words (defaults of a service, inherited categories): the tables stay. After a
//! wanted change of a contract write the file anew: `WRITE_TABLES=1 cargo test -p qaqpa-proto --test tables`.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::fmt::Write as _;

use qaqpa_proto::{Contract, Field, FieldKind, Filled, MessageIndex, Operation};

const WRITTEN: &str = include_str!("tables.txt");

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever writes the file anew says so by the environment")]
fn the_tables_are_those_of_the_file() {
    let contract = Contract::embedded().unwrap();
    let mut text = String::new();
    for operation in contract.operations() {
        tell(&contract, operation, &mut text);
    }
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tables.txt"), text).unwrap();
        return;
    }
    let changed: Vec<_> = text.lines().zip(WRITTEN.lines()).filter(|(now, written)| now != written).collect();
    assert_eq!(changed, Vec::<(&str, &str)>::new(), "now and as written");
    assert_eq!(text.lines().count(), WRITTEN.lines().count(), "lines are missing, or there are more");
}

fn tell(contract: &Contract, operation: &Operation, text: &mut String) {
    let Operation { path, system, service_id, source, channel, payload, request_root, reply_root, .. } = operation;
    let way = if operation.streaming { "stream" } else { "unary" };
    writeln!(text, "{path} {way} {service_id} {channel:?} {payload:?} {request_root} {reply_root} ({source})").unwrap();
    writeln!(text, "  system {} {} ({}) {}", system.id, system.namespace, system.source, system.title).unwrap();
    for Filled { path, value } in &operation.fill {
        writeln!(text, "  fill {} {value:?}", path.join("/")).unwrap();
    }
    writeln!(text, "  {:?}", operation.subject).unwrap();
    writeln!(text, "  acting {:?}", operation.acting).unwrap();
    writeln!(text, "  {:?}", operation.business_result).unwrap();
    for (name, message) in [("request", operation.request), ("reply", operation.reply)] {
        walk(contract, message, &mut vec![name.to_owned()], text);
    }
}

/// Messages come after their field, one step further in.
fn walk(contract: &Contract, message: MessageIndex, path: &mut Vec<String>, text: &mut String) {
    for field in &contract.message(message).fields {
        path.push(field.name.clone());
        line(contract, field, &path.join("."), text);
        if let FieldKind::Message(inner) | FieldKind::Map(inner) = field.kind {
            walk(contract, inner, path, text);
        }
        path.pop();
    }
}

/// Types by their kind: the name of a message is the contract's own business, as long as nothing else of it changes.
fn line(contract: &Contract, field: &Field, path: &str, text: &mut String) {
    let kind = match field.kind {
        FieldKind::Message(_) => "Message".to_owned(),
        FieldKind::Map(_) => "Map".to_owned(),
        FieldKind::Enum(index) => contract.enumeration(index).name.clone(),
        kind => format!("{kind:?}"),
    };
    let Field { number, category, derives, format, element, .. } = field;
    let marks = [
        (field.repeated, "repeated"),
        (field.packed, "packed"),
        (field.presence, "presence"),
        (field.required, "required"),
        (field.local, "local"),
    ];
    let mut marks = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect::<Vec<_>>().join(" ");
    if !matches!(field.most, 1 | 1_000) {
        write!(marks, " most={}", field.most).unwrap();
    }
    writeln!(text, "  {number} {path} {kind} {category:?} {derives:?} {format:?} <{element}> {marks}").unwrap();
}
