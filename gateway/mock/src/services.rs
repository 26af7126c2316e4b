//! The service map: which serviceId is answered by whom.
//!
//! Two kinds of answers stand behind it: registries written in Rust ([`crate::avtoshkola`], [`crate::gbdfl`]), which remember what
//! they are told, and replies read from files ([`crate::Replies`]), which take the place of a registry where both would answer.
//! Refused: a serviceId that nobody answers, and a message without a document.

use std::collections::HashMap;

use qaqpa_adapters::shep::sync::Data;

use crate::refusal::Refusal;
use crate::respond::{Answer, Head, Respond};
use crate::{NotStarted, Options, avtoshkola, gbdfl};

/// Every service that is answered, by serviceId.
pub(crate) struct Services(HashMap<String, Box<dyn Respond>>);

impl Services {
    pub(crate) fn open(options: &Options) -> Result<Self, NotStarted> {
        let contract = &options.contract;
        let mut services = HashMap::new();
        services.extend(avtoshkola::services(contract, options.generous)?);
        services.extend(gbdfl::services(contract)?);
        services.extend(options.replies.services(contract)?);
        Ok(Self(services))
    }

    /// What the system behind a serviceId answers.
    pub(crate) fn answer(
        &self,
        service_id: &str,
        data: Option<&Data<'_, '_>>,
        head: &Head,
    ) -> Result<Answer<'_>, Refusal> {
        let service = self.0.get(service_id).ok_or_else(Refusal::service)?;
        service.respond(data.ok_or_else(|| Refusal::format("`data` is missing"))?, head)
    }
}
