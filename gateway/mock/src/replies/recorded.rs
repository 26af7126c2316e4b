//! One service that is answered from files.
//!
//! The document is read and the reply written by the contract, as a registry does it; so a file need not be canonical XML, and
//! what it says is what the contract can carry.

use qaqpa_adapters::codec::{Codec, Limits};
use qaqpa_adapters::shep::sync::Data;
use qaqpa_adapters::xml::{Document, Node, document, escape};
use qaqpa_proto::{Contract, Operation};

use super::{Case, RepliesProblem};
use crate::refusal::Refusal;
use crate::respond::{self, Answer, Head, Respond};

/// The operations of one serviceId that have cases.
struct Recorded(Vec<Played>);

struct Played {
    operation: Operation,
    codec: Codec,
    cases: Vec<Case>,
}

/// The service, if it has a case; every case is tried once, with made-up ids.
pub(super) fn service(
    contract: &Contract,
    system: &str,
    id: &str,
    cases: &[Case],
) -> Result<Option<respond::Service>, RepliesProblem> {
    let mut operations = Vec::new();
    for operation in contract.operations().iter().filter(|one| one.system.id == system && one.service_id == id) {
        let mut of_operation = Vec::new();
        for case in cases {
            if root(case)? == operation.request_root {
                of_operation.push(case.clone());
            }
        }
        let Some(first) = of_operation.first() else { continue };
        let codec = Codec::compile(contract, operation).map_err(|problem| first.problem("", problem.to_string()))?;
        let played = Played { operation: operation.clone(), codec, cases: of_operation };
        played.try_all()?;
        operations.push(played);
    }
    let service = |operations| (id.to_owned(), Box::new(Recorded(operations)) as Box<dyn Respond>);
    Ok(Some(operations).filter(|operations| !operations.is_empty()).map(service))
}

/// Refuses a case that no operation of the system reads.
pub(super) fn all_are_known(contract: &Contract, system: &str, cases: &[Case]) -> Result<(), RepliesProblem> {
    for case in cases {
        let root = root(case)?;
        let mut operations = contract.operations().iter().filter(|operation| operation.system.id == system);
        if !operations.any(|operation| operation.request_root == root) {
            return Err(case.problem("request.xml", format!("no operation of `{system}` has the root `{root}`")));
        }
    }
    Ok(())
}

fn root(case: &Case) -> Result<String, RepliesProblem> {
    let document =
        Document::parse(&case.request).map_err(|refused| case.problem("request.xml", refused.to_string()))?;
    Ok(document.root_element().tag_name().name().to_owned())
}

impl Respond for Recorded {
    fn respond(&self, data: &Data<'_, '_>, head: &Head) -> Result<Answer<'_>, Refusal> {
        for played in &self.0 {
            let Some(read) = respond::read(&played.operation, &played.codec, data)? else { continue };
            let root = &played.operation.request_root;
            let case = data.with_root(root, |node| played.cases.iter().find(|case| case.is_like(node)));
            let case = case.map_err(|problem| Refusal::format(problem.to_string()))?;
            let case = case.ok_or_else(|| Refusal::internal("no case is like this document"))?;
            let xml = played.reply(case, &head.answers(&read).unwrap_or_default(), head);
            return Ok(Answer { operation: &played.operation, xml: xml.map_err(Refusal::internal)? });
        }
        Err(Refusal::format("the document is not one of this service"))
    }
}

impl Played {
    fn try_all(&self) -> Result<(), RepliesProblem> {
        let head = Head { message_id: "m-1".to_owned(), request_id: None, date: jiff::Timestamp::UNIX_EPOCH };
        for case in &self.cases {
            self.reply(case, "r-1", &head).map_err(|problem| case.problem("reply.xml", problem))?;
        }
        Ok(())
    }

    /// The reply of a case by the contract; a sentence for people where the contract does not know it as it stands.
    fn reply(&self, case: &Case, request_id: &str, head: &Head) -> Result<String, String> {
        let mut text = case.reply.replace("{date}", &head.date.to_string());
        for (place, id) in [("{request-id}", request_id), ("{message-id}", head.message_id.as_str())] {
            let mut escaped = String::with_capacity(id.len());
            escape::text(id, &mut escaped);
            text = text.replace(place, &escaped);
        }
        let document = Document::parse(&text).map_err(|refused| refused.to_string())?;
        let read = self.codec.read_reply(document.root_element(), &Limits::default());
        let read = read.map_err(|problem| problem.to_string())?;
        if !read.drift.is_none() {
            let named = [read.drift.names, read.drift.missing, read.drift.unknown_texts].concat().join(", ");
            return Err(format!("not as the contract says: {named}"));
        }
        let mut xml = String::with_capacity(1024);
        self.codec.write_reply(&read.wire, &mut xml).map_err(|problem| problem.to_string())?;
        Ok(xml)
    }
}

impl Case {
    /// Whether a document has all that the case has.
    fn is_like(&self, found: Node<'_, '_>) -> bool {
        Document::parse(&self.request).is_ok_and(|wanted| has_all(wanted.root_element(), found))
    }
}

/// Every element of `wanted`, each with its text where it has one. Names are local names, as everywhere in the house.
fn has_all(wanted: Node<'_, '_>, found: Node<'_, '_>) -> bool {
    let mut elements = document::elements(wanted).peekable();
    if elements.peek().is_none() {
        let text = document::text(wanted);
        return text.trim().is_empty() || text.trim() == document::text(found).trim();
    }
    elements.all(|element| document::children(found, element.tag_name().name()).any(|one| has_all(element, one)))
}
