//! What the office gives out: a reply, and how far it gets.

use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};

use crate::outgoing::Outgoing;

/// A reply on its way.
pub(crate) struct Parcel {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) location: Option<HeaderValue>,
    pub(crate) body: Outgoing,
    pub(crate) delivery: Delivery,
}

/// How far it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    After(Duration),
    Never,
    Nothing,
    Reset,
    /// This many octets, headers included.
    Part(usize),
}

impl Parcel {
    pub(crate) fn into_response(self) -> Response<Outgoing> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(location) = self.location {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}
