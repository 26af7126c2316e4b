//! Sends one message to a state system by HTTP/1.1 POST over a pool of judged connections. What is in it, and under
//! which headers it goes, is its sender's matter.
//!
//! Redirects, `Alt-Svc`, proxies and retries do not exist here: an answer is read to its bound and handed on, whatever
//! it points to. A message's body is asked for only when a connection is there ([`Outgoing`] has the last word on whether
//! it goes), and a message is never sent twice: hyper would repeat one whose connection ended before it was begun.

use std::error::Error;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use qaqpa_proto::reason::{Failure, Refusal};
use tokio::time::Instant;

use super::connector::Connector;
use super::endpoint_state::{EndpointState, Judgement};
use super::refusal::{cause, not_dialled};
use super::{LIFETIME, Resident, tls};
use crate::limits::MAX_ANSWER;
use crate::refusal::NotDone;

/// A message's body, which may still refuse to leave when a connection asks for its bytes. Boxed, so that this room does not
/// know who refuses.
pub type Outgoing = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// A pool of connections to the addresses of one judgement.
pub(super) type Pool = legacy::Client<Connector, Outgoing>;

/// Idle connections kept to one endpoint.
const IDLE: usize = 64;

/// An HTTP reply of a state system, not verified yet.
#[derive(Debug)]
pub struct RawReply {
    /// HTTP status.
    pub status: u16,
    /// `content-type`, as sent.
    pub content_type: String,
    /// Body of at most [`MAX_ANSWER`] bytes.
    pub body: Bytes,
}

/// Connections are reused for as long as one judgement is, give or take its renewals with the same addresses.
pub(super) fn pool<B>(line: &Arc<EndpointState>, judgement: &Arc<Judgement>) -> legacy::Client<Connector, B>
where
    B: Body + Send,
    B::Data: Send,
{
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(LIFETIME)
        .pool_max_idle_per_host(IDLE)
        // Only what a connection gave back without a look at its body: the server had closed it while it was idle.
        .retry_canceled_requests(true)
        .build(Connector::http1(line.clone()).only(judgement.clone()))
}

/// Sends one message and reads the answer, within the endpoint's total time and until its sender waits no longer. By then the
/// state may have carried the message out; whether it was given to a connection at all, its body knows.
pub(super) async fn post(
    resident: &Resident,
    headers: &[(&'static str, &'static str)],
    body: Outgoing,
    deadline: Option<Instant>,
) -> Result<RawReply, NotDone> {
    let (now, exchange) = (Instant::now(), exchange(&resident.pool, &resident.uri, headers, body));
    let (end, late) = match deadline {
        Some(deadline) if deadline <= now => return Err(Failure::UpstreamDeadline.into()), // asked for nothing yet
        Some(deadline) if deadline < now + resident.total_timeout => (deadline, Failure::UpstreamDeadline),
        _ => (now + resident.total_timeout, Failure::UpstreamTimeout),
    };
    // Over time, the connection is dropped and not used again. The state may have carried the message out: the outcome
    // says so, and no one sends it a second time.
    tokio::time::timeout_at(end, exchange).await.map_err(|_| late)?
}

pub(super) async fn exchange<B>(
    pool: &legacy::Client<Connector, B>,
    uri: &Uri,
    headers: &[(&'static str, &'static str)],
    body: B,
) -> Result<RawReply, NotDone>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = uri.clone();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let response = pool.request(request).await.map_err(|error| unsent(&error))?;
    let status = response.status();
    if status.is_redirection() {
        return Err(NotDone::from(Refusal::ResidencyRedirect).detailed(status.as_u16().to_string()));
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    Ok(RawReply { status: status.as_u16(), content_type, body: whole(response).await? })
}

/// The answer's body, up to its bound.
async fn whole(response: Response<Incoming>) -> Result<Bytes, NotDone> {
    let mut incoming = response.into_body();
    let announced = usize::try_from(incoming.size_hint().lower()).unwrap_or(MAX_ANSWER);
    let mut body = BytesMut::with_capacity(announced.min(MAX_ANSWER));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| ended(&error).unwrap_or_else(|| Failure::UpstreamCut.into()))?;
        let Ok(chunk) = frame.into_data() else { continue }; // trailers say nothing here
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::UpstreamTooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Converts an error of the HTTP client into a reason. Its text may hold the URL, never a body; it is not kept all the
/// same.
fn unsent(error: &legacy::Error) -> NotDone {
    let is_unsent = |error: &(dyn Error + 'static)| error.downcast_ref().map(hyper::Error::is_canceled);
    ended(error).unwrap_or_else(|| match error.is_connect() || cause(error, is_unsent) == Some(true) {
        true => Failure::UpstreamConnect.into(),
        false => Failure::UpstreamCut.into(),
    })
}

/// A refusal of ours, or one of TLS, wherever it stands among the causes.
pub(super) fn ended(error: &(dyn Error + 'static)) -> Option<NotDone> {
    not_dialled(error).or_else(|| {
        let of_tls = cause(error, |error| error.downcast_ref().map(tls::is_not_pinned))?;
        let not_done = NotDone::from(Failure::UpstreamTls);
        Some(if of_tls { not_done.detailed("spki") } else { not_done })
    })
}
