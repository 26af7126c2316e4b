//! What is a gRPC call, judged by the head of an HTTP request alone (gRPC over HTTP/2, "Requests"): HTTP/2, POST,
//! `content-type: application/grpc` or `application/grpc+proto`. Everything else is answered by HTTP and has no effect, so that no page
//! in a browser that holds somebody's certificate can make a call: it cannot send this type without asking first.
//!
//! ```text
//! POST application/grpc+proto;v=1  HTTP/2     -> Grpc
//! POST text/plain                  HTTP/2     -> 415
//! GET  application/grpc            HTTP/2     -> 405
//! POST application/grpc            HTTP/1.1   -> 505
//! ```

use std::time::Duration;

use http::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::{Reason, Refusal};
use tokio::time::Instant;
use tonic::body::Body;

use crate::refusal::NotDone;

const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Evidence that a request is a gRPC call: its head. Only [`Grpc::judge`] makes it, and the entrance of every RPC asks for
/// it.
pub(super) struct Grpc {
    head: Parts,
    language: Language,
}

/// What of an HTTP request is not as gRPC has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotGrpc {
    /// HTTP/1.
    Version,
    /// Another method than POST.
    Method,
    /// Another type than gRPC's with protobuf, or several.
    ContentType,
}

impl Grpc {
    /// Judges the head of a request whose texts are wanted in `language`.
    ///
    /// # Errors
    /// The first thing that is not as it should be.
    pub(super) fn judge(head: Parts, language: Language) -> Result<Self, NotGrpc> {
        if head.version != Version::HTTP_2 {
            return Err(NotGrpc::Version);
        }
        if head.method != Method::POST {
            return Err(NotGrpc::Method);
        }
        let mut types = head.headers.get_all(CONTENT_TYPE).iter();
        match (types.next(), types.next()) {
            (Some(only), None) if is_grpc(only) => Ok(Self { head, language }),
            _ => Err(NotGrpc::ContentType),
        }
    }

    /// The path of its RPC.
    pub(super) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The language of the texts for its caller.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// When its caller waits no longer: `grpc-timeout`, at most eight digits and a unit, counted from now.
    ///
    /// # Errors
    /// `request.malformed`. A deadline that is not understood must not become none.
    pub(super) fn deadline(&self) -> Result<Option<Instant>, NotDone> {
        let Some(value) = self.head.headers.get(GRPC_TIMEOUT) else { return Ok(None) };
        let malformed = || NotDone::from(Refusal::RequestMalformed).detailed("grpc_timeout");
        let timeout = value.to_str().ok().and_then(timeout).ok_or_else(malformed)?;
        Ok(Instant::now().checked_add(timeout))
    }

    /// The request, with what is known of its body.
    pub(super) fn with_body<B>(self, body: B) -> Request<B> {
        Request::from_parts(self.head, body)
    }

    /// No compression is spoken: one octet of it could stand for a thousand.
    ///
    /// # Errors
    /// `request.compressed`.
    pub(super) fn uncompressed(&self) -> Result<(), NotDone> {
        let mut encodings = self.head.headers.get_all(GRPC_ENCODING).iter();
        match encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            true => Ok(()),
            false => Err(Refusal::RequestCompressed.into()),
        }
    }
}

/// The language that a request asks for by `accept-language`; English where we speak none of it.
pub(super) fn language(headers: &HeaderMap) -> Language {
    headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(Language::accepted).unwrap_or_default()
}

