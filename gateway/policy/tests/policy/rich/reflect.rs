//! The same minimisation by reflection: nothing is known of the rich contract but its descriptors and the pack's rules,
//! restated here as a list. Slow, and independent of the tables the filter runs on.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};
use qaqpa_policy::{Circumstances, Direction, Transform};
use qaqpa_proto::v1::Category;

pub(crate) struct Reflective<'c> {
    pub(crate) pool: &'c DescriptorPool,
    pub(crate) direction: Direction,
    pub(crate) circumstances: &'c Circumstances,
}

impl Reflective<'_> {
    /// Decodes and minimises; `None` when it does not decode.
    pub(crate) fn minimise(&self, wire: &[u8]) -> Option<DynamicMessage> {
        let mut message = DynamicMessage::decode(self.root()?, wire).ok()?;
        self.clear(&mut message, "");
        Some(message)
    }

    /// Whether a message holds a field that the contract does not know, at any depth. Reflection keeps those.
    pub(crate) fn holds_unknown(&self, wire: &[u8]) -> bool {
        let message = self.root().and_then(|root| DynamicMessage::decode(root, wire).ok());
        message.is_none_or(|message| unknown(&message))
    }

    fn root(&self) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(match self.direction {
            Direction::Request => "rich.v1.AskRequest",
            Direction::Reply => "rich.v1.AskReply",
        })
    }

    fn clear(&self, message: &mut DynamicMessage, above: &str) {
        message.take_unknown_fields().for_each(drop); // lazy: the fields are gone only when it is exhausted (trap 2)
        for field in message.descriptor().fields().filter(|field| message.has_field(field)).collect::<Vec<_>>() {
            let path = if above.is_empty() { field.name().to_owned() } else { format!("{above}.{}", field.name()) };
            let value = message.get_field(&field).into_owned();
            message.clear_field(&field);
            let cleared =
                if field.is_map() { self.map(&field, value, &path) } else { self.value(&field, value, &path) };
            if let Some(value) = cleared {
                message.set_field(&field, value);
            }
        }
    }

    fn value(&self, field: &FieldDescriptor, value: Value, path: &str) -> Option<Value> {
        match value {
            Value::List(values) => {
                let kept = values.into_iter().filter_map(|value| self.one(field, category(field), value, path));
                Some(Value::List(kept.collect()))
            }
            value => self.one(field, category(field), value, path).filter(|value| !is_empty_text(value)),
        }
    }

    fn map(&self, field: &FieldDescriptor, value: Value, path: &str) -> Option<Value> {
        let Value::Map(entries) = value else { return None };
        let held = field.kind();
        let held = held.as_message()?.map_entry_value_field();
        let key_category = key_category(field);
        let mut kept: HashMap<MapKey, Value> = HashMap::new();
        for (key, value) in entries {
            let key = match key {
                MapKey::String(text) => match self.scalar(key_category, Value::String(text), path) {
                    Some(Value::String(text)) => MapKey::String(text),
                    _ => continue,
                },
                key if self.fate(key_category, path) == Some(Transform::Keep) => key,
                _ => continue,
            };
            if let Some(value) = self.one(&held, category(field), value, path) {
                kept.insert(key, value);
            }
        }
        Some(Value::Map(kept))
    }

    fn one(&self, field: &FieldDescriptor, category: Category, value: Value, path: &str) -> Option<Value> {
        match (field.kind(), value) {
            (Kind::Message(_), _) if !self.is_entered(category, path) => None,
            (Kind::Message(kind), Value::Message(any)) if kind.full_name() == "google.protobuf.Any" => {
                self.any(field, &any, path).map(Value::Message)
            }
            (Kind::Message(_), Value::Message(mut inner)) => {
                let path = if field.name() == "inner" { "record" } else { path };
                self.clear(&mut inner, path);
                Some(Value::Message(inner))
            }
            (_, value) => self.scalar(category, value, path),
        }
    }

    fn any(&self, field: &FieldDescriptor, any: &DynamicMessage, path: &str) -> Option<DynamicMessage> {
        let type_url = any.get_field_by_name("type_url")?.as_str()?.to_owned();
        let name = type_url.strip_prefix("type.googleapis.com/")?;
        if !allowed(field).iter().any(|allowed| allowed == name) {
            return None;
        }
        let value = any.get_field_by_name("value")?.as_bytes()?.clone();
        let mut inner = DynamicMessage::decode(self.pool.get_message_by_name(name)?, value).ok()?;
        self.clear(&mut inner, path);
        let mut kept = DynamicMessage::new(any.descriptor());
        kept.set_field_by_name("type_url", Value::String(type_url));
        kept.set_field_by_name("value", Value::Bytes(prost::Message::encode_to_vec(&inner).into()));
        Some(kept)
    }

    fn scalar(&self, category: Category, value: Value, path: &str) -> Option<Value> {
        let transform = self.fate(category, path)?;
        if transform == Transform::Keep {
            return Some(value);
        }
        let number = |number: i64| transform.number(i128::from(number));
        match value {
            Value::String(text) => Some(Value::String(transform.text(&text, category, self.circumstances)?.into())),
            Value::Bytes(bytes) => {
                Some(Value::Bytes(transform.bytes(&bytes, category, self.circumstances)?.into_owned().into()))
            }
            Value::I32(value) => i32::try_from(number(value.into())?).ok().map(Value::I32),
            Value::I64(value) => i64::try_from(number(value)?).ok().map(Value::I64),
            _ => None,
        }
    }

    /// Whether something of a message of this category moves.
    fn is_entered(&self, category: Category, path: &str) -> bool {
        match category {
            Category::Structure => true,
            Category::Address => matches!(path, "record.address" | "record.place"),
            category => self.fate(category, path).is_some(),
        }
    }

    /// The pack's rules once more.
    fn fate(&self, category: Category, path: &str) -> Option<Transform> {
        let of_reply = |transform| if self.direction == Direction::Reply { transform } else { Transform::Keep };
        match category {
            Category::Iin | Category::Name | Category::Technical | Category::Education => Some(Transform::Keep),
            Category::BirthDate => Some(of_reply(Transform::Year)),
            Category::LifeStatus => Some(of_reply(Transform::AgeBand([14, 16, 18, 21].into()))),
            Category::Citizenship => Some(of_reply(Transform::YearMonth)),
            Category::EducationResult => Some(Transform::Bucket(10)),
            Category::Financial => Some(Transform::Bucket(1000)),
            Category::Address if matches!(path, "record.address.city" | "record.place.city") => {
                Some(Transform::Prefix(3))
            }
            Category::Address if path == "record.address.region" => Some(Transform::KatoRegion),
            Category::Certificate => Some(Transform::Suffix(4)),
            Category::Staff => Some(Transform::Pseudonym),
            Category::Device => Some(Transform::Present),
            _ => None,
        }
    }
}

