//! GBD FL as the mock plays it: who asks with a token is told everything about a person.
//!
//! The documents are attested, and so is the code 00000; all other codes are RECONSTRUCTED. A failure is a result in the same frame
//! without persons. Refused: a document that is none of this service. The token is only looked at, for nobody but the state knows
//! what is in one: it is there, it is base64, and it is not [`EXPIRED_TOKEN`].

mod dictionary;
mod person;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::Offset;
use prost::Message as _;
use qaqpa_adapters::codec::{Codec, CodecProblem, Limits, Read};
use qaqpa_adapters::shep::sync::Data;
use qaqpa_proto::gbdfl::v1::{GetPersonRequest, GetPersonResponse, PersonList};
use qaqpa_proto::v1::FillValue;
use qaqpa_proto::{Contract, Operation};

use crate::check_digit;
use crate::refusal::Refusal;
use crate::respond::{self, Answer, Head, Respond};
use dictionary::Words;

/// A KDP token whose term is over, for the mock alone.
pub const EXPIRED_TOKEN: &str = "RVhQSVJFRA==";

/// The one service that is played.
struct Service {
    operation: Operation,
    codec: Codec,
}

/// The service by its serviceId; a contract that was loaded in place of the embedded one may not have it.
pub(crate) fn services(contract: &Contract) -> Result<Option<respond::Service>, CodecProblem> {
    let Some(operation) = contract.operation(GET_PERSON) else { return Ok(None) };
    let service = Service { operation: operation.clone(), codec: Codec::compile(contract, operation)? };
    Ok(Some((operation.service_id.clone(), Box::new(service))))
}

impl Respond for Service {
    /// Reads, looks up and writes.
    fn respond(&self, data: &Data<'_, '_>, head: &Head) -> Result<Answer<'_>, Refusal> {
        let read = self.read(data)?;
        let asked = GetPersonRequest::decode(read.wire.as_slice())
            .map_err(|_| Refusal::internal("the contract is not the one that the mock knows"))?;
        let missing = |path| move || Refusal::format(format!("missing: {path}"));
        let request_id = head.answers(&read).ok_or_else(missing("messageId"))?;
        let sender = read.filled.iter().find(|(value, _)| *value == FillValue::SenderCode).map(|(_, text)| text);
        let sender = sender.ok_or_else(missing("senderCode"))?;
        let (result, person) = match looked_up(&asked, head) {
            Ok(person) => (dictionary::SUCCESS, Some(person)),
            Err(result) => (result, None),
        };
        let reply = GetPersonResponse {
            receipt: None,
            message_id: head.message_id.clone(),
            message_date: head.date.to_string(),
            request_id,
            sender: Some(dictionary::technical(dictionary::GBDFL)),
            receiver: Some(dictionary::technical((sender, "Получатель", "Алушы"))),
            message_result: Some(dictionary::technical(result)),
            persons: person.map(|person| PersonList { person: vec![person] }),
        };
        let mut xml = String::with_capacity(8192);
        self.codec
            .write_reply(&reply.encode_to_vec(), &mut xml)
            .map_err(|problem| Refusal::internal(problem.to_string()))?;
        Ok(Answer { operation: &self.operation, xml: with_nil(&xml) })
    }
}

impl Service {
    /// Without a token a request is still one of this service; the result says what it lacks.
    fn read(&self, data: &Data<'_, '_>) -> Result<Read, Refusal> {
        let read =
            data.with_root(self.codec.request().root(), |node| self.codec.read_request(node, &Limits::default()));
        let read = read
            .map_err(|problem| Refusal::format(problem.to_string()))?
            .map_err(|problem| Refusal::format(problem.to_string()))?;
        let missing: Vec<&str> =
            read.drift.missing.iter().map(String::as_str).filter(|path| !OF_THE_TOKEN.contains(path)).collect();
        if missing.is_empty() { Ok(read) } else { Err(Refusal::format(format!("missing: {}", missing.join(", ")))) }
    }
}

/// The whole person, or the result that says why not. The token is looked at first, as at a door.
fn looked_up(asked: &GetPersonRequest, head: &Head) -> Result<qaqpa_proto::gbdfl::v1::Person, Words<'static>> {
    if !is_base64(&asked.kdp_token) || !is_base64(&asked.kdp_public_key) {
        return Err(dictionary::NO_TOKEN);
    }
    if asked.kdp_token.trim() == EXPIRED_TOKEN {
        return Err(dictionary::TOKEN_EXPIRED);
    }
    if !check_digit::fits(&asked.iin) {
        return Err(dictionary::WRONG);
    }
    let today = Offset::constant(HOURS_IN_KAZAKHSTAN).to_datetime(head.date).date();
    person::of(&asked.iin, today).ok_or(dictionary::NOT_FOUND)
}

/// KDP's own answers hold base64 with white space in it (kz-protocols 4.3).
fn is_base64(text: &str) -> bool {
    let packed: String = text.split_whitespace().collect();
    !packed.is_empty() && STANDARD.decode(packed).is_ok()
}

/// Entries without a date of change say so, as the real ones do. `data` binds the prefix in the shape that this service has, and
/// texts are escaped, so a tag that is searched for is a tag.
fn with_nil(document: &str) -> String {
    document.replace("</nameKz></", "</nameKz><changeDate xsi:nil=\"true\"></changeDate></")
}

const GET_PERSON: &str = "/qaqpa.gbdfl.v1.Persons/GetPerson";
const OF_THE_TOKEN: [&str; 2] = ["kdp_token", "kdp_public_key"];
const HOURS_IN_KAZAKHSTAN: i8 = 5;
