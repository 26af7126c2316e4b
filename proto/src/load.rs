//! Reads a descriptor set into a [`Contract`]. Refuses what the corridor could not carry safely:
//! a field without a category, a map whose keys have none, an `Any` that may hold anything, groups, a path that leads
//! nowhere.

use std::collections::HashMap;

use prost_reflect::{
    Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

use crate::annotations::Annotations;
use crate::contract::{
    BusinessResult, Contract, Enumeration, Field, FieldKind, FieldPath, Filled, Message, MessageIndex, Operation,
    Packed, Subject,
};
use crate::problem::{ContractError, NoContract, annotation};
use crate::v1::{BusinessResultRule, Category, Channel, FieldRule, FillValue, OperationRule, Payload, SubjectRule};
use crate::wire::MAX_REPEATED;

impl Contract {
    /// The compiled-in contracts.
    ///
    /// # Errors
    /// Only when the build was tampered with; the build script makes the same checks.
    pub fn embedded() -> Result<Self, NoContract> {
        Self::load(crate::DESCRIPTOR_SET)
    }

    /// Reads an encoded `FileDescriptorSet`.
    ///
    /// # Errors
    /// Everything that is wrong with it, by full name.
    pub fn load(descriptor_set: &[u8]) -> Result<Self, NoContract> {
        let whole = |problem| NoContract(vec![problem]);
        let pool = DescriptorPool::decode(descriptor_set);
        let pool = pool.map_err(|error| whole(ContractError::Descriptor(error.to_string())))?;
        let mut loader = Loader::new(Annotations::find(&pool).map_err(whole)?);
        let mut operations = Vec::new();
        for service in pool.services() {
            for method in service.methods() {
                let rule = loader.annotations.operation(&method);
                if let Some(rule) = loader.noted(rule).flatten() {
                    let operation = loader.operation(&service, &method, rule);
                    operations.extend(loader.noted(operation));
                }
            }
        }
        if !loader.problems.is_empty() {
            return Err(NoContract::of(loader.problems));
        }
        let messages = loader.messages.into_iter().flatten().collect();
        Ok(Self { operations, messages, enumerations: loader.enumerations })
    }
}

struct Loader {
    annotations: Annotations,
    /// `None` while a message is being read, so that recursion finds its index.
    messages: Vec<Option<Message>>,
    /// By full name, and by the category that its fields inherit where some do.
    by_name: HashMap<(String, Option<Category>), MessageIndex>,
    enumerations: Vec<Enumeration>,
    /// What was found wrong so far. What it stands for is left out, and nothing is loaded in the end.
    problems: Vec<ContractError>,
}

impl Loader {
    fn new(annotations: Annotations) -> Self {
        let (messages, by_name, enumerations, problems) = Default::default();
        Self { annotations, messages, by_name, enumerations, problems }
    }

    /// The value, or its problem among the others.
    fn noted<T>(&mut self, read: Result<T, ContractError>) -> Option<T> {
        read.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn operation(
        &mut self,
        service: &ServiceDescriptor,
        method: &MethodDescriptor,
        rule: OperationRule,
    ) -> Result<Operation, ContractError> {
        let name = method.full_name();
        if method.is_client_streaming() != method.is_server_streaming() {
            return Err(annotation(name, "an operation is unary or streams both ways"));
        }
        for (what, empty) in [
            ("service_id", rule.service_id.is_empty()),
            ("request_root", rule.request_root.is_empty()),
            ("reply_root", rule.reply_root.is_empty()),
            ("source", rule.source.is_empty()),
            ("channel", rule.channel() == Channel::Unspecified),
            ("payload", rule.payload() == Payload::Unspecified),
        ] {
            if empty {
                self.problems.push(annotation(name, &format!("`{what}` is missing")));
            }
        }
        let (channel, payload) = (rule.channel(), rule.payload());
        let (input, output) = (method.input(), method.output());
        let (request, reply) = (self.message(&input, None), self.message(&output, None));
        self.noted(first_is_control(&input, "qaqpa.v1.Context"));
        self.noted(first_is_control(&output, "qaqpa.v1.Receipt"));
        let fill = rule.fill.iter().filter_map(|fill| self.noted(filled(name, fill.value(), &fill.path))).collect();
        let mut subject = self.noted(subject(&input, &output, rule.subject.unwrap_or_default())).unwrap_or_default();
        subject.most = self.most(request, subject.iin.as_ref().map_or(&[], |iin| &iin.numbers));
        let acting = self.noted(path(&input, &rule.acting)).flatten();
        let business_result = rule.business_result.and_then(|result| self.noted(business_result(&output, result)));
        Ok(Operation {
            path: format!("/{}/{}", service.full_name(), method.name()),
            service: service.full_name().to_owned(),
            name: method.name().to_owned(),
            system: self.annotations.system(service)?,
            channel,
            payload,
            fill,
            subject,
            acting,
            business_result,
            service_id: rule.service_id,
            source: rule.source,
            request_root: rule.request_root,
            reply_root: rule.reply_root,
            request,
            reply,
            streaming: method.is_client_streaming(),
        })
    }

    /// How many values a request may hold at a path of field numbers.
    fn most(&self, message: MessageIndex, numbers: &[u32]) -> usize {
        let (mut here, mut most) = (Some(message), 1_usize);
        for number in numbers {
            let message = here.and_then(|index| self.messages.get(index.0)?.as_ref());
            let Some(field) = message.and_then(|message| message.field(*number)) else { break };
            most = most.saturating_mul(field.most).min(MAX_REPEATED);
            here = match field.kind {
                FieldKind::Message(inner) => Some(inner),
                _ => None,
            };
        }
        most
    }

    #[expect(clippy::indexing_slicing, reason = "the slot was pushed a few lines above")]
    fn message(&mut self, descriptor: &MessageDescriptor, above: Option<Category>) -> MessageIndex {
        let above = above.filter(|_| self.annotations.inherits(descriptor) == Ok(true));
        let key = (descriptor.full_name().to_owned(), above);
        if let Some(index) = self.by_name.get(&key) {
            return *index;
        }
        let index = MessageIndex(self.messages.len());
        self.messages.push(None);
        self.by_name.insert(key, index);
        let mut declared: Vec<FieldDescriptor> = descriptor.fields().collect();
        declared.sort_by_key(|field| field.path().last().copied()); // the last step of a descriptor path is the position in the file
        let mut fields = Vec::with_capacity(declared.len());
        for field in &declared {
            let field = self.annotated(field, above);
            fields.extend(self.noted(field));
        }
        self.messages[index.0] = Some(Message { name: descriptor.full_name().to_owned(), fields });
        index
    }

    fn annotated(&mut self, descriptor: &FieldDescriptor, above: Option<Category>) -> Result<Field, ContractError> {
        let rule = self.annotations.field(descriptor, above)?;
        self.field(descriptor, &rule)
    }

    fn field(&mut self, descriptor: &FieldDescriptor, rule: &FieldRule) -> Result<Field, ContractError> {
        let name = descriptor.full_name();
        let kind = if descriptor.is_map() { self.map(descriptor, rule)? } else { self.kind(descriptor, rule)? };
        let holds_fields = matches!(kind, FieldKind::Message(_) | FieldKind::Map(_) | FieldKind::Any);
        let repeated = descriptor.cardinality() == Cardinality::Repeated;
        let most = if rule.most == 0 { USUAL_MOST } else { usize::try_from(rule.most).unwrap_or(usize::MAX) };
        for (wrong, problem) in [
            (
                rule.category() == Category::Structure && !holds_fields,
                "STRUCTURE is for messages; a value has a category",
            ),
            (rule.key != 0 && !descriptor.is_map(), "`key` is for maps"),
            (!rule.any.is_empty() && kind != FieldKind::Any, "`any` is for google.protobuf.Any"),
            (rule.most != 0 && !repeated, "`most` is for repeated fields and maps"),
            (most > MAX_REPEATED, "`most` is 10000 at most"),
        ] {
            if wrong {
                return Err(annotation(name, problem));
            }
        }
        let element = if rule.element.is_empty() { descriptor.json_name().to_owned() } else { rule.element.clone() };
        let oneof = descriptor.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        Ok(Field {
            name: descriptor.name().to_owned(),
            number: descriptor.number(),
            kind,
            repeated,
            most: if repeated { most } else { 1 },
            packed: descriptor.is_packed(),
            presence: descriptor.supports_presence(),
            category: rule.category(),
            derives: rule.derives().collect(),
            format: rule.format(),
            element,
            required: rule.required,
            local: rule.local,
            oneof: oneof.and_then(|oneof| oneof.path().last().copied()).and_then(|at| usize::try_from(at).ok()),
            any: if kind == FieldKind::Any { self.packed(descriptor, rule)? } else { Vec::new() },
        })
    }

    fn kind(&mut self, descriptor: &FieldDescriptor, rule: &FieldRule) -> Result<FieldKind, ContractError> {
        if descriptor.is_group() {
            return Err(ContractError::Type { field: descriptor.full_name().to_owned(), kind: "group".to_owned() });
        }
        Ok(match descriptor.kind() {
            Kind::String => FieldKind::String,
            Kind::Bytes => FieldKind::Bytes,
            Kind::Bool => FieldKind::Bool,
            Kind::Int32 => FieldKind::Int32,
            Kind::Int64 => FieldKind::Int64,
            Kind::Uint32 => FieldKind::Uint32,
            Kind::Uint64 => FieldKind::Uint64,
            Kind::Sint32 => FieldKind::Sint32,
            Kind::Sint64 => FieldKind::Sint64,
            Kind::Fixed32 => FieldKind::Fixed32,
            Kind::Fixed64 => FieldKind::Fixed64,
            Kind::Sfixed32 => FieldKind::Sfixed32,
            Kind::Sfixed64 => FieldKind::Sfixed64,
            Kind::Float => FieldKind::Float,
            Kind::Double => FieldKind::Double,
            Kind::Enum(descriptor) => FieldKind::Enum(self.enumeration(&descriptor)),
            // Ours, not an exchange's: its fields need no category and are never walked.
            Kind::Message(message) if rule.category() == Category::Control => FieldKind::Message(self.opaque(&message)),
            Kind::Message(message) if message.full_name() == ANY => FieldKind::Any,
            Kind::Message(message) => FieldKind::Message(self.message(&message, Some(rule.category()))),
        })
    }

    /// The entries of a map as a message of two fields: the key with its own category, the value with the map's.
    fn map(&mut self, descriptor: &FieldDescriptor, rule: &FieldRule) -> Result<FieldKind, ContractError> {
        let name = descriptor.full_name();
        let entry = descriptor.kind().as_message().cloned().ok_or_else(|| annotation(name, "a map without entries"))?;
        if matches!(rule.key(), Category::Unspecified | Category::Control | Category::Structure) {
            return Err(annotation(name, "a map needs `key`, the category of its keys"));
        }
        let key_rule = FieldRule { category: rule.key, ..FieldRule::default() };
        let value_rule = FieldRule { key: 0, required: false, element: String::new(), most: 0, ..rule.clone() };
        // A map that holds its own message is met again while its value is read; its place is taken before.
        let index = MessageIndex(self.messages.len());
        self.messages.push(None);
        let key = self.field(&entry.map_entry_key_field(), &key_rule)?;
        let value = self.field(&entry.map_entry_value_field(), &value_rule)?;
        let message = Message { name: entry.full_name().to_owned(), fields: vec![key, value] };
        if let Some(place) = self.messages.get_mut(index.0) {
            *place = Some(message);
        }
        Ok(FieldKind::Map(index))
    }

    /// What an `Any` may hold. Paths name it by the last part of its name, which must therefore be the only one.
    fn packed(&mut self, descriptor: &FieldDescriptor, rule: &FieldRule) -> Result<Vec<Packed>, ContractError> {
        let name = descriptor.full_name();
        if rule.any.is_empty() {
            return Err(ContractError::Type { field: name.to_owned(), kind: format!("{ANY} without `any`") });
        }
        let mut packed: Vec<Packed> = Vec::with_capacity(rule.any.len());
        for full in &rule.any {
            let found = descriptor.parent_pool().get_message_by_name(full);
            let found = found.filter(|found| found.full_name() != ANY && !found.is_map_entry());
            let found = found.ok_or_else(|| annotation(name, &format!("`any` names `{full}`, which is no message")))?;
            let short = snake_case(found.name());
            if packed.iter().any(|known| known.short == short) {
                return Err(annotation(name, &format!("`any` names two messages called `{short}`")));
            }
            let message = self.message(&found, Some(rule.category()));
            packed.push(Packed { name: full.clone(), short, message });
        }
        Ok(packed)
    }

    /// A message whose inside does not belong to the exchange.
    fn opaque(&mut self, descriptor: &MessageDescriptor) -> MessageIndex {
        *self.by_name.entry((descriptor.full_name().to_owned(), None)).or_insert_with(|| {
            self.messages.push(Some(Message { name: descriptor.full_name().to_owned(), fields: Vec::new() }));
            MessageIndex(self.messages.len() - 1)
        })
    }

    fn enumeration(&mut self, descriptor: &prost_reflect::EnumDescriptor) -> usize {
        if let Some(index) = self.enumerations.iter().position(|known| known.name == descriptor.full_name()) {
            return index;
        }
        let values = descriptor
            .values()
            .map(|value| {
                let options = value.options();
                let text = options.get_extension(&self.annotations.text).as_str().unwrap_or_default().to_owned();
                (value.number(), value.name().to_owned(), text)
            })
            .collect();
        self.enumerations.push(Enumeration { name: descriptor.full_name().to_owned(), values });
        self.enumerations.len() - 1
    }
}

/// `CourtDecision` as paths spell it, `court_decision`, like the names of fields.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn first_is_control(message: &MessageDescriptor, wanted: &str) -> Result<(), ContractError> {
    let found =
        message.get_field(1).and_then(|field| field.kind().as_message().map(|inner| inner.full_name().to_owned()));
    if found.as_deref() == Some(wanted) {
        Ok(())
    } else {
        Err(annotation(message.full_name(), &format!("field 1 must be {wanted}")))
    }
}

fn filled(operation: &str, value: FillValue, path: &str) -> Result<Filled, ContractError> {
    if value == FillValue::Unspecified || path.is_empty() {
        return Err(annotation(operation, "`fill` needs a path and a value"));
    }
    Ok(Filled { path: path.split('/').map(str::to_owned).collect(), value })
}

fn subject(
    request: &MessageDescriptor,
    reply: &MessageDescriptor,
    rule: SubjectRule,
) -> Result<Subject, ContractError> {
    Ok(Subject {
        iin: path(request, &rule.iin)?,
        birth_date: path(request, &rule.birth_date)?,
        guardian: path(request, &rule.guardian)?,
        consent: path(request, &rule.consent)?,
        reply_birth_date: path(reply, &rule.reply_birth_date)?,
        most: 1,
    })
}

fn business_result(message: &MessageDescriptor, rule: BusinessResultRule) -> Result<BusinessResult, ContractError> {
    let code =
        path(message, &rule.code)?.ok_or_else(|| annotation(message.full_name(), "`business_result` needs a code"))?;
    Ok(BusinessResult { code, success: rule.success, request_id: path(message, &rule.request_id)? })
}

fn path(message: &MessageDescriptor, text: &str) -> Result<Option<FieldPath>, ContractError> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut here = Some(message.clone());
    let mut numbers = Vec::new();
    for name in text.split('.') {
        let field = here.as_ref().and_then(|message| message.get_field_by_name(name));
        let field = field.ok_or_else(|| annotation(message.full_name(), &format!("path `{text}` leads nowhere")))?;
        numbers.push(field.number());
        here = field.kind().as_message().cloned();
    }
    match here {
        None => Ok(Some(FieldPath { text: text.to_owned(), numbers })),
        Some(_) => Err(annotation(message.full_name(), &format!("path `{text}` ends at a message"))),
    }
}

