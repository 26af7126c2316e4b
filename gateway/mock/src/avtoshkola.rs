//! AIS Avtoshkola as the mock plays it: which service does what, found in the contract. RECONSTRUCTED.
//!
//! A document is read by the contract into a message, the registry acts on it, and its answer is written by the contract. Business
//! failures are results in the head of a good reply (third layer); faults are for documents that cannot be read.

mod act;
mod bounded;
mod dictionary;
mod registry;
mod schools;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use qaqpa_adapters::codec::{Codec, CodecProblem};
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::{Contract, Operation};

use crate::lock::locked;
use crate::refusal::Refusal;
use crate::respond::{self, Answer, Head, Respond};
use act::Act;
use registry::Registry;

/// One serviceId and the operations behind it. The document says which is meant, and the first that reads it is taken: a group with
/// one student (SyncStudents) is a group (SubmitGroup).
struct Service {
    operations: Vec<Played>,
    /// What the state knows, the same for all services.
    registry: Arc<Mutex<Registry>>,
}

struct Played {
    act: Act,
    operation: Operation,
    codec: Codec,
}

/// The services of the contract that are played, by serviceId. `generous` is the least length of a school's address, in characters.
pub(crate) fn services(
    contract: &Contract,
    generous: usize,
) -> Result<impl Iterator<Item = respond::Service>, CodecProblem> {
    let mut services: HashMap<String, Vec<Played>> = HashMap::new();
    for operation in contract.operations() {
        let Some(act) = Act::behind(&operation.path) else { continue };
        let codec = Codec::compile(contract, operation)?;
        let played = Played { act, operation: operation.clone(), codec };
        services.entry(operation.service_id.clone()).or_default().push(played);
    }
    let registry = Arc::new(Mutex::new(Registry::new(generous)));
    Ok(services.into_iter().map(move |(id, operations)| {
        let service: Box<dyn Respond> = Box::new(Service { operations, registry: Arc::clone(&registry) });
        (id, service)
    }))
}

impl Respond for Service {
    /// Reads, acts and writes.
    fn respond(&self, data: &Data<'_, '_>, head: &Head) -> Result<Answer<'_>, Refusal> {
        for Played { act, operation, codec } in &self.operations {
            let Some(read) = respond::read(operation, codec, data)? else { continue };
            let id = head.answers(&read).ok_or_else(|| Refusal::format("missing: head/requestId"))?;
            let reply = act.perform(&read.wire, id, head.date, &mut locked(&self.registry))?;
            let mut xml = String::with_capacity(1024);
            codec.write_reply(&reply, &mut xml).map_err(|problem| Refusal::internal(problem.to_string()))?;
            return Ok(Answer { operation, xml });
        }
        Err(Refusal::format("the document is not one of this service"))
    }
}
