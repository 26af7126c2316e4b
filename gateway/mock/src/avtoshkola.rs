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
use std::sync::Mutex;

use qaqpa_adapters::codec::{Codec, CodecProblem, Limits, Read, ReadError};
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::v1::FillValue;
use qaqpa_proto::{Contract, Operation};

use crate::lock::locked;
use crate::refusal::Refusal;
use crate::respond::{Answer, Head};
use act::Act;
use registry::Registry;

/// The services of the contract that are played, and what the state knows.
pub(crate) struct Avtoshkola {
    services: HashMap<String, Vec<Service>>,
    registry: Mutex<Registry>,
}

/// One operation. Several may share a serviceId; the document says which is meant, and the first that reads it is taken:
/// a group with one student (SyncStudents) is a group (SubmitGroup).
pub(crate) struct Service {
    act: Act,
    operation: Operation,
    codec: Codec,
}

impl Avtoshkola {
    /// `generous` is the least length of a school's address, in characters.
    pub(crate) fn open(contract: &Contract, generous: usize) -> Result<Self, CodecProblem> {
        let mut services: HashMap<String, Vec<Service>> = HashMap::new();
        for operation in contract.operations() {
            let Some(act) = Act::behind(&operation.path) else { continue };
            let codec = Codec::compile(contract, operation)?;
            let service = Service { act, operation: operation.clone(), codec };
            services.entry(operation.service_id.clone()).or_default().push(service);
        }
        Ok(Self { services, registry: Mutex::new(Registry::new(generous)) })
    }

    pub(crate) fn service(&self, id: &str) -> Option<&[Service]> {
        self.services.get(id).map(Vec::as_slice)
    }

    /// Reads, acts and writes.
    pub(crate) fn answer<'s>(
        &self,
        services: &'s [Service],
        data: &Data<'_, '_>,
        head: &Head,
    ) -> Result<Answer<'s>, Refusal> {
        let (service, read) = read(services, data)?;
        let own = read.filled.iter().find(|(value, _)| *value == FillValue::RequestId).map(|(_, text)| text.clone());
        let id = head.request_id.clone().or(own).ok_or_else(|| Refusal::format("missing: head/requestId"))?;
        let reply = service.act.perform(&read.wire, id, head.date, &mut locked(&self.registry))?;
        let mut xml = String::with_capacity(1024);
        service.codec.write_reply(&reply, &mut xml).map_err(|problem| Refusal::internal(problem.to_string()))?;
        Ok(Answer { operation: &service.operation, xml })
    }
}

fn read<'s>(services: &'s [Service], data: &Data<'_, '_>) -> Result<(&'s Service, Read), Refusal> {
    for service in services {
        let root = &service.operation.request_root;
        let read = data.with_root(root, |node| service.codec.read_request(node, &Limits::default()));
        match read.map_err(|problem| Refusal::format(problem.to_string()))? {
            Ok(read) if read.drift.missing.is_empty() => return Ok((service, read)),
            Ok(read) => return Err(Refusal::format(format!("missing: {}", read.drift.missing.join(", ")))),
            Err(ReadError::Root(_)) => {}
            Err(problem) => return Err(Refusal::format(problem.to_string())),
        }
    }
    Err(Refusal::format("the document is not one of this service"))
}