/// How many a repeated field of a request may hold where the contract says nothing.
const USUAL_MOST: usize = 1_000;
const ANY: &str = "google.protobuf.Any";

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn the_embedded_contract_loads() {
        let contract = Contract::embedded().unwrap();
        let sync = contract.operation("/qaqpa.avtoshkola.v1.Training/SyncStudents").unwrap();
        assert!(sync.streaming);
        assert_eq!(sync.subject.iin.as_ref().unwrap().numbers, [3, 1]);
        assert_eq!(sync.system.source, "RECONSTRUCTED");
        let request = contract.message(sync.request);
        assert_eq!(
            request.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(),
            ["context", "group", "student"]
        );
        let category = contract
            .message(match request.fields[1].kind {
                FieldKind::Message(index) => index,
                _ => unreachable!(),
            })
            .field(5)
            .unwrap()
            .clone();
        let FieldKind::Enum(index) = category.kind else { unreachable!() };
        assert!(contract.enumeration(index).values.contains(&(4, "DRIVING_CATEGORY_B".into(), "B".into())));
    }

    #[test]
    fn lost_options_are_noticed() {
        let set = prost_types::FileDescriptorSet::decode(crate::DESCRIPTOR_SET).unwrap(); // drops custom options: the trap
        let error = Contract::load(&set.encode_to_vec());
        assert!(
            matches!(error, Ok(contract) if contract.operations().is_empty()),
            "an empty contract serves nothing; `serve` refuses it"
        );
    }
}
