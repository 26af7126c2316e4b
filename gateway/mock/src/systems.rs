//! The systems behind the channel, and which of them answers a serviceId.
//!
//! Refused: a serviceId that nobody has, and a message without a document.

use jiff::Timestamp;
use qaqpa_adapters::codec::CodecProblem;
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::{Contract, Operation};

use crate::avtoshkola::Avtoshkola;
use crate::gbdfl::Gbdfl;
use crate::refusal::Refusal;

/// Every system that is played.
pub(crate) struct Systems {
    avtoshkola: Avtoshkola,
    gbdfl: Gbdfl,
}

/// What the head of the reply says.
pub(crate) struct Head {
    /// The receiver's id of its reply.
    pub(crate) message_id: String,
    /// The request it claims to answer, where that is not the one it does.
    pub(crate) request_id: Option<String>,
    pub(crate) date: Timestamp,
}

/// A business document.
pub(crate) struct Answer<'s> {
    pub(crate) operation: &'s Operation,
    pub(crate) xml: String,
}

impl Systems {
    /// `generous` is the least length of a school's address, in characters.
    pub(crate) fn open(contract: &Contract, generous: usize) -> Result<Self, CodecProblem> {
        Ok(Self { avtoshkola: Avtoshkola::open(contract, generous)?, gbdfl: Gbdfl::open(contract)? })
    }

    /// What the system behind a serviceId answers.
    pub(crate) fn answer(
        &self,
        service_id: &str,
        data: Option<&Data<'_, '_>>,
        head: &Head,
    ) -> Result<Answer<'_>, Refusal> {
        let document = || data.ok_or_else(|| Refusal::format("`data` is missing"));
        if let Some(services) = self.avtoshkola.service(service_id) {
            return self.avtoshkola.answer(services, document()?, head);
        }
        let service = self.gbdfl.service(service_id).ok_or_else(Refusal::service)?;
        service.answer(document()?, head)
    }
}
