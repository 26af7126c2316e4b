//! The office: takes the body of a request, decides by the script how to behave, and gives out a parcel.
//!
//! No await and no I/O, so no lock is ever held across one. Each of the three locks guards one thing and is let go before
//! the next is taken: `script`, `kept`, and the registry of AIS Avtoshkola.

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use jiff::Timestamp;

use crate::ids::Ids;
use crate::intake::{self, Names};
use crate::kept::Kept;
use crate::lock::locked;
use crate::outgoing::Outgoing;
use crate::parcel::{Delivery, Parcel};
use crate::refusal::Refusal;
use crate::reply::{self, XML};
use crate::request::Request;
use crate::script::Script;
use crate::services::Services;
use crate::{Behaviour, Exchange, NotStarted, Options, PATH, Transport};

pub(crate) struct Office {
    pub(crate) options: Options,
    address: SocketAddr,
    pub(crate) services: Services,
    pub(crate) ids: Ids,
    pub(crate) script: Mutex<Script>,
    pub(crate) kept: Mutex<Kept>,
    pub(crate) tally: Tally,
}

/// Counts since the start.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) bytes_in: Arc<AtomicU64>,
}

impl Office {
    pub(crate) fn open(options: Options, address: SocketAddr) -> Result<Self, NotStarted> {
        Ok(Self {
            address,
            services: Services::open(&options)?,
            ids: Ids::starting_at((options.clock)()),
            script: Mutex::new(Script::new()),
            kept: Mutex::new(Kept::up_to(options.keep)),
            tally: Tally::default(),
            options,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL as a client that names this host has it; by address where it names none, or nothing that a host may be.
    pub(crate) fn url_as_seen_from(&self, host: Option<&str>) -> String {
        let scheme = if matches!(self.options.transport, Transport::Plain) { "http" } else { "https" };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        match host.filter(|host| !host.is_empty() && host.bytes().all(is_plain)) {
            Some(host) => format!("{scheme}://{host}{PATH}"),
            None => format!("{scheme}://{}{PATH}", self.address),
        }
    }

    pub(crate) fn answer(&self, body: &Bytes, content_type: Option<&str>) -> Parcel {
        let behaviour = locked(&self.script).take();
        let now = (self.options.clock)();
        let request = Request {
            options: &self.options,
            ids: &self.ids,
            services: &self.services,
            behaviour: &behaviour,
            now,
            may_replay: locked(&self.kept).last_reply().is_some(),
        };
        let mut names = Names::default();
        let (parcel, reply) = match intake::take(&request, body, content_type, &mut names) {
            Ok(envelope) => self.bent(&behaviour, envelope),
            Err(refusal) => self.fault(&behaviour, &refusal, now),
        };
        locked(&self.kept).keep(Exchange {
            message_id: names.message_id,
            service_id: names.service_id,
            request: body.clone(),
            reply,
        });
        parcel
    }

    /// A good reply on its way, in the encoding and over the connection that the behaviour leaves it.
    fn bent(&self, behaviour: &Behaviour, envelope: String) -> (Parcel, Bytes) {
        if let Some(instead) = instead(behaviour) {
            return instead;
        }
        let (reply, content_type) = match behaviour {
            Behaviour::Replayed => (locked(&self.kept).last_reply().unwrap_or_else(|| envelope.into()), XML),
            _ => reply::encoded(behaviour, envelope),
        };
        if *behaviour == Behaviour::Normal {
            locked(&self.kept).remember(reply.clone());
        }
        let body = match behaviour {
            Behaviour::TooLarge => Outgoing::Flood { start: reply.clone(), spaces: FLOOD },
            _ => Outgoing::Whole(reply.clone()),
        };
        let delivery = delivery(behaviour, reply.len());
        (Parcel { status: StatusCode::OK, content_type, location: None, body, delivery }, reply)
    }

    fn fault(&self, behaviour: &Behaviour, refusal: &Refusal, now: Timestamp) -> (Parcel, Bytes) {
        if let Some(instead) = instead(behaviour) {
            return instead;
        }
        let reply = Bytes::from(refusal.envelope(self.ids.next(), now));
        let delivery = delivery(behaviour, reply.len());
        let (status, body) = (StatusCode::INTERNAL_SERVER_ERROR, Outgoing::Whole(reply.clone()));
        (Parcel { status, content_type: XML, location: None, body, delivery }, reply)
    }
}

/// What comes from a proxy before the state has seen anything.
fn instead(behaviour: &Behaviour) -> Option<(Parcel, Bytes)> {
    let (status, location, reply) = match behaviour {
        Behaviour::Html502 => (StatusCode::BAD_GATEWAY, None, Bytes::from_static(HTML.as_bytes())),
        Behaviour::Redirect(url) => {
            (StatusCode::TEMPORARY_REDIRECT, HeaderValue::from_str(url).ok(), Bytes::from_static(HTML.as_bytes()))
        }
        _ => return None,
    };
    let body = Outgoing::Whole(reply.clone());
    let content_type = "text/html; charset=iso-8859-1";
    Some((Parcel { status, content_type, location, body, delivery: Delivery::Whole }, reply))
}

fn delivery(behaviour: &Behaviour, length: usize) -> Delivery {
    match behaviour {
        Behaviour::Slow(delay) => Delivery::After(*delay),
        Behaviour::Silence => Delivery::Never,
        Behaviour::CutBeforeReply => Delivery::Nothing,
        Behaviour::Reset => Delivery::Reset,
        Behaviour::CutMidHeaders => Delivery::Part(IN_HEADERS),
        Behaviour::CutMidBody => Delivery::Part(HEADERS + length / 2),
        _ => Delivery::Whole,
    }
}

const IN_HEADERS: usize = 24;
/// More than the headers of a reply are long, and with half a body less than the whole.
const HEADERS: usize = 256;
/// With what stands before it, more than the 16 MiB that anybody has to read.
const FLOOD: usize = 17 * 1024 * 1024;
const HTML: &str = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>502 Proxy Error</title>\n\
    </head><body>\n<h1>Proxy Error</h1>\n<p>The proxy server received an invalid\nresponse from an upstream server.<br />\n\
    </p>\n</body></html>\n";
