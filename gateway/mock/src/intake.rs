//! From the octets of a request to a reply: text, tree, signature, message, login, service, act, answer.
//!
//! Each step refuses with its own fault. The order is that of a receiver that trusts nobody: nothing is read from a message
//! before its signature was verified, but for `accept_unsigned`.

use jiff::SignedDuration;
use qaqpa_adapters::shep::sync::{self, Received, ResponseInfo, Status};
use qaqpa_adapters::soap::Envelope;
use qaqpa_adapters::wsse::{self, NotAuthentic};
use qaqpa_adapters::xml::{Document, Node, text};

use crate::refusal::Refusal;
use crate::reply::{self, Draft};
use crate::request::Request;
use crate::respond::Head;
use crate::{Behaviour, Sender};

/// What a request calls itself, as far as it could be read.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) message_id: String,
    pub(crate) service_id: String,
}

/// The envelope of the reply, or why there is none.
pub(crate) fn take(
    request: &Request<'_>,
    body: &[u8],
    content_type: Option<&str>,
    names: &mut Names,
) -> Result<String, Refusal> {
    let text = text::decode(body, content_type).map_err(|problem| Refusal::format(problem.code()))?;
    let document = Document::parse(&text).map_err(|refused| Refusal::format(refused.code()))?;
    let (body, is_signed) = authentic(request, &document)?;
    let received = sync::read_request(body).map_err(|problem| Refusal::format(problem.to_string()))?;
    names.message_id.clone_from(&received.info.message_id);
    names.service_id.clone_from(&received.info.service_id);
    known(request.options.sender.as_ref(), &received)?;
    reply::written(request, &draft(request, &received)?, is_signed)
}

/// The Body, and whether it was signed.
fn authentic<'a, 'input>(
    request: &Request<'_>,
    document: &'a Document<'input>,
) -> Result<(Node<'a, 'input>, bool), Refusal> {
    let options = request.options;
    match wsse::verify(document, &options.trusted, request.now.as_second()) {
        Ok(verified) => Ok((verified.node(), true)),
        Err(NotAuthentic::Unsigned) if options.accept_unsigned => {
            let envelope = Envelope::read(document).map_err(|problem| Refusal::format(problem.to_string()))?;
            Ok((envelope.body(), false))
        }
        Err(reason) => Err(Refusal::signature(reason)),
    }
}

fn known(wanted: Option<&Sender>, received: &Received<'_, '_>) -> Result<(), Refusal> {
    let given = (received.info.sender_id.as_str(), received.info.password.as_ref());
    match wanted {
        Some(sender) if given != (sender.id.as_str(), Some(&sender.password)) => Err(Refusal::sender()),
        _ => Ok(()),
    }
}

/// Acts, unless the behaviour is one that does not.
fn draft<'r>(request: &Request<'r>, received: &Received<'_, '_>) -> Result<Draft<'r>, Refusal> {
    let mut info = info(request, received);
    match request.behaviour {
        Behaviour::SoapFault(code) => return Err(Refusal::new(code.clone())),
        Behaviour::SoapFaultNested => return Err(Refusal::nested()),
        Behaviour::Status(code) => {
            info.status = Status { code: code.to_string(), message: NOT_DONE.to_owned() };
            return Ok(Draft { info, document: None });
        }
        Behaviour::Html502 | Behaviour::Redirect(_) => return Ok(Draft { info, document: None }),
        Behaviour::Replayed if request.may_replay => return Ok(Draft { info, document: None }),
        _ => {}
    }
    let other = info.correlation_id.clone().filter(|_| *request.behaviour == Behaviour::WrongCorrelation);
    let head = Head { message_id: info.message_id.clone(), request_id: other, date: info.response_date };
    let answer = request.services.answer(&received.info.service_id, received.data.as_ref(), &head)?;
    let document = if *request.behaviour == Behaviour::NoData { None } else { Some(answer) };
    Ok(Draft { info, document })
}

fn info(request: &Request<'_>, received: &Received<'_, '_>) -> ResponseInfo {
    let ids = request.ids;
    let (answers, date) = match request.behaviour {
        Behaviour::WrongCorrelation => (ids.next().to_string(), request.now),
        Behaviour::StaleDate => (received.info.message_id.clone(), request.now - SignedDuration::from_hours(24)),
        _ => (received.info.message_id.clone(), request.now),
    };
    ResponseInfo {
        message_id: ids.next().to_string(),
        correlation_id: Some(answers),
        response_date: date,
        status: Status { code: "SCSS001".to_owned(), message: reply::DONE.to_owned() },
        session_id: Some(ids.next().to_string()),
    }
}

const NOT_DONE: &str = "Message has not been processed";
