//! HTTP on one connection: `POST /bip-sync-wss-gost/`, and the WSDL with its schemas for `GET ...?wsdl`.
//!
//! Everything else gets 404 or 405. What the reply says is decided in the office; here it is carried out: waited for, cut,
//! withheld or reset.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use qaqpa_adapters::xml::text::BODY_LIMIT;

use crate::office::Office;
use crate::outgoing::Outgoing;
use crate::parcel::Delivery;
use crate::truncated::Allowance;
use crate::{PATH, wsdl};

/// The two ways to spoil the connection that a request came on.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) allowance: Allowance,
    pub(crate) reset: Arc<AtomicBool>,
}

/// The connection ends without a reply, because a behaviour says so or because the client did not finish its request.
#[derive(Debug, thiserror::Error)]
#[error("the mock hangs up")]
pub(crate) struct HangUp;

pub(crate) async fn serve(
    office: Arc<Office>,
    line: Line,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, HangUp> {
    office.tally.requests.fetch_add(1, Ordering::Relaxed);
    if request.uri().path() != PATH {
        return Ok(short(StatusCode::NOT_FOUND));
    }
    match *request.method() {
        Method::POST => post(&office, &line, request).await,
        Method::GET => Ok(describe(&office, &request)),
        _ => {
            let mut response = short(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            Ok(response)
        }
    }
}

async fn post(office: &Office, line: &Line, request: Request<Incoming>) -> Result<Response<Outgoing>, HangUp> {
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Ok(short(StatusCode::PAYLOAD_TOO_LARGE)); // said at once, before it is sent
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(short(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Err(HangUp),
    };
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parcel = office.answer(&body, content_type);
    match parcel.delivery {
        Delivery::Whole => {}
        Delivery::After(delay) => tokio::time::sleep(delay).await,
        Delivery::Never => std::future::pending().await,
        Delivery::Nothing => return Err(HangUp),
        Delivery::Reset => {
            line.reset.store(true, Ordering::Relaxed);
            return Err(HangUp);
        }
        Delivery::Part(octets) => line.allowance.limit(octets),
    }
    Ok(parcel.into_response())
}

fn describe(office: &Office, request: &Request<Incoming>) -> Response<Outgoing> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let url = office.url_as_seen_from(host);
    match wsdl::document(request.uri().query().unwrap_or_default(), &url, &office.options.replies) {
        None => short(StatusCode::NOT_FOUND),
        Some(document) => {
            let mut response = Response::new(Outgoing::Whole(document.into()));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
            response
        }
    }
}

/// A status and nothing else.
fn short(status: StatusCode) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::Whole(Bytes::new()));
    *response.status_mut() = status;
    response
}
