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

/// System id, and the schemas that its documents are made by.
const SCHEMAS: [(&str, &[&str]); 2] = [
    ("avtoshkola", &[include_str!("../../schemas/xsd/aisas-RECONSTRUCTED.xsd")]),
    (
        "gbdfl",
        &[
            include_str!("../../schemas/xsd/gbdfl-message.xsd"),
            include_str!("../../schemas/xsd/gbdfl-person.xsd"),
            include_str!("../../schemas/xsd/gbdfl-document.xsd"),
            include_str!("../../schemas/xsd/gbdfl-dictionaries.xsd"),
        ],
    ),
];

/// Where the contract may differ from the schema in how often a field occurs, and why.
const ALLOWED: [(&str, &str, &str); 4] = [
    (
        "qaqpa.avtoshkola.v1.SyncStudentsRequest",
        "student",
        "the schema takes many students; in a stream each is an exchange of its own, so exactly one is sent",
    ),
    ("qaqpa.gbdfl.v1.GetPersonRequest", "iin", "the schema also takes searches that name nobody"),
    ("qaqpa.gbdfl.v1.GetPersonRequest", "kdp_token", "optional for another service of the same schema"),
    ("qaqpa.gbdfl.v1.GetPersonRequest", "kdp_public_key", "optional for another service of the same schema"),
];

/// Elements that the contract leaves out on purpose: a search by them may name many persons.
const LEFT_OUT: [(&str, &[&str]); 1] = [(
    "qaqpa.gbdfl.v1.GetPersonRequest",
    &["surname", "name", "patronymic", "birthDate", "birthDateFrom", "birthDateTo", "documentNumber"],
)];

#[test]
fn the_contract_is_the_schema() {
    let contract = Contract::embedded().unwrap();
    let mut differences = Vec::new();
    for operation in contract.operations() {
        let texts = SCHEMAS.iter().find(|(system, _)| *system == operation.system.id).unwrap().1;
        let documents: Vec<Document<'_>> = texts.iter().map(|text| Document::parse(text).unwrap()).collect();
        let schemas: Vec<Node<'_, '_>> = documents.iter().map(Document::root_element).collect();
        assert_ne!(operation.payload, Payload::Escaped, "{}", operation.path);
        let namespace = Some(operation.system.namespace.as_str());
        assert!(schemas.iter().any(|schema| schema.attribute("targetNamespace") == namespace), "{}", operation.path);
        let mut check = Check { contract: &contract, schemas: &schemas, differences: &mut differences };
        check.message(operation.request, named(&schemas, &operation.request_root), head_of(operation, &schemas));
        check.message(operation.reply, named(&schemas, &operation.reply_root), 0);
    }
    assert_eq!(differences, Vec::<String>::new());
}

/// What the gateway writes is no field: a head of its own, or the first elements of the document. How many elements to pass over.
fn head_of(operation: &Operation, schemas: &[Node<'_, '_>]) -> usize {
    let paths: Vec<&[String]> = operation.fill.iter().map(|fill| fill.path.as_slice()).collect();
    let (holder, filled, skip): (_, Vec<&String>, _) = match paths.first() {
        Some([head, _]) if head == "head" => ("Head", paths.iter().filter_map(|path| path.get(1)).collect(), 1),
        _ => (operation.request_root.as_str(), paths.iter().filter_map(|path| path.first()).collect(), paths.len()),
    };
    assert!(paths.iter().all(|path| path.len() == paths[0].len()), "{}: fills of two kinds", operation.path);
    let declared = elements(schemas, named(schemas, holder));
    let declared = declared.iter().filter_map(|node| node.attribute("name")).take(filled.len());
    assert_eq!(filled, declared.collect::<Vec<_>>(), "{}", operation.path);
    skip
}

struct Check<'c, 'a, 'input> {
    contract: &'c Contract,
    schemas: &'c [Node<'a, 'input>],
    differences: &'c mut Vec<String>,
}

impl<'a, 'input> Check<'_, 'a, 'input> {
    /// Compares a message with a complex type, `skip` elements of which are not fields.
    fn message(&mut self, index: MessageIndex, declared: Node<'a, 'input>, skip: usize) {
        let message = self.contract.message(index);
        let is_written = |field: &&Field| !field.local && field.category != Category::Control;
        let written: Vec<&Field> = message.fields.iter().filter(is_written).collect();
        let left_out = LEFT_OUT.iter().find(|(owner, _)| *owner == message.name).map_or(&[][..], |(_, names)| *names);
        let is_wanted = |node: &Node<'_, '_>| !left_out.contains(&node.attribute("name").unwrap_or_default());
        let declared: Vec<_> = elements(self.schemas, declared).into_iter().skip(skip).filter(is_wanted).collect();
        let names = |fields: &[&Field]| fields.iter().map(|field| field.element.clone()).collect::<Vec<_>>();
        let declared_names: Vec<_> = declared.iter().filter_map(|node| node.attribute("name")).collect();
        if names(&written) != declared_names {
            self.differences.push(format!("{}: {:?} but {declared_names:?}", message.name, names(&written)));
            return;
        }
        for (field, element) in written.into_iter().zip(declared) {
            if !ALLOWED.iter().any(|(owner, name, _)| *owner == message.name && *name == field.name) {
                self.occurrence(&message.name, field, element);
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
            (FieldKind::String, Format::Iin, "a:Iin" | "xs:string")
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
                self.message(index, named(self.schemas, name), 0);
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
        let values = named(self.schemas, name).descendants().filter(|node| node.tag_name().name() == "enumeration");
        values.filter_map(|node| node.attribute("value")).map(str::to_owned).collect()
    }
}

/// The type or root element with this name, whatever its prefix; no two schemas of a system have one of the same name.
fn named<'a, 'input>(schemas: &[Node<'a, 'input>], name: &str) -> Node<'a, 'input> {
    let name = name.rsplit(':').next();
    let found = schemas.iter().flat_map(Node::children).find(|node| node.attribute("name") == name);
    found.unwrap_or_else(|| panic!("the schema has no `{name:?}`"))
}

/// The `xs:element` of a type's sequence, or of the type that it extends by nothing. The `xs:any` at its end is the place of the inner
/// signature, which is no field.
fn elements<'a, 'input>(schemas: &[Node<'a, 'input>], declared: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    if let Some(base) = declared.descendants().find_map(|node| node.attribute("base")) {
        return elements(schemas, named(schemas, base));
    }
    let sequence = declared.descendants().find(|node| node.tag_name().name() == "sequence").unwrap();
    sequence.children().filter(|node| node.tag_name().name() == "element").collect()
}