fn is_empty_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        _ => false,
    }
}

fn rule(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let extension = field.parent_pool().get_extension_by_name("qaqpa.v1.field")?;
    field.options().get_extension(&extension).as_message().cloned()
}

fn category(field: &FieldDescriptor) -> Category {
    let number = rule(field).and_then(|rule| rule.get_field_by_name("category")?.as_enum_number());
    number.and_then(|number| Category::try_from(number).ok()).unwrap_or_default()
}

fn key_category(field: &FieldDescriptor) -> Category {
    let number = rule(field).and_then(|rule| rule.get_field_by_name("key")?.as_enum_number());
    number.and_then(|number| Category::try_from(number).ok()).unwrap_or_default()
}

fn allowed(field: &FieldDescriptor) -> Vec<String> {
    let names = rule(field).and_then(|rule| Some(rule.get_field_by_name("any")?.as_list()?.to_vec()));
    names.unwrap_or_default().iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn unknown(message: &DynamicMessage) -> bool {
    let inside = |value: &Value| match value {
        Value::Message(inner) => unknown(inner),
        _ => false,
    };
    message.unknown_fields().next().is_some()
        || message.fields().any(|(_, value)| match value {
            Value::List(values) => values.iter().any(inside),
            Value::Map(entries) => entries.values().any(inside),
            value => inside(value),
        })
}
