//! The systems behind the channel, and which of them answers a serviceId.
//!
//! Refused: a serviceId that nobody has, and a message without a document.

use qaqpa_adapters::codec::CodecProblem;
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::Contract;

use crate::avtoshkola::Avtoshkola;
use crate::gbdfl::Gbdfl;
use crate::refusal::Refusal;
use crate::respond::{Answer, Head};

/// Every system that is played.
pub(crate) struct Systems {
    avtoshkola: Avtoshkola,
    gbdfl: Gbdfl,
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
