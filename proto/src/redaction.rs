//! Redaction of debug prints: the fields whose category is about a person.
//!
//! The category says so itself, by `debug_redact` on its value in `qaqpa/v1/options.proto`: C++ and Java look there. For all others
//! the same is written on each field of the descriptor set, and the build gives the Rust messages a `Debug` without values.
//! Refused: to guess by the name of a field.
//!
//! `build.rs` compiles this file too; so it knows the annotations by name and not as Rust types.

use std::borrow::Cow;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, Value};

/// A descriptor set with `debug_redact` on every field about a person.
///
/// # Errors
/// A set that cannot be read, or one without our annotations.
pub(crate) fn redacted(set: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let pool = DescriptorPool::decode(set)?;
    let kind =
        pool.get_message_by_name("google.protobuf.FileDescriptorSet").ok_or("no google.protobuf.FileDescriptorSet")?;
    let categories = categories(&pool)?;
    let mut files = DynamicMessage::decode(kind, set)?;
    for file in inside(&mut files, "file") {
        inside(file, "message_type").for_each(|message| redact(message, &categories));
    }
    Ok(files.encode_to_vec())
}

/// `qaqpa.v1.Category` as the set has it.
pub(crate) fn categories(pool: &DescriptorPool) -> Result<EnumDescriptor, &'static str> {
    pool.get_enum_by_name("qaqpa.v1.Category").ok_or("no qaqpa.v1.Category")
}

/// Whether the options of a field give it a category that is about a person, or let it inherit one that may be.
pub(crate) fn is_personal(options: &DynamicMessage, categories: &EnumDescriptor) -> bool {
    let Some((_, rule)) = options.extensions().find(|(option, _)| option.full_name() == "qaqpa.v1.field") else {
        return false;
    };
    let said = |what| rule.as_message().and_then(|rule| rule.get_field_by_name(what).map(Cow::into_owned));
    let number = said("category").and_then(|category| category.as_enum_number());
    let value = number.and_then(|number| categories.get_value(number));
    let redact = value.and_then(|value| value.options().get_field_by_name(REDACT)?.as_bool());
    redact == Some(true) || said("inherit").and_then(|inherit| inherit.as_bool()) == Some(true)
}

/// A `DescriptorProto` and those nested in it.
fn redact(message: &mut DynamicMessage, categories: &EnumDescriptor) {
    for field in inside(message, "field") {
        for options in inside(field, "options") {
            if is_personal(options, categories) {
                options.set_field_by_name(REDACT, Value::Bool(true));
            }
        }
    }
    inside(message, "nested_type").for_each(|nested| redact(nested, categories));
}

/// The messages in a field, be it one or a list; none where it is not set.
fn inside<'m>(message: &'m mut DynamicMessage, field: &str) -> impl Iterator<Item = &'m mut DynamicMessage> {
    let is_set = message.has_field_by_name(field);
    let value = message.get_field_by_name_mut(field).filter(|_| is_set);
    let (one, list) = match value {
        Some(Value::Message(one)) => (Some(one), None),
        Some(Value::List(list)) => (None, Some(list)),
        _ => (None, None),
    };
    one.into_iter().chain(list.into_iter().flatten().filter_map(Value::as_message_mut))
}

const REDACT: &str = "debug_redact";