/// A length of time as `grpc-timeout` has it: `TimeoutValue TimeoutUnit`.
fn timeout(text: &str) -> Option<Duration> {
    let (value, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let digits = (1..=8).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    let value: u64 = digits.then(|| value.parse().ok())??;
    match unit {
        "H" => Some(Duration::from_secs(value * 3_600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

/// A media type without its parameters (RFC 9110 section 8.3.1).
fn is_grpc(value: &HeaderValue) -> bool {
    let essence = value.as_bytes().split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii();
    [&b"application/grpc"[..], b"application/grpc+proto"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

impl NotGrpc {
    /// HTTP's own answer, with a sentence for who reads it.
    pub(super) fn response(self, language: Language) -> Response<Body> {
        let reason = Reason::from(Refusal::RequestNotGrpc);
        let mut response = Response::new(Body::new(format!("{}: {}\n", reason.code(), reason.text(language))));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        *response.status_mut() = match self {
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        if self == Self::Method {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(version: Version, method: Method, headers: &[(HeaderName, &str)]) -> Result<Grpc, NotGrpc> {
        let mut request = Request::builder().version(version).method(method);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        Grpc::judge(head, Language::En)
    }

    #[test]
    fn only_grpc_is_grpc() {
        let (no_type, no_method, no_version) = (NotGrpc::ContentType, NotGrpc::Method, NotGrpc::Version);
        let (one, two) = (Version::HTTP_11, Version::HTTP_2);
        for (wanted, version, method, types) in [
            (Ok(()), two, Method::POST, &["application/grpc"][..]),
            (Ok(()), two, Method::POST, &["application/grpc+proto"]),
            (Ok(()), two, Method::POST, &["Application/gRPC ; charset=utf-8"]),
            (Ok(()), two, Method::POST, &["application/grpc+proto;v=1"]),
            (Err(no_type), two, Method::POST, &["application/grpc+json"]),
            (Err(no_type), two, Method::POST, &["application/grpc-web"]),
            (Err(no_type), two, Method::POST, &["application/grpc-web-text"]),
            (Err(no_type), two, Method::POST, &["application/grpcx"]),
            (Err(no_type), two, Method::POST, &["application/json"]),
            (Err(no_type), two, Method::POST, &["text/plain"]),
            (Err(no_type), two, Method::POST, &["text/plain;application/grpc"]),
            (Err(no_type), two, Method::POST, &["text/plain, application/grpc"]),
            (Err(no_type), two, Method::POST, &["application/x-www-form-urlencoded"]),
            (Err(no_type), two, Method::POST, &["multipart/form-data; boundary=x"]),
            (Err(no_type), two, Method::POST, &[""]),
            (Err(no_type), two, Method::POST, &[]),
            (Err(no_type), two, Method::POST, &["application/grpc", "application/grpc"]),
            (Err(no_type), two, Method::POST, &["application/grpc", "text/plain"]),
            (Err(no_method), two, Method::GET, &["application/grpc"]),
            (Err(no_method), two, Method::OPTIONS, &["application/grpc"]),
            (Err(no_method), two, Method::PUT, &["application/grpc"]),
            (Err(no_version), one, Method::POST, &["application/grpc"]),
            (Err(no_version), Version::HTTP_10, Method::GET, &["text/plain"]),
        ] {
            let headers: Vec<_> = types.iter().map(|value| (CONTENT_TYPE, *value)).collect();
            let judged = judged(version, method.clone(), &headers).map(drop);
            assert_eq!(judged, wanted, "{version:?} {method} {types:?}");
        }
    }

    #[test]
    fn a_deadline_is_read_as_grpc_writes_it() {
        let seconds = Duration::from_secs;
        for (wanted, text) in [
            (Some(seconds(7_200)), "2H"),
            (Some(seconds(180)), "3M"),
            (Some(seconds(99_999_999)), "99999999S"),
            (Some(Duration::from_millis(1_500)), "1500m"),
            (Some(Duration::from_micros(1)), "1u"),
            (Some(Duration::ZERO), "0n"),
            (None, ""),
            (None, "S"),
            (None, "5"),
            (None, "5s"),
            (None, "-5S"),
            (None, "+5S"),
            (None, " 5S"),
            (None, "5.5S"),
            (None, "100000000S"),
            (None, "5SS"),
        ] {
            assert_eq!(timeout(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn compression_is_refused_by_its_label() {
        let refused = |encodings: &[&str]| {
            let mut headers = vec![(CONTENT_TYPE, "application/grpc")];
            headers.extend(encodings.iter().map(|encoding| (GRPC_ENCODING, *encoding)));
            judged(Version::HTTP_2, Method::POST, &headers).unwrap().uncompressed().is_err()
        };
        for (wanted, encodings) in [
            (false, &[][..]),
            (false, &["identity"]),
            (true, &["gzip"]),
            (true, &["deflate"]),
            (true, &["identity", "gzip"]),
            (true, &["identity,gzip"]),
            (true, &[""]),
        ] {
            assert_eq!(refused(encodings), wanted, "{encodings:?}");
        }
    }
}
