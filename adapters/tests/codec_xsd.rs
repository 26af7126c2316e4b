//! Contract against schema: the same elements in the same order, as often, of the same type.
//!
//! The official XSD of a system must pass this test together with its contract before it replaces a reconstruction.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

use qaqpa_proto::v1::{Category, Format, Payload};
use qaqpa_proto::{Contract, Field, FieldKind, MessageIndex, Operation};
use roxmltree::{Document, Node};

const XSD: &str = include_str!("../../schemas/xsd/aisas-RECONSTRUCTED.xsd");

/// Where the contract may differ from the schema, and why.
const ALLOWED: [(&str, &str, &str); 1] = [(
    "qaqpa.avtoshkola.v1.SyncStudentsRequest",
    "student",
    "the schema takes many students; in a stream each is an exchange of its own, so exactly one is sent",
)];

#[test]
fn the_contract_is_the_schema() {
    let contract = Contract::embedded().unwrap();
    let document = Document::parse(XSD).unwrap();
    let schema = document.root_element();
    let mut differences = Vec::new();
    for operation in contract.operations() {
        assert_eq!(operation.payload, Payload::Root, "only whole documents can be checked");
        assert_eq!(schema.attribute("targetNamespace"), Some(operation.system.namespace.as_str()));
        let mut check = Check { contract: &contract, schema, differences: &mut differences };
        check.message(operation.request, named(schema, &operation.request_root), head_of(operation, schema));
        check.message(operation.reply, named(schema, &operation.reply_root), 0);
    }
    assert_eq!(differences, Vec::<String>::new());
}

/// The elements of the request's head are written by the gateway and are no fields; how many elements to pass over.
fn head_of(operation: &Operation, schema: Node<'_, '_>) -> usize {
    let declared: Vec<&str> =
        elements(named(schema, "Head")).iter().filter_map(|node| node.attribute("name")).collect();
    let filled: Vec<&str> = operation
        .fill
        .iter()
        .map(|fill| match fill.path.as_slice() {
            [head, name] if head == "head" => name.as_str(),
            other => panic!("a fill outside the head: {other:?}"),
        })
        .collect();
    assert_eq!(filled, declared, "{}", operation.path);
    1
}

struct Check<'c, 'a, 'input> {
    contract: &'c Contract,
    schema: Node<'a, 'input>,
    differences: &'c mut Vec<String>,
}

impl<'a, 'input> Check<'_, 'a, 'input> {
    /// Compares a message with a complex type, `skip` elements of which are not fields.
    fn message(&mut self, index: MessageIndex, declared: Node<'a, 'input>, skip: usize) {
        let message = self.contract.message(index);
        let is_written = |field: &&Field| !field.local && field.category != Category::Control;
        let written: Vec<&Field> = message.fields.iter().filter(is_written).collect();
        let declared = elements(declared);
        let declared = &declared[skip..];
        let names = |fields: &[&Field]| fields.iter().map(|field| field.element.clone()).collect::<Vec<_>>();
        let declared_names: Vec<_> = declared.iter().filter_map(|node| node.attribute("name")).collect();
        if names(&written) != declared_names {
            self.differences.push(format!("{}: {:?} but {declared_names:?}", message.name, names(&written)));
            return;
        }
        for (field, element) in written.into_iter().zip(declared) {
            if !ALLOWED.iter().any(|(owner, name, _)| *owner == message.name && *name == field.name) {
                self.occurrence(&message.name, field, *element);
            }
            self.kind(&message.name, field, element.attribute("type").unwrap());
        }
    }

    fn occurrence(&mut self, owner: &str, field: &Field, element: Node<'_, '_>) {
        let required = element.attribute("minOccurs") != Some("0");
        let repeated = element.attribute("maxOccurs") == Some("unbounded");
        if (field.required, field.repeated) != (required, repeated) {
            self.differences.push(format!("{owner}.{}: occurs otherwise in the schema", field.name));
        }
    }

    fn kind(&mut self, owner: &str, field: &Field, declared: &str) {
        let fits = match (field.kind, field.format, declared) {
            (FieldKind::String, Format::Iin, "a:Iin")
            | (FieldKind::String, Format::Bin, "a:Bin")
            | (FieldKind::String, Format::Date, "xs:date")
            | (FieldKind::String, Format::DateTime, "xs:dateTime")
            | (FieldKind::String, Format::Unspecified | Format::Phone, "xs:string")
            | (FieldKind::Bytes, Format::Hex, "xs:hexBinary")
            | (FieldKind::Bool, Format::Unspecified, "xs:boolean")
            | (FieldKind::Int32, Format::Unspecified, "xs:int")
            | (FieldKind::Int32, Format::Grade, "a:Grade") => true,
            (FieldKind::Enum(index), Format::Unspecified, name) => self.texts(index) == self.enumeration(name),
            (FieldKind::Message(index), Format::Unspecified, name) => {
                self.message(index, named(self.schema, name), 0);
                true
            }
            _ => false,
        };
        if !fits {
            self.differences.push(format!("{owner}.{}: not a {declared}", field.name));
        }
    }

    fn texts(&self, index: usize) -> Vec<String> {
        let values = &self.contract.enumeration(index).values;
        values.iter().map(|(.., text)| text.clone()).filter(|text| !text.is_empty()).collect()
    }

    fn enumeration(&self, name: &str) -> Vec<String> {
        let values = named(self.schema, name).descendants().filter(|node| node.tag_name().name() == "enumeration");
        values.filter_map(|node| node.attribute("value")).map(str::to_owned).collect()
    }
}

/// The type or root element with this name.
fn named<'a, 'input>(schema: Node<'a, 'input>, name: &str) -> Node<'a, 'input> {
    let name = name.trim_start_matches("a:");
    let found = schema.children().find(|node| node.attribute("name") == Some(name));
    found.unwrap_or_else(|| panic!("the schema has no `{name}`"))
}

/// The `xs:element` of a type's sequence. The `xs:any` at its end is the place of the inner signature, which is no field.
fn elements<'a, 'input>(declared: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    let sequence = declared.descendants().find(|node| node.tag_name().name() == "sequence").unwrap();
    sequence.children().filter(|node| node.tag_name().name() == "element").collect()
}
