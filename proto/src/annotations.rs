//! The options of `qaqpa/v1/options.proto` on services, RPCs, fields and enum values, read as the Rust types of their rules.
//!
//! Refused: a descriptor set without them, and a field that says nothing of its kind.

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor,
};

use crate::contract::System;
use crate::problem::{ContractError, annotation};
use crate::v1::{Category, FieldRule, OperationRule, SystemRule};

/// The extensions, looked up once.
pub(crate) struct Annotations {
    system: ExtensionDescriptor,
    operation: ExtensionDescriptor,
    defaults: ExtensionDescriptor,
    field: ExtensionDescriptor,
    pub(crate) text: ExtensionDescriptor,
}

impl Annotations {
    pub(crate) fn find(pool: &DescriptorPool) -> Result<Self, ContractError> {
        let extension = |name| pool.get_extension_by_name(name).ok_or(ContractError::NoAnnotations(name));
        Ok(Self {
            system: extension("qaqpa.v1.system")?,
            operation: extension("qaqpa.v1.operation")?,
            defaults: extension("qaqpa.v1.defaults")?,
            field: extension("qaqpa.v1.field")?,
            text: extension("qaqpa.v1.text")?,
        })
    }

    /// What the RPC says, and for the rest what its service says of all its RPCs. None: the RPC is no exchange.
    pub(crate) fn operation(&self, method: &MethodDescriptor) -> Result<Option<OperationRule>, ContractError> {
        let Some(own) = rule(&method.options(), &self.operation, method.full_name())? else { return Ok(None) };
        let service = method.parent_service();
        let defaults = rule(&service.options(), &self.defaults, service.full_name())?.unwrap_or_default();
        Ok(Some(with_defaults(own, defaults)))
    }

    pub(crate) fn system(&self, service: &ServiceDescriptor) -> Result<System, ContractError> {
        let rule: SystemRule = rule(&service.options(), &self.system, service.full_name())?
            .ok_or_else(|| annotation(service.full_name(), "service has operations but no (qaqpa.v1.system)"))?;
        Ok(System { id: rule.id, namespace: rule.namespace, source: rule.source, title: rule.title })
    }

    /// The rule of a field; `above` is the category of the field that holds its message.
    pub(crate) fn field(&self, field: &FieldDescriptor, above: Option<Category>) -> Result<FieldRule, ContractError> {
        let name = field.full_name();
        let mut rule: FieldRule = rule(&field.options(), &self.field, name)?.unwrap_or_default();
        match (rule.inherit, rule.category()) {
            (true, Category::Unspecified) => {
                let above = above.filter(|above| !matches!(above, Category::Structure | Category::Control));
                let nothing =
                    || annotation(name, "`inherit`, and the field that holds its message tells no kind of datum");
                rule.set_category(above.ok_or_else(nothing)?);
            }
            (true, _) => return Err(annotation(name, "`inherit` and a category of its own")),
            (false, Category::Unspecified) => return Err(ContractError::Untagged(name.to_owned())),
            (false, _) => {}
        }
        Ok(rule)
    }

    /// Whether a message tells different things in different places: then it has one table for each.
    pub(crate) fn inherits(&self, message: &MessageDescriptor) -> Result<bool, ContractError> {
        for field in message.fields() {
            let rule: Option<FieldRule> = rule(&field.options(), &self.field, field.full_name())?;
            if rule.is_some_and(|rule| rule.inherit) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The RPC's own word where it has one.
fn with_defaults(own: OperationRule, defaults: OperationRule) -> OperationRule {
    let text = |own: String, default: String| if own.is_empty() { default } else { own };
    let number = |own: i32, default: i32| if own == 0 { default } else { own };
    OperationRule {
        service_id: text(own.service_id, defaults.service_id),
        channel: number(own.channel, defaults.channel),
        payload: number(own.payload, defaults.payload),
        request_root: text(own.request_root, defaults.request_root),
        reply_root: text(own.reply_root, defaults.reply_root),
        fill: if own.fill.is_empty() { defaults.fill } else { own.fill },
        subject: own.subject.or(defaults.subject),
        business_result: own.business_result.or(defaults.business_result),
        source: text(own.source, defaults.source),
        acting: text(own.acting, defaults.acting),
    }
}

/// A message-typed extension of `options`, if set, as its Rust type.
fn rule<T: prost::Message + Default>(
    options: &DynamicMessage,
    extension: &ExtensionDescriptor,
    name: &str,
) -> Result<Option<T>, ContractError> {
    if !options.has_extension(extension) {
        return Ok(None);
    }
    let value = options.get_extension(extension);
    let message = value.as_message().ok_or_else(|| annotation(name, "annotation is not a message"))?;
    T::decode(message.encode_to_vec().as_slice()).map(Some).map_err(|error| annotation(name, &error.to_string()))
}
