//! The options of `qaqpa/v1/options.proto` on services, RPCs, fields and enum values, read as the Rust types of their rules.
//!
//! Refused: a descriptor set without them, and a field that says nothing of its kind.

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor,
};

use crate::contract::System;
use crate::problem::{ContractError, annotation};
use crate::v1::{Category, FieldRule, OperationRule, SystemRule};

/// The four extensions, looked up once.
pub(crate) struct Annotations {
    system: ExtensionDescriptor,
    operation: ExtensionDescriptor,
    field: ExtensionDescriptor,
    pub(crate) text: ExtensionDescriptor,
}

impl Annotations {
    pub(crate) fn find(pool: &DescriptorPool) -> Result<Self, ContractError> {
        let extension = |name| pool.get_extension_by_name(name).ok_or(ContractError::NoAnnotations(name));
        Ok(Self {
            system: extension("qaqpa.v1.system")?,
            operation: extension("qaqpa.v1.operation")?,
            field: extension("qaqpa.v1.field")?,
            text: extension("qaqpa.v1.text")?,
        })
    }

    pub(crate) fn operation(&self, method: &MethodDescriptor) -> Result<Option<OperationRule>, ContractError> {
        rule(&method.options(), &self.operation, method.full_name())
    }

    pub(crate) fn system(&self, service: &ServiceDescriptor) -> Result<System, ContractError> {
        let rule: SystemRule = rule(&service.options(), &self.system, service.full_name())?
            .ok_or_else(|| annotation(service.full_name(), "service has operations but no (qaqpa.v1.system)"))?;
        Ok(System { id: rule.id, namespace: rule.namespace, source: rule.source, title: rule.title })
    }

    pub(crate) fn field(&self, field: &FieldDescriptor) -> Result<FieldRule, ContractError> {
        let rule: FieldRule = rule(&field.options(), &self.field, field.full_name())?.unwrap_or_default();
        if rule.category() == Category::Unspecified {
            return Err(ContractError::Untagged(field.full_name().to_owned()));
        }
        Ok(rule)
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
